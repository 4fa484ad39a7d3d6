"""The relaxation bounds what any plan earns, meets it where it is exact, and can be ended."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from optimization import bounding, planner, work_apart
from optimization.appraisal import appraise
from optimization.bound_by_parts import bound_by_parts
from optimization.evaluation import evaluate
from optimization.far_groups import far_groups
from optimization.linear_model import linear_programme
from optimization.linear_solver import LinearProgramme, solve_here
from optimization.network import FAR, Moves
from optimization.options import join_lanes, list_options
from optimization.problem import state_problem
from optimization.relaxing import Relaxing
from optimization.useful_volume import useful_price, useful_volume
from tests.optimization.networks import day, lane, location, one_front, product, two_echelons
from tests.optimization.test_evaluation import deliverable, moves_of, rows


def bound_of(problem, coupled=True, solver="glop"):
    network = problem.network
    options = list_options(network, join_lanes(network))
    base = appraise(network, Moves.none(), problem.common)
    programme = linear_programme(network, options, base, problem.common, coupled)
    solution = solve_here(programme, solver, 60.0)
    return solution.objective + programme.constant


WORLDS = [
    two_echelons(),
    two_echelons(stock=[("M", sku, 60) for sku in "abc"]),
    two_echelons(stock=[("M", "a", 390), ("M", "b", 190), ("M", "c", 60)]),
    two_echelons(products=[product(sku, shelf_life_days=2.0) for sku in "abc"]),
]


@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(rows=rows, number=st.integers(0, len(WORLDS) - 1))
def test_no_moves_earn_more_than_the_bound(rows, number):
    problem = state_problem(WORLDS[number].brand(), WORLDS[number].forecast())
    network = problem.network
    chosen = deliverable(problem, rows)
    profit = evaluate(network, moves_of(network, chosen), problem.common).profit
    assert profit <= bound_of(problem) + 1e-4 * abs(profit)


def test_the_bound_is_met_where_nothing_is_rounded():
    # Certain demand, free vehicles, cases of one unit, small enough holding: LP = true optimum.
    world = one_front(
        products=[product("p", case_units=1, unit_m3=1e-6)],
        lanes=[lane("M", "F", vehicle_cost=0.0)],
        variation=0.0,
        stock=[("M", "p", 40), ("F", "p", 4)],
    )
    problem = state_problem(world.brand(), world.forecast())
    best = max(
        evaluate(
            problem.network, moves_of(problem.network, [("M>F", "p", 0, n)]), problem.common
        ).profit
        for n in range(1, 41)
    )
    assert bound_of(problem) == pytest.approx(best, rel=2e-3)


def test_solvers_agree():
    problem = state_problem(WORLDS[0].brand(), WORLDS[0].forecast())
    assert bound_of(problem, solver="highs") == pytest.approx(bound_of(problem), rel=1e-6)


def test_limits_that_couple_products_only_lower_the_bound():
    world = two_echelons(
        locations=[
            location("M", "main"),
            location("F1", "front", "r1", storage_m3=0.5),
            location("F2", "front", "r2", handling_units=10.0),
            location("S1", "store", "r1"),
            location("S2", "store", "r1"),
        ]
    )
    problem = state_problem(world.brand(), world.forecast())
    assert bound_of(problem) < bound_of(problem, coupled=False)


def small(seconds=20.0):
    return (
        LinearProgramme(
            gain=np.array([1.0, 2.0, 3.0]),
            upper=np.array([4.0, np.inf, 5.0]),
            low=np.array([-np.inf]),
            high=np.array([6.0]),
            indptr=np.array([0, 2]),
            indices=np.array([0, 1]),
            values=np.array([1.0, 1.0]),
            constant=100.0,
        ),
        seconds,
    )


def test_a_programme_that_falls_apart_is_solved_by_parts():
    solution = solve_here(small()[0], "glop", 20.0)
    assert solution.objective == pytest.approx(12 + 15)
    assert solution.x == pytest.approx([0, 6, 5])


def small_problem():
    problem = state_problem(WORLDS[0].brand(), WORLDS[0].forecast())
    return problem, problem.common(slice(0, len(problem.network.series_sku)))


def test_another_process_solves_the_same():
    problem, common = small_problem()
    with Relaxing(problem.network, common, True, 60.0) as relaxing:
        solution = relaxing.result()
    assert solution.objective == pytest.approx(bound_of(problem), rel=1e-9)


def test_a_solver_that_does_not_exist_has_no_answer():
    problem, common = small_problem()
    with Relaxing(problem.network, common, True, 20.0, solver="no such solver") as relaxing:
        assert relaxing.result() is None


def test_a_solver_that_runs_away_is_ended(monkeypatch):
    problem, common = small_problem()
    real = work_apart.subprocess.Popen
    monkeypatch.setattr(
        work_apart.subprocess,
        "Popen",
        lambda command, **other: real(["/bin/sleep", "60"], **other),
    )
    relaxing = Relaxing(problem.network, common, True, 0.1)
    started = time.monotonic()
    assert relaxing.result() is None
    relaxing.close()
    assert relaxing._process.poll() is not None
    assert time.monotonic() - started < 30


def test_a_vehicle_counts_as_no_larger_than_what_can_be_used():
    # A van of 3 m³ for a front that could sell a few units: it is paid whole, not by their volume.
    world = one_front(lanes=[lane("M", "F", vehicle_cost=60.0)], stock=[("M", "p", 400)])
    network = state_problem(world.brand(), world.forecast()).network
    problem = state_problem(world.brand(), world.forecast())
    options = list_options(network, join_lanes(network))
    base = appraise(network, Moves.none(), problem.common)
    most = useful_volume(network, options, base)
    price = useful_price(network, options.arcs, most)
    leaves = options.arcs.open[0] & (most[0] > 0)
    small = leaves & (most[0] < 3.0)
    assert small.any()
    np.testing.assert_allclose(price[0, small], 60.0 / most[0, small])
    np.testing.assert_allclose(price[0, leaves & ~small], 60.0 / 3.0)


def test_far_sales_are_bounded_path_by_path():
    # Uncertain demand and a main that has about what is wanted: on some paths it runs out, on
    # others units are left, and no average of the two may be sold.
    stock, far_away = 95.0, [lane("M", "F", vehicle_cost=1e9)]
    world = one_front(stock=[("M", "p", stock)], lanes=far_away, variation=1.0)
    problem = state_problem(world.brand(), world.forecast(0.8))
    network = problem.network
    nothing = appraise(network, Moves.none(), problem.common)
    short = nothing.far_short.any(axis=0).mean()
    assert 0 < short < 1
    groups = far_groups(network, nothing, problem.common)
    asked = network.money.conversion[FAR] * (groups.wanted - groups.forward)
    by_group = (np.minimum(asked, stock) * groups.weight).sum()
    assert by_group < min((asked * groups.weight).sum(), stock) - 0.5
    sold = (nothing.by_sku / network.profit[FAR]).sum()
    assert sold <= by_group + 1e-6
    assert bound_of(problem) <= by_group * network.profit[FAR, 0] + 1e-3


@pytest.mark.parametrize("number", range(len(WORLDS)))
def test_parts_bound_what_the_whole_does(number):
    problem = state_problem(WORLDS[number].brand(), WORLDS[number].forecast())
    parts = bound_by_parts(problem.network, problem.common, 60.0, part_options=1)
    assert parts == pytest.approx(bound_of(problem, coupled=False), rel=1e-7)


def test_parts_with_approved_trips_bound_what_the_whole_does():
    world = two_echelons()
    approved = pd.DataFrame(
        [("M>F1", "a", day(1), 5), ("M>F1", "b", day(1), 3), ("M>F2", "c", day(0), 4)],
        columns=["lane", "sku", "dispatch_date", "cases"],
    )
    rejected = pd.DataFrame([("M>F2", "b", day(3))], columns=["lane", "sku", "until"])
    problem = state_problem(world.brand(), world.forecast(), approved=approved, rejected=rejected)
    parts = bound_by_parts(problem.network, problem.common, 60.0, part_options=1)
    assert parts == pytest.approx(bound_of(problem, coupled=False), rel=1e-7)


def test_a_large_network_is_bounded_by_parts_in_another_process(monkeypatch):
    monkeypatch.setattr(bounding, "LINEAR_OPTIONS", 10)
    monkeypatch.setattr(bounding, "COUPLED_OPTIONS", 10)
    world = two_echelons()
    plan = planner.plan_transfers(world.brand(), world.forecast())
    problem = state_problem(world.brand(), world.forecast())
    assert plan.bound == pytest.approx(bound_of(problem, coupled=False), rel=1e-7)
    assert "without the limits" in plan.details["bound_of"]
