"""Each setting of a plan changes the plan as it should."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data import Costs, Promise
from optimization.draft import Draft, stock_to_send
from optimization.options import join_lanes, list_options
from optimization.planner import plan_transfers
from optimization.problem import state_problem
from tests.optimization.networks import (
    PROMISES,
    day,
    lane,
    location,
    on,
    one_front,
    product,
)
from tests.optimization.planning import plan_world, solver_here

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


def units_by_day(plan):
    return plan.transfers.groupby("dispatch_date")["units"].sum()


def test_a_price_on_change_keeps_the_last_plan():
    # What the last plan said is not the best, and not bad either.
    columns = ["lane", "sku", "dispatch_date", "cases"]
    last = pd.DataFrame([("M>F", "p", day(n), 10) for n in (1, 4)], columns=columns)
    free = plan_world(one_front(), last=last)
    kept = plan_world(one_front(plan={"churn_price": 30.0}), last=last)
    early = kept.proposed[kept.proposed["dispatch_date"] <= day(4)]
    assert early[columns].to_dict("records") == last.to_dict("records")
    assert kept.details["churn"]["unchanged_share"] == 1
    assert kept.details["churn"]["changed_units"] == 0
    change = free.details["churn"]
    assert change["unchanged_share"] < 1
    assert change["last_units"] == 80
    now = units_by_day(free)
    both = pd.concat([now, pd.Series(40.0, last["dispatch_date"])], axis=1).fillna(0.0)
    both = both[both.index <= day(4)]
    assert change["changed_units"] == pytest.approx((both[0] - both["units"]).abs().sum())
    assert "churn" not in plan_world(one_front()).details


def test_a_price_on_change_does_not_keep_what_makes_no_sense():
    columns = ["lane", "sku", "dispatch_date", "cases"]
    last = pd.DataFrame([("M>F", "p", day(0), 200)], columns=columns)
    plan = plan_world(one_front(plan={"churn_price": 0.01}), last=last)
    assert plan.details["churn"]["kept_units"] < 200


NOTHING_FAR = replace(PROMISES, far=Promise(30, 2.0, 0.0))


def two_regions(stock=100, unit_cost=0.2, promise=PROMISES, **plan):
    """Stock for one of two fronts; the lane to the second costs more a unit."""
    return one_front(
        products=[product("p", case_units=2)],
        locations=[
            location("M", "main"),
            location("F", "front", "r"),
            location("G", "front", "s"),
        ],
        lanes=[
            lane("M", "F", vehicle_cost=1.0),
            lane("M", "G", vehicle_cost=1.0, unit_cost=unit_cost),
        ],
        stock=[("M", "p", stock)],
        promise=promise,
        demand=[("r", "p", 16.0), ("s", "p", 16.0)],
        plan=plan,
    )


def units_to(plan, place):
    rows = plan.proposed
    return rows.loc[rows["destination"] == place, "units"].sum()


def with_vip(world, share):
    brand = world.brand()
    regions = brand.regions.assign(vip_share=np.where(brand.regions["region"] == "s", share, 0.0))
    with solver_here():
        return plan_transfers(replace(brand, regions=regions), world.forecast())


def test_regions_with_more_important_shoppers_come_first_where_the_brand_says_so():
    plain = with_vip(two_regions(), 0.5)
    first = with_vip(two_regions(vip_weight=4.0), 0.5)
    assert units_to(first, "G") > units_to(plain, "G")
    assert first.evaluated <= plain.evaluated + 1e-6
    nobody = with_vip(two_regions(vip_weight=4.0), 0.0)
    pd.testing.assert_frame_equal(nobody.transfers, plain.transfers)


def test_a_floor_on_fairness_lifts_the_least_served_region():
    short = {"stock": 200, "unit_cost": 2.0, "promise": NOTHING_FAR}
    plain = plan_world(two_regions(**short))
    fair = plan_world(two_regions(**short, fairness_floor=0.9))
    told = fair.details["fairness"]
    assert told["least"] >= told["floor"] - 0.01
    assert units_to(fair, "G") > units_to(plain, "G")
    assert "fairness" not in plain.details
    assert units_to(plain, "G") < 0.2 * units_to(plain, "F")
    enough = {"stock": 2000, "promise": NOTHING_FAR}
    idle = plan_world(two_regions(**enough, fairness_floor=0.5))
    pd.testing.assert_frame_equal(idle.transfers, plan_world(two_regions(**enough)).transfers)


def test_moves_that_gain_too_little_are_left_out():
    world = one_front(
        products=[product("p"), product("q", margin=5.0)],
        demand=[("r", "p", 10.0), ("r", "q", 0.5)],
        stock=[("M", "p", 1000), ("M", "q", 1000)],
    )
    every = plan_world(world)
    assert set(every.proposed["sku"]) == {"p", "q"}
    least = every.proposed.loc[every.proposed["sku"] == "q", "expected_gain"].max() + 1
    few = plan_world(replace(world, plan={"min_gain": float(least)}))
    assert set(few.proposed["sku"]) == {"p"}
    assert few.proposed["expected_gain"].min() >= least


def trip_gain(plan):
    keys = ["lane", "dispatch_date"]
    gain = plan.proposed.groupby(keys)["expected_gain"].sum()
    return gain - plan.trips.set_index(keys)["cost"]


def test_trips_that_gain_too_little_are_left_out():
    lanes = [lane("M", "F", vehicle_m3=0.15, vehicle_cost=2.0)]
    every = plan_world(one_front(lanes=lanes))
    least = float(trip_gain(every).min()) + 1
    few = plan_world(one_front(lanes=lanes, plan={"min_trip_gain": least}))
    assert 0 < len(few.trips) < len(every.trips)
    assert trip_gain(few).min() >= least - 1e-6
    assert plan_world(one_front(plan={"min_trip_gain": 1e6})).status == "nothing_to_do"
