"""The engine ``nearfield``: pooled regression, carried level, calibrated quantiles.

Steps: fit on all of history (:mod:`forecasting.pooled_regression`), draw sample paths
(:mod:`forecasting.log_paths`), fit again at a few past cutoffs to learn how wide the errors really
are (:mod:`forecasting.calibration`), and say what the mean is made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from data.progress import Progress, silent
from forecasting.calibration import Calibration, calibrate, normal_quantiles
from forecasting.components import PARTS, in_units
from forecasting.log_paths import demand_paths
from forecasting.panel import Panel
from forecasting.pooled_regression import PooledFit, PooledRegression, fit_pooled, history_level

Floats = npt.NDArray[np.float64]

ORIGINS: tuple[int, ...] = (2, 4, 7, 10, 14, 18)
"""Days before the end of history at which the forecast is made again to learn its errors."""

_MIN_DAYS_BEFORE_ORIGIN = 28
_CALIBRATION_SERIES = 6_000
_MIN_AVAILABILITY_DAY = 0.8
_MIN_AVAILABILITY_RUN = 0.5
_LEVELS = (np.arange(64) + 0.5) / 64
_BLOCK = 512


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


@dataclass(frozen=True, slots=True)
class _Spread:
    """Location and spread on the log scale: of each day, and of what has cumulated by then."""

    day: Floats
    day_sd: Floats
    run: Floats
    run_sd: Floats


def forecast_pooled(
    panel: Panel,
    horizon: int,
    *,
    samples: int = 256,
    seed: int = 0,
    settings: PooledRegression | None = None,
    progress: Progress = silent,
) -> PooledForecast:
    """Forecast every series of a panel; series that never sold come out near nought.

    :param horizon: days after the panel's history, at most ``panel.horizon``.
    :param samples: sample paths behind the cumulated quantiles.
    """
    history = panel.history
    cutoffs = [history - back for back in ORIGINS if history - back >= _MIN_DAYS_BEFORE_ORIGIN]
    steps = len(cutoffs) + 2
    progress(0, steps, "fit")
    fit = fit_pooled(panel, history, horizon, settings)
    spread = _spread(fit, samples, seed)
    volume = _volume(panel)
    part = _calibration_part(len(panel))
    learners = panel if part is None else panel.part(part)
    days, runs = [], []
    for step, cutoff in enumerate(cutoffs):
        progress(step + 1, steps, "calibrate")
        day, run = _errors_at(learners, cutoff, horizon, samples, seed, settings)
        days.append(day)
        runs.append(run)
    learnt = volume if part is None else volume[part]
    progress(steps - 1, steps, "quantiles")
    day_scores, run_scores = calibrate(days, learnt), calibrate(runs, learnt)
    daily = _quantiles(spread.day, spread.day_sd, day_scores, volume, fit.offset)
    cumulated = _quantiles(spread.run, spread.run_sd, run_scores, volume, fit.offset)
    mean = _mean(spread, day_scores, volume, fit.offset)
    parts, shape = _parts(panel, horizon, fit, mean, settings)
    progress(steps, steps, "done")
    return PooledForecast(mean, daily, np.maximum.accumulate(cumulated, axis=1), parts, shape)


def _volume(panel: Panel) -> Floats:
    recent = np.where(panel.usable, panel.demand, 0)[:, -28:].sum(axis=1, dtype=np.float64)
    return np.asarray(recent / np.maximum(panel.usable[:, -28:].sum(axis=1), 1))


def _calibration_part(series: int) -> npt.NDArray[np.intp] | None:
    """An even selection of the series where they are more than errors are needed of."""
    if series <= _CALIBRATION_SERIES:
        return None
    return np.unique(np.linspace(0, series - 1, _CALIBRATION_SERIES).astype(np.intp))


def _spread(fit: PooledFit, samples: int, seed: int) -> _Spread:
    day_sd = np.sqrt(np.diagonal(fit.covariance, axis1=1, axis2=2))
    run, run_sd = np.empty_like(fit.mean), np.empty_like(fit.mean)
    for block in _blocks(len(fit.mean)):
        paths = demand_paths(
            fit.mean[block], fit.covariance[block], fit.offset[block], samples=samples, seed=seed
        )
        logs = np.log(np.cumsum(paths, axis=2) + fit.offset[block, None, None])
        low, run[block], high = np.quantile(logs, (0.16, 0.5, 0.84), axis=1)
        run_sd[block] = np.maximum((high - low) / 2.0, 1e-3)
    return _Spread(fit.mean, day_sd, run, run_sd)


def _errors_at(
    panel: Panel,
    cutoff: int,
    horizon: int,
    samples: int,
    seed: int,
    settings: PooledRegression | None,
) -> tuple[Floats, Floats]:
    """Standardised errors of a forecast made at an earlier cutoff, by day and cumulated."""
    fit = fit_pooled(panel, cutoff, horizon, settings)
    spread = _spread(fit, samples, seed)
    known = min(horizon, panel.history - cutoff)
    truth = np.full(fit.mean.shape, np.nan)
    there = np.zeros(fit.mean.shape)
    window = slice(cutoff, cutoff + known)
    truth[:, :known] = panel.demand[:, window]
    there[:, :known] = np.where(panel.usable[:, window], panel.availability[:, window], 0.0)
    offset = fit.offset[:, None]
    day = np.where(there >= _MIN_AVAILABILITY_DAY, truth, np.nan)
    run = np.cumsum(np.where(there >= _MIN_AVAILABILITY_RUN, truth, np.nan), axis=1)
    return (
        (np.log(day + offset) - spread.day) / spread.day_sd,
        (np.log(run + offset) - spread.run) / spread.run_sd,
    )


def _quantiles(
    location: Floats, sd: Floats, calibration: Calibration, volume: Floats, offset: Floats
) -> Floats:
    logs = location[:, :, None] + calibration.of(volume) * sd[:, :, None]
    return np.maximum(np.exp(logs) - offset[:, None, None], 0.0)


def _mean(spread: _Spread, calibration: Calibration, volume: Floats, offset: Floats) -> Floats:
    """Mean of the calibrated distribution, over levels evenly spread between its quantiles."""
    scores = calibration.of(volume)
    points, levels = normal_quantiles(), ndtri(_LEVELS)
    mean = np.zeros_like(spread.day)
    for level in levels:
        right = int(np.clip(np.searchsorted(points, level), 1, len(points) - 1))
        share = (level - points[right - 1]) / (points[right] - points[right - 1])
        score = (1 - share) * scores[:, :, right - 1] + share * scores[:, :, right]
        mean += np.maximum(np.exp(spread.day + score * spread.day_sd) - offset[:, None], 0.0)
    return mean / len(levels)


def _parts(
    panel: Panel, horizon: int, fit: PooledFit, mean: Floats, settings: PooledRegression | None
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Fitted and its parts in units on every day, and the parts on the log scale ahead."""
    history = panel.history
    parts = np.empty((len(panel), 1 + len(PARTS), history + horizon), dtype=np.float32)
    shape = np.empty((len(panel), len(PARTS), horizon), dtype=np.float32)
    past = history_level(panel, history, fit, settings)
    component = np.array(fit.columns.component)
    for block in _blocks(len(panel)):
        X = fit.columns.values(block, slice(0, history + horizon))
        logs: dict[str, Floats] = {}
        for name in PARTS:
            chosen = component == name
            logs[name] = np.einsum("stk,sk->st", X[:, :, chosen], fit.beta[block][:, chosen])
        moved = np.sum([logs[name] for name in PARTS if name != "trend"], axis=0)[:, :history]
        offset = fit.offset[block, None]
        fitted = np.exp(past[block] + logs["trend"][:, :history] + moved) - offset
        units = in_units(logs, np.concatenate([fitted, mean[block]], axis=1), offset)
        parts[block] = units.transpose(1, 0, 2)
        shape[block] = np.stack([logs[name][:, history:] for name in PARTS], axis=1)
    begins = np.argmax(np.isfinite(panel.units), axis=1)
    before = np.arange(history + horizon)[None, :] < begins[:, None]
    parts[np.broadcast_to(before[:, None, :], parts.shape)] = np.nan
    return parts, shape


def _blocks(series: int) -> Iterator[slice]:
    for begin in range(0, series, _BLOCK):
        yield slice(begin, min(begin + _BLOCK, series))
