"""Rolling origins: what is scored, by whom, and that nobody peeks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.brand import Brand, read_brand
from data.errors import BadInput
from forecasting.accuracy import wape
from forecasting.backtest import BACKTEST_COLUMNS, backtest, score
from forecasting.baselines import assemble_quantiles, seasonal_naive
from forecasting.forecast import Forecast
from forecasting.panel import build_panel
from forecasting.quantiles import QUANTILES


@pytest.fixture
def brand(make_brand: Callable[..., Path]) -> Brand:
    return read_brand(make_brand())


def _point(brand: Brand, horizon: int, value: Callable[[object], np.ndarray]) -> Forecast:
    panel = build_panel(brand, horizon)
    mean = value(panel)
    daily = np.repeat(mean[:, :, None], len(QUANTILES), axis=2)
    return assemble_quantiles(brand, panel, mean, daily, daily.cumsum(axis=1))


def test_rows_for_each_model_window_level_and_choice_of_days(brand: Brand) -> None:
    rows = backtest(brand, 7, 2, models={"seasonal_naive": seasonal_naive})
    assert list(rows.columns) == list(BACKTEST_COLUMNS)
    assert len(rows) == 2 * 5 * 2
    assert sorted(rows["window"].unique()) == ["2024-05-17", "2024-05-24"]
    assert set(rows["days"]) == {"in_stock", "all"}
    scored = rows[rows["level"] == "series"]
    assert scored[["wape", "bias", "wql", "cover90"]].notna().all(axis=None)
    assert rows["wape"].notna().all()


def test_scores_are_those_of_the_measures(brand: Brand) -> None:
    """A flat forecast of 10 against sales worked out by hand from the table."""

    def ten(panel):  # type: ignore[no-untyped-def]
        return np.full((len(panel.region), 7), 10.0)

    past = brand.until("2024-05-23")
    rows = {(r["level"], r["days"]): r for r in score(_point(past, 7, ten), brand)}
    sales = brand.sales[brand.sales["date"] > "2024-05-23"]
    stocked = sales[sales["availability"] >= 0.5]
    assert len(stocked) < len(sales)
    for days, part in (("all", sales), ("in_stock", stocked)):
        actual = part["units"].to_numpy()
        expected = wape(actual, np.full(len(actual), 10.0))
        assert rows["series", days]["wape"] == pytest.approx(expected)
        assert rows["series", days]["wql"] == pytest.approx(expected)
    total = sales.groupby("date")["units"].sum().to_numpy()
    assert rows["total", "all"]["wape"] == pytest.approx(wape(total, np.full(7, 60.0)))


def test_a_model_that_would_peek_finds_nothing(brand: Brand) -> None:
    """A planted leak: were the future in the brand it is given, its score would be zero."""
    truth = brand.sales.set_index(["region", "sku", "date"])["units"]

    def peek(past: Brand, horizon: int) -> Forecast:
        days = pd.date_range(past.as_of + pd.Timedelta(days=1), periods=horizon)
        assert past.sales["date"].max() <= past.as_of
        assert not past.daily_sales()["date"].isin(days).any()

        def look(panel):  # type: ignore[no-untyped-def]
            known = past.sales.set_index(["region", "sku", "date"])["units"]
            keys = [(r, s, d) for r, s in zip(panel.region, panel.sku, strict=True) for d in days]
            return np.array([known.get(key, 0.0) for key in keys]).reshape(-1, horizon)

        return _point(past, horizon, look)

    def oracle(past: Brand, horizon: int) -> Forecast:
        days = pd.date_range(past.as_of + pd.Timedelta(days=1), periods=horizon)
        return _point(
            past,
            horizon,
            lambda panel: np.array(
                [
                    truth[(r, s, d)]
                    for r, s in zip(panel.region, panel.sku, strict=True)
                    for d in days
                ]
            ).reshape(-1, horizon),
        )

    rows = backtest(brand, 7, 1, models={"peek": peek, "oracle": oracle})
    series = rows[(rows["level"] == "series") & (rows["days"] == "all")].set_index("model")
    assert series.loc["oracle", "wape"] == 0.0
    assert series.loc["peek", "wape"] == 1.0


def test_nearfield_and_the_naive_are_the_usual_models(make_brand: Callable[..., Path]) -> None:
    def only_tea(sales: pd.DataFrame) -> pd.DataFrame:
        return sales[sales["sku"] == "tea"]

    rows = backtest(read_brand(make_brand(sales=only_tea)), 7, 1, workers=1)
    assert list(rows["model"].unique()) == ["nearfield", "seasonal_naive"]
    assert (rows["seconds_per_series"] > 0).all()


@pytest.mark.parametrize(("horizon", "windows"), [(7, 9), (40, 1), (0, 1), (7, 0)])
def test_what_history_cannot_bear_is_refused(brand: Brand, horizon: int, windows: int) -> None:
    with pytest.raises(BadInput):
        backtest(brand, horizon, windows)


def test_the_naive_repeats_the_last_week_in_stock(brand: Brand) -> None:
    made = seasonal_naive(brand, 9)
    panel = build_panel(brand, 9)
    mean = made.frame["mean"].to_numpy().reshape(-1, 9)
    for i in range(len(panel.region)):
        for day in range(9):
            earlier = range(panel.history + day - 7 * (1 + day // 7), -1, -7)
            last = next(t for t in earlier if panel.usable[i, t])
            assert mean[i, day] == pytest.approx(panel.units[i, last])
