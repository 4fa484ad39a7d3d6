"""What a product does in all regions at once, beyond what each of its series has followed.

A product in season, in the news or replaced by another moves wherever it is sold, and stays moved;
what one series does alone is mostly chance. Each series' level takes from a day's error the share
that its own history asks for (:mod:`forecasting.level_strength`). Here the mean of a product's
residuals is filtered twice: as its series are, and as a level that wanders :data:`STRONGER` times
as widely. The difference is how much further the series would be, had they followed their siblings
(a common level beside each series' own; Harvey, *Forecasting, Structural Time Series Models and the
Kalman Filter*, 1989, ch. 8.3, here one after the other instead of jointly). How far to follow is
learnt from past errors (:mod:`forecasting.pooled_lessons`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from forecasting.carried_level import CarriedLevel, Gains, gains_of, whiten
from forecasting.pooled_columns import PooledColumns
from forecasting.pooled_equations import Equations, blocks

Floats = npt.NDArray[np.float64]

STRONGER = 6.0
"""Variance of a product's common level, over that of a usual series' level."""

_REMEMBERED = 42
"""Days after which neither filter knows any more what was."""

_WORTH_OF_ALONE = 4.0
"""So many other series make half of what a product's mean does the product's own doing."""


@dataclass(frozen=True, slots=True)
class Siblings:
    """Which series are of one product, and how far its level is followed.

    :param groups: (S,) number of each series' product, 0 to G - 1.
    :param root: (S,) what a series counts for: the root of its usual demand.
    :param share: (G, T) by what the sum of a day's residuals is multiplied: one over what they
        count for, drawn to 0 where series are few.
    :param level: how strongly a product's level is carried on, (2 G,): followed, then as its
        series are. :param gains: of the filter, for both.
    """

    groups: npt.NDArray[np.intp]
    root: Floats
    share: Floats
    level: CarriedLevel
    gains: Gains


def siblings(
    groups: npt.NDArray[np.intp],
    usual_demand: Floats,
    weight: Floats,
    level: CarriedLevel,
    usual: CarriedLevel,
) -> Siblings | None:
    """Return what there is to know of products before anything is fitted; None if each is alone.

    :param usual_demand: (S,) its logarithm. :param weight: (S, T) of the days.
    :param level: how strongly each series' level is carried on. :param usual: how strongly usually.
    """
    series = np.bincount(groups)
    number = len(series)
    if number == len(groups):
        return None
    root = np.exp(usual_demand / 2)
    one, square = np.zeros((2, number, weight.shape[1]))
    for block in blocks(len(groups), 4 * weight.shape[1]):
        counts, members = weight[block] * root[block, None], _members(groups[block], number)
        one += members @ counts
        square += members @ np.square(counts)
    others = np.maximum(one**2 / np.maximum(square, 1e-12) - 1.0, 0.0)
    share = others / (others + _WORTH_OF_ALONE) / np.maximum(one, 1e-12)
    logs = np.broadcast_to(np.log(level.level_variance), groups.shape)
    own = np.exp(np.bincount(groups, logs, number) / np.maximum(series, 1))
    followed = np.maximum(own, STRONGER * np.asarray(usual.level_variance))
    both = replace(level, level_variance=np.concatenate([followed, own]))
    seen = np.ascontiguousarray(np.tile(one > 0, (2, 1)).T, dtype=np.float64)
    return Siblings(groups, root, share, both, gains_of(seen, both, [len(seen)]))


def beyond_own(
    at: Equations,
    columns: PooledColumns,
    beta: Floats,
    target: Floats,
    weight: Floats,
    told: Siblings,
    cutoff: int,
) -> Floats:
    """Return (S,) by how much more the slow part of each level would follow its siblings.

    Nothing of the target after the cutoff is looked at.

    :param beta: (S, K) in units of own spreads.
    :param target: (S, T) log demand, T >= cutoff; ``weight`` (S, T) of its days.
    """
    first, number = max(0, cutoff - _REMEMBERED), len(told.share)
    past = slice(first, cutoff)
    constant = at.centre - np.einsum("sk,sk->s", at.lean, beta)
    mean = np.zeros((number, cutoff - first))
    for block in blocks(len(target), 4 * (cutoff - first)):
        rest = target[block, past] - constant[block, None]
        rest -= columns.explained(beta[block] * columns.own_sd, block, past)
        rest *= weight[block, past]
        rest *= told.root[block, None]
        mean += _members(told.groups[block], number) @ rest
    mean *= told.share[:, past]
    days = np.ascontiguousarray(np.tile(mean, (2, 1)).T)[:, None, :]
    gains = told.gains.over(past)
    state = whiten(days, gains.scale, told.level, gains=gains).state[0, :, :, 0]
    return np.asarray((state[:number, 0] - state[number:, 0])[told.groups])


def _members(groups: npt.NDArray[np.intp], number: int) -> csr_array:
    """(G, s) 1 where one of s series belongs to a group."""
    ones = np.ones(len(groups))
    return csr_array((ones, (groups, np.arange(len(groups)))), shape=(number, len(groups)))
