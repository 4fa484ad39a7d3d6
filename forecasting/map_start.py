"""Where the search for a block's maxima begins.

Prophet begins at the line through the first and the last day, with every coefficient at nought.
From there multiplicative terms take several short steps before they are near. Here the search
begins at a regression of all columns on the scaled demand, the priors taken for normal ones and
multiplicative terms for shares of each series' mean: the matrix is that of all series, so that the
whole start is one linear solve.
"""

from __future__ import annotations

import numpy as np

from forecasting.batch_design import BatchDesign, Floats
from forecasting.map_block import Block
from forecasting.map_gram import MULTIPLICATIVE, Gram
from forecasting.posterior import LOCATION_VARIANCE

BARRIER_START = 0.1
"""mu at the first step; mu = 1 would be a normal prior with the variance of the Laplace prior."""

_NOISE = 0.01
"""Variance of scaled demand around the regression, about; it weighs the priors."""

_USUAL_BETA, _USUAL_TAU = 10.0, 0.05
"""Prophet's prior scales of coefficients and of changes of slope."""

_LEAST_MEAN = 1e-3
"""A scaled mean below it has no shares to speak of."""


def start(y: Floats, weight: Floats, design: BatchDesign, gram: Gram, slopes: slice) -> Block:
    """Return the block at the first step; its trend, growth and residual are the caller's to fill.

    :param y: (S, T) scaled, NaN where missing. :param weight: (S, T) of the days, 0 there.
    :param slopes: the columns of delta in theta.
    """
    S = len(y)
    filled = np.where(np.isnan(y), 0.0, y)
    J, C = design.columns, slopes.stop - slopes.start
    head = gram.size - J
    mean, precision = np.zeros((S, gram.size)), np.zeros((S, gram.size))
    precision[:, : head - C] = 1.0 / LOCATION_VARIANCE
    precision[:, head:] = 1.0 / np.asarray(design.beta_scale) ** 2
    mean[:, head:] = design.beta_mean
    rate = np.broadcast_to(1.0 / np.asarray(design.changepoint_scale, dtype=float), (S,))
    theta = mean.copy()
    theta[:, : len(gram.kinds)] = _regression(filled, weight, gram, slopes)
    return Block(
        rows=np.arange(S),
        y=filled,
        weight=weight,
        n=weight.sum(axis=1),
        own=design.X_series,
        precision=precision,
        mean=mean,
        rate=rate,
        theta=theta,
        dual=np.zeros((S, C)),
        barrier=np.full(S, BARRIER_START if C else 0.0),
        exact=np.zeros(S),
        stale=np.ones(S, dtype=bool),
        promised=np.full(S, np.inf),
        trend=filled,
        growth=filled,
        residual=filled,
    )


def _regression(y: Floats, weight: Floats, gram: Gram, slopes: slice) -> Floats:
    """(S, Q) coefficients of the shared columns; a missing day counts as the series' mean.

    The priors are Prophet's usual ones whatever the series' own, so that a series begins at the
    same place alone and in any company.
    """
    ridge = np.full(len(gram.kinds), 1.0 / _USUAL_BETA**2)
    ridge[slopes] = 1.0 / (2.0 * _USUAL_TAU**2)  # the variance of Laplace's distribution
    mean = (weight * y).sum(axis=1) / weight.sum(axis=1)
    y = np.where(weight > 0, y, mean[:, None])
    theta = np.linalg.solve(gram.Z.T @ gram.Z + _NOISE * np.diag(ridge), (y @ gram.Z).T).T
    shares = gram.kinds == MULTIPLICATIVE
    theta[:, shares] /= np.where(np.abs(mean) > _LEAST_MEAN, mean, 1.0)[:, None]
    return np.asarray(theta)
