"""Prior means learnt from pools of series, from the coarsest to the finest.

Each series ``s`` reports what its data say of its coefficients as the normal equations of a
whitened regression: a precision ``A_s`` and a score ``r_s`` (the maximum likelihood estimate is
``A_s^-1 r_s``). With coefficients ``beta_s ~ Normal(mu_pool, D)`` the series tells of its pool's
mean with precision ``(A_s^-1 + D)^-1``; pools are themselves drawn around the coarser pool
(empirical Bayes for a hierarchical linear model; Gelman et al., *Bayesian Data Analysis*, 3rd ed.,
ch. 15). Means are found from the coarsest pool to the finest, each shrunk towards the one before.

Coefficients are measured in units of a series' own spread around its pool, so that D = 1. With
``V = (A + 1)^-1``, the covariance of a series given its pool, ``(A^-1 + 1)^-1 = 1 - V``: one
inverse a series gives what it tells its pools and what is left unknown of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]
Groups = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Pool:
    """One way of grouping the series.

    :param groups: (S,) number of each series' group, 0 to G - 1.
    :param spread: how far groups stray from the coarser pool, in units of a series' own spread.
    :param in_common: (K,) by how much less n series tell than if they were independent: by
        ``1 + (n - 1) * in_common`` (:mod:`forecasting.pooled_luck`); default: independent.
    """

    groups: Groups
    spread: float
    in_common: Floats | None = None

    def prior(self, coefficients: int) -> Floats:
        """Return (G, K) precision of each group's mean around the coarser pool.

        In units of what independent series would tell: series that err together tell less, which
        is to say that the prior weighs more.
        """
        return np.asarray(self.shrinks(coefficients) * self.spread**-2.0)

    def shrinks(self, coefficients: int) -> Floats:
        """Return (G, K) by how much less each group's series tell than if independent, >= 1."""
        shared = np.zeros(coefficients) if self.in_common is None else self.in_common
        return np.asarray(1.0 + (np.bincount(self.groups)[:, None] - 1.0) * shared)


def pooled_means(left: Floats, score: Floats, pools: Sequence[Pool]) -> Floats:
    """Return the prior mean of each series' coefficients, in units of a series' own spread.

    :param left: (S, K, K) covariance of a series given its pool, ``(A + 1)^-1``.
    :param score: (S, K).
    :param pools: from the coarsest to the finest.
    :returns: (S, K).
    """
    S, K = score.shape
    says = _times(left, score)
    mean = np.zeros((S, K))
    for number, pool in enumerate(pools):
        members = csr_array((np.ones(S), (pool.groups, np.arange(S))))
        # Σ (1 - V) over the pool's series, and what they say beyond the coarser pool's mean.
        total = members @ left.reshape(S, K * K)
        np.negative(total, out=total)
        total[:, :: K + 1] += np.bincount(pool.groups)[:, None] + pool.prior(K)
        gap = members @ (says - mean + _times(left, mean) if number else says)
        found = np.linalg.solve(total.reshape(-1, K, K), gap[:, :, None])
        mean += found[pool.groups, :, 0]
    return mean


def _times(matrices: Floats, vectors: Floats) -> Floats:
    return np.asarray((matrices @ vectors[:, :, None])[:, :, 0])


def groups_of(*labels: npt.NDArray[np.object_]) -> Groups:
    """Number the distinct combinations of labels of each series."""
    number = np.zeros(len(labels[0]), dtype=np.intp)
    for label in labels:
        _, codes = np.unique(label.astype(str), return_inverse=True)
        _, number = np.unique(number * (int(codes.max()) + 1) + codes, return_inverse=True)
    return number
