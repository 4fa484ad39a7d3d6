"""A level that is carried on: what a series has lately done beyond its regression.

Prophet lets the trend bend at changepoints and goes on in a straight line; on sales of goods the
residual is nearly a random walk, and carrying its last value on forecasts better than any bend.
Here the residual is a stationary Gaussian process with covariance (days ``d`` apart, in units of
the variance of one day's noise)

    k(d) = level_variance * level_decay**d + short_variance * short_decay**d,

the sum of two first-order autoregressions, observed with noise ``1 / weight``. Both are Markov,
so a Kalman filter gives the exact posterior in time linear in the days (Durbin and Koopman, *Time
Series Analysis by State Space Methods*, 2nd ed., ch. 4), and its innovations whiten a regression
as generalised least squares needs (ch. 6.2: the augmented filter). The filter runs over all
series at once; its gains depend on the weights alone, so every column of the regression shares
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_SWEEP, _NOTHING = 16, 1e-30
"""Every so many days, what is left of days long gone is put to nought: tiny numbers are slow."""


@dataclass(frozen=True, slots=True)
class CarriedLevel:
    """How strongly the residual is carried on.

    :param level_variance: variance of the slow part, in units of a day's noise, >= 0; one for all
        series, or (S,).
    :param level_decay: its correlation from one day to the next, 0 to 1 (exclusive).
    :param short_variance: variance of the part that passes within days, >= 0.
    :param short_decay: its correlation from one day to the next, 0 to 1 (exclusive).
    """

    level_variance: float | Floats = 10.0
    level_decay: float = 0.985
    short_variance: float = 0.1
    short_decay: float = 0.6

    def __post_init__(self) -> None:
        for name in ("level_variance", "short_variance"):
            if np.any(np.asarray(getattr(self, name)) < 0):
                raise ValueError(f"{name} must be >= 0, not {getattr(self, name)!r}")
        for name in ("level_decay", "short_decay"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be in [0, 1), not {getattr(self, name)!r}")

    @property
    def decay(self) -> Floats:
        """(2,) correlations from one day to the next."""
        return np.array([self.level_decay, self.short_decay])

    @property
    def variance(self) -> tuple[Floats, Floats]:
        """Stationary variances: of the slow part, () or (S,), and of the short one, ()."""
        return np.asarray(self.level_variance, float), np.asarray(self.short_variance, float)

    def of(self, series: slice) -> CarriedLevel:
        """Return how strongly some of the series are carried on."""
        if np.ndim(self.level_variance) == 0:
            return self
        return replace(self, level_variance=np.asarray(self.level_variance)[series])


@dataclass(frozen=True, slots=True)
class Whitened:
    """Columns as the filter leaves them, and its state at each cutoff.

    :param innovations: (T, C, S) one-day-ahead errors of each column over their standard
        deviation; 0 on days without weight.
    :param state: (O, S, 2, C) the two parts after the last day before each of O cutoffs, for each
        column.
    :param covariance: (O, S, 2, 2) their covariance, in units of a day's noise.
    :param scale: (T, S) one over the innovations' standard deviation, where a day's noise has
        variance 1 / weight; 0 on days without weight.
    """

    innovations: Floats
    state: Floats
    covariance: Floats
    scale: Floats


@dataclass(frozen=True, slots=True)
class Gains:
    """What the filter needs of each day; none of it depends on the columns.

    :param gains: (T, 2, S) share of a day's error that each of the two parts takes.
    :param scale: (T, S) as of :class:`Whitened`.
    :param before: (T, 3, S) the state's covariance before the day: slow, joint, short.
    :param covariance: (O, S, 2, 2) after the last day before each of O cutoffs.
    """

    gains: Floats
    scale: Floats
    before: Floats
    covariance: Floats

    def of(self, series: slice) -> Gains:
        """Return what the filter needs of some of the series."""
        return Gains(
            self.gains[:, :, series],
            self.scale[:, series],
            self.before[:, :, series],
            self.covariance[:, series],
        )

    def over(self, days: slice) -> Gains:
        """Return what the filter needs of some of the days."""
        return Gains(self.gains[days], self.scale[days], self.before[days], self.covariance)


def whiten(
    columns: Floats,
    weight: Floats,
    level: CarriedLevel,
    cutoffs: Sequence[int] | None = None,
    gains: Gains | None = None,
) -> Whitened:
    """Run the filter once over each column of each series, and look at it at several cutoffs.

    The filter looks back only, so what it says at a cutoff is what it would say had the history
    ended there.

    :param columns: (T, C, S) regressors and, usually last, the target; overwritten.
    :param weight: (T, S) >= 0; a day's noise has variance 1 / weight, 0 leaves the day out.
    :param cutoffs: ascending numbers of days, 1 to T; default: T.
    :param gains: of the same weight, level and cutoffs, where they are known already.
    """
    T, C, S = columns.shape
    cutoffs = cutoffs or [T]
    stops = {cutoff: number for number, cutoff in enumerate(cutoffs)}
    known = gains_of(weight, level, cutoffs) if gains is None else gains
    take, scale = known.gains, known.scale
    states = np.empty((len(stops), S, 2, C))
    slow, short, part = np.zeros((C, S)), np.zeros((C, S)), np.empty((C, S))
    for day in range(T):
        if day:
            slow *= level.level_decay
            short *= level.short_decay
        if day % _SWEEP == 0:
            slow[np.abs(slow) < _NOTHING] = 0.0
            short[np.abs(short) < _NOTHING] = 0.0
        error = columns[day]
        error -= slow
        error -= short
        slow += np.multiply(error, take[day, 0], out=part)
        short += np.multiply(error, take[day, 1], out=part)
        error *= scale[day]
        if day + 1 in stops:
            states[stops[day + 1]] = np.stack([slow.T, short.T], axis=1)
    return Whitened(columns, states, known.covariance, scale)


def gains_of(weight: Floats, level: CarriedLevel, cutoffs: Sequence[int]) -> Gains:
    """Return what the filter needs of each day.

    :param weight: (T, S) as in :func:`whiten`.
    :param cutoffs: numbers of days, 1 to T, at which the covariance is wanted; may be empty.
    """
    stops = {cutoff: number for number, cutoff in enumerate(cutoffs)}
    T, S = weight.shape
    decay, (slow, short) = level.decay, level.variance
    # The state's covariance is [[slow, joint], [joint, short]].
    lasts = np.array([decay[0] ** 2, decay[0] * decay[1], decay[1] ** 2])[:, None]
    usual = np.stack([np.broadcast_to(part, S) for part in (slow, np.zeros(()), short)])
    fresh = usual * (1 - lasts)
    gains, spread, before = np.empty((T, 2, S)), np.empty((T, S)), np.empty((T, 3, S))
    covariances = np.empty((len(stops), S, 2, 2))
    seen = (weight > 0).astype(np.float64)
    noise = 1.0 / np.where(weight > 0, weight, 1.0)
    share, after, told = np.empty(S), np.empty((3, S)), np.empty((3, S))
    for day in range(T):
        now, gain = before[day], gains[day]
        if day:
            np.multiply(after, lasts, out=now)
            now += fresh
        else:
            now[:] = usual
        moves = np.add(now[:2], now[1:], out=told[:2])
        np.add(moves[0], moves[1], out=spread[day])
        spread[day] += noise[day]
        np.divide(seen[day], spread[day], out=share)
        np.multiply(moves, share, out=gain)
        np.multiply(gain[1], moves[1], out=told[2])
        np.multiply(gain[0], moves, out=moves)
        np.subtract(now, told, out=after)
        if day + 1 in stops:
            covariances[stops[day + 1]] = after[[[0, 1], [1, 2]]].transpose(2, 0, 1)
    return Gains(gains, seen / np.sqrt(spread), before, covariances)


def carry_on(state: Floats, horizon: int, level: CarriedLevel) -> Floats:
    """Return what is left of the state on each of the days that follow.

    :param state: (S, 2, C) after the last day.
    :returns: (S, H, C) the sum of both parts, 1 to ``horizon`` days later.
    """
    powers = level.decay[None, :] ** np.arange(1, horizon + 1)[:, None]
    return np.asarray(powers @ state)


def carried_covariance(covariance: Floats, horizon: int, level: CarriedLevel) -> Floats:
    """Return the covariance of the carried level over the days that follow.

    :param covariance: (S, 2, 2) after the last day, in units of a day's noise.
    :returns: (S, H, H), in the same units.
    """
    days = np.arange(1, horizon + 1)
    powers = level.decay[None, :] ** days[:, None]
    earlier = np.minimum(days[:, None], days[None, :])
    apart = np.abs(days[:, None] - days[None, :])
    # Five shapes of (H, H): what is left of slow, joint and short, and what is fresh of each part.
    slow, short = powers[:, 0], powers[:, 1]
    joint = np.outer(slow, short)
    shapes = [np.outer(slow, slow), joint + joint.T, np.outer(short, short)]
    shapes += [(1 - decay ** (2 * earlier)) * decay**apart for decay in level.decay]
    weights = np.empty((len(covariance), 5))
    weights[:, 0], weights[:, 1] = covariance[:, 0, 0], covariance[:, 0, 1]
    weights[:, 2] = covariance[:, 1, 1]
    weights[:, 3], weights[:, 4] = level.variance
    return (weights @ np.reshape(shapes, (5, -1))).reshape(-1, horizon, horizon)


def smoothed(residual: Floats, weight: Floats, level: CarriedLevel) -> Floats:
    """Return the expected level on each day of history, given all of them.

    The fixed-interval smoother (Durbin and Koopman, eq. 4.38 to 4.44), for the trend that a
    screen shows.

    :param residual: (T, S) what the regression leaves.
    :param weight: (T, S) as in :func:`whiten`.
    :returns: (T, S) the sum of both parts.
    """
    T, S = residual.shape
    decay = level.decay
    known = gains_of(weight, level, [])
    gains, scale, P = known.gains, known.scale, known.before
    errors, expected = np.empty((T, S)), np.empty((T, S))
    slow, short = np.zeros(S), np.zeros(S)
    for day in range(T):
        slow, short = decay[0] * slow, decay[1] * short
        expected[day] = slow + short
        errors[day] = residual[day] - expected[day]
        slow, short = slow + gains[day, 0] * errors[day], short + gains[day, 1] * errors[day]
    # Backwards, r before the day: Z' e / F + (T - K Z)' r, carried from the day after.
    errors *= scale**2
    r_slow, r_short = np.zeros(S), np.zeros(S)
    for day in range(T - 1, -1, -1):
        if day < T - 1:
            r_slow, r_short = decay[0] * r_slow, decay[1] * r_short
        push = errors[day] - gains[day, 0] * r_slow - gains[day, 1] * r_short
        r_slow, r_short = r_slow + push, r_short + push
        a, b, c = P[day]
        expected[day] += (a + b) * r_slow + (b + c) * r_short
    return expected
