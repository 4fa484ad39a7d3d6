"""What the forecasts of past cutoffs missed, learnt over all series: three slopes.

- **Rebound.** A day in stock for half its hours sold less than it would have, but it also ran short
  because it sold well. So the column of stock (:mod:`forecasting.pooled_stock`) tells of such a day
  and too little of those after it, when the shelf is filled again: series that have lately been
  short sell above their forecasts.
- **Siblings.** What a product does in all regions at once stays longer than what one series does
  alone (:mod:`forecasting.pooled_siblings`). How far to follow it differs from brand to brand.
- **Way back.** The carried level falls back to the history's at a usual pace. Where a brand grows
  or shrinks for long it does not (slope near 1 or more), where it only ever strays for days it
  does so at once (slope below 0). Luck moves this slope by more than the others, so it is followed
  where it is large (:func:`~forecasting.mean_bias.garrote`).

The errors of the days after past cutoffs are regressed on all. What all series of a cutoff have in
common is the luck of its days, and is left out on both sides (fixed effects; Wooldridge,
*Econometric Analysis of Cross Section and Panel Data*, 2nd ed., ch. 10.5): thousands of series tell
the slopes, where four cutoffs would not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from forecasting.mean_bias import garrote
from forecasting.panel import Panel
from forecasting.pooled_outlook import Outlook
from forecasting.pooled_regression import PooledFit
from forecasting.pooled_stock import STOCK, recent_stock

Floats = npt.NDArray[np.floating[Any]]

_STILL_SHORT = 0.5
"""Of the shelves short of stock, the share that is so the next day too."""
_RIDGE = 0.1
_LOWEST, _HIGHEST = np.array([-3.0, 0.0, -4.0]), np.array([0.0, 1.5, 2.0])
"""Bounds of the slopes: few series may tell anything, and the signs are known beforehand."""
_PERSISTS, _ENDS = 1.0, 2.5
"""Slopes on the way back to the history's level that luck alone may bring, up and down."""
_LARGEST_LIFT = 1.0
"""On the log scale."""
_FARTHEST = 5.0
"""Errors beyond so many standard deviations of a day's noise count as this."""
_LARGEST = 0.97
"""Series larger than this share of all series count as if they were as large."""


@dataclass(frozen=True, slots=True)
class Lessons:
    """What past forecasts missed.

    :param slopes: (3,) of errors on the logarithm of the recent share of hours in stock (below 0
        where series rebound), on what siblings have done beyond the series' own level, and on how
        far the level is expected to fall back to the history's.
    """

    slopes: Floats

    def heeded(self, panel: Panel, cutoff: int, fit: PooledFit, volume: Floats) -> Outlook:
        """Return the outlook of a fit at a cutoff with what it would have missed.

        :param volume: (S,) units a day.
        """
        outlook = fit.outlook
        told = _told(panel, cutoff, fit, _worth(volume, fit, outlook.day.shape[1]))
        lift = np.sqrt(fit.noise)[:, None] * np.tensordot(self.slopes, told, 1)
        day = outlook.day + np.clip(lift, -_LARGEST_LIFT, _LARGEST_LIFT)
        top = outlook.day.max(axis=1, keepdims=True)
        before, after = (np.cumsum(np.exp(at - top), axis=1) for at in (outlook.day, day))
        return replace(outlook, day=day, run=outlook.run + np.log(after / before))


def learn_lessons(
    panel: Panel, cutoffs: Sequence[int], past: Sequence[PooledFit], volume: Floats
) -> Lessons:
    """Learn from the fits at past cutoffs and the days that followed them.

    Weighted least squares with a little ridge, so that what is never seen has no slope; bounded.

    :param volume: (S,) units a day.
    """
    square, product = np.zeros((3, 3)), np.zeros(3)
    for cutoff, fit in zip(cutoffs, past, strict=True):
        days = fit.outlook.day.shape[1]
        window = slice(cutoff, cutoff + days)
        seen = panel.usable[:, window]
        demand = np.where(seen, panel.demand[:, window], 1.0) + fit.offset[:, None]
        errors = (np.log(demand) - fit.outlook.day) / np.sqrt(fit.noise)[:, None]
        weight = _worth(volume, fit, days) * seen
        weight /= np.maximum(weight.sum(axis=0), 1e-9)
        told = _told(panel, cutoff, fit, weight)
        weighted = told * weight
        missed = np.clip(errors, -_FARTHEST, _FARTHEST).ravel()
        product += weighted.reshape(3, -1) @ missed
        square += weighted.reshape(3, -1) @ told.reshape(3, -1).T
    ridge = np.diag(_RIDGE * np.diag(square) + 1e-9)
    slopes = np.linalg.solve(square + ridge, product)
    slopes = np.clip(slopes, _LOWEST, _HIGHEST)
    return Lessons(
        np.array([*slopes[:2], garrote(slopes[2], _PERSISTS if slopes[2] > 0 else _ENDS)])
    )


def _told(panel: Panel, cutoff: int, fit: PooledFit, weight: Floats) -> Floats:
    """(3, S, days) recent stock, siblings and way back as they bear on each day, less their means.

    :param weight: (S, days) what a day of a series counts for in the mean.
    """
    ahead = np.arange(weight.shape[1])
    total = np.maximum(weight.sum(axis=0), 1e-9)
    told = np.zeros((3, *weight.shape))
    if fit.columns.usual_stock is not None:
        recent = recent_stock(panel, cutoff)
        told[0] = (recent[:, None] - recent @ weight / total) * (1.0 - _STILL_SHORT**ahead)
    beyond = fit.beyond / np.sqrt(fit.noise)
    told[1] = (beyond[:, None] - beyond @ weight / total) * fit.level.level_decay ** (1 + ahead)
    back = _away(cutoff, fit)[:, None] * (1.0 - fit.level.level_decay ** (1 + ahead))
    told[2] = back - (back * weight).sum(axis=0) / total
    return told


def _away(cutoff: int, fit: PooledFit) -> Floats:
    """(S,) how far the level is from the history's, in standard deviations of a day's noise."""
    columns, day = fit.columns, slice(cutoff, cutoff + 1)
    explained = np.zeros(len(fit.beta))
    for name in dict.fromkeys(columns.component):
        if name != STOCK:
            explained += columns.effect(name, fit.beta, slice(None), day)[:, 0]
    away: Floats = (fit.outlook.day[:, 0] - explained - fit.constant) / np.sqrt(fit.noise)
    return away


def _worth(volume: Floats, fit: PooledFit, days: int) -> Floats:
    """(S, days) what a day's noise is in units."""
    largest = np.quantile(volume, _LARGEST)
    each = np.sqrt(fit.noise) * np.minimum(volume, largest) + 1e-9
    return np.repeat(each[:, None], days, axis=1)
