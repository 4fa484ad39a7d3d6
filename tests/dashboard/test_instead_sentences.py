"""Alternatives and limits are told as they are, and what is missing is left out."""

import numpy as np
import pandas as pd

from dashboard.instead_sentences import churn, instead, worth

PLACES = {"N": "North", "F": "Front"}


def test_each_alternative_is_told_with_what_it_loses() -> None:
    reason = {
        "nothing": 120.0,
        "later": 30.0,
        "later_date": pd.Timestamp("2025-11-05"),
        "other_origin": -12.0,
        "other_origin_name": "N",
        "other_vehicle": 0.1,
        "other_vehicle_lane": "M>F:truck",
    }
    told = instead(reason, "CNY", PLACES)
    assert len(told) == 4
    assert told[0].startswith("Not sent at all")
    assert "120" in told[0]
    assert "worse" in told[1]
    assert "North" in told[2]
    assert "better" in told[2]
    assert "M>F:truck" in told[3]
    assert "as good" in told[3]


def test_what_is_not_known_is_not_told() -> None:
    reason = {"nothing": np.nan, "later": np.nan, "later_date": pd.NaT, "other_origin": None}
    assert instead(reason, "CNY", PLACES) == []


def test_a_limit_is_told_with_its_worth() -> None:
    limit = {"limit": "storage", "location": "F", "date": "2025-11-05", "value": 1234.0}
    told = worth(limit, "CNY", PLACES, {})
    assert "Front" in told
    assert "1.23k" in told
    assert worth({"limit": "no_lane", "value": 1.0}, "CNY", PLACES, {}) == ""


def test_change_is_told() -> None:
    told = churn({"unchanged_share": 0.875, "changed_units": 40.0})
    assert "88%" in told.replace(" ", "").replace("\u202f", "") or "87" in told
    assert "40" in told
