"""What the level of the same product elsewhere tells of a series.

A product that sells more than its regression says in the other regions will soon do so here too,
as far as it has in the past: the errors of forecasts made at earlier cutoffs are regressed on what
the carried level of the product's other series was at the cutoff. One coefficient for all series,
learnt anew for every forecast and drawn to nought; what all series have in common on a day is
taken out, so that luck is not carried on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from forecasting.panel import Panel
from forecasting.pooled_priors import Groups, groups_of
from forecasting.pooled_regression import PooledFit

Floats = npt.NDArray[np.float64]

_DRAWN = 0.02
_MOST_SHARE, _MOST_SHIFT = 0.5, 0.3
_FARTHEST = 1.0


def kin_level(level: Floats, noise: Floats, groups: Groups) -> Floats:
    """Return (S,) the mean level of the other series of each series' group; 0 where there is none.

    :param level: (S,) on the log scale. :param noise: (S,) variances, by which series weigh.
    """
    weight = 1.0 / noise
    total = np.bincount(groups, weight * level)[groups] - weight * level
    others = np.bincount(groups, weight)[groups] - weight
    known = np.bincount(groups)[groups] > 1
    return np.where(known, total / np.where(known, others, 1.0), 0.0)


def share_of_kin(panel: Panel, cutoffs: Sequence[int], past: Sequence[PooledFit]) -> float:
    """Return how much of its kin's level a series lacked at earlier cutoffs, 0 to 0.5.

    :param past: fits of the panel at these cutoffs.
    """
    groups = groups_of(panel.sku)
    square = product = 0.0
    for cutoff, fit in zip(cutoffs, past, strict=True):
        days = min(fit.outlook.day.shape[1], panel.history - cutoff)
        window = slice(cutoff, cutoff + days)
        usable = panel.usable[:, window]
        demand = np.where(usable, panel.demand[:, window], 0.0) + fit.offset[:, None]
        errors = np.clip(np.log(demand) - fit.outlook.day[:, :days], -_FARTHEST, _FARTHEST)
        weight = usable / fit.noise[:, None]
        common = (weight * errors).sum(axis=0) / np.maximum(weight.sum(axis=0), 1e-12)
        total = (weight * (errors - common)).sum(axis=1)
        kin = kin_level(fit.level, fit.noise, groups)
        weights = weight.sum(axis=1)
        kin -= (weights * kin).sum() / max(weights.sum(), 1e-12)
        square += float((weights * kin**2).sum())
        product += float((kin * total).sum())
    return float(np.clip(product / max(square * (1 + _DRAWN), 1e-12), 0.0, _MOST_SHARE))


def drawn_to_kin(panel: Panel, fit: PooledFit, share: float) -> PooledFit:
    """Return the fit with its outlook moved by a share of its kin's level."""
    kin = kin_level(fit.level, fit.noise, groups_of(panel.sku))
    kin -= (kin / fit.noise).sum() / (1.0 / fit.noise).sum()
    move = np.clip(share * kin, -_MOST_SHIFT, _MOST_SHIFT)[:, None]
    outlook = fit.outlook
    moved = replace(outlook, day=outlook.day + move, run=outlook.run + move)
    return replace(fit, outlook=moved)
