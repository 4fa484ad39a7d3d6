"""Days on which nothing can be sold, and days without sales that nothing explains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from data.brand import read_brand
from forecasting.closed_days import closed_days, closed_weekdays, odd_days
from forecasting.panel import build_panel
from forecasting.quantiles import CUMULATIVE_COLUMNS, DAILY_COLUMNS
from forecasting.run import forecast

T, H = 210, 14
WEEKDAY = np.arange(T + H) % 7
ONE_REGION = np.zeros(1, dtype=np.intp)
NOTHING = np.zeros((1, T + H, 0))


def drawn(rate: float | np.ndarray, seed: int = 0, series: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).poisson(rate, (series, T)).astype(float)


def test_weekdays_without_sales_are_closed_where_chance_would_have_sold() -> None:
    sundays = drawn(20.0 * (WEEKDAY[:T] != 6))
    mondays = drawn(100.0 * (WEEKDAY[:T] == 0))
    mondays[:, ::14] = 0.0
    slow = drawn(0.05, series=40)
    assert np.flatnonzero(closed_weekdays(sundays, WEEKDAY[:T])).tolist() == [6]
    assert np.flatnonzero(closed_weekdays(mondays, WEEKDAY[:T])).tolist() == [1, 2, 3, 4, 5, 6]
    assert not closed_weekdays(slow, WEEKDAY[:T]).any()


def test_a_weekday_on_which_it_sold_for_years_closes_within_two_months() -> None:
    units = drawn(20.0)
    units[:, -56:] *= WEEKDAY[T - 56 : T] != 6
    closed = closed_days(units, WEEKDAY, ONE_REGION, NOTHING)
    assert (closed[0, T:] == (WEEKDAY[T:] == 6)).all()
    assert not closed[0, : T - 56].any(), "days that sold are not closed"


def test_a_new_series_keeps_the_hours_of_its_region() -> None:
    units = np.concatenate([drawn(20.0 * (WEEKDAY[:T] != 6), seed) for seed in range(2)])
    units[1, : T - 10] = np.nan
    closed = closed_days(units, WEEKDAY, np.zeros(2, dtype=np.intp), NOTHING)
    assert (closed[1, T:] == (WEEKDAY[T:] == 6)).all()


def test_a_driver_of_two_values_and_an_occasion_can_close() -> None:
    shut = np.isin(np.arange(T + H), [20, 64, 65, 130, T + 3])
    units = drawn(20.0)
    units[:, shut[:T]] = 0.0
    told = np.stack([1.0 - shut, np.sin(np.arange(T + H))], axis=1)[None]
    closed = closed_days(units, WEEKDAY, ONE_REGION, told)
    assert (closed[0] == shut).all()
    promotion = np.isin(np.arange(T + H), [21, 66, 131, T + 4]).astype(float)[None, :, None]
    assert not closed_days(units, WEEKDAY, ONE_REGION, promotion).any()


def test_a_day_without_sales_is_odd_only_among_days_that_sell() -> None:
    units = np.concatenate([drawn(20.0), drawn(1.0), drawn(20.0)])
    units[0, [40, T - 1]] = 0.0
    units[2, 40:47] = 0.0
    apart = np.arange(3)
    odd = odd_days(units, np.ones(units.shape, dtype=bool), apart)
    assert np.argwhere(odd).tolist() == [[0, 40], [0, T - 1]]
    # Its whole region was silent: then that of slow goods is odd, too.
    units[:, 100] = 0.0
    odd = odd_days(units, np.ones(units.shape, dtype=bool), np.zeros(3, dtype=np.intp))
    assert odd[:, 100].all()


def test_nothing_is_expected_of_closed_days_and_a_storm_does_not_last(
    make_brand: Callable[..., Path],
) -> None:
    def shut(sales: pd.DataFrame) -> pd.DataFrame:
        dates = pd.to_datetime(sales["date"])
        closed = (dates.dt.dayofweek == 6) | (dates == dates.max())
        return sales.assign(units=sales["units"].where(~closed, 0.0))

    brand = read_brand(make_brand(sales=shut))
    made = forecast(brand, 14).frame
    sundays = made["date"].dt.dayofweek == 6
    assert (made.loc[sundays, ["mean", *DAILY_COLUMNS]] == 0).all(axis=None)
    before = made.groupby(["region", "sku"], observed=True)[list(CUMULATIVE_COLUMNS)].shift()
    np.testing.assert_allclose(
        made.loc[sundays, list(CUMULATIVE_COLUMNS)], before[sundays].to_numpy(), rtol=0.05, atol=1
    )
    open_days = read_brand(make_brand("open")).sales
    open_days = open_days[open_days["availability"] >= 0.5]
    usual = open_days.groupby(["region", "sku"], observed=True)["units"].mean()
    expected = made[~sundays].groupby(["region", "sku"], observed=True)["mean"].mean()
    assert (expected / usual).between(0.75, 1.3).all()
    panel = build_panel(brand, 14)
    assert not panel.usable[:, -1].any()
