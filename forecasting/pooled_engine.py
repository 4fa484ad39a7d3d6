"""The engine ``nearfield``: pooled regression, carried level, calibrated quantiles.

Steps: fit on all of history and at a few past cutoffs (:mod:`forecasting.pooled_regression`), learn
from the past ones what the forecast misses (:mod:`forecasting.pooled_lessons`) and how wide errors
really are (:mod:`forecasting.calibration`), and say what the mean is made of
(:mod:`forecasting.pooled_parts`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from data.progress import Progress, silent
from forecasting.calibration import Calibration, calibrate, normal_quantiles, own_width
from forecasting.mean_bias import mean_factor
from forecasting.panel import Panel
from forecasting.pooled_equations import blocks
from forecasting.pooled_lessons import learn_lessons
from forecasting.pooled_outlook import Outlook
from forecasting.pooled_parts import pooled_parts
from forecasting.pooled_regression import PooledFit, PooledRegression, fit_pooled
from forecasting.threads import each

Floats = npt.NDArray[np.float64]

ORIGINS: tuple[float, ...] = (1.0, 0.72, 0.44, 0.22)
"""When the forecast is made again to learn its errors: days before the end of history, as shares of
the horizon, or of :data:`LEAST_REACH` days where that is longer."""

LEAST_REACH = 18
_MIN_DAYS_BEFORE_ORIGIN = 28
_CALIBRATION_SERIES = 6_000
_CALIBRATION_FLOATS = 6e7
_MIN_AVAILABILITY_DAY = 0.6
"""Of the days whose errors are learnt: those in stock for less sold what was left."""
_MIN_AVAILABILITY_RUN = 0.5
_HINDSIGHT_DAYS = 0.75
"""A fit at a past cutoff takes noise, weights and levels' strengths from all of history. Fitted on
its own past alone, its errors are wider by so many days over those of history (measured)."""
_AROUND = (6, 2)
"""Days over which quantiles of errors are smoothed: of single days, and of demand cumulated, whose
spread does change with its days."""
_LEVELS = (np.arange(64) + 0.5) / 64


@dataclass(frozen=True, slots=True)
class PooledForecast:
    """What the engine says of S series on H days.

    :param mean: (S, H) units. :param daily: (S, H, Q) quantiles of the day.
    :param cumulated: (S, H, Q) quantiles of demand from the first day through that day.
    :param parts: (S, 6, T + H) fitted and its parts (:data:`~forecasting.components.PARTS`) in
        units, the parts summing to fitted; NaN before a series' first day.
    :param shape: (S, 5, H) the parts ahead on the log scale, also of series without any history:
        theirs is their pools'.
    """

    mean: Floats
    daily: Floats
    cumulated: Floats
    parts: npt.NDArray[np.float32]
    shape: npt.NDArray[np.float32]


def forecast_pooled(
    panel: Panel,
    horizon: int,
    *,
    settings: PooledRegression | None = None,
    progress: Progress = silent,
) -> PooledForecast:
    """Forecast every series of a panel; series that never sold come out near nought.

    :param horizon: days after the panel's history, at most ``panel.horizon``.
    """
    settings = settings or PooledRegression()
    history = panel.history
    cutoffs = _cutoffs(history, horizon)
    progress(0, 3, "fit")
    part = _calibration_part(len(panel), panel, len(cutoffs))
    if part is None:
        *past, fit = fit_pooled(panel, history, horizon, settings, earlier=cutoffs)
        learners = panel
    else:
        (fit,) = fit_pooled(panel, history, horizon, settings)
        learners = panel.part(part)
        progress(1, 3, "calibrate")
        past = fit_pooled(learners, history, horizon, settings, earlier=cutoffs)[:-1]
    progress(2, 3, "quantiles")
    volume = _volume(panel)
    learnt, offset = volume if part is None else volume[part], fit.offset
    if past:
        lessons = learn_lessons(learners, cutoffs, past, learnt)
        fit = replace(fit, outlook=lessons.heeded(panel, history, fit, volume))
        past = [
            replace(then, outlook=lessons.heeded(learners, cutoff, then, learnt))
            for cutoff, then in zip(cutoffs, past, strict=True)
        ]
    outlook = fit.outlook
    errors = [_errors_at(learners, c, f, horizon) for c, f in zip(cutoffs, past, strict=True)]
    if part is None:
        errors, outlook, past = _by_own_width(errors, outlook, past)
    day_scores, run_scores = each(
        lambda kind: calibrate(
            [both[kind] for both in errors], learnt, days=cutoffs, around=_AROUND[kind]
        ),
        (0, 1),
    )
    offsets = np.broadcast_to(offset[:, None], outlook.day.shape)
    daily = _quantiles(outlook.day, outlook.day_sd, day_scores, volume, offsets)
    open_days = ~panel.closed[:, history : history + horizon]
    offsets = offset[:, None] * np.cumsum(open_days, axis=1)
    cumulated = _quantiles(outlook.run, outlook.run_sd, run_scores, volume, offsets)
    cumulated = np.maximum.accumulate(cumulated, axis=1)
    counts = sold_in_whole_units(panel)
    daily[counts], cumulated[counts] = whole(daily[counts]), whole(cumulated[counts])
    mean = _mean(outlook, day_scores, volume, offset)
    mean *= _bias(learners, cutoffs, past, day_scores, learnt)
    mean[~open_days], daily[~open_days] = 0.0, 0.0
    parts, shape = pooled_parts(panel, horizon, fit, mean, settings)
    progress(3, 3, "done")
    return PooledForecast(mean, daily, cumulated, parts, shape)


def sold_in_whole_units(panel: Panel) -> npt.NDArray[np.bool_]:
    """(S,) whether a series has sold, and only ever whole units."""
    units = np.nan_to_num(panel.units)
    return np.asarray((units == np.rint(units)).all(axis=1) & (units > 0).any(axis=1))


def whole(quantiles: Floats) -> Floats:
    """Return quantiles of demand in whole units: those of the nearest whole number.

    Rounding keeps their order, and rounding a continuous quantity rounds its quantiles.
    """
    return np.floor(quantiles + 0.5)


def _cutoffs(history: int, horizon: int) -> list[int]:
    """Return the past cutoffs, ascending, that reach back as far as the horizon ahead."""
    reach = min(max(LEAST_REACH, horizon), history - _MIN_DAYS_BEFORE_ORIGIN)
    backs = {round(reach * share) for share in ORIGINS} if reach >= 2 else set()
    return sorted(history - back for back in backs if back > 0)


def _volume(panel: Panel) -> Floats:
    recent = np.where(panel.usable[:, -28:], panel.demand[:, -28:], 0).sum(axis=1, dtype=float)
    return np.asarray(recent / np.maximum(panel.usable[:, -28:].sum(axis=1), 1))


def _calibration_part(series: int, panel: Panel, cutoffs: int) -> npt.NDArray[np.intp] | None:
    """An even selection of the series where they are more than errors are needed of."""
    widest = panel.calendar.shape[1] + panel.brand_events.shape[1] + len(panel.driver_names) + 24
    enough = int(min(_CALIBRATION_SERIES, _CALIBRATION_FLOATS / widest**2 / (cutoffs + 1)))
    if series <= max(enough, 500):
        return None
    return np.unique(np.linspace(0, series - 1, max(enough, 500)).astype(np.intp))


def _errors_at(panel: Panel, cutoff: int, fit: PooledFit, horizon: int) -> tuple[Floats, Floats]:
    """Standardised errors of a fit at an earlier cutoff, (S, H) by day and cumulated.

    NaN where the truth is not known, or stock was out.
    """
    outlook, known = fit.outlook, fit.outlook.day.shape[1]
    window = slice(cutoff, cutoff + known)
    truth = panel.demand[:, window] + fit.offset[:, None]
    there = np.where(panel.usable[:, window], panel.availability[:, window], 0.0)
    day = np.where(there >= _MIN_AVAILABILITY_DAY, truth, np.nan)
    told = np.where(there >= _MIN_AVAILABILITY_RUN, truth, np.nan)
    run = np.cumsum(np.where(panel.closed[:, window], 0.0, told), axis=1)
    run[run <= 0] = np.nan
    errors = np.full((2, len(panel), horizon), np.nan)
    errors[0, :, :known] = (np.log(day) - outlook.day) / outlook.day_sd
    errors[1, :, :known] = (np.log(run) - outlook.run) / outlook.run_sd
    errors *= 1.0 + _HINDSIGHT_DAYS / panel.history
    return errors[0], errors[1]


def _by_own_width(
    errors: list[tuple[Floats, Floats]], outlook: Outlook, past: list[PooledFit]
) -> tuple[list[tuple[Floats, Floats]], Outlook, list[PooledFit]]:
    """Return errors over how wide the series erred at other origins, and spreads as wide."""
    if not errors:
        return errors, outlook, past
    apart, width = own_width([day for day, _ in errors])
    narrowed = [
        (day / own[:, None], run / own[:, None])
        for (day, run), own in zip(errors, apart, strict=True)
    ]
    past = [
        replace(fit, outlook=_widened(fit.outlook, own))
        for fit, own in zip(past, apart, strict=True)
    ]
    return narrowed, _widened(outlook, width), past


def _widened(outlook: Outlook, width: Floats) -> Outlook:
    wide = width[:, None]
    return replace(outlook, day_sd=outlook.day_sd * wide, run_sd=outlook.run_sd * wide)


def _bias(
    panel: Panel,
    cutoffs: list[int],
    past: list[PooledFit],
    calibration: Calibration,
    volume: Floats,
) -> float:
    """By what means ahead are to be multiplied, from those of past cutoffs."""
    sold, expected = [], []
    for cutoff, fit in zip(cutoffs, past, strict=True):
        days = fit.outlook.day.shape[1]
        window = slice(cutoff, cutoff + days)
        there = panel.usable[:, window] & (panel.availability[:, window] >= _MIN_AVAILABILITY_DAY)
        sold.append(float(panel.demand[:, window][there].sum(dtype=np.float64)))
        mean = _mean(fit.outlook, calibration.first(days), volume, fit.offset)
        expected.append(float(mean[there].sum()))
    return mean_factor(sold, expected)


def _quantiles(
    location: Floats, sd: Floats, calibration: Calibration, volume: Floats, offset: Floats
) -> Floats:
    logs = calibration.of(volume) * sd[:, :, None]
    logs += location[:, :, None]
    np.exp(logs, out=logs)
    logs -= offset[:, :, None]
    return np.maximum(logs, 0.0, out=logs)


def _mean(outlook: Outlook, calibration: Calibration, volume: Floats, offset: Floats) -> Floats:
    """Mean of the calibrated distribution, over levels evenly spread between its quantiles."""
    points, levels = normal_quantiles(), ndtri(_LEVELS)
    right = np.clip(np.searchsorted(points, levels), 1, len(points) - 1)
    share = (levels - points[right - 1]) / (points[right] - points[right - 1])
    scores = calibration.scores
    scores = (1 - share) * scores[:, :, right - 1] + share * scores[:, :, right]
    # (levels, classes, H): the series of a class are looked up level by level.
    scores, number = np.ascontiguousarray(scores.transpose(2, 0, 1)), calibration.number(volume)
    mean = np.zeros_like(outlook.day)

    def add_up(block: slice) -> None:
        least = np.broadcast_to(offset[block, None], mean[block].shape)
        for at_level in scores:
            units = at_level[number[block]] * outlook.day_sd[block]
            units += outlook.day[block]
            np.exp(units, out=units)
            units -= least
            mean[block] += np.maximum(units, 0.0, out=units)

    each(add_up, blocks(len(mean), 48 * mean.shape[1]))
    return mean / len(levels)
