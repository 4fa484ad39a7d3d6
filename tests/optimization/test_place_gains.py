"""The gain of a draft by place adds up to what a run says where places do not touch."""

import numpy as np
import pytest

from optimization.appraisal import appraise
from optimization.draft import Draft
from optimization.options import join_lanes, list_options
from optimization.place_gains import gain_by_place
from optimization.problem import state_problem
from optimization.trip_changes import shift_trips
from tests.optimization.networks import lane, location, one_front, product


@pytest.fixture
def empty():
    """A main with more than enough for two fronts, and a draft that moves nothing."""
    world = one_front(
        products=[product("p"), product("q", case_units=2)],
        locations=[location("M", "main"), location("F", "front", "r"), location("G", "front", "s")],
        lanes=[lane("M", "F"), lane("M", "G", lead_days=2)],
        stock=[("M", "p", 9000), ("M", "q", 9000), ("F", "p", 10)],
        demand=[("r", "p", 4.0), ("r", "q", 2.0), ("s", "p", 6.0), ("s", "q", 1.0)],
    )
    problem = state_problem(world.brand(), world.forecast())
    network = problem.network
    return problem, Draft.empty(network, list_options(network, join_lanes(network)))


def run(problem, draft):
    return appraise(problem.network, draft.moves(), problem.common)


def profit(draft, appraisal):
    return float(appraisal.by_sku.sum()) - draft.moving_money()


@pytest.mark.parametrize("seed", range(4))
def test_gains_by_place_are_those_of_each_place_alone(empty, seed):
    problem, nothing = empty
    network, options = problem.network, nothing.options
    rng = np.random.default_rng(seed)
    draft = nothing.copy()
    draft.cases[:] = rng.poisson(0.4, len(options))
    draft.fleet[:, :] = (draft.load() > 0)[options.arcs.of_lane]
    base, after = run(problem, nothing), run(problem, draft)
    gain = gain_by_place(nothing, base, draft, after)
    assert gain.sum() == pytest.approx(profit(draft, after) - profit(nothing, base), abs=0.05)
    for place in np.unique(network.destination):
        alone = nothing.copy()
        own = options.arcs.destination[options.arc] == place
        alone.cases[own] = draft.cases[own]
        alone.fleet[network.destination == place] = draft.fleet[network.destination == place]
        exact = profit(alone, run(problem, alone)) - profit(nothing, base)
        assert gain[place] == pytest.approx(exact, abs=0.05)


def test_a_moved_trip_takes_its_cases_along_and_is_not_moved_twice_the_same_way(empty):
    _, draft = empty
    options = draft.options
    first = options.arc[0]
    rows = np.flatnonzero((options.arc == first) & (options.day == 2))
    draft.cases[rows] = 3
    draft.fleet[options.arcs.lanes[first, 0], 2] = 1
    days, refused = set(), set()
    while True:
        moved = draft.copy()
        changes = shift_trips(moved, refused, 2)
        if not changes:
            break
        assert moved.cases.sum() == draft.cases.sum() and moved.fleet.sum() == 1
        day = int(np.flatnonzero(moved.fleet.sum(axis=0))[0])
        assert set(options.day[moved.cases > 0]) == {day}
        days.add(day)
        refused |= {*changes}
    assert days == {0, 1, 3, 4}


def test_a_trip_does_not_move_where_there_are_no_more_vehicles(empty):
    problem, draft = empty
    lanes = draft.options.arcs.lanes[0, 0]
    most = problem.network.max_vehicles
    draft.fleet[lanes, 2], draft.fleet[lanes, 3] = 1, most
    for change in shift_trips(draft.copy(), set(), 1):
        assert change[2] != (3,) or change[1] != 2
