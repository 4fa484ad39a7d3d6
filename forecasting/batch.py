"""One worker's task: forecast a batch of series."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from forecasting.components import PARTS, in_units
from forecasting.design import LOG_OFFSET, Design, Shared, build_design
from forecasting.fallback import fallback_level, fallback_paths, unfit_flag
from forecasting.panel import Panel
from forecasting.prophet_engine import Fit, Priors, fit_prophet
from forecasting.quantiles import QUANTILES
from forecasting.sampling import generator, mean_units, path_quantiles, sample_paths, whole_units
from forecasting.spread import AS_FITTED, Spread

Floats = npt.NDArray[np.floating[Any]]

UNFIT = (RuntimeError, ValueError, ArithmeticError, np.linalg.LinAlgError)
"""What a fit may raise that is the series' or the solver's, not a fault of the program."""


@dataclass(frozen=True, slots=True)
class Task:
    """A batch of series and all that is needed to forecast it.

    :param series: the batch's place in the whole panel. :param panel: only its series.
    :param shared: what each series takes from its pool. :param likes: (B,) level of its likes.
    :param launch: (B, T + H) what share of its later level it sells on a day: 0 before its
        launch, then as launches go, 1 where it has long been sold.
    :param scales: (D,) usual spread of each driver. :param counts: the brand sells whole units.
    :param spread: how much wider the paths are than the fit.
    :param priors: of a series around its pool. :param alone: of one without a pool.
    """

    series: npt.NDArray[np.intp]
    panel: Panel
    shared: tuple[Shared, ...]
    likes: Floats
    launch: Floats
    scales: Floats
    counts: bool
    priors: Priors
    alone: Priors
    samples: int
    seed: int
    spread: Spread = AS_FITTED


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a task gives back: B series, H days of horizon, T + H days in all.

    :param mean: (B, H). :param daily: (B, H, 7). :param cumulated: (B, H, 7).
    :param parts: (B, 6, T + H) fitted and its parts in units, NaN outside of the series' life.
    :param engine: of each series. :param flag: of each series.
    :param fitted_days: (B,) days that the fit rests on. :param error: the first that a fit raised.
    """

    series: npt.NDArray[np.intp]
    mean: Floats
    daily: Floats
    cumulated: Floats
    parts: Floats
    engine: tuple[str, ...]
    flag: tuple[str, ...]
    fitted_days: npt.NDArray[np.intp]
    error: str


@dataclass(frozen=True, slots=True)
class _One:
    mean: Floats
    paths: Floats
    parts: Floats
    engine: str
    flag: str


def forecast_batch(task: Task) -> Outcome:
    """Forecast every series of a batch; a series that cannot be fitted gets the fallback."""
    count, horizon, days = len(task.panel), task.panel.horizon, len(task.panel.dates)
    mean = np.empty((count, horizon))
    daily = np.empty((count, horizon, len(QUANTILES)))
    cumulated = np.empty_like(daily)
    parts = np.full((count, 1 + len(PARTS), days), np.nan, dtype=np.float32)
    engines, flags, error = [], [], ""
    with tempfile.TemporaryDirectory(prefix="nearfield-") as scratch:
        for i in range(count):
            flag = unfit_flag(task.panel, i)
            one: _One | None = None
            if not flag:
                try:
                    one = _fit(task, i, scratch)
                except UNFIT as unfit:
                    flag, error = "fit_failed", error or f"{type(unfit).__name__}: {unfit}"
            if one is None:
                one = _fall_back(task, i, flag)
            mean[i], parts[i] = one.mean, one.parts
            daily[i], cumulated[i] = path_quantiles(one.paths)
            engines.append(one.engine)
            flags.append(one.flag)
    return Outcome(
        series=task.series,
        mean=mean,
        daily=daily,
        cumulated=cumulated,
        parts=parts,
        engine=tuple(engines),
        flag=tuple(flags),
        fitted_days=task.panel.usable.sum(axis=1),
        error=error,
    )


def held_out_errors(held_out: tuple[Task, Floats]) -> list[Floats]:
    """Return, for each series of a batch, its errors on the horizon's days over its fitted noise.

    :param held_out: a task whose panel is one of the past
        (:meth:`~forecasting.panel.Panel.before`), and (B, H) the demand that came, NaN on days
        that do not tell. Series that Prophet is not tried on, or cannot fit, give none.
    """
    task, came = held_out
    errors: list[Floats] = []
    with tempfile.TemporaryDirectory(prefix="nearfield-") as scratch:
        for i in range(len(task.panel)):
            if unfit_flag(task.panel, i):
                continue
            try:
                design, fit = _fit_series(task, i, scratch)
            except UNFIT:
                continue
            demand = came[i].astype(np.float64)
            known = np.isfinite(demand)
            ahead = fit.location[-task.panel.horizon :][known]
            missed = np.log((demand[known] + design.offset) / design.level) - ahead
            errors.append(missed / max(fit.sigma, 1e-9))
    return errors


def _fit_series(task: Task, i: int, scratch: str) -> tuple[Design, Fit]:
    design = build_design(task.panel, i, task.scales, task.shared[i])
    priors = task.priors if design.pooled else task.alone
    return design, fit_prophet(design, task.panel.dates, priors, scratch)[1]


def _fit(task: Task, i: int, scratch: str) -> _One:
    panel, horizon = task.panel, task.panel.horizon
    design, fit = _fit_series(task, i, scratch)
    rng = generator(task.seed, panel.key(i))
    wide = task.spread.widen(fit)
    paths, mean = sample_paths(design, wide, horizon, task.samples, rng)
    shut = panel.closed[i, panel.history :]
    paths[:, shut], mean[shut] = 0.0, 0.0
    if not (np.isfinite(paths).all() and np.isfinite(mean).all()):
        raise ArithmeticError("the fitted trend leaves the range of numbers")
    if task.counts:
        paths = whole_units(paths, rng)
    fitted = mean_units(design, fit.location, fit.sigma)
    fitted[-horizon:] = mean
    parts = in_units(fit.parts, fitted, design.offset)
    parts[:, : int(np.argmax(np.isfinite(panel.units[i])))] = np.nan
    return _One(mean, paths, parts, "prophet", "unseen_event" if design.unseen else "")


def _fall_back(task: Task, i: int, flag: str) -> _One:
    panel, horizon = task.panel, task.panel.horizon
    level = fallback_level(panel, i, flag, float(task.likes[i]), task.launch[i, : panel.history])
    zero = np.zeros(len(panel.dates))
    shape = {name: task.shared[i].parts.get(name, zero) for name in PARTS}
    ahead = np.asarray(sum(part[-horizon:] for part in shape.values()))
    if flag in ("all_zero", "constant", "ended"):
        shape, ahead = dict.fromkeys(PARTS, zero), np.zeros(horizon)
    mean = level * np.maximum(np.exp(ahead), LOG_OFFSET)
    if flag in ("new", "too_short"):
        mean *= task.launch[i, panel.history :]
    mean[panel.closed[i, panel.history :]] = 0.0
    known = float(np.nansum(np.where(panel.usable[i], panel.demand[i], 0.0)))
    rng = generator(task.seed, panel.key(i))
    paths = fallback_paths(mean, 4.0 + known, task.counts, task.samples, rng)
    parts = np.full((1 + len(PARTS), len(panel.dates)), np.nan, dtype=np.float32)
    ahead_parts = {name: part[-horizon:] for name, part in shape.items()}
    parts[:, -horizon:] = in_units(ahead_parts, mean, LOG_OFFSET * level)
    return _One(mean, paths, parts, "fallback", flag)
