"""What series of a category have in common, learnt from all of them at once.

A day such as Double 11 comes once or twice in a history; one series alone cannot tell its effect
from noise or from the trend. So Prophet is fitted first to the pool, the mean log demand of a
category's series, and the week, the year and the occasions that it finds there are taken as given
by each series, which then fits its own deviations under tight priors. This is a two-stage
empirical-Bayes estimate of a hierarchical model with Prophet as its regression.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecasting.design import ALONE, LOG_OFFSET, Design, Shared, build_occasions, shape_orders
from forecasting.panel import Panel
from forecasting.prophet_engine import Priors, fit_prophet

Floats = npt.NDArray[np.floating[Any]]

MIN_POOL = 5
"""Series a pool needs; a smaller category joins the pool of all."""

POOLED_PARTS = ("weekly", "yearly", "events")


@dataclass(frozen=True, slots=True)
class Pools:
    """The pool of each series and what it has learnt.

    :param pool: (S,) index into ``shared``; -1: the series stands alone.
    """

    pool: npt.NDArray[np.intp]
    shared: tuple[Shared, ...]

    def of(self, series: int) -> Shared:
        """Return what a series takes from its pool."""
        index = int(self.pool[series])
        return self.shared[index] if index >= 0 else ALONE


def pool_of_each(panel: Panel) -> npt.NDArray[np.intp]:
    """(S,) the pool of each series: its category where that is large enough, else the rest."""
    _, category = np.unique(panel.category.astype(str), return_inverse=True)
    fit_to_learn = panel.usable.sum(axis=1) >= 14
    size = np.bincount(category, weights=fit_to_learn)
    pool = np.where(size[category] >= MIN_POOL, category, -2)
    rest = pool == -2
    if rest.any():
        pool[rest] = category.max() + 1 if fit_to_learn.sum() >= MIN_POOL else -1
    _, dense = np.unique(pool[pool >= 0], return_inverse=True)
    pool[pool >= 0] = dense
    return np.asarray(pool, dtype=np.intp)


def pool_design(panel: Panel, members: npt.NDArray[np.bool_], scales: Floats) -> Design | None:
    """Return the design of a pool: the mean log demand of its members on each day.

    ``None`` where on fewer than 28 days at least :data:`MIN_POOL` members tell of demand.
    """
    usable = panel.usable[members]
    demand = np.where(usable, panel.demand[members], np.nan).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        level = np.nansum(demand, axis=1) / np.maximum(usable.sum(axis=1), 1)
        ratio = np.log(demand / level[:, None] + LOG_OFFSET)
    telling = usable & (level > 0)[:, None] & (usable.sum(axis=1) >= 14)[:, None]
    count = telling.sum(axis=0)
    day = np.flatnonzero(count >= MIN_POOL)
    if len(day) < 28:
        return None
    y = (np.where(telling, ratio, 0.0).sum(axis=0) / np.maximum(count, 1))[day]
    if np.ptp(y) <= 0:
        return None
    occasions, _ = build_occasions(panel, members, day)
    columns = {**occasions, **_mean_drivers(panel, members, day, scales)}
    weekly, yearly = shape_orders(day)
    return Design(
        day=day,
        y=y,
        pooled={},
        level=1.0,
        offset=LOG_OFFSET,
        names=tuple(columns),
        X=np.stack([*columns.values()], axis=1) if columns else np.zeros((len(panel.dates), 0)),
        unseen=(),
        weekly=weekly,
        yearly=yearly,
    )


def fit_pool(design: Design, dates: pd.DatetimeIndex, priors: Priors) -> Shared:
    """Fit Prophet to a pool and return its week, year and occasions."""
    _, fit = fit_prophet(design, dates, priors)
    names = design.names[: design.occasions]
    return Shared(
        parts={name: fit.parts[name] for name in POOLED_PARTS},
        effects={name: fit.effects[name] for name in names},
    )


def _mean_drivers(
    panel: Panel, members: npt.NDArray[np.bool_], day: npt.NDArray[np.intp], scales: Floats
) -> dict[str, Floats]:
    """The members' mean of each driver, so that a promotion is not taken for an occasion."""
    chosen = {}
    for index, name in enumerate(panel.driver_names):
        values = panel.drivers[members, :, index].astype(np.float64)
        known = np.isfinite(values)
        mean = np.where(known, values, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        past = mean[day]
        if scales[index] <= 0 or np.ptp(past) <= 1e-9:
            continue
        held = np.clip(mean, past.min(), past.max())
        chosen[f"driver:{name}"] = (held - past.mean()) / max(float(past.std()), 1e-9)
    return chosen
