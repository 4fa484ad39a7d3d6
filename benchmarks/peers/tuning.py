"""The best base stock that there is in hindsight: settings chosen on the paths they are told by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.peers.base_stock import Setting, closed_loop, open_loop
from benchmarks.peers.life import Result, World
from optimization.evaluation import evaluate
from optimization.network import Moves
from optimization.problem import Problem

COVERS = (0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)
FILLS = (0.5, 0.8, 0.9, 0.96, 0.99)
FACTORS = (0.0, 0.5, 0.75, 1.33, 2.0)
"""Of the best common cover, what each front tries for itself."""
_AGREES = 1e-5
Run = Callable[[World, Setting], Result]


def tuned(problem: Problem) -> dict[str, Any]:
    """Tune on the fresh paths, closed and open loop; gains in money beyond doing nothing.

    First one cover and one least fill for all; then, in one round, each front's own cover.

    :raises ArithmeticError: its economics are not those of :func:`evaluate`.
    """
    network = problem.network
    world = World(network, problem.fresh(slice(0, len(network.series_sku))))
    nothing = evaluate(network, Moves.none(), problem.fresh).profit
    found: dict[str, Any] = {"settings": len(COVERS) * len(FILLS)}
    for name, run in (("closed_loop", closed_loop), ("open_loop", open_loop)):
        setting, result = _best(world, run)
        found[name] = {
            "gain": round(result.profit - nothing),
            "cover_days": float(setting.cover.max()),
            "least_fill": setting.least_fill,
        }
        own = _by_front(world, run, setting, result)
        found[name]["gain_with_own_cover_by_front"] = round(own.profit - nothing)
        if name == "open_loop":
            _require_agreement(problem, world, own)
    return found


def _best(world: World, run: Run) -> tuple[Setting, Result]:
    places = len(world.network.locations)
    settings = [Setting(np.full(places, cover), fill) for cover in COVERS for fill in FILLS]
    results = [run(world, setting) for setting in settings]
    best = int(np.argmax([result.profit for result in results]))
    return settings[best], results[best]


def _by_front(world: World, run: Run, setting: Setting, result: Result) -> Result:
    common = float(setting.cover.max())
    for place in world.ways:
        for factor in FACTORS:
            cover = setting.cover.copy()
            cover[place] = factor * common
            changed = Setting(cover, setting.least_fill)
            outcome = run(world, changed)
            if outcome.profit > result.profit:
                setting, result = changed, outcome
    return result


def _require_agreement(problem: Problem, world: World, result: Result) -> None:
    outcome = evaluate(problem.network, world.moves(result), problem.fresh)
    expected = float(outcome.by_sku.sum())
    if abs(result.stock_money - expected) > _AGREES * abs(expected) or outcome.undelivered:
        raise ArithmeticError(f"base stock: {result.stock_money} is not {expected}")
