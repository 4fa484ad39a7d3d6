"""Forecast × overrides, and whether an override was right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data.brand import Brand, read_brand
from data.overrides import OVERRIDE_COLUMNS
from forecasting.baselines import seasonal_naive
from forecasting.forecast_check import check_frame
from forecasting.overridden import apply_overrides
from forecasting.override_value import override_value
from forecasting.past import keep_past, past_rows, read_past
from forecasting.quantiles import CUMULATIVE_COLUMNS, DAILY_COLUMNS


@pytest.fixture
def brand(make_brand: Callable[..., Path]) -> Brand:
    return read_brand(make_brand())


def _table(*rows: dict[str, Any]) -> pd.DataFrame:
    usual = dict.fromkeys(OVERRIDE_COLUMNS, "") | {
        "kind": "percent",
        "starts": pd.Timestamp("2024-05-31"),
        "ends": pd.Timestamp("2024-06-30"),
        "expires": pd.Timestamp("2024-06-30"),
        "as_of": pd.Timestamp("2024-05-01"),
        "withdrawn_as_of": pd.NaT,
    }
    return pd.DataFrame([usual | {"override": i + 1} | row for i, row in enumerate(rows)])


def test_a_percentage_moves_mean_and_quantiles_in_scope_and_nothing_else(brand: Brand) -> None:
    frame = seasonal_naive(brand, 4).frame
    before = frame.copy()
    days = {"starts": pd.Timestamp("2024-06-01"), "ends": pd.Timestamp("2024-06-02")}
    table = _table({"amount": 50.0, "region": "suzhou", "category": "fresh", **days})
    made = apply_overrides(frame, table, brand)
    pd.testing.assert_frame_equal(frame, before)
    inside = (
        (frame["region"] == "suzhou")
        & (frame["sku"] == "milk")
        & frame["date"].between(days["starts"], days["ends"])
    )
    assert inside.sum() == 2
    for column in ("mean", *DAILY_COLUMNS):
        np.testing.assert_allclose(made.loc[inside, column], 1.5 * frame.loc[inside, column])
        np.testing.assert_allclose(made.loc[~inside, column], frame.loc[~inside, column])
    other = (frame["region"] == "hangzhou") | (frame["sku"] != "milk")
    pd.testing.assert_frame_equal(made[other], frame[other])
    check_frame(made, brand)
    of = made[(made["region"] == "suzhou") & (made["sku"] == "milk")]
    was = frame.loc[of.index]
    grew = of["mean"].sum() / was["mean"].sum()
    np.testing.assert_allclose(
        of[list(CUMULATIVE_COLUMNS)].iloc[-1], grew * was[list(CUMULATIVE_COLUMNS)].iloc[-1]
    )


def test_units_are_shared_out_by_what_is_expected(brand: Brand) -> None:
    frame = seasonal_naive(brand, 3).frame
    made = apply_overrides(frame, _table({"kind": "units", "amount": 60.0, "sku": "tea"}), brand)
    of, was = made[made["sku"] == "tea"], frame[frame["sku"] == "tea"]
    added = (of["mean"] - was["mean"]).groupby(of["date"]).sum()
    np.testing.assert_allclose(added, 60.0)
    share = was["mean"] / was.groupby("date")["mean"].transform("sum")
    np.testing.assert_allclose(of["mean"] - was["mean"], 60.0 * share)
    check_frame(made, brand)


def test_demand_never_falls_below_nothing_and_nothing_can_become_something(brand: Brand) -> None:
    frame = seasonal_naive(brand, 3).frame
    none = apply_overrides(frame, _table({"kind": "units", "amount": -1e6}), brand)
    assert (none[["mean", *DAILY_COLUMNS, *CUMULATIVE_COLUMNS]] == 0).all(axis=None)
    some = apply_overrides(none, _table({"kind": "units", "amount": 12.0}), brand)
    np.testing.assert_allclose(some["mean"], 2.0)
    np.testing.assert_allclose(some["q50"], 2.0)
    check_frame(some, brand)


def test_overrides_apply_one_after_another(brand: Brand) -> None:
    frame = seasonal_naive(brand, 2).frame
    made = apply_overrides(frame, _table({"amount": 100.0}, {"amount": -50.0}), brand)
    np.testing.assert_allclose(made["mean"], frame["mean"])
    assert apply_overrides(frame, _table(), brand) is frame


def test_value_is_measured_on_days_that_came(brand: Brand, tmp_path: Path) -> None:
    """Forecasts of half of what sold: doubling was right, halving again was not."""
    sold = brand.sales.set_index(["region", "sku", "date"])["units"]
    for days_ago in (9, 5):
        past = brand.until(brand.as_of - pd.Timedelta(days=days_ago))
        frame = seasonal_naive(past, 7).frame
        keys = list(zip(frame["region"], frame["sku"], frame["date"], strict=True))
        frame["mean"] = [sold.get(key, 0.0) / 2 for key in keys]
        keep_past(tmp_path / "past", past_rows(frame, past.as_of))
    days = {"starts": pd.Timestamp("2024-05-22"), "ends": pd.Timestamp("2024-05-30")}
    coming = {"starts": pd.Timestamp("2024-06-02"), "ends": pd.Timestamp("2024-06-03")}
    withdrawn = {"withdrawn_as_of": pd.Timestamp("2024-05-22"), "amount": 100.0}
    table = _table(
        {"amount": 100.0, **days},
        {"amount": -50.0, "region": "suzhou", **days},
        {"amount": 10.0, **coming},
        {**withdrawn, **days},
    )
    past = read_past(tmp_path / "past", brand)
    assert past["origin"].nunique() == 2 and past["date"].max() == brand.as_of
    right, wrong, not_yet, short = override_value(table, past, brand).to_dict("records")
    assert right["wape_override"] == pytest.approx(0.0, abs=1e-6)
    assert right["value_added"] == pytest.approx(0.5, abs=1e-6)
    assert wrong["value_added"] == pytest.approx(-0.25, abs=1e-6)
    assert wrong["forecast_units"] == pytest.approx(2 * wrong["override_units"], rel=1e-5)
    assert not_yet["days"] == 0 and np.isnan(not_yet["value_added"])
    assert 0 < short["days"] < right["days"]


def test_nights_that_cannot_be_read_are_left_out(brand: Brand, tmp_path: Path) -> None:
    assert read_past(tmp_path / "none", brand).empty
    past = brand.until(brand.as_of - pd.Timedelta(days=7))
    keep_past(tmp_path, past_rows(seasonal_naive(past, 7).frame, past.as_of))
    (tmp_path / "2024-05-01.parquet").write_bytes(b"torn")
    rows = read_past(tmp_path, brand)
    assert rows["origin"].unique().tolist() == [past.as_of]
    assert len(rows) == 7 * 6
