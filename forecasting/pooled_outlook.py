"""What the posterior at a cutoff expects of the days after it, one by one and cumulated.

On the log scale the days ahead are jointly normal. Demand cumulated over days is then a sum of
correlated log-normals; it is taken for log-normal itself, with the sum's own mean and variance
(Fenton 1960, "The sum of log-normal probability distributions in scatter transmission systems").
No path needs to be drawn. What this misses, calibration on past errors puts right
(:mod:`forecasting.calibration`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecasting.carried_level import CarriedLevel, carried_covariance, carry_on
from forecasting.panel import Panel
from forecasting.pooled_columns import PooledColumns, unseen_covariance
from forecasting.pooled_equations import Equations, blocks
from forecasting.pooled_stock import expected_stock
from forecasting.threads import each

Floats = npt.NDArray[np.float64]

_NOTHING = 1e-30
_MAX_SD = 3.0
"""On the log scale: one of which nothing is known could be twenty times as much, or nothing."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Location and spread on the log scale of S series on H days.

    :param day: (S, H) of log(demand + offset). :param day_sd: its spread, the day's noise included.
    :param run: (S, H) of the logarithm of demand from the first day through that day, plus the
        offset times its days. :param run_sd: its spread.
    """

    day: Floats
    day_sd: Floats
    run: Floats
    run_sd: Floats


def look_ahead(
    panel: Panel,
    columns: PooledColumns,
    at: Equations,
    beta: Floats,
    left: Floats,
    noise: Floats,
    cutoff: int,
    horizon: int,
    level: CarriedLevel,
    reach: int | None = None,
) -> Outlook:
    """Return the outlook from a cutoff.

    :param beta: (S, K) and ``left`` (S, K, K), the posterior in units of own spreads.
    :param noise: (S,) variance of a day's noise.
    :param reach: of how many of the horizon's days to tell; default: all.
    """
    S, K = beta.shape
    stock = None
    if columns.usual_stock is not None:
        stock = columns.stock_of(expected_stock(panel, cutoff, horizon))
    horizon = horizon if reach is None else min(reach, horizon)
    found = Outlook(*(np.empty((S, horizon)) for _ in range(4)))

    def look(block: slice) -> None:
        own = level.of(block)
        ahead = carry_on(at.state[block], horizon, own)
        X = columns.values(block, slice(cutoff, cutoff + horizon))
        if stock is not None:
            X[:, :, -1] = stock[block, None]
        X *= columns.own_sd
        one = 1.0 - ahead[:, :, K]
        gap = X - ahead[:, :, :K] - one[:, :, None] * at.lean[block, None, :]
        found.day[block] = (gap @ beta[block, :, None])[:, :, 0]
        found.day[block] += one * at.centre[block, None] + ahead[:, :, K + 1]
        covariance = carried_covariance(at.covariance[block], horizon, own)
        covariance += np.eye(horizon)
        covariance += (one / at.support[block, None])[:, :, None] * one[:, None, :]
        covariance *= noise[block, None, None]
        covariance += gap @ left[block] @ gap.transpose(0, 2, 1)
        unseen = unseen_covariance(panel, cutoff, horizon, block)
        if unseen.any():
            covariance += unseen
            # What may come of the unseen leaves the mean as it is.
            found.day[block] -= np.diagonal(unseen, axis1=1, axis2=2) / 2
        found.day_sd[block] = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
        open_days = ~panel.closed[block, cutoff : cutoff + horizon]
        found.run[block], found.run_sd[block] = cumulated(found.day[block], covariance, open_days)

    each(look, blocks(S, horizon * (3 * K + 6 * horizon)))
    np.minimum(found.day_sd, _MAX_SD, out=found.day_sd)
    np.minimum(found.run_sd, _MAX_SD, out=found.run_sd)
    return found


def cumulated(
    mean: Floats, covariance: Floats, counts: npt.NDArray[np.bool_] | None = None
) -> tuple[Floats, Floats]:
    """Return location and spread of the logarithm of Σ exp(x) through each day, x normal.

    :param mean: (S, H). :param covariance: (S, H, H).
    :param counts: (S, H) days that are added up; default: all. Before the first of them the sum is
        nought, and its location far below any other.
    """
    covariance = np.minimum(covariance, _MAX_SD**2)
    variance = np.diagonal(covariance, axis1=1, axis2=2)
    top = mean.max(axis=1, keepdims=True)
    expected = np.exp(mean - top + variance / 2)
    if counts is not None:
        expected *= counts
    total = np.maximum(np.cumsum(expected, axis=1), _NOTHING)
    # Each day adds its own variance and twice what it shares with each day before.
    apart = np.expm1(covariance, out=covariance)
    apart *= 2.0 * np.tri(mean.shape[1]) - np.eye(mean.shape[1])
    spread = np.cumsum(expected * (apart @ expected[:, :, None])[:, :, 0], axis=1)
    log_variance = np.log1p(np.maximum(spread / total**2, 1e-8))
    return top + np.log(total) - log_variance / 2, np.sqrt(log_variance)
