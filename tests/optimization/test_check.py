"""The check finds every way in which a plan can be broken, and nothing in a good one."""

from dataclasses import replace

import pandas as pd
import pytest

from optimization.check import check_plan
from optimization.plan import Plan
from tests.optimization.networks import day, lane, location, on, one_front, two_echelons
from tests.optimization.planning import plan_world

WORLD = two_echelons(
    locations=[
        location("M", "main"),
        location("F1", "front", "r1", storage_m3=2.0, handling_units=900.0),
        location("F2", "front", "r2"),
        location("S1", "store", "r1", demand_share=0.3),
        location("S2", "store", "r1", demand_share=0.5),
    ],
    lanes=[
        lane("M", "F1", 1, vehicle_cost=20.0, departs_on=on(0, 1, 2, 3, 4)),
        lane("M", "F2", 2, vehicle_cost=30.0),
        lane("F1", "S1", 0, vehicle_m3=1.0),
        lane("F1", "S2", 1, vehicle_m3=1.0),
    ],
    assortment=[(place, sku, 250.0) for place in ("F1", "F2") for sku in ("a", "b", "c")],
)
FACTS = pd.DataFrame(
    [("M>F1", "b", day(2), 1), ("M>F1", "a", day(-1), 2)],
    columns=["lane", "sku", "dispatch_date", "cases"],
)
REJECTED = pd.DataFrame([("M>F2", "b", day(6))], columns=["lane", "sku", "until"])


@pytest.fixture(scope="module")
def good() -> Plan:
    return plan_world(WORLD, approved=FACTS, rejected=REJECTED)


def codes(plan: Plan, world=WORLD) -> set[str]:
    found = check_plan(plan, world.brand(), world.forecast(), FACTS, REJECTED)
    assert all(str(violation) for violation in found)
    return {violation.code for violation in found}


def with_transfers(plan: Plan, change) -> Plan:
    """Change the largest proposal to F1, and its volume with it."""
    rows = plan.transfers.copy()
    change(
        rows, rows["cases"].where(rows["status"].eq("proposed") & rows["lane"].eq("M>F1")).idxmax()
    )
    return replace(plan, transfers=rows)


def test_a_good_plan_passes(good):
    assert codes(good) == set()
    assert not good.proposed.empty


def put(column, value):
    def change(rows, first):
        rows.loc[first, column] = value

    return change


def scaled(times):
    def change(rows, first):
        for column in ("cases", "units", "m3"):
            rows.loc[first, column] = rows.loc[first, column] * times

    return change


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (put("lane", "M>nowhere"), "unknown"),
        (put("sku", "zzz"), "unknown"),
        (put("destination", "F2"), "lane"),
        (put("dispatch_date", day(-1)), "horizon"),
        (put("arrive_date", day(9)), "horizon"),
        (put("arrive_date", day(0)), "lead_time"),
        (put("cases", 0), "case"),
        (put("units", 5.5), "case"),
        (put("m3", 0.001), "volume"),
        (scaled(400), "vehicle"),
        (scaled(400), "stock"),
        (scaled(400), "handling"),
        (scaled(400), "storage"),
        (scaled(400), "assortment"),
        (put("status", "approved"), "approved"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_broken_transfer_is_found(good, change, code):
    assert code in codes(with_transfers(good, change))


def test_a_departure_on_a_day_off_is_found(good):
    def change(rows, first):
        rows.loc[first, "dispatch_date"] = day(5)  # a Saturday
        rows.loc[first, "arrive_date"] = day(6)

    assert "departure" in codes(with_transfers(good, change))


def test_a_dispatch_in_frozen_days_is_found(good):
    assert codes(good, replace(WORLD, plan={"frozen_days": 7})) == {"frozen"}


def test_a_transfer_twice_is_found(good):
    rows = pd.concat([good.transfers, good.transfers.iloc[[0]]], ignore_index=True)
    reasons = pd.concat([good.reasons, good.reasons.iloc[[0]]], ignore_index=True)
    assert "duplicate" in codes(replace(good, transfers=rows, reasons=reasons))


def test_a_missing_fact_is_found(good):
    keep = good.transfers["status"] == "proposed"
    plan = replace(good, transfers=good.transfers[keep], reasons=good.reasons[keep])
    assert "approved" in codes(plan)


def test_a_changed_fact_is_found(good):
    rows = good.transfers.copy()
    rows.loc[rows["status"] == "approved", ["cases", "units", "m3"]] *= 2
    assert "approved" in codes(replace(good, transfers=rows))


def test_a_rejected_transfer_is_found(good):
    def change(rows, first):
        rows.loc[first, ["lane", "destination", "sku"]] = ["M>F2", "F2", "b"]
        rows.loc[first, "arrive_date"] = rows.loc[first, "dispatch_date"] + pd.Timedelta(days=2)

    assert "rejected" in codes(with_transfers(good, change))


def test_a_product_out_of_the_assortment_is_found(good):
    smaller = replace(WORLD, assortment=[("F2", sku, 500.0) for sku in ("a", "b", "c")])
    assert "assortment" in codes(good, smaller)


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("vehicles", 0, "vehicle"),
        ("vehicles", 100, "vehicle"),
        ("cost", 1.0, "trip"),
        ("m3", 9.0, "trip"),
    ],
)
def test_a_broken_trip_is_found(good, column, value, code):
    trips = good.trips.copy()
    trips.loc[0, column] = value
    assert code in codes(replace(good, trips=trips))


def test_a_missing_trip_is_found(good):
    assert "vehicle" in codes(replace(good, trips=good.trips.iloc[1:]))


def test_money_that_does_not_add_up_is_found(good):
    assert codes(replace(good, evaluated=good.evaluated + 1)) == {"money"}


def test_another_day_is_found(good):
    assert "as_of" in codes(replace(good, as_of=good.as_of + pd.Timedelta(days=1)))


def test_stock_that_spoils_before_it_leaves_is_not_there():
    world = one_front(stock=[("M", "p", 40, day(1)), ("M", "p", 8)])
    plan = plan_world(world)
    rows = plan.transfers.iloc[[0]].copy()
    rows["dispatch_date"], rows["arrive_date"] = day(3), day(4)
    rows["cases"], rows["units"], rows["m3"] = 3, 12.0, 0.048
    late = replace(plan, transfers=rows, reasons=plan.reasons.iloc[[0]])
    found = {v.code for v in check_plan(late, world.brand(), world.forecast())}
    assert "stock" in found
    rows["cases"], rows["units"], rows["m3"] = 2, 8.0, 0.032
    good = replace(late, transfers=rows)
    assert "stock" not in {v.code for v in check_plan(good, world.brand(), world.forecast())}


def test_what_arrives_the_same_day_does_not_leave_again_before_the_next():
    world = two_echelons(
        lanes=[lane("M", "F1", 0), lane("M", "F2", 2), lane("F1", "S1", 0), lane("F1", "S2", 1)],
        stock=[("M", sku, 100) for sku in ("a", "b", "c")],
    )
    plan = plan_world(world)
    columns = ["lane", "origin", "destination", "sku", "dispatch_date", "arrive_date"]

    def plan_with(first, second):
        rows = pd.DataFrame(
            [
                ("M>F1", "M", "F1", "a", day(first), day(first), 5, 20.0, 0.08),
                ("F1>S1", "F1", "S1", "a", day(second), day(second), 5, 20.0, 0.08),
            ],
            columns=[*columns, "cases", "units", "m3"],
        ).assign(transfer=["1", "2"], expected_gain=0.0, reason="{}", status="proposed")
        reasons = plan.reasons.iloc[[0, 0]].assign(transfer=["1", "2"])
        return replace(plan, transfers=rows, reasons=reasons)

    def found(plan):
        return {v.code for v in check_plan(plan, world.brand(), world.forecast())}

    assert "stock" in found(plan_with(1, 1))
    assert "stock" not in found(plan_with(1, 2))
