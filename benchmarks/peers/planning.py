"""One plan in a process of its own, measured from within and from outside.

``python -m benchmarks.peers.planning BRAND PRODUCTS DAYS FILE`` plans and prints JSON; the plan's
moves go to FILE. PRODUCTS and DAYS may be ``all``.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.instance import ROOT, instance
from optimization import plan_transfers
from optimization.network import Moves, Network
from optimization.plan import Plan
from optimization.work_apart import Endable

_POLL = 0.1


def measure(
    brand: str, products: int | None = None, days: int | None = None, moves: str = ""
) -> dict[str, Any]:
    """Plan in a child process; ``peak_mb_of_children``: of the largest process that it starts.

    :param moves: file for the plan's moves, none where empty.
    """
    asked = ["all" if value is None else str(value) for value in (products, days)]
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.peers.planning", brand, *asked, moves],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    largest = 0
    while child.poll() is None:
        largest = max([largest, *map(_high_water, _children(child.pid))])
        time.sleep(_POLL)
    told, _ = child.communicate()
    if child.returncode:
        raise RuntimeError(f"planning {brand} ended with {child.returncode}")
    figures: dict[str, Any] = json.loads(told.strip().splitlines()[-1])
    return {**figures, "peak_mb_of_children": largest or None}


def _children(pid: int) -> list[int]:
    """Return the processes that a process has started; on Linux only."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, path.read_text().split())
        except OSError:
            continue
    return found


def _high_water(pid: int) -> int:
    """Return the most memory that a process had, in MB; 0 where it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return max((int(x.split()[1]) // 1024 for x in lines if x.startswith("VmHWM")), default=0)


def moves_of(plan: Plan, network: Network) -> Moves:
    """Return what a plan proposes."""
    rows = plan.proposed

    def places(names: Any, values: Any) -> Any:
        return np.searchsorted(names.astype(str), values.astype(str).to_numpy())

    return Moves(
        places(network.lanes, rows["lane"]),
        places(network.skus, rows["sku"]),
        (rows["dispatch_date"] - network.as_of).dt.days.to_numpy(np.int64) - 1,
        rows["cases"].to_numpy(np.int64),
    )


def _note_answers(noted: list[float]) -> None:
    """Note when each process's first bound was there, and its last before its files go."""
    start, close = Endable.start, Endable.close

    def starting(work: Endable, module: str, *arguments: str) -> None:
        start(work, module, *arguments)
        threading.Thread(target=_note_first, args=(work.folder, noted), daemon=True).start()

    def closing(work: Endable) -> None:
        noted.extend(_written(work.folder))
        close(work)

    Endable.start = starting  # type: ignore[method-assign]
    Endable.close = closing  # type: ignore[method-assign]


def _note_first(folder: Path, noted: list[float]) -> None:
    while folder.exists():
        if times := _written(folder):
            noted.extend(times)
            return
        time.sleep(_POLL)


def _written(folder: Path) -> list[float]:
    """Return when a solver's answer, or the bound that is there now, was written."""
    places = (folder / name for name in ("answer.npz", "bound.txt"))
    return [place.stat().st_mtime for place in places if place.exists()]


def main(brand_name: str, products: str, days: str, file: str) -> int:
    """Plan, and print what it took and gave."""
    brand, forecast = instance(brand_name, None if products == "all" else int(products))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    answered: list[float] = []
    _note_answers(answered)
    began, start, cpu = time.time(), time.perf_counter(), time.process_time()
    plan = plan_transfers(brand, forecast, horizon=None if days == "all" else int(days))
    wall, own = time.perf_counter() - start, time.process_time() - cpu
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    series = len(forecast[["region", "sku"]].drop_duplicates())
    if file:
        from optimization.problem import state_problem

        moves = moves_of(plan, state_problem(brand, forecast).network)
        np.save(file, np.stack([moves.lane, moves.sku, moves.day, moves.cases]))
    figures = {
        "series": series,
        "days": plan.horizon_days,
        "bound_ready_seconds": round(min(answered) - began, 1) if answered else None,
        "best_bound_seconds": round(max(answered) - began, 1) if answered else None,
        "seconds": round(wall, 1),
        "cpu_seconds": round(own + used.ru_utime + used.ru_stime, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "peak_mb_before": before,
        "status": plan.status,
        "transfers": len(plan.proposed),
        "vehicles": int(plan.trips["vehicles"].sum()),
        "doing_nothing": round(plan.doing_nothing),
        "gain": round(plan.gain),
        "standard_error": round(float(plan.details["standard_error"])),
        "bound": None if plan.bound is None else round(plan.bound),
        "gap": plan.gap,
        "captured": plan.captured,
        "objective_over_evaluated": plan.objective / plan.evaluated,
    }
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
