"""Rolling origins: what is scored, by whom."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.brand import Brand, read_brand
from data.errors import BadInput
from forecasting.accuracy import wape
from forecasting.backtest import BACKTEST_COLUMNS, backtest
from forecasting.baselines import assemble_quantiles, seasonal_naive, week_mean
from forecasting.forecast import Forecast
from forecasting.panel import build_panel
from forecasting.quantiles import QUANTILES
from forecasting.scoring import LEVELS, joined, score

SECONDS = "seconds_per_series"


@pytest.fixture
def brand(make_brand: Callable[..., Path]) -> Brand:
    return read_brand(make_brand())


def _point(brand: Brand, horizon: int, value: Callable[[object], np.ndarray]) -> Forecast:
    panel = build_panel(brand, horizon)
    mean = value(panel)
    daily = np.repeat(mean[:, :, None], len(QUANTILES), axis=2)
    return assemble_quantiles(brand, panel, mean, daily, daily.cumsum(axis=1))


def test_rows_for_each_model_window_level_and_part(brand: Brand) -> None:
    rows = backtest(brand, 7, 2, models={"seasonal_naive": seasonal_naive})
    assert list(rows.columns) == list(BACKTEST_COLUMNS)
    assert sorted(rows["window"].unique()) == ["2024-05-17", "2024-05-24"]
    whole = rows[rows["group"] == ""]
    assert len(whole) == 2 * len(LEVELS)
    assert list(rows.index[: len(whole)]) == list(whole.index)
    measures = [
        f"{name}{days}" for name in ("wape", "bias", "wql", "cover90") for days in ("", "_all")
    ]
    assert whole[measures].notna().all(axis=None)
    parts = rows[rows["group"] != ""].groupby("level")["group"].unique()
    assert list(parts["by_region"]) == ["hangzhou", "suzhou"]
    assert list(parts["by_category"]) == ["drinks", "fresh", "phone"]
    assert list(parts["by_horizon_day"]) == [str(day) for day in range(1, 8)]
    assert list(parts["by_volume_quartile"]) == ["1", "2", "3", "4"]
    assert list(parts["by_quantile"]) == [f"{level:g}" for level in QUANTILES]


def test_parts_put_together_by_units_are_the_whole(brand: Brand) -> None:
    rows = backtest(brand, 7, 1, models={"seasonal_naive": seasonal_naive})
    whole = rows[rows["level"] == "series"].iloc[0]
    for level, part in rows[rows["group"] != ""].groupby("level"):
        if level == "by_quantile":
            assert part["wql"].mean() == pytest.approx(whole["wql"])
            assert part["below"].is_monotonic_increasing
            continue
        for measure in ("wape", "bias", "wql"):
            together = np.average(part[measure], weights=part["units"])
            assert together == pytest.approx(whole[measure])


def test_a_sample_scores_its_series_alone(brand: Brand) -> None:
    rows = backtest(brand, 7, 1, models={"seasonal_naive": seasonal_naive}, sample=2, seed=1)
    assert len(rows[rows["level"] == "by_volume_quartile"]) <= 2
    again = backtest(brand, 7, 1, models={"seasonal_naive": seasonal_naive}, sample=2, seed=1)
    pd.testing.assert_frame_equal(rows.drop(columns=SECONDS), again.drop(columns=SECONDS))
    with pytest.raises(BadInput, match="at least 1"):
        backtest(brand, 7, 1, models={}, sample=0)


def test_scores_are_those_of_the_measures(brand: Brand) -> None:
    """A flat forecast of 10 against sales worked out by hand from the table."""

    def ten(panel):  # type: ignore[no-untyped-def]
        return np.full((len(panel.region), 7), 10.0)

    past = brand.until("2024-05-23")
    made = score(joined(_point(past, 7, ten), brand), "2024-05-24")
    rows = {(str(row["level"]), str(row["group"])): row for row in made}
    sales = brand.sales[brand.sales["date"] > "2024-05-23"]
    stocked = sales[sales["availability"] >= 0.5]
    assert len(stocked) < len(sales)
    for days, part in (("_all", sales), ("", stocked)):
        actual = part["units"].to_numpy()
        expected = wape(actual, np.full(len(actual), 10.0))
        assert rows["series", ""]["wape" + days] == pytest.approx(expected)
        assert rows["series", ""]["wql" + days] == pytest.approx(expected)
    total = sales.groupby("date")["units"].sum().to_numpy()
    assert rows["total", ""]["wape_all"] == pytest.approx(wape(total, np.full(7, 60.0)))


def test_nearfield_and_the_naive_are_the_usual_models(make_brand: Callable[..., Path]) -> None:
    def only_tea(sales: pd.DataFrame) -> pd.DataFrame:
        return sales[sales["sku"] == "tea"]

    rows = backtest(read_brand(make_brand(sales=only_tea)), 7, 1, workers=1)
    assert list(rows["model"].unique()) == ["nearfield", "seasonal_naive", "week_mean"]
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


def test_the_mean_of_a_week_takes_the_last_seven_days_in_stock(brand: Brand) -> None:
    made = week_mean(brand, 3)
    panel = build_panel(brand, 3)
    mean = made.frame["mean"].to_numpy().reshape(-1, 3)
    for i in range(len(panel)):
        last = panel.units[i, panel.usable[i]][-7:]
        assert mean[i] == pytest.approx(float(last.mean()))
