"""The engine ``nearfield`` on a brand's panel: all series at once, and its fallbacks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from data.progress import Progress
from forecasting.batch import Outcome, Task, forecast_batch
from forecasting.components import PARTS
from forecasting.design import Shared
from forecasting.fallback import unfit_flags
from forecasting.panel import Panel
from forecasting.pooled_engine import PooledForecast, forecast_pooled, whole
from forecasting.preparation import Preparation
from forecasting.workers import Workers

_LEAST_DAYS = 3
"""With sales, in stock: so many tell the level of a series that is hardly ever in stock."""


def pooled_outcomes(plan: Preparation, workers: Workers, tell: Progress) -> list[Outcome]:
    """Forecast the panel; one outcome in its order.

    The fit is one piece of work, because series learn from one another: this process does it with
    its threads, or where the backend is a cluster, one worker there. A cluster gives the work to
    another worker if that one dies.
    """
    flags = unfit_flags(plan.panel)
    panel = while_sold(plan.panel, flags == "ended")
    if workers.here:
        made = forecast_pooled(panel, panel.horizon, progress=tell)
    else:
        tell(0, 1, "fit")
        (made,) = workers.each(_forecast, [panel], 1)
        tell(1, 1, "done")
    sound = np.isfinite(made.mean).all(axis=1) & np.isfinite(made.cumulated).all(axis=(1, 2))
    flags[~sound & (flags == "")] = "fit_failed"
    unfit = np.flatnonzero((flags != "") & ~told_by_its_pools(panel, flags))
    flags[(flags == "") & _meets_the_unseen(panel)] = "unseen_event"
    engines = np.full(len(panel), "nearfield", dtype=object)
    fallen = forecast_batch(_fallback_task(plan, made, unfit)) if len(unfit) else None
    if fallen is not None:
        engines[unfit], flags[unfit] = fallen.engine, fallen.flag
        for name in ("mean", "daily", "cumulated", "parts"):
            getattr(made, name)[unfit] = getattr(fallen, name)
        if plan.counts:
            made.daily[unfit], made.cumulated[unfit] = (
                whole(made.daily[unfit]),
                whole(made.cumulated[unfit]),
            )
    outcome = Outcome(
        series=np.arange(len(panel)),
        mean=made.mean,
        daily=made.daily,
        cumulated=made.cumulated,
        parts=made.parts,
        engine=tuple(engines),
        flag=tuple(flags),
        fitted_days=panel.usable.sum(axis=1),
        error="",
    )
    return [outcome]


def _forecast(panel: Panel) -> PooledForecast:
    return forecast_pooled(panel, panel.horizon)


def while_sold(panel: Panel, ended: npt.NDArray[np.bool_]) -> Panel:
    """Return the panel in which series that have ended tell nothing after their last sale.

    Months of days on which nobody could buy would teach their pools a level that falls to nought,
    and weekdays that sell alike.

    :param ended: (S,) which they are.
    """
    sold = panel.usable & (panel.demand > 0)
    after = ~np.logical_or.accumulate(sold[:, ::-1], axis=1)[:, ::-1]
    return replace(panel, usable=panel.usable & ~(after & ended[:, None]))


def told_by_its_pools(panel: Panel, flags: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    """(S,) which of the series hardly ever in stock are forecast by the regression none the less.

    Their pools tell it of week, events and drivers, and a few days tell the level, the last of
    them the most. They keep their flag.
    """
    sold = (panel.usable & (panel.demand > 0)).sum(axis=1)
    return np.asarray((flags == "mostly_out") & (sold >= _LEAST_DAYS))


def _meets_the_unseen(panel: Panel) -> npt.NDArray[np.bool_]:
    """(S,) whether the horizon has an occasion that no day of history has shown."""
    seen, coming = panel.calendar[: panel.history], panel.calendar[panel.history :]
    if bool((coming.any(axis=0) & ~seen.any(axis=0)).any()):
        return np.ones(len(panel), dtype=bool)
    past, ahead = panel.brand_events[: panel.history], panel.brand_events[panel.history :]
    unseen = ahead.any(axis=0) & ~past.any(axis=0)
    return np.asarray(panel.brand_event_scope[unseen].any(axis=0), dtype=bool)


def _fallback_task(plan: Preparation, made: PooledForecast, series: npt.NDArray[np.intp]) -> Task:
    """The task of series without a fit of their own, with the shape that their pools have."""
    history = plan.panel.history
    shared = []
    for row in made.shape[series]:
        parts = {
            name: np.concatenate([np.zeros(history), row[index]])
            for index, name in enumerate(PARTS)
            if name != "trend"
        }
        shared.append(Shared(parts=parts, effects={}))
    return plan.task(series, tuple(shared))
