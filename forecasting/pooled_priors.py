"""Prior means learnt from pools of series, from the coarsest to the finest.

Each series ``s`` reports what its data say of its coefficients as the normal equations of a
whitened regression: a precision ``A_s`` and a score ``r_s`` (the maximum likelihood estimate is
``A_s^-1 r_s``). With coefficients ``beta_s ~ Normal(mu_pool, D)`` the series tells of its pool's
mean with precision ``(A_s^-1 + D)^-1``; pools are themselves drawn around the coarser pool
(empirical Bayes for a hierarchical linear model; Gelman et al., *Bayesian Data Analysis*, 3rd ed.,
ch. 15). Means are found from the coarsest pool to the finest, each shrunk towards the one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Groups = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Pool:
    """One way of grouping the series.

    :param groups: (S,) number of each series' group, 0 to G - 1.
    :param spread: how far groups stray from the coarser pool, in units of a series' own spread.
    """

    groups: Groups
    spread: float


def pooled_means(precision: Floats, score: Floats, own_sd: Floats, pools: Sequence[Pool]) -> Floats:
    """Return the prior mean of each series' coefficients.

    :param precision: (S, K, K) positive semidefinite.
    :param score: (S, K).
    :param own_sd: (K,) standard deviation of a series around its finest pool, > 0.
    :param pools: from the coarsest to the finest.
    :returns: (S, K).
    """
    S, K = score.shape
    # (A^-1 + D)^-1 = A - A (A + D^-1)^-1 A, also where A is singular
    inner = np.linalg.solve(
        precision + np.diag(own_sd**-2.0),
        np.concatenate([precision, score[:, :, None]], axis=2),
    )
    tells = precision - precision @ inner[:, :, :K]
    says = score - np.einsum("sij,sj->si", precision, inner[:, :, K])
    mean = np.zeros((S, K))
    for pool in pools:
        size = int(pool.groups.max()) + 1
        total = np.zeros((size, K, K))
        gap = np.zeros((size, K))
        np.add.at(total, pool.groups, tells)
        np.add.at(gap, pool.groups, says - np.einsum("sij,sj->si", tells, mean))
        prior = np.diag((pool.spread * own_sd) ** -2.0)
        mean = mean + np.linalg.solve(total + prior, gap[:, :, None])[pool.groups, :, 0]
    return mean


def groups_of(*labels: npt.NDArray[np.object_]) -> Groups:
    """Number the distinct combinations of labels of each series."""
    number = np.zeros(len(labels[0]), dtype=np.intp)
    for label in labels:
        _, codes = np.unique(label.astype(str), return_inverse=True)
        _, number = np.unique(number * (int(codes.max()) + 1) + codes, return_inverse=True)
    return number
