"""The decomposed planner: near the enumerated best, within limits, the same every time."""

import numpy as np
import pytest

from optimization.decomposed import decompose
from optimization.evaluation import evaluate
from optimization.network import Moves
from optimization.problem import state_problem
from tests.optimization.networks import lane, location, one_front, product
from tests.optimization.test_bound import CHOICES, WORLDS, best_plan


def many(**changes):
    """Two mains, three fronts, four products."""
    skus = [f"p{i}" for i in range(4)]
    rows = {
        "products": [
            product(
                sku, case_units=2 + 3 * i, margin=6.0 + i, shelf_life_days=np.nan if i % 2 else 5.0
            )
            for i, sku in enumerate(skus)
        ],
        "locations": [
            location("M", "main"),
            location("N", "main"),
            *(location(f"F{i}", "front", f"r{i}", storage_m3=1.5) for i in range(3)),
        ],
        "lanes": [
            *(
                lane("M", f"F{i}", 1 + i % 2, vehicle_cost=6.0 + i, vehicle_m3=0.5)
                for i in range(3)
            ),
            *(lane("N", f"F{i}", 1, vehicle_cost=9.0, vehicle_m3=2.0) for i in range(3)),
        ],
        "stock": [
            *(("M", sku, 150) for sku in skus),
            *(("N", sku, 60) for sku in skus),
            *(("F0", sku, 12) for sku in skus),
        ],
        "demand": [(f"r{i}", sku, 2.0 + 2 * j) for i in range(3) for j, sku in enumerate(skus)],
        "days": 5,
    }
    return one_front(**(rows | changes))


def stated(world, **other):
    return state_problem(world.brand(), world.forecast(), **other)


@pytest.mark.parametrize("name", WORLDS)
def test_one_front_is_near_the_best_plan(name):
    problem = stated(one_front(**WORLDS[name]))
    best = best_plan(problem, CHOICES.get(name, range(5)))
    found = decompose(problem, seconds=30)
    assert found.doing_nothing <= found.objective
    assert found.objective >= found.doing_nothing + 0.9 * (best - found.doing_nothing)


def test_the_objective_is_the_profit_on_the_common_paths_and_limits_hold():
    problem = stated(many())
    network = problem.network
    found = decompose(problem, seconds=30)
    outcome = evaluate(network, found.moves, problem.common)
    nothing = evaluate(network, Moves.none(), problem.common)
    assert found.objective == pytest.approx(outcome.profit, rel=1e-5)
    assert found.doing_nothing == pytest.approx(nothing.profit, rel=1e-5)
    assert found.objective > found.doing_nothing
    assert outcome.undelivered == 0
    assert found.bound.value >= found.objective
    assert 0 <= found.gap < 0.25
    stands = np.zeros((len(network.locations), network.days))
    unit = network.unit_m3[network.cell_sku][:, None]
    np.add.at(stands, network.cell_location, outcome.morning * unit)
    assert (stands <= network.storage_m3[:, None] + 1e-4).all()
    assert network.open[found.moves.lane, found.moves.day].all()


def test_the_same_problem_gives_the_same_plan():
    one, two = (decompose(stated(many()), seconds=60, with_bound=False) for _ in range(2))
    for name in ("lane", "sku", "day", "cases"):
        assert np.array_equal(getattr(one.moves, name), getattr(two.moves, name))
    assert one.bound is None
    assert one.gap is None


def test_without_time_nothing_is_worse_than_doing_nothing():
    problem = stated(many())
    found = decompose(problem, seconds=0.0)
    assert found.stopped
    assert found.objective >= found.doing_nothing
    assert found.bound.value >= found.objective
    outcome = evaluate(problem.network, found.moves, problem.common)
    assert outcome.profit == pytest.approx(found.objective, rel=1e-5)


def test_vehicles_too_dear_for_any_trip_stay():
    lanes = [lane("M", f"F{i}", vehicle_cost=1e6) for i in range(3)]
    found = decompose(stated(many(lanes=lanes)), seconds=30)
    assert len(found.moves) == 0
    assert found.objective == found.doing_nothing


def test_several_vehicle_types_share_a_trip():
    lanes = [
        lane("M", "F", lane="van", vehicle_m3=0.1, vehicle_cost=3.0),
        lane("M", "F", lane="truck", vehicle_m3=0.4, vehicle_cost=6.0),
    ]
    problem = stated(one_front(lanes=lanes, demand=[("r", "p", 40.0)]))
    found = decompose(problem, seconds=30)
    network = problem.network
    load = network.volume(found.moves)
    assert (network.vehicles(load) >= load / network.vehicle_m3[:, None] - 1e-9).all()
    assert load[list(network.lanes).index("truck")].sum() > 0
    outcome = evaluate(network, found.moves, problem.common)
    assert found.objective == pytest.approx(outcome.profit, rel=1e-5)


def test_rejected_transfers_are_not_proposed():
    import pandas as pd

    world = many()
    until = pd.Timestamp("2026-01-01")
    rejected = pd.DataFrame(
        [(f"{main}>F0", "p3", until) for main in "MN"], columns=["lane", "sku", "until"]
    )
    found = decompose(stated(world, rejected=rejected), seconds=30, with_bound=False)
    network = stated(world).network
    to = network.locations[network.destination[found.moves.lane]]
    assert not ((to == "F0") & (network.skus[found.moves.sku] == "p3")).any()
    assert (network.skus[found.moves.sku] == "p3").any()
