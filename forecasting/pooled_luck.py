"""How much less a pool knows because its series have the same days in common.

Series of a pool err together: a rainy Saturday, a rival's offer, a product in the news move them
all. To the effect of something that also comes to all of them on the same days (a weekday, a
holiday, the weather), a hundred series over sixty days are then little more than sixty days. With
n series whose errors of a day are correlated at r, and a regressor whose values of a day are
correlated at q, what they tell of its coefficient shrinks by 1 + (n - 1) r q (Moulton 1986,
"Random group effects and the precision of regression estimates", eq. 7). Both correlations are
estimated from the history, by the products of pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from forecasting.carried_level import CarriedLevel, whiten
from forecasting.pooled_columns import PooledColumns
from forecasting.pooled_equations import Equations, blocks
from forecasting.threads import each

Floats = npt.NDArray[np.floating[Any]]

_FARTHEST = 4.0
"""Errors beyond so many standard deviations count as this."""


def innovations(
    columns: PooledColumns,
    beta: npt.NDArray[np.float64],
    target: npt.NDArray[np.float64],
    weight: npt.NDArray[np.float64],
    at: Equations,
    noise: npt.NDArray[np.float64],
    level: CarriedLevel,
) -> npt.NDArray[np.float32]:
    """Return (S, T) what each day brought that was not expected, in standard deviations.

    :param beta: (S, K) in units of own spreads.
    :param target: (S, T) log demand, ``weight`` (S, T) of its days; 0 where it is 0.
    :param at: the equations at T.
    """
    S, T = target.shape
    found = np.empty((S, T), dtype=np.float32)

    def look(block: slice) -> None:
        explained = columns.explained(beta[block] * columns.own_sd, block, slice(0, T))
        explained += (at.centre[block] - np.einsum("sk,sk->s", at.lean[block], beta[block]))[
            :, None
        ]
        rest = (target[block] - explained).T[:, None, :].copy()
        white = whiten(rest, weight[block].T, level.of(block)).innovations[:, 0].T
        found[block] = np.clip(white / np.sqrt(noise[block, None]), -_FARTHEST, _FARTHEST)

    each(look, blocks(S, T * 16))
    return found


def alike(
    values: Floats, seen: npt.NDArray[np.bool_], pools: Sequence[csr_array], pairs: Floats
) -> npt.NDArray[np.float64]:
    """Return (P,) how correlated the values of each pool's series are on the same day, 0 to 1.

    :param values: (S, T) around nought, ``seen`` (S, T) where they count.
    :param pools: of each of P ways to group the series, (G, S): 1 where one belongs to a group.
    :param pairs: (P,) from :func:`pairs_of`.
    """
    known = np.where(seen, values, 0.0).astype(np.float64)
    square = np.einsum("st,st->", known, known)
    if square <= 0:
        return np.zeros(len(pools))
    sums = [members @ known for members in pools]
    together = np.array([np.einsum("gt,gt->", total, total) for total in sums]) - square
    correlation = together / np.maximum(pairs, 1) / (square / seen.sum())
    return np.where(pairs > 0, np.clip(correlation, 0.0, 1.0), 0.0)


def pairs_of(members: csr_array, seen: npt.NDArray[np.bool_]) -> float:
    """Return how many ordered pairs of a pool's series are seen on the same day, over all days."""
    count = members @ seen.astype(np.float64)
    return float((count * (count - 1)).sum())


def in_common(
    columns: PooledColumns,
    errors: npt.NDArray[np.float32],
    seen: npt.NDArray[np.bool_],
    groupings: Sequence[npt.NDArray[np.intp]],
) -> npt.NDArray[np.float64]:
    """Return (P, K) for each coefficient the correlation of errors times that of its column.

    :param errors: (S, T) from :func:`innovations`.
    :param groupings: (S,) the group of each series, for each of P pools.
    """
    S, T = errors.shape
    pools = [csr_array((np.ones(S), (groups, np.arange(S)))) for groups in groupings]
    pairs = np.array([pairs_of(members, seen) for members in pools])
    values = [errors, *(columns.own[:, :T, k] for k in range(columns.own.shape[2]))]
    of_errors, *own = each(lambda v: alike(v, seen, pools, pairs), values)
    shared = np.ones((columns.shared.shape[1], len(pools)))
    of_columns = np.concatenate([shared, np.reshape(own, (-1, len(pools)))])
    return np.asarray((of_errors * of_columns).T)
