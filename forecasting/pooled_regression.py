"""Prophet's regression on the logarithm of demand, with pooled priors and a carried level.

    log(demand + offset) = level + X beta + noise,   beta_s ~ Normal(mean of its pools, D)

X is Prophet's (:mod:`forecasting.pooled_columns`), the level is carried on
(:mod:`forecasting.carried_level`), the means come from the pools
(:mod:`forecasting.pooled_priors`). On the log scale seasonality, events and drivers multiply, as
in Prophet's multiplicative mode. Everything is linear and Gaussian, so the posterior is exact, and
all series are solved at once in time linear in series and days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from forecasting.carried_level import CarriedLevel
from forecasting.day_weight import day_weight
from forecasting.growth_spread import growth_spread, with_growth
from forecasting.level_strength import own_strength
from forecasting.panel import Panel
from forecasting.pooled_columns import PooledColumns, pooled_columns
from forecasting.pooled_equations import Equations, blocks, equations
from forecasting.pooled_luck import in_common, innovations
from forecasting.pooled_outlook import Outlook, look_ahead
from forecasting.pooled_priors import Pool, groups_of, pooled_means
from forecasting.pooled_siblings import Siblings, beyond_own, siblings
from forecasting.threads import each
from forecasting.week_spread import week_spread

Floats = npt.NDArray[np.float64]

_LUMPY = 0.1
"""Share of days without sales, beyond what chance leaves, from which on a series sells in lumps."""

EVENT_SHARE = 0.2
"""By what share of an event's effect series differ in it, beside their own spread."""


@dataclass(frozen=True, slots=True)
class PooledRegression:
    """The settings of the regression; the defaults were chosen on development windows.

    :param level: how the level is usually carried on.
    :param availability_power: a day in stock for a share ``a`` of its hours weighs ``a`` to this.
    :param offset: units added before the logarithm, as a share of the series' mean and at most
        ``max_offset``.
    :param pool_spread: spread of the pools global, category, region, category in region, product.
    """

    level: CarriedLevel = field(default_factory=CarriedLevel)
    availability_power: float = 2.0
    offset: float = 0.5
    max_offset: float = 0.5
    pool_spread: tuple[float, ...] = (30.0, 1.0, 0.5, 0.6, 0.4)


@dataclass(frozen=True, slots=True)
class PooledFit:
    """The posterior at a cutoff, and what it expects of the days after it.

    :param outlook: of the days after the cutoff.
    :param offset: (S,) units. :param noise: (S,) variance of a day's noise.
    :param beta: (S, K) coefficients. :param beta_sd: (S, K) their standard deviations.
    :param constant: (S,) level around which the carried level moves.
    :param columns: the regressors.
    :param level: how strongly each series' level is carried on.
    :param worth: (T,) what each day of history is worth.
    :param beyond: (S,) how much further a level that followed its siblings would be
        (:mod:`forecasting.pooled_siblings`).
    """

    outlook: Outlook
    offset: Floats
    noise: Floats
    beta: Floats
    beta_sd: Floats
    constant: Floats
    columns: PooledColumns
    level: CarriedLevel
    worth: Floats
    beyond: Floats


def fit_pooled(
    panel: Panel,
    history: int,
    horizon: int,
    settings: PooledRegression | None = None,
    *,
    earlier: Sequence[int] = (),
) -> list[PooledFit]:
    """Fit on the first ``history`` days of the panel and look ``horizon`` days ahead.

    Nothing of the panel's demand after ``history`` is looked at. The fits at earlier cutoffs are
    what the model would have said then; they take from the days between only variances (of a
    series' noise, a day's and the level) and the offset, which say nothing of where demand went.
    They look ahead no further than to the end of the panel's history: errors beyond are not known.

    :param earlier: ascending cutoffs before ``history`` at which to fit as well.
    :returns: one fit a cutoff, ascending; the last is that at ``history``.
    :raises ValueError: the panel does not know calendar and drivers that far.
    """
    settings = settings or PooledRegression()
    if history + horizon > len(panel.dates):
        raise ValueError(f"the panel ends {len(panel.dates) - history} days after the cutoff")
    cutoffs = [*earlier, history]
    told = listen(panel, cutoffs, settings)
    own_sd, noise = told.columns.own_sd, told.noise

    def fit(number: int) -> PooledFit:
        at, cutoff = told.equations[number].rescaled(told.wider), cutoffs[number]
        beta, left, _ = solve(at, told.pools, noise)
        beyond = np.zeros(len(panel))
        if told.siblings is not None:
            history_told = (told.target, told.weight)
            beyond = beyond_own(at, told.columns, beta, *history_told, told.siblings, cutoff)
        reach = horizon if cutoff == history else panel.history - cutoff
        outlook = look_ahead(
            panel, told.columns, at, beta, left, noise, cutoff, horizon, told.level, reach
        )
        return PooledFit(
            outlook=outlook,
            offset=told.offset,
            noise=noise,
            beta=beta * own_sd,
            beta_sd=np.sqrt(np.diagonal(left, axis1=1, axis2=2)) * own_sd,
            constant=at.centre - np.einsum("sk,sk->s", at.lean, beta),
            columns=told.columns,
            level=told.level,
            worth=told.worth,
            beyond=beyond,
        )

    return each(fit, range(len(cutoffs)))


@dataclass(frozen=True, slots=True)
class Told:
    """What history tells before anything is solved.

    :param columns: the regressors, their own spreads widened where effects are large.
    :param equations: at each cutoff, in units of the spreads before.
    :param wider: (K,) by how much the spreads have been widened.
    :param noise: (S,) variance of a day's noise. :param offset: (S,) units.
    :param pools: from the coarsest to the finest.
    :param level: how strongly each series' level is carried on.
    :param worth: (T,) what each day is worth (:mod:`forecasting.day_weight`).
    :param target: (S, T) log demand. :param weight: (S, T) of its days.
    :param siblings: which series are of one product, where any are.
    """

    columns: PooledColumns
    equations: list[Equations]
    wider: Floats
    noise: Floats
    offset: Floats
    pools: list[Pool]
    level: CarriedLevel
    worth: Floats
    target: Floats
    weight: Floats
    siblings: Siblings | None


def listen(panel: Panel, cutoffs: Sequence[int], settings: PooledRegression) -> Told:
    """Gather the equations at ascending cutoffs, and the noise and spreads at the last of them."""
    history = cutoffs[-1]
    columns = pooled_columns(panel, history)
    target, weight, offset = log_demand(panel, history, settings)
    usual = np.log(np.exp(target).mean(axis=1))
    pools = _pools(panel, settings)
    (at,) = equations(columns, target, weight, settings.level, [history])
    beta, noise = _beta_and_noise(at, pools, usual)
    errors = innovations(columns, beta, target, weight, at, noise, settings.level)
    weekday = np.asarray(panel.dates.dayofweek[:history], dtype=np.intp)
    own_week = week_spread(columns, errors * np.sqrt(noise)[:, None], weight > 0, weekday)
    if (own_week > 1).any():
        columns, at = replace(columns, own_sd=columns.own_sd * own_week), at.rescaled(own_week)
        beta, noise = _beta_and_noise(at, pools, usual)
        errors = innovations(columns, beta, target, weight, at, noise, settings.level)
    worth = day_weight(errors, weight > 0)
    weight = weight * worth
    level = own_strength(columns, beta, target, weight, noise, settings.level)
    if spread := growth_spread(columns, beta, target, weight, noise, level):
        columns = with_growth(columns, history, spread)
        (at,) = equations(columns, target, weight, level, [history])
        beta, noise = _beta_and_noise(at, pools, usual)
        level = own_strength(columns, beta, target, weight, noise, settings.level)
    told = equations(columns, target, weight, level, cutoffs)
    at = told[-1]
    beta, noise = _beta_and_noise(at, pools, usual)
    errors = innovations(columns, beta, target, weight, at, noise, level)
    common = in_common(columns, errors, weight > 0, [pool.groups for pool in pools])
    pools = [replace(pool, in_common=own) for pool, own in zip(pools, common, strict=True)]
    wider = _wider(columns, beta)
    columns = replace(columns, own_sd=columns.own_sd * wider)
    alike = siblings(pools[-1].groups, usual, weight, level, settings.level)
    return Told(columns, told, wider, noise, offset, pools, level, worth, target, weight, alike)


def _beta_and_noise(at: Equations, pools: Sequence[Pool], usual: Floats) -> tuple[Floats, Floats]:
    """Return (S, K) coefficients under a usual noise, and (S,) the noise that they leave.

    :param usual: (S,) logarithm of usual demand.
    """
    noise = _steadied(np.full(len(usual), np.median(at.square / np.maximum(at.days, 1))), usual, at)
    beta, _, _ = solve(at, pools, noise)
    return beta, _steadied(_left_over(at, beta), usual, at)


def log_demand(
    panel: Panel, history: int, settings: PooledRegression
) -> tuple[Floats, Floats, Floats]:
    """Return (S, history) log demand and its weight, and (S,) the offset in units.

    A series that sells hundreds on one day and nothing on the next has an offset as large as slow
    goods have for their volume: half a unit would put its days without sales six or seven times
    further from the others than these are from each other, and leave neither a level nor a spread.
    """
    demand = panel.demand[:, :history].astype(np.float64)
    usable = panel.usable[:, :history]
    weight = np.where(
        usable, panel.availability[:, :history].astype(float) ** settings.availability_power, 0.0
    )
    demand = np.where(usable, demand, 0.0)
    usual = demand.sum(axis=1) / np.maximum(usable.sum(axis=1), 1)
    silent = (usable & (demand <= 0)).sum(axis=1) / np.maximum(usable.sum(axis=1), 1)
    lumpy = np.clip((silent - np.exp(-usual)) / _LUMPY, 0.0, 1.0)
    most = np.maximum(settings.max_offset, lumpy * settings.offset * usual)
    offset = np.clip(settings.offset * usual, 0.01, most)
    return np.log(demand + offset[:, None]), weight, offset


def _pools(panel: Panel, settings: PooledRegression) -> list[Pool]:
    region, category, sku = panel.region, panel.category, panel.sku
    labels = [
        np.zeros(len(panel), dtype=np.intp),
        groups_of(category),
        groups_of(region),
        groups_of(region, category),
        groups_of(sku),
    ]
    return [Pool(g, s) for g, s in zip(labels, settings.pool_spread, strict=True)]


def solve(at: Equations, pools: Sequence[Pool], noise: Floats) -> tuple[Floats, Floats, Floats]:
    """Return beta (S, K), what is left unknown of it (S, K, K), and its pools' means (S, K).

    All in units of own spreads.

    :param noise: (S,) variance of a day's noise.
    """
    S, K = at.score.shape
    left = np.empty((S, K, K))

    def invert(block: slice) -> None:
        precision = at.precision[block] / noise[block, None, None]
        precision.reshape(-1, K * K)[:, :: K + 1] += 1.0
        left[block] = np.linalg.inv(precision)

    each(invert, blocks(S, 4 * K * K))
    score = at.score / noise[:, None]
    mean = pooled_means(left, score, pools)
    return (left @ (score + mean)[:, :, None])[:, :, 0], left, mean


def _left_over(at: Equations, beta: Floats) -> Floats:
    """(S,) variance that beta leaves, in units in which the level's is known."""
    explained = (at.precision @ beta[:, :, None])[:, :, 0] - 2 * at.score
    rest = at.square + np.einsum("sk,sk->s", explained, beta)
    return np.asarray(np.maximum(rest, 0) / np.maximum(at.days, 1))


def _wider(columns: PooledColumns, beta: Floats) -> Floats:
    """Return (K,) factors on the own spread of each coefficient.

    Series differ in what an event does to them the more, the more it does.

    :param beta: (S, K) in units of own spreads.
    """
    usual = np.abs(np.median(beta, axis=0))
    share = np.where(np.array(columns.component) == "events", EVENT_SHARE, 0.0)
    return np.sqrt(1.0 + (share * usual) ** 2)


def _steadied(noise: Floats, usual: Floats, at: Equations) -> Floats:
    """Shrink each series' noise towards what is usual for its volume.

    A quadratic in log volume, weighing as 30 days would.

    :param usual: (S,) logarithm of usual demand.
    """
    known = (at.days > 3) & (noise > 0)
    if known.sum() < 4:
        return np.maximum(noise, 1e-4)
    basis = np.stack([np.ones_like(usual), usual, usual**2], axis=1)
    log_noise = np.log(np.maximum(noise, 1e-4))
    usual_noise = basis @ np.linalg.lstsq(basis[known], log_noise[known], rcond=None)[0]
    share = np.where(known, at.days / (at.days + 30.0), 0.0)
    return np.asarray(np.exp(share * log_noise + (1 - share) * usual_noise))
