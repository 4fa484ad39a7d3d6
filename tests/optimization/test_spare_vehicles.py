"""Vehicles that the load does not need go, and what remains is the cheapest that holds it."""

import numpy as np
import pytest

from optimization.draft import Draft
from optimization.options import join_lanes, list_options
from optimization.problem import state_problem
from optimization.spare_vehicles import trim_fleet
from tests.optimization.networks import lane, on, one_front, product

TRUCK, VAN = 0, 1


def drafted(cases, vans, trucks, **van):
    """Cases of 0.3 m³ on the first day; vans of 1 m³ for 10, trucks of 3 m³ for 20."""
    world = one_front(
        products=[product("p", unit_m3=0.3, case_units=1)],
        lanes=[
            lane("M", "F", lane="van", vehicle_m3=1.0, **{"vehicle_cost": 10.0, **van}),
            lane("M", "F", lane="truck", vehicle_m3=3.0, vehicle_cost=20.0),
        ],
        stock=[("M", "p", 900)],
    )
    problem = state_problem(world.brand(), world.forecast())
    network = problem.network
    assert list(network.lanes) == ["truck", "van"]
    draft = Draft.empty(network, list_options(network, join_lanes(network)))
    draft.cases[draft.options.day == 0] = cases
    draft.fleet[:, 0] = trucks, vans
    return draft


@pytest.mark.parametrize(
    ("cases", "vans", "trucks", "expected"),
    [
        (0, 2, 1, (0, 0)),
        (3, 2, 0, (1, 0)),
        (3, 0, 1, (1, 0)),
        (10, 0, 1, (0, 1)),
        (4, 0, 1, (0, 1)),
        (13, 0, 2, (1, 1)),
        (10, 1, 2, (0, 1)),
    ],
    ids=[
        "none",
        "a van less",
        "a van for a truck",
        "full",
        "more than a van",
        "one of two",
        "both",
    ],
)
def test_what_remains_holds_the_load_and_costs_least(cases, vans, trucks, expected):
    draft = drafted(cases, vans, trucks)
    trim_fleet(draft)
    assert tuple(draft.fleet[[VAN, TRUCK], 0]) == expected
    assert (draft.capacity() >= draft.load() - 1e-9).all()
    assert not draft.fleet[:, 1:].any()


def test_a_smaller_vehicle_that_is_no_cheaper_or_does_not_leave_changes_nothing():
    closed = {"departs_on": on(1)}
    for change in ({"vehicle_cost": 30.0}, {"vehicle_cost": 20.0}, closed):
        draft = drafted(3, 0, 1, **change)
        assert np.array_equal(draft.network.open[VAN, :1], [change is not closed])
        trim_fleet(draft)
        assert tuple(draft.fleet[[VAN, TRUCK], 0]) == (0, 1)
