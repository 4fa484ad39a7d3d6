"""No plan is above the bound: small instances, every plan enumerated and evaluated."""

import itertools

import numpy as np
import pytest

from optimization.bound import Relaxation, find_bound
from optimization.decomposed import make_filler
from optimization.evaluation import evaluate
from optimization.network import Moves
from optimization.problem import state_problem
from tests.optimization.networks import lane, location, one_front, product


def best_plan(problem, choices):
    """Profit of the best plan with these numbers of cases a lane, product and day, enumerated."""
    network = problem.network
    places = [
        (link, sku, day)
        for link in range(len(network.lanes))
        for sku in range(len(network.skus))
        for day in np.flatnonzero(network.open[link])
    ]
    best = -np.inf
    for cases in itertools.product(choices, repeat=len(places)):
        rows = np.array([(*place, n) for place, n in zip(places, cases, strict=True) if n])
        moves = Moves(*rows.reshape(-1, 4).T)
        outcome = evaluate(network, moves, problem.common)
        if outcome.undelivered == 0:
            best = max(best, outcome.profit)
    return best


def bound_of(problem):
    return find_bound(Relaxation(make_filler(problem)))


WORLDS = {
    "plenty": {"days": 4, "stock": [("M", "p", 1000), ("F", "p", 4)]},
    "scarce": {"days": 4, "stock": [("M", "p", 30), ("F", "p", 4)]},
    "perishes": {
        "days": 4,
        "products": [product("p", shelf_life_days=2.0)],
        "stock": [("M", "p", 300), ("F", "p", 15)],
    },
    "dear vehicles": {
        "days": 4,
        "lanes": [lane("M", "F", vehicle_cost=40.0)],
        "stock": [("M", "p", 200), ("F", "p", 0)],
    },
    "large cases": {
        "days": 4,
        "products": [product("p", case_units=30)],
        "stock": [("M", "p", 200), ("F", "p", 4)],
    },
}

CHOICES = {"dear vehicles": (0, 10, 18, 24, 30), "large cases": range(4)}


@pytest.mark.parametrize("name", WORLDS)
def test_no_plan_of_one_front_is_above(name):
    world = one_front(**WORLDS[name])
    problem = state_problem(world.brand(), world.forecast(lasting=0.3))
    best = best_plan(problem, CHOICES.get(name, range(5)))
    bound = bound_of(problem)
    assert bound.value >= best - 1e-3 * abs(best)
    assert bound.value <= best * 1.25
    assert list(bound.trace) == sorted(bound.trace, reverse=True)


def test_two_fronts_that_compete_for_a_scarce_product():
    world = one_front(
        days=3,
        locations=[location("M", "main"), location("F", "front", "r"), location("G", "front", "s")],
        lanes=[lane("M", "F"), lane("M", "G", vehicle_cost=12.0)],
        stock=[("M", "p", 40)],
        demand=[("r", "p", 10.0), ("s", "p", 6.0)],
    )
    problem = state_problem(world.brand(), world.forecast())
    best = best_plan(problem, (0, 1, 2, 4))
    bound = bound_of(problem)
    assert best - 1e-3 * abs(best) <= bound.value <= best * 1.25
    # A unit of main stock is worth something, and no more than its best sale.
    assert 0 < bound.stock_price[0, 0] <= 10
