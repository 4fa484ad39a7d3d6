"""Leaks, planted in every way in which a forecast of the past could see its future."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.brand import Brand, read_brand
from data.errors import BadInput, Failure
from forecasting import peeking
from forecasting.backtest import backtest
from forecasting.baselines import assemble_quantiles, seasonal_naive
from forecasting.forecast import Forecast
from forecasting.panel import build_panel
from forecasting.peeking import hide_future, require_blind, require_no_record
from forecasting.quantiles import QUANTILES
from forecasting.run import forecast
from tests import brand_factory as factory

CUTOFF = pd.Timestamp("2024-05-20")


def _echo(use: str) -> dict[str, dict[str, str]]:
    return {"drivers": {"discount": "known", "served": use}}


def _with_served(usual: pd.DataFrame) -> pd.DataFrame:
    """Drivers with a column that is what was sold: the plainest leak there is."""
    sold = factory.sales().rename(columns={"units": "served"})
    every = usual.merge(pd.DataFrame({"region": ["hangzhou", "suzhou"]}), how="cross")
    rows = every.merge(
        sold[["date", "region", "sku", "served"]], on=["date", "region", "sku"], how="left"
    )
    return rows.fillna({"served": 0.0})


def _from(brand: Brand, horizon: int, ahead: Callable[[str, str, pd.Timestamp], float]) -> Forecast:
    panel = build_panel(brand, horizon)
    days = panel.dates[panel.history :]
    mean = np.array(
        [[ahead(r, s, day) for day in days] for r, s in zip(panel.region, panel.sku, strict=True)]
    )
    daily = np.repeat(mean[:, :, None], len(QUANTILES), axis=2)
    return assemble_quantiles(brand, panel, mean, daily, daily.cumsum(axis=1))


def _by_driver(brand: Brand, horizon: int) -> Forecast:
    """A model that reads the driver ``served`` on the days that it forecasts."""
    known = brand.drivers.set_index(["region", "sku", "date"])["served"].fillna(0.0)
    return _from(brand, horizon, lambda r, s, day: float(known.get((r, s, day), 0.0)))


def _by_files(brand: Brand, horizon: int) -> Forecast:
    """A model that reads the brand's files again."""
    again = read_brand(brand.folder) if brand.folder else brand
    sold = again.sales.set_index(["region", "sku", "date"])["units"]
    return _from(brand, horizon, lambda r, s, day: float(sold.get((r, s, day), 0.0)))


@pytest.mark.parametrize("model", [_by_driver, _by_files])
def test_a_model_that_looks_for_the_future_finds_nothing(
    model: Callable[[Brand, int], Forecast], make_brand: Callable[..., Path]
) -> None:
    brand = read_brand(make_brand(drivers=_with_served, settings=_echo("past")))
    rows = backtest(brand, 7, 1, models={"leaky": model})
    assert rows.loc[rows["level"] == "series", "wape_all"].item() == 1.0
    # Given the brand as it is, the same model knows everything.
    past = brand.until(brand.as_of - pd.Timedelta(days=7))
    told = model(past, 7).frame["mean"].sum()
    assert told == pytest.approx(brand.sales[brand.sales["date"] > past.as_of]["units"].sum())


def test_a_driver_that_records_sales_is_refused(make_brand: Callable[..., Path]) -> None:
    brand = read_brand(make_brand(drivers=_with_served, settings=_echo("known")))
    with pytest.raises(BadInput, match='served = "past"'):
        backtest(brand, 7, 1, models={"seasonal_naive": seasonal_naive})
    honest = read_brand(make_brand("honest", drivers=lambda usual: factory.drivers()))
    require_no_record(honest, 7)


@pytest.mark.parametrize("model", [seasonal_naive, partial(forecast, workers=1)])
def test_sales_after_the_cutoff_do_not_move_a_forecast(
    model: Callable[[Brand, int], Forecast], make_brand: Callable[..., Path]
) -> None:
    brand = read_brand(make_brand(drivers=_with_served, settings=_echo("past")))
    require_blind(model, brand, CUTOFF, 7)


def test_the_audit_catches_what_leaks(
    make_brand: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    brand = read_brand(make_brand(drivers=_with_served, settings=_echo("past")))
    models = {"leaky": _by_driver}
    backtest(brand, 7, 1, models=models, audit=True)
    # A harness that leaves drivers of the past in the future lets this model see sales.
    monkeypatch.setattr(peeking, "hide_future", lambda brand, as_of: brand.until(as_of))
    with pytest.raises(Failure, match="sees what"):
        backtest(brand, 7, 1, models=models, audit=True)


def test_what_is_planned_stays_and_what_is_not_goes(make_brand: Callable[..., Path]) -> None:
    brand = read_brand(make_brand(drivers=_with_served, settings=_echo("past")))
    past = hide_future(brand, CUTOFF)
    later = past.drivers[past.drivers["date"] > CUTOFF]
    assert past.folder is None and past.sales["date"].max() == CUTOFF
    assert later["served"].isna().all() and later["discount"].notna().all()
    before = past.drivers[past.drivers["date"] <= CUTOFF]
    pd.testing.assert_series_equal(
        before["served"], brand.drivers[brand.drivers["date"] <= CUTOFF]["served"]
    )
