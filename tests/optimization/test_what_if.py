"""What another limit would bring is what planning with it brings."""

import pytest

from optimization.what_if import Change, what_if
from tests.optimization.networks import lane, location, one_front
from tests.optimization.planning import plan_world


def places(room):
    return [location("M", "main"), location("F", "front", "r", storage_m3=room)]


def asked(world, change, **other):
    plan = plan_world(world)
    return plan, what_if(world.brand(), world.forecast(), plan, change, seconds=30.0, **other)


def test_a_small_change_is_answered_from_what_the_limit_is_worth():
    world = one_front(stock=[("M", "p", 40)])
    plan, answer = asked(world, Change("main_stock", 1.0, "M", "p"))
    told = next(row for row in plan.details["limits"] if row["limit"] == "main_stock")
    assert answer.method == "marginal"
    assert answer.gain == told["value"]


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (Change("storage", 0.15, "F"), {"locations": places(0.1)}, {"locations": places(0.25)}),
        (
            Change("main_stock", 15.0, "M", "p"),
            {"stock": [("M", "p", 40)]},
            {"stock": [("M", "p", 100)]},
        ),
        (
            Change("vehicles", 2),
            {
                "lanes": [lane("M", "F", vehicle_m3=0.04, vehicle_cost=1.0)],
                "plan": {"max_vehicles": 1},
            },
            {
                "lanes": [lane("M", "F", vehicle_m3=0.04, vehicle_cost=1.0)],
                "plan": {"max_vehicles": 3},
            },
        ),
    ],
    ids=["storage", "stock", "vehicles"],
)
def test_a_larger_change_is_solved_on_from_the_plan(change, before, after):
    plan, answer = asked(one_front(**before), change)
    assert answer.method == "solved"
    truth = plan_world(one_front(**after)).objective - plan.objective
    # It finds what is near the plan: never more than there is, and most of it.
    assert 0.5 * truth <= answer.gain <= 1.1 * truth


def test_what_binds_nobody_brings_nothing():
    _, answer = asked(one_front(), Change("handling", 50.0, "F"))
    assert answer.gain == pytest.approx(0.0, abs=0.5)


def test_wrong_questions_are_refused():
    with pytest.raises(LookupError, match="nowhere"):
        asked(one_front(), Change("storage", 1.0, "nowhere"))
    with pytest.raises(ValueError, match="amount"):
        Change("storage", 0.0, "F")
    with pytest.raises(ValueError, match="limit"):
        Change("luck", 1.0)
