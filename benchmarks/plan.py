"""How long plans take, what they gain, how far the bound is, and what other ways of planning give.

``python -m benchmarks.plan`` prints JSON of all of it; ``python -m benchmarks.plan NAME …`` of
some: ``sizes``, ``stores`` (50,000 series), ``peers`` (a tuned base stock and the monolith on the
smallest size; ``NEARFIELD_MONOLITH_SECONDS`` for each of six runs of a solver, 600 by default) and
``scaling``. The brands are those in ``NEARFIELD_SHARED_BRANDS`` (``../shared/brands`` beside the
checkout by default); without them nothing is measured. Gain is evaluated profit above doing
nothing on fresh paths; captured is its share of what the bound allows. Each plan is made in a
process of its own; ``bound_ready_seconds`` counts from its start to when there was a first bound,
``best_bound_seconds`` to when there was the last.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.instance import ROOT, SHARED
from benchmarks.peers.planning import measure

CITIES, STORES = "freshretail-cities", "freshretail-stores"
SMALLEST = 100
SCALES = ((100, None), (300, None), (None, None), (None, 7))
"""Products and days of ``scaling``; None: all."""


def sizes() -> dict[str, Any]:
    """Plan the first 100 products of the cities, and all."""
    return {"100_products": measure(CITIES, SMALLEST), "freshretail_cities": measure(CITIES)}


def stores() -> dict[str, Any]:
    """Plan 50,000 series on 898 fronts."""
    return measure(STORES)


def peers() -> dict[str, Any]:
    """Plan the smallest size in other ways; ratios are of the plan's gain to each."""
    with tempfile.TemporaryDirectory(prefix="peer-") as folder:
        file = str(Path(folder) / "moves.npy")
        plan = measure(CITIES, SMALLEST, moves=file)
        command = [sys.executable, "-m", "benchmarks.peers.comparison", CITIES, str(SMALLEST), file]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
    closed, opened = (found["base_stock"][name] for name in ("closed_loop", "open_loop"))
    ratios = {
        name: max(closed[key], opened[key])
        for name, key in (
            ("base_stock", "gain"),
            ("base_stock_with_own_cover_by_front", "gain_with_own_cover_by_front"),
        )
    }
    over = {name: round(plan["gain"] / gain, 2) for name, gain in ratios.items() if gain > 0}
    return {"ours": plan, **found, "plan_over": over}


def scaling() -> dict[str, Any]:
    """Fit time = a · (series × days)^exponent over sizes, by least squares on logarithms."""
    rows = [measure(CITIES, products, days) for products, days in SCALES]
    size = np.log([row["series"] * row["days"] for row in rows])
    found: dict[str, Any] = {"sizes": rows}
    for name in ("cpu_seconds", "seconds"):
        found[f"exponent_of_{name}"] = float(
            np.polyfit(size, np.log([r[name] for r in rows]), 1)[0]
        )
    return found


MEASUREMENTS = {"sizes": sizes, "stores": stores, "peers": peers, "scaling": scaling}


def run(names: tuple[str, ...] = tuple(MEASUREMENTS)) -> dict[str, Any]:
    """Measure what is named; everything by default."""
    for brand in (CITIES, STORES):
        if not (SHARED / brand / "brand.toml").exists():
            return {"skipped": f"no brand at {SHARED / brand}"}
    return {name: MEASUREMENTS[name]() for name in names}


if __name__ == "__main__":
    print(json.dumps(run(tuple(sys.argv[1:]) or tuple(MEASUREMENTS)), indent=2))
