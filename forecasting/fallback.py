"""Forecasts for series that Prophet cannot fit: stated, flagged, never silent.

===================== ========================================================================
flag                  what it means, and what the forecast is
===================== ========================================================================
``new``               no sales yet: the level that what it resembles, its category, its price, its
                      region or its sales elsewhere let expect (:mod:`forecasting.new_products`),
                      with the pool's week and occasions, beginning as launches began
``too_short``         fewer than 14 days with stock: own mean, drawn to that level by 7 days
``mostly_out``        sold for 14 days or more, but hardly ever in stock: likewise; the engine
                      ``nearfield`` fits it where it sold on 3 days in stock
``too_few_sales``     fewer than 5 days with sales: mean of the last 56 days
``all_zero``          never sold on a day with stock: half a unit over its days
``constant``          every day the same: that
``ended``             no sales for 56 days after having sold, or daily rows that ended 28 days ago:
                      zero
``fit_failed``        Prophet gave no optimum: mean of the last 28 days
``unseen_event``      (an ordinary fit) the horizon has an occasion that history has not
===================== ========================================================================

The spread is a gamma mixture: one factor a path for what is not known about the level, one a day
for chance; whole units where the brand sells whole units (then the day's demand is negative
binomial).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from forecasting.panel import Panel

Floats = npt.NDArray[np.floating[Any]]

UNSEEN = "unseen_event"
"""The flag of an ordinary fit whose days ahead hold an occasion that history has not."""

FLAGS: tuple[str, ...] = (
    "new",
    "too_short",
    "mostly_out",
    "too_few_sales",
    "all_zero",
    "constant",
    "ended",
    "fit_failed",
    UNSEEN,
)
MIN_DAYS = 14
MIN_SALES_DAYS = 5
ENDED_DAYS = 56
RECENT_DAYS = 28
_PRIOR_DAYS = 7.0
"""Days of own history that weigh as much as the level of its likes."""


def unfit_flag(panel: Panel, series: int) -> str:
    """Return why Prophet is not tried on this series; empty if it is."""
    return str(unfit_flags(panel.part(slice(series, series + 1)))[0])


def unfit_flags(panel: Panel) -> npt.NDArray[np.object_]:
    """(S,) why Prophet is not tried on each series; empty where it is."""
    alive, usable = np.isfinite(panel.units) & ~panel.closed[:, : panel.history], panel.usable
    lived, fit = alive.sum(axis=1), usable.sum(axis=1)
    sold = np.where(alive, panel.units, 0.0) > 0
    last = slice(-ENDED_DAYS, None)
    silent = (lived > ENDED_DAYS) & ~sold[:, last].any(axis=1) & sold.any(axis=1)
    ended = panel.stopped | (silent & (usable[:, last].sum(axis=1) >= RECENT_DAYS))
    days_sold = (usable & (panel.demand > 0)).sum(axis=1)
    most = np.where(usable, panel.demand, -np.inf).max(axis=1)
    least = np.where(usable, panel.demand, np.inf).min(axis=1)
    reasons = (  # the first that holds
        (lived == 0, "new"),
        (ended, "ended"),
        ((fit < MIN_DAYS) & (lived >= MIN_DAYS), "mostly_out"),
        (fit < MIN_DAYS, "too_short"),
        (days_sold == 0, "all_zero"),
        (most == least, "constant"),
        (days_sold < MIN_SALES_DAYS, "too_few_sales"),
    )
    flags = np.full(len(panel), "", dtype=object)
    for holds, reason in reasons:
        flags[holds & (flags == "")] = reason
    return flags


def fallback_level(
    panel: Panel, series: int, flag: str, likes: float, launch: Floats | None = None
) -> float:
    """Return the mean units a day to expect, once a launch is over.

    :param likes: the level to expect of a series of which nothing is known, from
        :func:`forecasting.new_products.expected_levels`.
    :param launch: (T,) what share of its later level a new product sells on each day of history;
        default: all.
    """
    if flag == "ended":
        return 0.0
    demand = panel.demand[series, panel.usable[series]].astype(np.float64)
    days = len(demand)
    if flag in ("new", "too_short", "mostly_out"):
        told = days if launch is None else float(launch[panel.usable[series]].sum())
        return float((demand.sum() + _PRIOR_DAYS * likes) / (told + _PRIOR_DAYS))
    if flag == "all_zero":
        return 0.5 / days
    window = ENDED_DAYS if flag == "too_few_sales" else RECENT_DAYS
    recent = demand[-window:]
    return float(recent.mean()) if recent.any() else 0.5 / days


def fallback_paths(
    level: Floats, knowledge: float, counts: bool, samples: int, rng: np.random.Generator
) -> Floats:
    """Draw (samples, H) paths around a level.

    :param level: (H,) mean units a day.
    :param knowledge: units that the level rests on; the path's factor is gamma with this shape.
    :param counts: whole units.
    """
    shape = max(knowledge, 1.0)
    rate = level * rng.gamma(shape, 1.0 / shape, (samples, 1))
    if counts:
        return rng.poisson(rate).astype(np.float64)
    # A day's coefficient of variation: that of a count of this level, but 0.3 to 1.
    spread = np.clip(1.0 / np.sqrt(np.maximum(level, 1e-9)), 0.3, 1.0)
    return np.asarray(rate * rng.gamma(1.0 / spread**2, spread**2, rate.shape))
