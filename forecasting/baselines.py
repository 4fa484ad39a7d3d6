"""The forecasts that any other has to beat: last week again, and last week's mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from forecasting.assemble import assemble
from forecasting.batch import Outcome
from forecasting.components import PARTS
from forecasting.forecast import Forecast
from forecasting.panel import Panel, build_panel
from forecasting.quantiles import QUANTILES

if TYPE_CHECKING:
    from data.brand import Brand

Floats = npt.NDArray[np.floating[Any]]

WEEK = 7


def seasonal_naive(brand: Brand, horizon: int) -> Forecast:
    """Repeat the last week; quantiles from how wrong that has been.

    Each day takes the last usable day (with stock) of its weekday. Its quantiles add those of the
    errors that the same rule made within the series' last eight weeks; the cumulated ones grow
    with the square root of the days, as errors that are independent would.

    :param horizon: days, >= 1.
    """
    panel = build_panel(brand, horizon)
    return assemble_quantiles(brand, panel, *naive_week(panel))


def naive_week(panel: Panel) -> tuple[Floats, Floats, Floats]:
    """Return mean (S, H), daily and cumulated quantiles (S, H, 7)."""
    series, history, horizon = len(panel), panel.history, panel.horizon
    demand = np.where(panel.usable, panel.demand, np.nan).astype(np.float64)
    filled = _last_of_weekday(demand)
    weekday = (history + np.arange(horizon)) % WEEK
    last = np.full((series, WEEK), np.nan)
    tail = filled[:, -WEEK:]
    last[:, (history - tail.shape[1] + np.arange(tail.shape[1])) % WEEK] = tail
    fallback = np.nan_to_num(_nanmean(demand))
    mean = np.where(np.isfinite(last), last, fallback[:, None])[:, weekday]
    errors = np.full_like(demand, np.nan)
    errors[:, WEEK:] = demand[:, WEEK:] - filled[:, :-WEEK]
    spread = _error_quantiles(errors[:, -8 * WEEK :])
    daily = np.maximum(mean[:, :, None] + spread[:, None, :], 0.0)
    days = np.sqrt(np.arange(1, horizon + 1))[None, :, None]
    total = np.cumsum(mean, axis=1)[:, :, None] + spread[:, None, :] * days
    return mean, daily, np.maximum.accumulate(np.maximum(total, 0.0), axis=1)


def week_mean(brand: Brand, horizon: int) -> Forecast:
    """Give every day the mean of the last seven usable days.

    Quantiles are those of the errors that the same rule made within the series' last eight weeks,
    one day ahead; the cumulated ones grow with the square root of the days.

    :param horizon: days, >= 1.
    """
    panel = build_panel(brand, horizon)
    demand = np.where(panel.usable, panel.demand, np.nan).astype(np.float64)
    means = _last_means(demand)
    level = np.where(np.isfinite(means[:, -1]), means[:, -1], np.nan_to_num(_nanmean(demand)))
    mean = np.repeat(level[:, None], horizon, axis=1)
    errors = demand[:, 1:] - means[:, :-1]
    spread = _error_quantiles(errors[:, -8 * WEEK :])
    daily = np.maximum(mean[:, :, None] + spread[:, None, :], 0.0)
    days = np.sqrt(np.arange(1, horizon + 1))[None, :, None]
    total = np.cumsum(mean, axis=1)[:, :, None] + spread[:, None, :] * days
    cumulated = np.maximum.accumulate(np.maximum(total, 0.0), axis=1)
    return assemble_quantiles(brand, panel, mean, daily, cumulated, "mean")


def _last_means(demand: Floats) -> Floats:
    """(S, T) after each day, the mean of the last seven known ones; NaN before the first."""
    known = np.isfinite(demand)
    total = np.cumsum(np.where(known, demand, 0.0), axis=1)
    count = np.cumsum(known, axis=1)
    means = np.full(demand.shape, np.nan)
    for row in range(len(demand)):
        days = np.flatnonzero(known[row])
        if not len(days):
            continue
        # The day up to which all but the last seven known ones have passed.
        start = np.maximum(count[row] - WEEK, 0)
        before = np.append(0.0, total[row, days])[start]
        held = np.minimum(count[row], WEEK)
        np.divide(total[row] - before, held, out=means[row], where=held > 0)
    return means


def assemble_quantiles(
    brand: Brand,
    panel: Panel,
    mean: Floats,
    daily: Floats,
    cumulated: Floats,
    engine: str = "naive",
) -> Forecast:
    """Return a forecast without components from its mean and quantiles."""
    series = len(panel)
    return assemble(
        brand,
        panel,
        [
            Outcome(
                series=np.arange(series),
                mean=mean,
                daily=np.sort(daily, axis=2),
                cumulated=np.sort(cumulated, axis=2),
                parts=np.full((series, 1 + len(PARTS), len(panel.dates)), np.nan, np.float32),
                engine=(engine,) * series,
                flag=("",) * series,
                fitted_days=panel.usable.sum(axis=1),
                error="",
            )
        ],
    )


def assemble_peer(brand: Brand, panel: Panel, mean: Floats, daily: Floats, engine: str) -> Forecast:
    """Return a forecast from daily quantiles alone.

    Clips at zero and cumulates the quantiles as those of independent days.
    """
    mean, daily = np.maximum(mean, 0.0), np.maximum(np.sort(daily, axis=2), 0.0)
    away = daily - mean[:, :, None]
    spread = np.sqrt(np.cumsum(away**2, axis=1)) * np.sign(away)
    total = np.maximum(np.cumsum(mean, axis=1)[:, :, None] + spread, 0.0)
    cumulated = np.sort(np.maximum.accumulate(total, axis=1), axis=2)
    return assemble_quantiles(brand, panel, mean, daily, cumulated, engine=engine)


def _last_of_weekday(demand: Floats) -> Floats:
    """(S, T) each day's demand, or where it is missing that of the weekday's last known day."""
    filled = demand.copy()
    for day in range(WEEK, filled.shape[1]):
        missing = np.isnan(filled[:, day])
        filled[missing, day] = filled[missing, day - WEEK]
    return filled


def _nanmean(values: Floats) -> Floats:
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.asarray(np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan))


def _error_quantiles(errors: Floats) -> Floats:
    """(S, 7) quantiles of each row's known errors; of a row without any, zeros."""
    quantiles = np.zeros((len(errors), len(QUANTILES)))
    known = np.isfinite(errors).any(axis=1)
    quantiles[known] = np.nanquantile(errors[known], QUANTILES, axis=1).T
    return quantiles
