"""Stock moves between fronts and back to a main where, and only where, that is right."""

import pytest

from data import Costs
from optimization.check import check_plan
from tests.optimization.networks import lane, location, one_front, product
from tests.optimization.planning import plan_world


def two_fronts(stock, lanes, **changes):
    rows = {
        "locations": [
            location("M", "main"),
            location("F", "front", "r"),
            location("G", "front", "s"),
        ],
        "lanes": lanes,
        "stock": stock,
        "demand": [("r", "p", 5.0), ("s", "p", 10.0)],
    }
    return one_front(**(rows | changes))


SIDEWAYS = [lane("F", "G")]


def test_what_one_front_has_too_much_goes_to_another_that_has_none():
    plan = plan_world(two_fronts([("F", "p", 300)], SIDEWAYS))
    assert set(plan.proposed["lane"]) == {"F>G"}
    # 14 days of 5 a day stay, G can sell 10 a day from day 1 on.
    assert 90 <= plan.proposed["units"].sum() <= 180
    assert plan.gain > 500
    assert plan.gain > 0.8 * (plan.bound - plan.doing_nothing)


def test_a_front_keeps_what_it_can_sell_itself():
    assert plan_world(two_fronts([("F", "p", 40)], SIDEWAYS)).proposed.empty


def test_a_main_that_is_cheaper_comes_before_another_front():
    lanes = [lane("F", "G", unit_cost=6.0), lane("M", "G")]
    plan = plan_world(two_fronts([("M", "p", 900), ("F", "p", 300)], lanes))
    assert set(plan.proposed["lane"]) == {"M>G"}


def test_moves_between_fronts_are_proposed_only_where_the_brand_wants_them():
    world = two_fronts([("F", "p", 300)], SIDEWAYS, plan={"lateral": False})
    assert plan_world(world).proposed.empty


def test_what_would_spoil_on_arrival_does_not_move_sideways():
    world = two_fronts([("F", "p", 300)], [lane("F", "G", 2)])
    young = [product("p", shelf_life_days=9.0)]
    old = [product("p", shelf_life_days=2.0)]
    assert not plan_world(two_fronts(world.stock, world.lanes, products=young)).proposed.empty
    assert plan_world(two_fronts(world.stock, world.lanes, products=old)).proposed.empty


@pytest.mark.parametrize(("at_main", "goes"), [(0, True), (5000, False)])
def test_stock_returns_to_a_main_that_runs_out(at_main, goes):
    # Nobody buys it in r any more; s has no front and is served from the main alone.
    world = one_front(
        locations=[location("M", "main"), location("F", "front", "r")],
        lanes=[lane("F", "M")],
        stock=[("F", "p", 200)] + ([("M", "p", at_main)] if at_main else []),
        demand=[("r", "p", 0.5), ("s", "p", 20.0)],
        costs=Costs(holding_per_m3_day=0.5),
    )
    plan = plan_world(world)
    assert (plan.proposed["lane"] == "F>M").any() == goes
    if goes:
        assert plan.proposed["units"].sum() > 120
        assert plan.service["far"] > 100
        assert (plan.reasons["saved_lost"] > 0).all()


def test_the_gain_of_a_move_between_fronts_is_what_dropping_it_costs():
    from optimization.evaluation import evaluate
    from optimization.network import Moves
    from optimization.problem import state_problem
    from tests.optimization.test_evaluation import moves_of

    world = two_fronts([("F", "p", 120)], SIDEWAYS, variation=0.4)
    plan = plan_world(world)
    assert len(plan.proposed) == 1
    row = plan.proposed.iloc[0]
    problem = state_problem(world.brand(), world.forecast())
    day = (row["dispatch_date"] - plan.as_of).days - 1
    moves = moves_of(problem.network, [("F>G", "p", day, int(row["cases"]))])
    with_it = evaluate(problem.network, moves, problem.common)
    without = evaluate(problem.network, Moves.none(), problem.common)
    loss = with_it.profit - without.profit + with_it.money["vehicles"]
    assert row["expected_gain"] == pytest.approx(loss, rel=0.05)
    assert check_plan(plan, world.brand(), world.forecast()) == []
