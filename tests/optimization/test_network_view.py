"""Flows and judgements that the network page draws."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from data import Brand, read_brand
from optimization.network_view import judge_cover, planned_flows, region_risk
from tests.dashboard.planned_brand import forecast_of, plan_of


@pytest.fixture
def brand(make_brand: Callable[..., Path]) -> Brand:
    return read_brand(make_brand())


def test_flows_add_up_by_pair_and_idle_lanes_stay(brand: Brand) -> None:
    transfers = plan_of(brand).transfers
    flows = planned_flows(brand, transfers).set_index(["origin", "destination"])
    assert flows.loc[("main", "front-hz"), "units"] == 140.0
    assert flows["m3"].sum() == pytest.approx(transfers["m3"].sum())
    assert flows.loc[("main", "front-hz"), "destination_name"] == "Hangzhou front"
    day = brand.as_of + pd.Timedelta(days=3)
    that_day = planned_flows(brand, transfers, day).set_index(["origin", "destination"])
    assert that_day["transfers"].to_dict() == {
        ("front-hz", "store-hz"): 1,
        ("main", "front-hz"): 1,
        ("main", "front-sz"): 0,
    }


def test_cover_is_judged_by_days() -> None:
    assert judge_cover(pd.Series([0.0, 1.9, 2.0, 3.9, 4.0, 99.0])).tolist() == [
        *["bad"] * 2,
        *["warn"] * 2,
        *["good"] * 2,
    ]


def test_risk_weighs_products_by_their_demand(brand: Brand) -> None:
    forecast = forecast_of(brand).frame
    plan = plan_of(brand)
    day = brand.as_of + pd.Timedelta(days=2)
    stockouts = plan.stockouts.copy()
    milk = (stockouts["sku"] == "milk") & (stockouts["region"] == "suzhou")
    stockouts.loc[milk, "probability_with"] = 1.0
    risk = region_risk(stockouts, forecast, day).set_index("region")
    asked = forecast[(forecast["date"] == day) & (forecast["region"] == "suzhou")]
    means = asked.set_index(asked["sku"].astype(str))["mean"]
    expected = (means["milk"] + 0.05 * (means["case"] + means["tea"])) / means.sum()
    assert risk.loc["suzhou", "probability"] == pytest.approx(expected)
    assert risk["judged"].to_dict() == {"hangzhou": "good", "suzhou": "bad"}
    assert risk.loc["suzhou", "lost_money"] == pytest.approx(7.5)
