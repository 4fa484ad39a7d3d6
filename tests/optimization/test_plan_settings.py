"""Each setting of a plan changes the plan as it should."""

import pandas as pd
import pytest

from data import Costs
from tests.optimization.networks import (
    day,
    lane,
    location,
    on,
    one_front,
    product,
)
from tests.optimization.planning import plan_world

CLEAN_AND_DIRTY = [
    lane("M", "F", lane="diesel", vehicle_cost=5.0, co2_kg=100.0),
    lane("M", "F", lane="electric", vehicle_cost=9.0, co2_kg=1.0),
]


@pytest.mark.parametrize(("price", "chosen"), [(0.0, "diesel"), (1.0, "electric")])
def test_a_price_on_co2_chooses_the_cleaner_vehicle(price, chosen):
    world = one_front(lanes=CLEAN_AND_DIRTY, costs=Costs(co2_per_kg=price))
    plan = plan_world(world)
    assert set(plan.trips["lane"]) == {chosen}
    assert plan.trips["co2_kg"].sum() > 0
    assert plan.costs["co2"] == pytest.approx(price * plan.trips["co2_kg"].sum())


def test_handling_at_both_ends_costs_what_it_costs():
    costs = Costs(handling_per_unit=0.1, handling_out_per_unit=0.3)
    plan = plan_world(one_front(costs=costs))
    assert plan.costs["handling"] == pytest.approx(0.4 * plan.transfers["units"].sum())
    dear = plan_world(one_front(costs=Costs(handling_out_per_unit=50.0)))
    assert dear.status == "nothing_to_do"


@pytest.mark.parametrize(("counts", "most"), [(False, 1000), (True, 8)])
def test_docks_of_the_origin_limit_what_leaves_where_the_brand_says_so(counts, most):
    places = [location("M", "main", handling_units=11), location("F", "front", "r")]
    plan = plan_world(one_front(locations=places, plan={"handling_at_origin": counts}))
    leaves = plan.proposed.groupby("dispatch_date")["units"].sum().max()
    assert 0 < leaves <= most
    assert counts or leaves > 8


def test_departure_days_decide_when_stock_leaves():
    free = plan_world(one_front())
    few = plan_world(one_front(lanes=[lane("M", "F", departs_on=on(3))]))
    assert free.proposed["dispatch_date"].min() == day(0)
    assert set(few.proposed["dispatch_date"]) == {day(3)}


def test_stock_that_would_expire_before_it_sells_stays():
    # 10 a day are wanted; what the main has expires on day 1, the morning on which it arrives.
    def world(expires):
        return one_front(
            stock=[("M", "p", 1000, expires)],
            products=[product("p", shelf_life_days=30.0)],
            variation=0.0,
        )

    assert plan_world(world(day(0))).proposed.empty
    short = plan_world(world(day(1))).proposed["units"].sum()
    long = plan_world(world(day(3))).proposed["units"].sum()
    assert 0 < short <= 12
    assert 2 * short < long <= 3 * 9.7 + 4


def test_what_expires_first_leaves_first():
    # The lot that expires first is what the front gets: nothing of it is left to spoil there.
    world = one_front(
        stock=[("M", "p", 16, day(2)), ("M", "p", 400, day(30))],
        products=[product("p", shelf_life_days=60.0)],
        variation=0.0,
        demand=[("r", "p", 10.0)],
    )
    plan = plan_world(world)
    first = plan.proposed.sort_values("dispatch_date").iloc[0]
    assert first["dispatch_date"] == day(0)
    assert plan.costs["waste"] == pytest.approx(0.0, abs=0.5)


def test_rejections_stand_for_their_lane_product_and_days_only():
    lanes = [lane("M", "F", lane="van"), lane("M", "F", 2, lane="train")]
    rejected = pd.DataFrame([("van", "p", day(30))], columns=["lane", "sku", "until"])
    plan = plan_world(one_front(lanes=lanes), rejected=rejected)
    assert set(plan.proposed["lane"]) == {"train"}


def test_stock_to_send_knows_what_expires_and_what_leaves_before():
    import numpy as np

    from optimization.draft import Draft, stock_to_send
    from optimization.options import join_lanes, list_options
    from optimization.problem import state_problem

    stock = [("M", "p", 40, day(1)), ("M", "p", 8)]
    world = one_front(stock=stock, products=[product("p", shelf_life_days=9.0)])
    network = state_problem(world.brand(), world.forecast()).network
    draft = Draft.empty(network, list_options(network, join_lanes(network)))
    main = network.cells(np.array([1]), np.array([0]))[0]
    assert stock_to_send(draft)[main].tolist() == [48, 48, 8, 8, 8, 8, 8]
    first = np.flatnonzero(draft.options.day == 0)[0]
    draft.cases[first] = 5  # 20 of the 40 that expire leave before
    assert stock_to_send(draft)[main].tolist() == [28, 28, 8, 8, 8, 8, 8]
    later = np.flatnonzero(draft.options.day == 3)[0]
    draft.cases[later] = 3  # 12 on day 3, when 8 are left
    assert stock_to_send(draft)[main, 0] == -4
