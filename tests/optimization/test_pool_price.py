"""A price on the mains' pooled stock bounds what any plan earns, whatever the network."""

import functools

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from optimization import bound_by_parts as parts
from optimization import main_price
from optimization.evaluation import evaluate
from optimization.planner import plan_transfers
from optimization.problem import state_problem
from tests.optimization.networks import day, lane, location, product, two_echelons
from tests.optimization.test_evaluation import deliverable, moves_of
from tests.optimization.test_linear_model import WORLDS, bound_of


def two_mains(stock=(300, 200), **changes):
    """Two mains, each with fronts of its own; the second also feeds a store; r4 has none."""
    skus = ["a", "b", "c"]
    rows = {
        "locations": [
            location("M", "main"),
            location("N", "main"),
            location("F1", "front", "r1"),
            location("F2", "front", "r2"),
            location("G1", "front", "r3"),
            location("S1", "store", "r3"),
        ],
        "lanes": [
            lane("M", "F1", 1, vehicle_cost=20.0),
            lane("M", "F2", 2, vehicle_cost=30.0),
            lane("N", "G1", 1, vehicle_cost=10.0),
            lane("G1", "S1", 0, vehicle_m3=1.0),
        ],
        "stock": [
            *(("M", sku, stock[0]) for sku in skus),
            *(("N", sku, stock[1]) for sku in skus),
            *(("G1", sku, 15) for sku in skus),
        ],
        "inbound": [("N", "a", 40, day(3)), ("M", "b", 25, day(1))],
        "demand": [
            (region, sku, mean)
            for region in ("r1", "r2", "r3", "r4")
            for sku, mean in zip(skus, (12.0, 6.0, 3.0), strict=True)
        ],
    }
    return two_echelons(**(rows | changes))


MAINS = [
    two_mains(),
    two_mains((40, 30)),
    two_mains((1500, 900)),
    two_mains((90, 120), products=[product(sku, shelf_life_days=3.0) for sku in "abc"]),
    two_mains(lanes=[lane("M", "F1"), lane("N", "F1"), lane("F1", "F2", 1), lane("F2", "N", 1)]),
]
moves = st.lists(
    st.tuples(
        st.sampled_from([("M>F1", 1), ("M>F2", 2), ("N>G1", 1), ("G1>S1", 0)]),
        st.sampled_from("abc"),
        st.integers(0, 6),
        st.integers(1, 20),
    ),
    max_size=6,
)


def priced(problem, **options):
    return parts.bound_by_parts(
        problem.network, problem.common, 60.0, **({"whole_cells": 0} | options)
    )


@functools.cache
def bounded(number):
    problem = state_problem(MAINS[number].brand(), MAINS[number].forecast())
    return problem, priced(problem)


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(rows=moves, number=st.sampled_from([0, 1, 3]))
def test_no_moves_earn_more_than_the_priced_bound(rows, number):
    problem, bound = bounded(number)
    network, chosen = problem.network, deliverable(problem, rows)
    profit = evaluate(network, moves_of(network, chosen), problem.common).profit
    assert profit <= bound + 1e-4 * abs(profit)


@pytest.mark.parametrize("world", [MAINS[0], MAINS[3], MAINS[4], *WORLDS[:2]])
def test_the_priced_bound_is_above_the_whole_relaxation(world):
    problem = state_problem(world.brand(), world.forecast())
    whole, bound = bound_of(problem, coupled=False), priced(problem)
    assert whole - 1e-6 * abs(whole) <= bound <= whole + 1e-3 * abs(whole)


@pytest.mark.parametrize("number", (0, 4))
def test_small_products_are_bounded_whole(number):
    problem = state_problem(MAINS[number].brand(), MAINS[number].forecast())
    whole = bound_of(problem, coupled=False)
    assert priced(problem, whole_cells=60) == pytest.approx(whole, rel=1e-7)


def test_the_price_is_right_where_stock_is_scarce_and_where_it_is_plenty():
    # Scarce: far profit is what the last unit earns. Plenty: the last unit earns nothing.
    for number in (1, 2):
        problem, bound = bounded(number)
        assert bound == pytest.approx(bound_of(problem, coupled=False), rel=1e-3)


def test_mains_with_many_places_have_a_price_of_their_own(monkeypatch):
    monkeypatch.setattr(main_price, "MANY", 1)
    monkeypatch.setattr(main_price, "SAMPLE", 1)
    for number in (1, 3):
        problem = state_problem(MAINS[number].brand(), MAINS[number].forecast())
        whole = bound_of(problem, coupled=False)
        bound = priced(problem)
        assert whole * (1 - 1e-6) <= bound <= whole * 1.005


def test_the_priced_bound_holds_with_approved_and_rejected_transfers():
    world = MAINS[1]
    approved = pd.DataFrame(
        [("M>F1", "a", day(1), 3), ("N>G1", "b", day(4), 2), ("G1>S1", "c", day(0), 1)],
        columns=["lane", "sku", "dispatch_date", "cases"],
    )
    rejected = pd.DataFrame([("M>F2", "b", day(3))], columns=["lane", "sku", "until"])
    problem = state_problem(world.brand(), world.forecast(), approved=approved, rejected=rejected)
    whole, bound = bound_of(problem, coupled=False), priced(problem)
    assert whole - 1e-6 * abs(whole) <= bound <= whole + 1e-3 * abs(whole)


def test_a_plan_earns_no_more_than_the_priced_bound():
    world = two_mains((90, 60), days=4, inbound=[])
    problem = state_problem(world.brand(), world.forecast())
    plan = plan_transfers(world.brand(), world.forecast(), time_limit=2.0)
    assert plan.gain > 0
    assert plan.objective <= priced(problem)


def test_without_time_there_is_no_bound():
    problem = state_problem(MAINS[0].brand(), MAINS[0].forecast())
    assert parts.bound_by_parts(problem.network, problem.common, 0.0, whole_cells=0) is None


def test_a_child_that_dies_has_no_bound():
    problem = state_problem(MAINS[0].brand(), MAINS[0].forecast())
    common = problem.common(slice(0, len(problem.network.series_sku)))
    with parts.BoundingByParts(problem.network, common, 60.0) as bounding:
        bounding._process.kill()
        assert bounding.result() is None


def test_neither_parts_nor_order_nor_an_idle_product_matter():
    world = two_mains(products=[product("c2"), *MAINS[1].products[::-1]], stock=(40, 30))
    problem = state_problem(world.brand(), world.forecast())
    assert priced(problem, part_options=1) == pytest.approx(bounded(1)[1], rel=1e-7)
