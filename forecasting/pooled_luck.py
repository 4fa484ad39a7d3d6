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

    each(look, blocks(S, T * (columns.own_sd.size + 8)))
    return found


def alike(values: Floats, seen: npt.NDArray[np.bool_], members: csr_array) -> float:
    """Return how correlated the values of a pool's series are on the same day, 0 to 1.

    :param values: (S, T) around nought, ``seen`` (S, T) where they count.
    :param members: (G, S) 1 where a series belongs to a group.
    """
    known = np.where(seen, values, 0.0)
    square = float((known**2).sum())
    count = members @ seen.astype(np.float64)
    pairs = float((count * (count - 1)).sum())
    if pairs <= 0 or square <= 0:
        return 0.0
    together = float(((members @ known) ** 2).sum()) - square
    return float(np.clip(together / pairs / (square / seen.sum()), 0.0, 1.0))


def in_common(
    columns: PooledColumns,
    errors: npt.NDArray[np.float32],
    seen: npt.NDArray[np.bool_],
    groups: npt.NDArray[np.intp],
) -> npt.NDArray[np.float64]:
    """Return (K,) for each coefficient the correlation of errors times that of its column.

    :param errors: (S, T) from :func:`innovations`. :param groups: (S,) the pool of each series.
    """
    S, T = errors.shape
    members = csr_array((np.ones(S), (groups, np.arange(S))))
    of_errors = alike(errors, seen, members)
    shared = columns.shared.shape[1]
    own = [alike(columns.own[:, :T, k], seen, members) for k in range(columns.own.shape[2])]
    return of_errors * np.append(np.ones(shared), own)
