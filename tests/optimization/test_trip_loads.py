"""Given trips carry what is best for all products at once, not what was put on them first."""

import itertools
import time

import numpy as np
import pytest

from data import silent
from optimization import local_search
from optimization import search as searching
from optimization.draft import Draft
from optimization.evaluation import evaluate
from optimization.network import Moves
from optimization.options import join_lanes, list_options
from optimization.problem import state_problem
from optimization.search import search
from optimization.trip_loads import best_loads
from tests.optimization.networks import World, lane, location, one_front, product
from tests.optimization.test_weak_places import five_fronts

DAY = 1


def with_trips(world, days=(DAY,)):
    """Its problem, its options, and room where a vehicle leaves on these days on every lane."""
    problem = state_problem(world.brand(), world.forecast())
    options = list_options(problem.network, join_lanes(problem.network))
    draft = Draft.empty(problem.network, options)
    draft.fleet[:, list(days)] = 1
    return problem, options, draft.capacity()


def loads(problem, options, capacity, late=lambda: False):
    return best_loads(problem.network, options, problem.common, capacity, late)


def two_fronts(**changes):
    """Two fronts that want more of one product than the main has; what goes to F2 costs more."""
    rows = {
        "products": [product("p", case_units=1)],
        "locations": [
            location("M", "main"),
            location("F1", "front", "r1"),
            location("F2", "front", "r2"),
        ],
        "lanes": [lane("M", "F1"), lane("M", "F2", unit_cost=1.0)],
        "stock": [("M", "p", 40)],
        "demand": [("r1", "p", 6.0), ("r2", "p", 6.0)],
    }
    return World(**(rows | changes))


def test_scarce_room_goes_to_what_earns_most_in_it():
    world = one_front(
        products=[product("p", case_units=1), product("q", case_units=1, margin=30.0)],
        stock=[("M", "p", 100), ("M", "q", 100)],
        demand=[("r", "p", 10.0), ("r", "q", 10.0)],
        lanes=[lane("M", "F", vehicle_m3=0.1)],
    )
    problem, options, room = with_trips(world)
    units = loads(problem, options, room)
    by_product = np.bincount(options.sku, units, 2)
    assert by_product[1] > 10 * by_product[0]
    volume = (units * problem.network.unit_m3[options.sku]).sum()
    # With but two series the mean of steps still swings: in whole cases it is made to fit.
    assert volume == pytest.approx(room.sum(), rel=0.3)
    assert (units[options.day != DAY] == 0).all()


def test_scarce_stock_is_shared_as_the_best_of_all_ways_to_share_it():
    problem, options, room = with_trips(two_fronts())
    network, at = problem.network, np.flatnonzero(options.day == DAY)

    def gain(units):
        moves = Moves(
            options.arcs.lanes[options.arc[at], 0], options.sku[at], options.day[at], units
        )
        return evaluate(network, moves, problem.common).profit

    nothing = evaluate(network, Moves.none(), problem.common).profit
    ways = [np.array(way) for way in itertools.product(range(0, 41, 2), repeat=2) if sum(way) <= 40]
    best = max(gain(way) for way in ways)
    units = loads(problem, options, room)[at]
    assert units.sum() == pytest.approx(40, rel=0.05)
    assert gain(np.floor(units).astype(np.int64)) - nothing >= 0.97 * (best - nothing)


def test_no_answer_when_the_time_is_up():
    problem, options, room = with_trips(two_fronts())
    assert loads(problem, options, room, late=lambda: True) is None


def test_more_room_and_stock_than_anyone_wants_is_not_filled():
    world = two_fronts(stock=[("M", "p", 5000)], lanes=[lane("M", "F1"), lane("M", "F2")])
    problem, options, room = with_trips(world)
    units = loads(problem, options, room)
    assert 20 < units.sum() < 6 * 2 * 14 * 2
    assert (units * problem.network.unit_m3[options.sku]).sum() < 0.5 * room.sum()


def found(world):
    problem = state_problem(world.brand(), world.forecast())
    return search(problem.network, problem.common, time.monotonic() + 60, silent)


@pytest.mark.parametrize("factor", [0.0, 1e3])
def test_bad_loads_are_taken_back(factor, monkeypatch):
    monkeypatch.setattr(searching, "_PERTURBATIONS_BETWEEN_LOADS", 0)
    monkeypatch.setattr(local_search, "best_loads", lambda *_: None)
    without = found(five_fronts())
    monkeypatch.setattr(
        local_search, "best_loads", lambda network, options, *_: np.full(len(options), factor)
    )
    # What such loads come to is bettered too, and may end higher; never lower.
    assert found(five_fronts()).profit >= without.profit - 1e-9 * abs(without.profit)


def test_the_same_loads_come_again():
    problem, options, room = with_trips(five_fronts())
    np.testing.assert_array_equal(loads(problem, options, room), loads(problem, options, room))
