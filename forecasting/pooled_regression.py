"""Prophet's regression on the logarithm of demand, with pooled priors and a carried level.

    log(demand + offset) = level + X beta + noise,   beta_s ~ Normal(mean of its pools, D)

X is Prophet's (:mod:`forecasting.pooled_columns`), the level is carried on
(:mod:`forecasting.carried_level`), the means come from the pools
(:mod:`forecasting.pooled_priors`). On the log scale seasonality, events and drivers multiply, as
in Prophet's multiplicative mode. Everything is linear and Gaussian, so the posterior is exact, and
all series are solved at once in time linear in series and days.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from forecasting.carried_level import (
    CarriedLevel,
    carried_covariance,
    carry_on,
    smoothed,
    whiten,
)
from forecasting.panel import Panel
from forecasting.pooled_columns import PooledColumns, pooled_columns
from forecasting.pooled_priors import Pool, groups_of, pooled_means

Floats = npt.NDArray[np.float64]

_CONSTANT_SD = 10.0
_BLOCK_BYTES = 96e6


@dataclass(frozen=True, slots=True)
class PooledRegression:
    """The settings of the regression; the defaults were chosen on development windows.

    :param level: how the level is carried on.
    :param availability_power: a day in stock for a share ``a`` of its hours weighs ``a`` to this.
    :param offset: units added before the logarithm, as a share of the series' mean and at most
        ``max_offset``.
    :param pool_spread: spread of the pools global, category, region, category in region, product.
    """

    level: CarriedLevel = field(default_factory=CarriedLevel)
    availability_power: float = 3.0
    offset: float = 0.5
    max_offset: float = 0.5
    pool_spread: tuple[float, ...] = (30.0, 1.0, 1.0, 0.6, 0.4)


@dataclass(frozen=True, slots=True)
class PooledFit:
    """The posterior at a cutoff, and what it expects of the days after it.

    :param mean: (S, H) expected log(demand + offset).
    :param covariance: (S, H, H) of a day's demand, its noise included.
    :param offset: (S,) units. :param noise: (S,) variance of a day's noise.
    :param beta: (S, K) coefficients. :param beta_sd: (S, K) their standard deviations.
    :param constant: (S,) level around which the carried level moves.
    :param columns: the regressors.
    """

    mean: Floats
    covariance: Floats
    offset: Floats
    noise: Floats
    beta: Floats
    beta_sd: Floats
    constant: Floats
    columns: PooledColumns


def fit_pooled(
    panel: Panel, history: int, horizon: int, settings: PooledRegression | None = None
) -> PooledFit:
    """Fit on the first ``history`` days of the panel and look ``horizon`` days ahead.

    Nothing of the panel's demand after ``history`` is looked at.

    :raises ValueError: the panel does not know calendar and drivers that far.
    """
    settings = settings or PooledRegression()
    if history + horizon > len(panel.dates):
        raise ValueError(f"the panel ends {len(panel.dates) - history} days after the cutoff")
    columns = pooled_columns(panel, history)
    target, weight, offset = _target(panel, history, settings)
    S, K = len(panel), len(columns.component)
    A, r, zz = np.zeros((S, K + 1, K + 1)), np.zeros((S, K + 1)), np.zeros(S)
    state, covariance = np.zeros((S, 2, K + 2)), np.zeros((S, 2, 2))
    for block in _blocks(S, history * (K + 2)):
        X = columns.values(block, slice(0, history))
        one = np.ones((*X.shape[:2], 1))
        white = whiten(
            np.concatenate([X, one, target[block, :, None]], axis=2), weight[block], settings.level
        )
        products = white.innovations.transpose(0, 2, 1) @ white.innovations
        A[block], r[block] = products[:, :-1, :-1], products[:, :-1, -1]
        zz[block] = products[:, -1, -1]
        state[block], covariance[block] = white.state, white.covariance
    seen = (weight > 0).sum(axis=1)
    beta, constant, spread, noise = _solve(panel, columns, A, r, zz, seen, target, settings)
    mean = np.empty((S, horizon))
    ahead_covariance = np.empty((S, horizon, horizon))
    coefficients = np.concatenate([beta, constant[:, None]], axis=1)
    for block in _blocks(S, horizon * (K + 2) + K * K):
        ahead = carry_on(state[block], horizon, settings.level)
        X = columns.values(block, slice(history, history + horizon))
        gap = np.concatenate([X, np.ones((*X.shape[:2], 1))], axis=2) - ahead[:, :, :-1]
        mean[block] = np.einsum("shk,sk->sh", gap, coefficients[block]) + ahead[:, :, -1]
        level = carried_covariance(covariance[block], horizon, settings.level)
        ahead_covariance[block] = noise[block, None, None] * (
            level + np.eye(horizon)
        ) + gap @ spread[block] @ gap.transpose(0, 2, 1)
    variances = np.diagonal(spread, axis1=1, axis2=2)[:, :K]
    return PooledFit(
        mean, ahead_covariance, offset, noise, beta, np.sqrt(variances), constant, columns
    )


def history_level(
    panel: Panel, history: int, fit: PooledFit, settings: PooledRegression | None = None
) -> Floats:
    """Return the level of each day of history on the log scale, (S, history), for a screen."""
    settings = settings or PooledRegression()
    target, weight, _ = _target(panel, history, settings)
    level = np.empty_like(target)
    for block in _blocks(len(panel), history * (fit.beta.shape[1] + 8)):
        X = fit.columns.values(block, slice(0, history))
        explained = np.einsum("stk,sk->st", X, fit.beta[block]) + fit.constant[block, None]
        residual = target[block] - explained
        level[block] = smoothed(residual, weight[block], settings.level)
        level[block] += fit.constant[block, None]
    return level


def _target(
    panel: Panel, history: int, settings: PooledRegression
) -> tuple[Floats, Floats, Floats]:
    """Log demand, its weight, and the offset in units."""
    demand = panel.demand[:, :history].astype(np.float64)
    usable = panel.usable[:, :history]
    weight = np.where(
        usable, panel.availability[:, :history].astype(float) ** settings.availability_power, 0.0
    )
    demand = np.where(usable, demand, 0.0)
    usual = demand.sum(axis=1) / np.maximum(usable.sum(axis=1), 1)
    offset = np.clip(settings.offset * usual, 0.01, settings.max_offset)
    return np.log(demand + offset[:, None]), weight, offset


def _solve(
    panel: Panel,
    columns: PooledColumns,
    A: Floats,
    r: Floats,
    zz: Floats,
    seen: npt.NDArray[np.intp],
    target: Floats,
    settings: PooledRegression,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return beta, the constant, their covariance and the noise, which takes two turns."""
    K = len(columns.component)
    own_sd = columns.own_sd
    region, category, sku = panel.region, panel.category, panel.sku
    labels = [
        np.zeros(len(panel), dtype=np.intp),
        groups_of(category),
        groups_of(region),
        groups_of(region, category),
        groups_of(sku),
    ]
    pools = [Pool(g, s) for g, s in zip(labels, settings.pool_spread, strict=True)]
    usual = np.log(np.exp(target).mean(axis=1))
    noise: Floats = np.full(len(panel), np.median(zz / np.maximum(seen, 1)))
    for _ in range(2):
        noise = _steadied(noise, usual, seen)
        a, b = A / noise[:, None, None], r / noise[:, None]
        # The constant is free: taken out of what the series tells of the rest.
        free = a[:, K, K] + _CONSTANT_SD**-2.0
        rest = a[:, :K, :K] - a[:, :K, K, None] * a[:, None, K, :K] / free[:, None, None]
        tells = b[:, :K] - a[:, :K, K] * (b[:, K] / free)[:, None]
        prior = pooled_means(rest, tells, own_sd, pools)
        own = np.diag(np.append(own_sd, _CONSTANT_SD) ** -2.0)
        spread = np.asarray(np.linalg.inv(a + own), dtype=np.float64)
        drawn = b.copy()
        drawn[:, :K] += prior * own_sd**-2.0
        full = np.einsum("sij,sj->si", spread, drawn)
        left = zz - 2 * np.einsum("si,si->s", r, full) + np.einsum("si,sij,sj->s", full, A, full)
        noise = np.maximum(left, 0) / np.maximum(seen, 1)
    return full[:, :K], full[:, K], spread, _steadied(noise, usual, seen)


def _steadied(noise: Floats, usual: Floats, seen: npt.NDArray[np.intp]) -> Floats:
    """Shrink each series' noise towards what is usual for its volume.

    A quadratic in log volume, weighing as 30 days would.
    """
    known = (seen > 3) & (noise > 0)
    if known.sum() < 4:
        return np.maximum(noise, 1e-4)
    basis = np.stack([np.ones_like(usual), usual, usual**2], axis=1)
    log_noise = np.log(np.maximum(noise, 1e-4))
    usual_noise = basis @ np.linalg.lstsq(basis[known], log_noise[known], rcond=None)[0]
    share = np.where(known, seen / (seen + 30.0), 0.0)
    return np.asarray(np.exp(share * log_noise + (1 - share) * usual_noise))


def _blocks(series: int, floats_each: int) -> Iterator[slice]:
    size = max(1, int(_BLOCK_BYTES / 8 / max(floats_each, 1)))
    for begin in range(0, series, size):
        yield slice(begin, min(begin + size, series))
