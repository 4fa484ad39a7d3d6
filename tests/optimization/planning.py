"""Plan small worlds with the solver in this process: the same answers without starting another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pandas as pd

from optimization import bounding, planner
from optimization.appraisal import appraise
from optimization.block import Array
from optimization.check import Violation, check_plan
from optimization.linear_model import linear_programme
from optimization.linear_solver import SOLVER, Solution, solve_here
from optimization.network import Moves, Network
from optimization.options import join_lanes, list_options
from optimization.plan import Plan
from optimization.plan_tables import FRAMES
from tests.optimization.networks import World


class RelaxingHere:
    """Stands in for :class:`optimization.relaxing.Relaxing`."""

    def __init__(self, network: Network, common: Array, coupled: bool, seconds: float) -> None:
        def draw(series: slice) -> Array:
            return common[:, series]

        options = list_options(network, join_lanes(network))
        base = appraise(network, Moves.none(), draw)
        programme = linear_programme(network, options, base, draw, coupled)
        answer = solve_here(programme, SOLVER, seconds)
        self.answer = answer and Solution(
            answer.objective + programme.constant, answer.x, answer.duals
        )

    def wait(self, seconds: float | None = None) -> bool:
        return self.answer is not None

    def result(self) -> Solution | None:
        return self.answer

    def close(self) -> None:
        pass


_planned: dict[str, Plan] = {}
"""Plans of worlds without decisions, by all that they are made of: tests compare with the same."""


@contextmanager
def solver_here() -> Iterator[None]:
    with patch.object(bounding, "Relaxing", RelaxingHere):
        yield


def plan_world(world: World, lasting: float = 0.2, **choices: Any) -> Plan:
    """Plan a world and hold the plan against the check and its bound; once, without decisions."""
    key = f"{world!r} {lasting}"
    if not choices and key in _planned:
        return _planned[key]
    plan = _plan(world, lasting, choices)
    if not choices:
        _planned[key] = plan
    return plan


def _plan(world: World, lasting: float, choices: dict[str, Any]) -> Plan:
    brand, forecast = world.brand(), world.forecast(lasting)
    checked: list[tuple[tuple[Any, ...], list[Violation]]] = []

    def heard(*asked: Any) -> list[Violation]:
        checked.append((asked, check_plan(*asked)))
        return checked[-1][1]

    with solver_here(), patch.object(planner, "check_plan", heard):
        plan = planner.plan_transfers(brand, forecast, **choices)
    # The planner has held this very plan against the check, which found nothing.
    asked, found = checked[-1]
    assert found == []
    expected = (plan, brand, forecast, choices.get("approved"), choices.get("rejected"))
    assert all(one is other for one, other in zip(asked, expected, strict=True))
    assert plan.evaluated >= plan.doing_nothing
    if plan.bound is not None:
        assert plan.bound >= plan.objective - 1e-4 * abs(plan.objective)
    return plan


def assert_same_plan(one: Plan, other: Plan) -> None:
    """Hold two plans to be the same, bit by bit, but for the time they took."""
    for name in FRAMES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)
    assert {**one.to_dict(), "seconds": 0} == {**other.to_dict(), "seconds": 0}
