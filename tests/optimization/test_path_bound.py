"""What every path could earn at its prices bounds what any plan earns, and closely."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from optimization import work_apart
from optimization.evaluation import evaluate
from optimization.network import AFTER_DAYS
from optimization.path_bound import PathBounding, path_bound, path_bounds
from optimization.path_sales import Wanted, best_sales
from optimization.problem import state_problem
from tests.optimization.networks import World, day, lane, location, one_front, product, two_echelons
from tests.optimization.planning import plan_world
from tests.optimization.test_evaluation import deliverable, moves_of
from tests.optimization.test_linear_model import bound_of

SKUS = ["a", "b", "c"]
FEW = ((70, 0.08, 0.05),)
"""Rounds that are quick; any bound, more bound better."""


def fronts(**changes):
    """Two mains, two fronts, a region served far alone; cases of one unit, free vehicles."""
    rows = {
        "products": [
            product("a", case_units=1),
            product("b", case_units=1, shelf_life_days=3.0, unit_m3=0.006),
            product("c", case_units=1, margin=30.0, unit_m3=0.02),
        ],
        "locations": [
            location("M", "main"),
            location("N", "main"),
            location("F1", "front", "r1"),
            location("F2", "front", "r2"),
        ],
        "lanes": [
            lane("M", "F1", 1, vehicle_cost=0.0),
            lane("N", "F1", 0, vehicle_cost=0.0, unit_cost=0.5),
            lane("M", "F2", 2, vehicle_cost=0.0),
        ],
        "stock": [
            *(("M", sku, 60) for sku in SKUS),
            *(("N", sku, 40) for sku in SKUS),
            ("F1", "a", 10),
            ("F2", "b", 9),
        ],
        "demand": [
            (region, sku, mean)
            for region in ("r1", "r2", "r3")
            for sku, mean in zip(SKUS, (9.0, 5.0, 2.0), strict=True)
        ],
    }
    return World(**(rows | changes))


PERISHABLE = [product(sku, case_units=1, shelf_life_days=2.0 + n) for n, sku in enumerate(SKUS)]
VANS = [
    lane("M", "F1", 1, vehicle_cost=20.0, vehicle_m3=0.3),
    lane("N", "F1", 0, vehicle_cost=12.0, vehicle_m3=0.1),
    lane("M", "F2", 2, vehicle_cost=15.0, vehicle_m3=0.2),
]
WORLDS = {
    "plain": fronts(),
    "scarce": fronts(stock=[(main, sku, 20) for main in "MN" for sku in SKUS]),
    "perishable": fronts(products=PERISHABLE),
    "later": fronts(
        inbound=[("M", "a", 60, day(3)), ("N", "b", 30, day(2)), ("F1", "a", 12, day(4))]
    ),
    "dated": fronts(
        products=PERISHABLE,
        stock=[
            ("M", "a", 60, day(4)),
            ("M", "b", 50),
            ("N", "b", 40, day(1)),
            ("F1", "a", 10, day(5)),
            ("N", "c", 30, day(6)),
        ],
    ),
    "sold far at a loss": fronts(products=[product(s, case_units=1, margin=1.5) for s in SKUS]),
    "vans": fronts(lanes=VANS),
    "stores": fronts(
        locations=[
            location("M", "main"),
            location("N", "main"),
            location("F1", "store", "r1"),
            location("F2", "store", "r2"),
        ]
    ),
}
moves = st.lists(
    st.tuples(
        st.sampled_from([("M>F1", 1), ("N>F1", 0), ("M>F2", 2)]),
        st.sampled_from(SKUS),
        st.integers(0, 6),
        st.integers(1, 20),
    ),
    max_size=8,
)


@pytest.mark.parametrize("name", WORLDS)
def test_a_plan_earns_no_more(name):
    problem = state_problem(WORLDS[name].brand(), WORLDS[name].forecast())
    plan = plan_world(WORLDS[name])
    bound = path_bound(problem.network, problem.common, rounds=FEW)
    assert plan.objective <= bound + 1e-4 * abs(bound)
    if name in ("plain", "perishable", "stores"):
        nothing = evaluate(problem.network, moves_of(problem.network, []), problem.common).profit
        assert plan.objective - nothing > 0.8 * (bound - nothing)


@pytest.mark.parametrize("name", WORLDS)
@settings(max_examples=3, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(rows=moves, seed=st.integers(0, 99))
def test_any_prices_bound_any_moves(name, rows, seed):
    problem = state_problem(WORLDS[name].brand(), WORLDS[name].forecast())
    network = problem.network
    chosen = deliverable(problem, rows)
    profit = evaluate(network, moves_of(network, chosen), problem.common).profit
    rng = np.random.default_rng(seed)
    rounds = ((int(rng.integers(1, 12)), float(rng.uniform(0.01, 0.5)), 0.5),)
    assert profit <= path_bound(network, problem.common, rounds=rounds) + 1e-4 * abs(profit)


def test_approved_transfers_are_in_it():
    approved = pd.DataFrame(
        [("M>F1", "a", day(-1), 12), ("M>F2", "b", day(2), 8), ("M>F1", "b", day(1), 3)],
        columns=["lane", "sku", "dispatch_date", "cases"],
    )
    for world in (fronts(products=PERISHABLE), fronts(lanes=VANS)):
        problem = state_problem(world.brand(), world.forecast(), approved=approved)
        plan = plan_world(world, approved=approved)
        bound = path_bound(problem.network, problem.common, rounds=FEW)
        assert plan.objective <= bound + 1e-4 * abs(bound)


def test_demand_that_was_lost_is_not_served_later():
    # The relaxation makes up on later days for what perishable stock could not serve on its own.
    problem = state_problem(WORLDS["perishable"].brand(), WORLDS["perishable"].forecast())
    nothing = evaluate(problem.network, moves_of(problem.network, []), problem.common).profit
    bound = path_bound(problem.network, problem.common, rounds=FEW)
    assert bound - nothing < 0.9 * (bound_of(problem) - nothing)


def test_a_vehicle_is_paid_whole():
    # Full vehicles are cheap by volume, but the place could fill no more than a part of one.
    world = one_front(
        products=[product("p", case_units=1)],
        lanes=[lane("M", "F", vehicle_cost=500.0, vehicle_m3=30.0)],
    )
    problem = state_problem(world.brand(), world.forecast())
    nothing = evaluate(problem.network, moves_of(problem.network, []), problem.common).profit
    bound = path_bound(problem.network, problem.common, rounds=FEW)
    assert bound == pytest.approx(nothing, rel=1e-6)


@pytest.mark.parametrize("near", [0.0, 0.01])
def test_what_sells_far_at_a_loss_may_be_put_away(near):
    # Hardly anybody near wants it; each unit that no longer sells far spares the loss there.
    world = fronts(
        products=[product("a", case_units=1, margin=0.5, unit_m3=0.001)],
        stock=[("N", "a", 40)],
        demand=[("r1", "a", near), ("r2", "a", near), ("r3", "a", 9.0)],
    )
    problem = state_problem(world.brand(), world.forecast())
    network = problem.network
    nothing = evaluate(network, moves_of(network, []), problem.common).profit
    chosen = deliverable(problem, [(("N>F1", 0), "a", 0, 40)])
    profit = evaluate(network, moves_of(network, chosen), problem.common).profit
    assert nothing + 10 < profit <= path_bound(network, problem.common, rounds=FEW) + 1e-4


def test_it_does_not_apply_where_places_feed_places():
    problem = state_problem(two_echelons().brand(), two_echelons().forecast())
    assert path_bound(problem.network, problem.common) is None


def test_time_is_kept_and_another_process_finds_the_same(monkeypatch, tmp_path):
    problem = state_problem(WORLDS["vans"].brand(), WORLDS["vans"].forecast())
    network = problem.network
    assert path_bound(network, problem.common, seconds=0.0) is None
    common = problem.common(slice(0, len(network.series_sku)))
    with PathBounding(network, common, 60.0) as bounding_there:
        assert bounding_there.result() == path_bound(network, problem.common)
    # A better bound after each round, and the last one that is there when the time is up.
    bounds = list(path_bounds(network, problem.common))
    assert bounds == sorted(bounds, reverse=True)
    slow = tmp_path / "slow"
    slow.write_text('#!/bin/sh\necho 5.0 > "$3/bound.txt"\nexec sleep 60\n')
    slow.chmod(0o755)
    monkeypatch.setattr(work_apart.sys, "executable", str(slow))
    with PathBounding(network, common, 0.5) as late:
        assert late.result() == 5.0
    monkeypatch.setattr(work_apart.sys, "executable", "/bin/false")
    with PathBounding(network, common, 60.0) as dead:
        assert dead.result() is None


@settings(max_examples=25, deadline=None)
@given(life=st.integers(1, 24), seed=st.integers(0, 999))
def test_best_sales_are_the_best_unit_by_unit(life, seed):
    rng = np.random.default_rng(seed)
    days, cells, paths = 6, 2, 3
    shape = (days + 1, cells, paths)
    unmet = (rng.exponential(1, shape) * (rng.random(shape) > 0.3)).astype(np.float32)
    sold = rng.exponential(1, shape[1:]).astype(np.float32)
    hold = rng.uniform(0, 0.5, cells).astype(np.float32)
    price = rng.uniform(0, 6, (days, cells, paths)).astype(np.float32)
    price[:2] = np.inf
    worth = rng.uniform(0, 7, (cells, paths)).astype(np.float32)
    wanted = Wanted(unmet, sold, hold, life)
    money, units = best_sales(wanted, price, worth)
    expected, comes = np.zeros_like(money), np.zeros_like(price)
    for cell, path, today in np.ndindex(cells, paths, days + AFTER_DAYS):
        arrivals = range(max(0, today - life + 1), min(today, days - 1) + 1)
        costs = [(price[t, cell, path] + hold[cell] * (min(today, days) - t), t) for t in arrivals]
        if costs and worth[cell, path] > min(costs)[0]:
            cost, first = min(costs)
            asked = wanted.asked(today)[cell, path]
            expected[cell, path] += asked * (worth[cell, path] - cost)
            comes[first, cell, path] += asked
    np.testing.assert_allclose(money, expected, atol=1e-4)
    np.testing.assert_allclose(units, comes, atol=1e-4)


def test_what_is_asked_after_the_horizon_comes_after_what_is_sold():
    wanted = Wanted(
        np.full((2, 1, 1), 4.0, dtype=np.float32), np.full((1, 1), 3.0), np.zeros(1), life=3
    )
    asked = [float(wanted.asked(1 + day)[0, 0]) for day in range(AFTER_DAYS)]
    assert asked == [0, 0, 0, 1, 1, 1, 1]
    assert dataclasses.replace(wanted, life=1).days == 1
