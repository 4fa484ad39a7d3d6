"""Forecast every series of a brand, over processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from data.errors import BadInput, Cancelled, Failure
from data.progress import Progress, silent
from forecasting.assemble import assemble
from forecasting.batch import UNFIT, Outcome, Task, forecast_batch
from forecasting.design import ALONE, Design, Shared, driver_scales
from forecasting.fallback import likes_levels
from forecasting.forecast import Forecast
from forecasting.panel import Panel, build_panel
from forecasting.pooling import Pools, fit_pool, pool_design, pool_of_each
from forecasting.prophet_engine import Priors
from forecasting.workers import Workers

if TYPE_CHECKING:
    import pandas as pd

    from data.brand import Brand

Floats = npt.NDArray[np.floating[Any]]

BATCH = 24
"""Series a task: a few seconds of work, so that handing over costs nothing and progress moves."""

POOL_PRIORS = Priors(changepoint=0.1, weekly=0.3, yearly=0.5, event=1.0, driver=0.1)
"""Priors of a pool, which has the evidence of many series."""

SERIES_PRIORS = Priors(changepoint=0.1, weekly=0.03, yearly=0.05, event=0.3, driver=0.1)
"""Priors of a series around its pool; chosen by measurement, see docs/forecasting.md."""

ALONE_PRIORS = Priors(changepoint=0.1, weekly=0.1, yearly=0.3, event=0.3, driver=0.1)
"""Priors of a series without a pool."""


def forecast(
    brand: Brand,
    horizon: int | None = None,
    *,
    backend: str = "loky",
    workers: int | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
) -> Forecast:
    """Forecast every series of a brand from the day after its as-of day.

    :param horizon: days, 1 to 366; default: the brand's plan horizon.
    :param backend: joblib's name of one: ``loky`` (processes), ``threading``, ``sequential``,
        or one that a cluster has registered (``dask``, ``ray``).
    :param workers: how many at once; default: the processors at hand.
    :param seed: of the sample paths; default: the brand's setting. The same seed gives the same
        forecast whatever the backend and the number of workers.
    :param progress: told how many series are done; may raise :class:`~data.errors.Cancelled`.
    :raises BadInput: the horizon is out of range, or a known driver ends before it does.
    :raises Cancelled: Ctrl-C.
    :raises Failure: a worker died, or Prophet itself does not work here.
    """
    horizon = brand.settings.plan.horizon_days if horizon is None else horizon
    if not 1 <= horizon <= 366:
        raise BadInput(f"horizon: expected 1 to 366 days; found {horizon}.")
    settings = brand.settings.forecast
    panel = build_panel(brand, horizon)
    plan = Preparation(
        panel=panel,
        scales=driver_scales(panel),
        likes=likes_levels(panel, _likenesses(brand)),
        launched=_launch_days(brand, panel),
        counts=_whole_units(panel),
        samples=settings.samples,
        seed=settings.seed if seed is None else seed,
    )
    try:
        outcomes = _run(plan, Workers(backend, workers), progress or silent)
    except KeyboardInterrupt:
        raise Cancelled("Stopped. The last forecast still stands.") from None
    _require_fits(outcomes)
    return assemble(brand, panel, outcomes)


@dataclass(frozen=True, slots=True)
class Preparation:
    """What the parent knows of all series, from which each batch takes its own."""

    panel: Panel
    scales: Floats
    likes: Floats
    launched: npt.NDArray[np.intp]
    counts: bool
    samples: int
    seed: int

    def task(self, series: npt.NDArray[np.intp], pools: Pools) -> Task:
        """Return the task of a batch of series."""
        return Task(
            series=series,
            panel=self.panel.part(series),
            shared=tuple(pools.of(int(i)) for i in series),
            likes=self.likes[series],
            launched=self.launched[series],
            scales=self.scales,
            counts=self.counts,
            priors=SERIES_PRIORS,
            alone=ALONE_PRIORS,
            samples=self.samples,
            seed=self.seed,
        )


def _run(plan: Preparation, workers: Workers, tell: Progress) -> list[Outcome]:
    total = len(plan.panel)
    tell(0, total, "learning what the series share")
    pools = _learn_pools(plan, workers)
    batches = [np.arange(i, min(i + BATCH, total)) for i in range(0, total, BATCH)]
    tasks = (plan.task(batch, pools) for batch in batches)
    outcomes, done = [], 0
    for outcome in workers.each(forecast_batch, tasks, len(batches)):
        outcomes.append(outcome)
        done += len(outcome.series)
        tell(done, total, "forecasting")
    return outcomes


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


def _likenesses(brand: Brand) -> dict[str, str]:
    products = brand.products[["sku", "similar_to"]].astype(str)
    return {sku: like for sku, like in products.itertuples(index=False) if like}


def _launch_days(brand: Brand, panel: Panel) -> npt.NDArray[np.intp]:
    """(S,) day of the panel on which the product is sold first; 0 where it is sold already."""
    launched = brand.products.set_index(brand.products["sku"].astype(str))["launched"]
    days = (launched.reindex(panel.sku) - panel.dates[0]).dt.days.fillna(0)
    return np.asarray(np.clip(days.to_numpy(), 0, None), dtype=np.intp)


def _whole_units(panel: Panel) -> bool:
    units = panel.units[np.isfinite(panel.units)]
    return bool((units == np.round(units)).all())
