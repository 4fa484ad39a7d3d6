"""Totals: what adds up, and what must not be added."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data import Brand, read_brand
from forecasting import Forecast, totals
from tests.dashboard.planned_brand import forecast_of


@pytest.fixture
def brand(make_brand: Callable[..., Path]) -> Brand:
    return read_brand(make_brand())


@pytest.fixture
def forecast(brand: Brand) -> Forecast:
    return forecast_of(brand)


def test_one_series_keeps_its_quantiles(brand: Brand, forecast: Forecast) -> None:
    found = totals.expected_demand(forecast, "hangzhou", ["milk"])
    rows = forecast.frame[
        (forecast.frame["region"] == "hangzhou") & (forecast.frame["sku"] == "milk")
    ]
    assert found["q90"].tolist() == rows["q90"].tolist()
    assert found["c50"].tolist() == rows["c50"].tolist()


def test_quantiles_of_several_series_are_not_added(forecast: Forecast) -> None:
    assert list(totals.expected_demand(forecast, "hangzhou")) == ["date", "mean"]


@pytest.mark.parametrize("region", [None, "hangzhou"])
@pytest.mark.parametrize("skus", [None, ["milk", "tea"], ["milk"]])
def test_means_and_sales_add_up(
    brand: Brand, forecast: Forecast, region: str | None, skus: list[str] | None
) -> None:
    keep = np.ones(len(forecast.frame), dtype=bool)
    sold = np.ones(len(brand.sales), dtype=bool)
    for wanted, column in ((None if region is None else [region], "region"), (skus, "sku")):
        if wanted is not None:
            keep &= forecast.frame[column].isin(wanted).to_numpy()
            sold &= brand.sales[column].isin(wanted).to_numpy()
    expected = totals.expected_demand(forecast, region, skus)
    assert expected["mean"].sum() == pytest.approx(forecast.frame.loc[keep, "mean"].sum())
    assert expected["date"].is_monotonic_increasing and expected["date"].is_unique
    history = totals.sales_history(brand, region, skus)
    assert history["units"].sum() == pytest.approx(brand.sales.loc[sold, "units"].sum())
    assert history["availability"].between(0, 1).all()


def test_parts_add_up_to_what_was_fitted(forecast: Forecast) -> None:
    parts = totals.parts_of(forecast, "suzhou")
    whole = parts[["trend", "weekly", "yearly", "events", "drivers"]].sum(axis=1)
    assert np.allclose(whole, parts["fitted"], rtol=1e-5)


def test_what_nobody_sells_is_empty(brand: Brand, forecast: Forecast) -> None:
    for region, skus in (("nowhere", None), (None, ["nothing"]), ("hangzhou", [])):
        assert totals.expected_demand(forecast, region, skus).empty
        assert totals.sales_history(brand, region, skus).empty
        assert totals.parts_of(forecast, region, skus).empty


def test_last_days_and_the_change_to_what_is_expected(brand: Brand) -> None:
    history = totals.sales_history(brand, "hangzhou", ["milk"])
    last = totals.last_days(history, 7)
    assert last.units == history["units"].iloc[-7:].sum()
    assert last.change_to(last.units * 1.5) == pytest.approx(0.5)
    assert np.isnan(totals.LastDays(0.0, 1.0).change_to(3.0))
