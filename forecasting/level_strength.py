"""How strongly each series' own level is carried on, as its history tells.

Some goods sell alike for months, others find a new level every week: what the slow part of the
carried level varies by, over a day's noise, differs between series as much as their noise does. For
a few values of it one pass of the filter gives the likelihood of what the regression leaves of a
series (the prediction errors' decomposition; Durbin and Koopman, *Time Series Analysis by State
Space Methods*, 2nd ed., ch. 7.2). Two things are integrated out: the constant, of which nothing is
known beforehand, and the variance of a day's noise, of which as much is known as 30 days would
tell (West and Harrison, *Bayesian Forecasting and Dynamic Models*, 2nd ed., ch. 4.5). The usual
values are equally likely beforehand, and it is far less likely that a level hardly moves: a few
weeks cannot tell that from one that does, and years of days that sell one unit or none can. Taken
is the geometric mean, weighed by likelihood.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from forecasting.carried_level import CarriedLevel, whiten
from forecasting.pooled_columns import PooledColumns
from forecasting.pooled_equations import blocks
from forecasting.threads import each

Floats = npt.NDArray[np.float64]

STEPS: tuple[float, ...] = (1 / 64, 1 / 16, 1 / 4, 1 / 2, 1.0, 2.0, 4.0)
"""What is tried, as multiples of the usual variance of the level."""

_BEFOREHAND = (0.02, 0.05, 1.0, 1.0, 1.0, 1.0, 1.0)
"""How likely each of the steps is before a day is seen."""

_DAYS_OF_USUAL_NOISE = 30.0
_LEAST_SUPPORT = 1e-6
_DAYS_AT_ONCE = 32


def own_strength(
    columns: PooledColumns,
    beta: Floats,
    target: Floats,
    weight: Floats,
    noise: Floats,
    usual: CarriedLevel,
) -> CarriedLevel:
    """Return the level with a variance of each series' own, (S,), in units of a day's noise.

    :param beta: (S, K) in units of own spreads.
    :param target: (S, T) log demand, ``weight`` (S, T) of its days.
    :param noise: (S,) variance of a day's noise, as far as it is known.
    :param usual: what series without days get.
    """
    S, T = target.shape
    steps = np.array(STEPS) * usual.level_variance
    variance = np.empty(S)

    def look(block: slice) -> None:
        explained = columns.explained(beta[block] * columns.own_sd, block, slice(0, T))
        rest, days = (target[block] - explained).T, weight[block].T
        # All steps are filtered in one go, as if they were series side by side.
        number, tried = rest.shape[1], len(steps)
        level = replace(usual, level_variance=np.repeat(steps, number))
        found = log_likelihood(
            np.tile(rest, tried), np.tile(days, tried), np.tile(noise[block], tried), level
        ).reshape(tried, number)
        likely = np.exp(found - found.max(axis=0)) * np.array(_BEFOREHAND)[:, None]
        own = np.exp(np.log(steps) @ likely / likely.sum(axis=0))
        variance[block] = np.where(days.any(axis=0), own, usual.level_variance)

    each(look, blocks(S, T * 8 * len(STEPS)))
    return replace(usual, level_variance=variance)


def log_likelihood(rest: Floats, weight: Floats, noise: Floats, level: CarriedLevel) -> Floats:
    """Return (S,) the log likelihood of residuals under a level, but for what all levels share.

    :param rest: (T, S) what the regression leaves. :param weight: (T, S) of its days.
    :param noise: (S,) variance of a day's noise, worth 30 days.
    """
    white = whiten(np.stack([np.ones_like(rest), rest], axis=1), weight, level)
    one, own = white.innovations[:, 0], white.innovations[:, 1]
    support = np.maximum(np.einsum("ts,ts->s", one, one), _LEAST_SUPPORT)
    square = np.einsum("ts,ts->s", own, own) - np.einsum("ts,ts->s", one, own) ** 2 / support
    seen = white.scale > 0
    days = seen.sum(axis=0) + _DAYS_OF_USUAL_NOISE
    # A product of a few days' scales has one logarithm, and is far from the smallest number.
    scales = np.multiply.reduceat(
        np.where(seen, white.scale, 1.0), np.arange(0, len(seen), _DAYS_AT_ONCE), axis=0
    )
    spread = -np.log(scales).sum(axis=0) + np.log(support) / 2
    return np.asarray(-spread - days / 2 * np.log(square + _DAYS_OF_USUAL_NOISE * noise))
