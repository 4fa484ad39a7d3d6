"""What follows days short of stock, beyond what stock itself explains.

A day in stock for half its hours sold less than it would have, but it also ran short because it
sold well. So the column of stock (:mod:`forecasting.pooled_stock`) tells of such a day, and too
little of those after it, when the shelf is filled again: series that have lately been short sell
above their forecasts. By how much is one slope on the recent share of hours in stock, learnt over
all series from the forecasts made at past cutoffs (least squares).

What all series of a cutoff have in common is the luck of its days, and is left out on both sides
(fixed effects; Wooldridge, *Econometric Analysis of Cross Section and Panel Data*, 2nd ed.,
ch. 10.5). So a rebound moves demand between series, and leaves the total about as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from forecasting.panel import Panel
from forecasting.pooled_outlook import Outlook
from forecasting.pooled_regression import PooledFit
from forecasting.pooled_stock import recent_stock

Floats = npt.NDArray[np.floating[Any]]

_STILL_SHORT = 0.5
"""Of the shelves short of stock, the share that is so the next day too."""
_RIDGE = 0.1
_FARTHEST = 5.0
"""Errors beyond so many standard deviations of a day's noise count as this."""
_LARGEST = 0.97
"""Series larger than this share of all series count as if they were as large."""


@dataclass(frozen=True, slots=True)
class Rebound:
    """How much more series sell than foretold once their stock is back.

    :param slope: of errors, in standard deviations of a day's noise, on the logarithm of the
        recent share of hours in stock; below 0 where they rebound.
    """

    slope: float

    def lifted(self, panel: Panel, cutoff: int, fit: PooledFit, volume: Floats) -> Outlook:
        """Return the outlook of a fit at a cutoff, with the rebound in it.

        :param volume: (S,) units a day.
        """
        outlook = fit.outlook
        short = _short(panel, cutoff, outlook.day.shape[1], _weight(volume, fit)[:, None])
        day = outlook.day + self.slope * np.sqrt(fit.noise)[:, None] * short
        top = outlook.day.max(axis=1, keepdims=True)
        before, after = (np.cumsum(np.exp(at - top), axis=1) for at in (outlook.day, day))
        return replace(outlook, day=day, run=outlook.run + np.log(after / before))


def learn_rebound(
    panel: Panel, cutoffs: Sequence[int], past: Sequence[PooledFit], volume: Floats
) -> Rebound:
    """Learn it from the fits at past cutoffs and the days that followed them.

    :param volume: (S,) units a day.
    """
    square = product = 0.0
    for cutoff, fit in zip(cutoffs, past, strict=True):
        days = fit.outlook.day.shape[1]
        window = slice(cutoff, cutoff + days)
        seen = panel.usable[:, window]
        demand = np.where(seen, panel.demand[:, window], 1.0) + fit.offset[:, None]
        errors = (np.log(demand) - fit.outlook.day) / np.sqrt(fit.noise)[:, None]
        errors = np.clip(errors, -_FARTHEST, _FARTHEST)
        weight = _weight(volume, fit)[:, None] * seen
        weight /= np.maximum(weight.sum(axis=0), 1e-9)
        short = _short(panel, cutoff, days, weight)
        square += float((weight * short**2).sum())
        product += float((weight * short * errors).sum())
    return Rebound(product / max(square * (1.0 + _RIDGE), 1e-9))


def _short(panel: Panel, cutoff: int, days: int, weight: Floats) -> Floats:
    """(S, days) recent stock as it bears on each day ahead, less its mean over the series."""
    recent = recent_stock(panel, cutoff)[:, None]
    centre = (weight * recent).sum(axis=0) / np.maximum(weight.sum(axis=0), 1e-9)
    return (recent - centre) * (1.0 - _STILL_SHORT ** np.arange(days))


def _weight(volume: Floats, fit: PooledFit) -> Floats:
    """(S,) what a day's noise is in units."""
    return np.asarray(np.sqrt(fit.noise) * np.minimum(volume, np.quantile(volume, _LARGEST)))
