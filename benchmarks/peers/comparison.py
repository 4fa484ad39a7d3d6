"""Other ways to plan the same problem, under the same economics and on the same fresh paths.

``python -m benchmarks.peers.comparison BRAND PRODUCTS FILE`` prints JSON; FILE has our plan's
moves, from which solvers are started once. ``NEARFIELD_MONOLITH_SECONDS`` is each solver's time
(600 by default, 0 leaves them out).
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import numpy as np

from benchmarks.peers.instance import instance
from benchmarks.peers.monolith import Monolith, state_monolith
from benchmarks.peers.solving import SOLVERS, Found, solve_apart
from benchmarks.peers.tuning import tuned
from optimization.evaluation import evaluate
from optimization.network import Floats, Moves
from optimization.problem import Problem, state_problem

SECONDS = float(os.environ.get("NEARFIELD_MONOLITH_SECONDS", "600"))
WORKERS = {"cp_sat": 8}
"""CP-SAT is made for several strategies at once, however few cores there are."""


def compare(brand: str, products: int | None, file: str) -> dict[str, Any]:
    """Plan in other ways; see :func:`judged` for what each is told by."""
    problem = state_problem(*instance(brand, products))
    ours = Moves(*np.load(file))
    nothing = evaluate(problem.network, Moves.none(), problem.fresh).profit
    found: dict[str, Any] = {"plan": judged(problem, ours, nothing)}
    began = time.perf_counter()
    found["base_stock"] = {**tuned(problem), "seconds": round(time.perf_counter() - began)}
    monolith = state_monolith(problem)
    rows, columns = monolith.programme.matrix().shape
    found["monolith"] = {"rows": rows, "columns": columns, "whole": int(monolith.whole.sum())}
    began = time.perf_counter()
    rounded = [judged(problem, moves, nothing) for moves in monolith.rounded(max(SECONDS, 60.0))]
    names = ("cases_rounded", "vehicles_rounded_then_solved_again")
    found["linear_optimum_rounded"] = dict(zip(names, rounded, strict=False))
    if SECONDS > 0:
        found["monolith"] |= {"seconds_each": SECONDS, **solved(problem, monolith, ours, nothing)}
    return found


def solved(problem: Problem, monolith: Monolith, ours: Moves, nothing: float) -> dict[str, Any]:
    """Give the monolith to each solver, from nothing and from our plan."""
    found: dict[str, Any] = {}
    for solver in SOLVERS:
        start = (monolith.start_in_steps if solver == "cp_sat" else monolith.start)(ours)
        for name, hint in (("from_nothing", None), ("from_our_plan", start)):
            if name == "from_our_plan" and start is None:
                found[f"{solver}_{name}"] = "our plan is no solution of the monolith"
                continue
            workers = WORKERS.get(solver, 1)
            programme = monolith.programme
            answer = solve_apart(programme, monolith.whole, solver, SECONDS, hint, workers)
            found[f"{solver}_{name}"] = told(problem, monolith, answer, nothing)
    return found


def told(problem: Problem, monolith: Monolith, answer: Found, nothing: float) -> dict[str, Any]:
    """Return what became of a solver's answer, and what the solver itself says of it."""
    figures: dict[str, Any] = {
        "seconds": round(answer.seconds),
        "peak_mb": answer.peak_mb,
        "ended": answer.reason,
        "own_bound": None if answer.bound is None else round(answer.bound),
    }
    if answer.x is None:
        return {"gain": None, **figures}
    own = float(monolith.programme.gain @ answer.x)
    return {**judged(problem, monolith.moves(answer.x), nothing), "own_objective": own, **figures}


def judged(problem: Problem, moves: Moves, nothing: float) -> dict[str, Any]:
    """Evaluate moves on the fresh paths: gain beyond doing nothing, and limits that they break.

    ``undelivered``: units that are not there when they should leave; ``fullest``: expected stock
    over storage, and ``busiest``: units received over handling, at the worst place and day.
    """
    network = problem.network
    outcome = evaluate(network, moves, problem.fresh)
    volume = network.unit_m3[network.cell_sku][:, None]
    received = np.zeros((len(network.locations), network.days))
    arrival = moves.day + network.lead[moves.lane]
    np.add.at(received, (network.destination[moves.lane], arrival), network.units(moves))
    held = np.zeros_like(received)
    np.add.at(held, network.cell_location, outcome.morning * volume)
    return {
        "gain": round(outcome.profit - nothing),
        "vehicles": int(network.vehicles(network.volume(moves)).sum()),
        "undelivered": round(outcome.undelivered),
        "fullest": _most(held, network.storage_m3),
        "busiest": _most(received, network.handling_units),
    }


def _most(used: Floats, limit: Floats) -> float:
    return round(float((used / limit[:, None]).max(initial=0.0)), 3)


if __name__ == "__main__":
    asked = None if sys.argv[2] == "all" else int(sys.argv[2])
    print(json.dumps(compare(sys.argv[1], asked, sys.argv[3]), indent=2))
