"""A plan seen from above: sums, orders and shares that can be checked by hand."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from optimization import outlook
from optimization.plan import Plan
from optimization.plan_tables import REASONS, STOCKOUTS, TRANSFERS, TRIPS, UNMET

DAY = pd.Timestamp("2025-11-03")


def stockouts(*rows: tuple[str, str, int, float, float, float]) -> pd.DataFrame:
    """Rows of region, sku, day, probability with, money without, money with."""
    return pd.DataFrame(
        [
            (r, s, DAY + pd.Timedelta(days=d), 1.0, p, before / 10, after / 10, before, after)
            for r, s, d, p, before, after in rows
        ],
        columns=list(STOCKOUTS),
    )


RISK = stockouts(
    ("hz", "tea", 0, 0.2, 10.0, 1.0),
    ("hz", "tea", 1, 0.6, 20.0, 2.0),
    ("hz", "milk", 0, 0.9, 5.0, 5.0),
    ("sh", "tea", 0, 0.1, 50.0, 0.0),
)


def test_money_at_risk_adds_up_however_it_is_cut() -> None:
    for by in (["region"], ["sku"], ["date"], ["region", "sku"]):
        added = outlook.at_risk(RISK, by)
        assert added["lost_money_without"].sum() == pytest.approx(85.0)
        assert added["lost_units_with"].sum() == pytest.approx(0.8)
    assert list(outlook.at_risk(RISK, ["region"])["region"]) == ["sh", "hz"]
    assert list(outlook.at_risk(RISK, ["date"])["date"]) == [DAY, DAY + pd.Timedelta(days=1)]


def test_the_worst_come_first_with_the_day_from_which_they_are_short() -> None:
    worst = outlook.worst(RISK, 5)
    assert list(worst["sku"]) == ["milk", "tea"]  # Shanghai's tea loses nothing any more
    assert list(worst["first_day"]) == [DAY, DAY + pd.Timedelta(days=1)]
    assert list(worst["lost_money_with"]) == [5.0, 3.0]
    assert len(outlook.worst(RISK, 1)) == 1
    assert pd.isna(
        outlook.worst(stockouts(("hz", "tea", 0, 0.1, 2.0, 1.0)), 1).iloc[0]["first_day"]
    )
    assert outlook.worst(RISK.head(0), 3).empty


def plan() -> Plan:
    """Three transfers on two trips."""
    rows = [("t1", "van", 2, 10.0), ("t2", "van", 2, 5.0), ("t3", "truck", 1, 7.0)]
    transfers = pd.DataFrame(
        [
            (
                name, lane, "main", "front", "tea", DAY + pd.Timedelta(days=day),
                DAY + pd.Timedelta(days=day + 1), 1, 12.0, 0.1, gain, "{}", "proposed",
            )
            for name, lane, day, gain in rows
        ],
        columns=list(TRANSFERS),
    )  # fmt: skip
    trips = pd.DataFrame(
        [
            ("van", DAY + pd.Timedelta(days=2), 1, 0.2, 0.96, 80.0, 1.0),
            ("truck", DAY + pd.Timedelta(days=1), 2, 0.1, 0.30, 300.0, 9.0),
        ],
        columns=list(TRIPS),
    )
    reasons = pd.DataFrame({"transfer": transfers["transfer"], "status": "proposed"})
    for name, dtype in REASONS.items():
        if name not in reasons:
            reasons[name] = pd.Series(
                [pd.NaT if "date" in dtype else "" if dtype == "str" else 0.0] * 3
            )
    return Plan(
        as_of=DAY, horizon_days=7, currency="CNY", status="feasible", objective=1.0, evaluated=1.0,
        doing_nothing=0.0, bound=None, gap=None, seconds=0.0,
        transfers=transfers, trips=trips, reasons=reasons,
    )  # fmt: skip


LANES = pd.DataFrame({"lane": ["van", "truck"], "origin": "main", "destination": "front"})


def test_trips_wait_in_the_order_in_which_they_leave() -> None:
    trips = outlook.waiting_trips(plan(), LANES)
    assert list(trips["lane"]) == ["truck", "van"]
    assert list(trips["days_left"]) == [1, 2]
    assert list(trips["transfers"]) == [1, 2]
    assert list(trips["gain"]) == [7.0, 15.0]
    assert list(trips["full"]) == [False, True]


def test_a_decided_transfer_does_not_wait() -> None:
    trips = outlook.waiting_trips(plan(), LANES, pd.Series(["t2"]))
    assert list(trips["lane"]) == ["van"]
    assert list(trips["gain"]) == [5.0]
    assert outlook.waiting_trips(plan(), LANES, pd.Series([], dtype=str)).empty


def test_shares_of_fields() -> None:
    shares = outlook.shares({"near": 1.0, "mid": 2.0, "far": 0.5, "lost": 0.5})
    assert shares == {"near": 0.25, "mid": 0.5, "far": 0.125, "lost": 0.125}
    assert outlook.shares({}) == {"near": 0.0, "mid": 0.0, "far": 0.0, "lost": 0.0}


def test_what_is_bought_counts_who_walks_away() -> None:
    conversion = {"near": 1.0, "mid": 0.9, "far": 0.7}
    far = outlook.bought({"near": 0.0, "mid": 0.0, "far": 100.0, "lost": 0.0}, conversion)
    assert far == pytest.approx({"near": 0.0, "mid": 0.0, "far": 0.7, "not_bought": 0.3})
    # 70 units sell to 100 who ask far, or to 70 near: no less is bought, and 30 are not served.
    near = outlook.bought({"near": 70.0, "mid": 0.0, "far": 0.0, "lost": 30.0}, conversion)
    assert near["not_bought"] == pytest.approx(far["not_bought"])
    assert set(outlook.bought({}, conversion).values()) == {0.0}


def test_an_older_plan_does_not_tell_what_its_gain_is_made_of() -> None:
    assert outlook.gain_parts(plan()) == {}


def test_why_profit_is_missed_is_told_in_shares_of_all_of_it() -> None:
    unmet = pd.DataFrame(
        [("hz", "", "tea", 1.0, 2.0, "vehicle", 0.0), ("hz", "", "milk", 1.0, 5.0, "case", 0.0)],
        columns=list(UNMET),
    )
    why = outlook.why_missed(replace(plan(), stockouts=RISK, unmet=unmet))
    assert list(why) == ["case", "vehicle"]
    assert why == pytest.approx({"case": 5 / 8, "vehicle": 2 / 8})
    assert outlook.why_missed(plan()) == {}
