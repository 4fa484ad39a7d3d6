"""The engine ``prophet``: Prophet fitted to each series, over processes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from data.errors import Failure
from data.progress import Progress
from forecasting.batch import UNFIT, Outcome, forecast_batch, held_out_errors
from forecasting.design import ALONE, Design, Shared, driver_scales
from forecasting.pooling import Pools, fit_pool, pool_design, pool_of_each
from forecasting.preparation import Preparation
from forecasting.prophet_engine import Priors
from forecasting.spread import (
    MAX_DAYS,
    MIN_DAYS,
    MIN_HISTORY,
    MIN_SERIES,
    SERIES,
    USUAL,
    Spread,
    measure_spread,
)
from forecasting.workers import Workers

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.floating[Any]]

BATCH = 24
"""Series a task: a few seconds of work, so that handing over costs nothing and progress moves."""

POOL_PRIORS = Priors(changepoint=0.1, weekly=0.3, yearly=0.5, event=1.0, driver=0.1)
"""Priors of a pool, which has the evidence of many series."""


def prophet_outcomes(plan: Preparation, workers: Workers, tell: Progress) -> list[Outcome]:
    """Fit Prophet to every series, over processes.

    :raises Failure: a worker died, or Prophet itself does not work here.
    """
    total = len(plan.panel)
    tell(0, total, "learning what the series share")
    pools = _learn_pools(plan, workers)
    tell(0, total, "measuring how far forecasts go wrong")
    spread = _measure_spread(plan, workers)
    batches = _batches(np.arange(total))
    tasks = (plan.task(batch, [pools.of(int(i)) for i in batch], spread) for batch in batches)
    outcomes, done = [], 0
    for outcome in workers.each(forecast_batch, tasks, len(batches)):
        outcomes.append(outcome)
        done += len(outcome.series)
        tell(done, total, "forecasting")
    _require_fits(outcomes)
    return outcomes


def _batches(series: npt.NDArray[np.intp]) -> list[npt.NDArray[np.intp]]:
    return [series[i : i + BATCH] for i in range(0, len(series), BATCH)]


def _measure_spread(plan: Preparation, workers: Workers) -> Spread:
    """Forecast a sample of series from the past and return what their errors ask for."""
    panel = plan.panel
    days = min(panel.horizon, MAX_DAYS)
    count = len(panel)
    if count < MIN_SERIES or days < MIN_DAYS or panel.history - days < MIN_HISTORY:
        return USUAL
    came = np.where(panel.usable, panel.demand, np.nan)[:, -days:]
    past = replace(plan, panel=panel.before(days), scales=driver_scales(panel.before(days)))
    pools = _learn_pools(past, workers)
    chosen = np.random.default_rng(plan.seed).permutation(count)[:SERIES]
    batches = _batches(np.sort(chosen))
    work = ((past.task(batch, [pools.of(int(i)) for i in batch]), came[batch]) for batch in batches)
    errors = [e for found in workers.each(held_out_errors, work, len(batches)) for e in found]
    return measure_spread(sorted(errors, key=lambda error: (len(error), error.tolist())))


def _learn_pools(plan: Preparation, workers: Workers) -> Pools:
    pool = pool_of_each(plan.panel)
    count = int(pool.max(initial=-1)) + 1
    designs = [pool_design(plan.panel, pool == i, plan.scales) for i in range(count)]
    work = [(i, design, plan.panel.dates) for i, design in enumerate(designs) if design]
    shared = [ALONE] * count
    for index, learnt in workers.each(_learn_pool, work, len(work)):
        shared[index] = learnt
    return Pools(pool, tuple(shared))


def _learn_pool(work: tuple[int, Design, pd.DatetimeIndex]) -> tuple[int, Shared]:
    index, design, dates = work
    try:
        return index, fit_pool(design, dates, POOL_PRIORS)
    except UNFIT:
        return index, ALONE  # its series stand alone


def _require_fits(outcomes: list[Outcome]) -> None:
    """Tell a solver that does not work here from series that it cannot fit."""
    flags = [flag for outcome in outcomes for flag in outcome.flag]
    fitted = sum(engine == "prophet" for outcome in outcomes for engine in outcome.engine)
    failed = flags.count("fit_failed")
    if failed >= 3 and failed > fitted:
        error = next(outcome.error for outcome in outcomes if outcome.error)
        raise Failure(f"Prophet could not fit {failed} of {failed + fitted} series: {error}")
