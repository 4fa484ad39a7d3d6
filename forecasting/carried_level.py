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

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CarriedLevel:
    """How strongly the residual is carried on.

    :param level_variance: variance of the slow part, in units of a day's noise, >= 0.
    :param level_decay: its correlation from one day to the next, 0 to 1 (exclusive).
    :param short_variance: variance of the part that passes within days, >= 0.
    :param short_decay: its correlation from one day to the next, 0 to 1 (exclusive).
    """

    level_variance: float = 10.0
    level_decay: float = 0.985
    short_variance: float = 0.1
    short_decay: float = 0.6

    def __post_init__(self) -> None:
        for name in ("level_variance", "short_variance"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be >= 0, not {getattr(self, name)!r}")
        for name in ("level_decay", "short_decay"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be in [0, 1), not {getattr(self, name)!r}")

    @property
    def decay(self) -> Floats:
        """(2,) correlations from one day to the next."""
        return np.array([self.level_decay, self.short_decay])

    @property
    def variance(self) -> Floats:
        """(2,) stationary variances."""
        return np.array([self.level_variance, self.short_variance])


@dataclass(frozen=True, slots=True)
class Whitened:
    """Columns as the filter leaves them.

    :param innovations: (S, T, C) one-day-ahead errors of each column over their standard
        deviation; 0 on days without weight.
    :param state: (S, 2, C) the two parts after the last day, for each column.
    :param covariance: (S, 2, 2) their covariance, in units of a day's noise.
    :param log_determinant: (S,) sum of the logarithms of the variances of the innovations.
    """

    innovations: Floats
    state: Floats
    covariance: Floats
    log_determinant: Floats


def whiten(columns: Floats, weight: Floats, level: CarriedLevel) -> Whitened:
    """Run the filter over each column of each series.

    :param columns: (S, T, C) regressors and, usually last, the target.
    :param weight: (S, T) >= 0; a day's noise has variance 1 / weight, 0 leaves the day out.
    """
    S, T, C = columns.shape
    decay, variance = level.decay, level.variance
    state = np.zeros((S, 2, C))
    a, b, c = np.full(S, variance[0]), np.zeros(S), np.full(S, variance[1])  # P = [[a, b], [b, c]]
    fresh = variance * (1 - decay**2)
    innovations = np.zeros((S, T, C))
    log_determinant = np.zeros(S)
    for day in range(T):
        if day:
            state *= decay[None, :, None]
            a = decay[0] ** 2 * a + fresh[0]
            b = decay[0] * decay[1] * b
            c = decay[1] ** 2 * c + fresh[1]
        seen = weight[:, day] > 0
        noise = 1.0 / np.where(seen, weight[:, day], 1.0)
        spread = a + 2 * b + c + noise
        gain = np.where(seen[:, None], np.stack([a + b, b + c], axis=1) / spread[:, None], 0.0)
        error = columns[:, day] - state[:, 0] - state[:, 1]
        innovations[:, day] = error * np.where(seen, 1 / np.sqrt(spread), 0.0)[:, None]
        log_determinant += np.where(seen, np.log(spread), 0.0)
        state += gain[:, :, None] * error[:, None, :]
        a = a - gain[:, 0] ** 2 * spread
        b = b - gain[:, 0] * gain[:, 1] * spread
        c = c - gain[:, 1] ** 2 * spread
    covariance = np.stack([np.stack([a, b], -1), np.stack([b, c], -1)], -2)
    return Whitened(innovations, state, covariance, log_determinant)


def carry_on(state: Floats, horizon: int, level: CarriedLevel) -> Floats:
    """Return what is left of the state on each of the days that follow.

    :param state: (S, 2, C) after the last day.
    :returns: (S, H, C) the sum of both parts, 1 to ``horizon`` days later.
    """
    powers = level.decay[None, :] ** np.arange(1, horizon + 1)[:, None]
    return np.asarray(np.einsum("hi,sic->shc", powers, state))


def carried_covariance(covariance: Floats, horizon: int, level: CarriedLevel) -> Floats:
    """Return the covariance of the carried level over the days that follow.

    :param covariance: (S, 2, 2) after the last day, in units of a day's noise.
    :returns: (S, H, H), in the same units.
    """
    days = np.arange(1, horizon + 1)
    powers = level.decay[None, :] ** days[:, None]
    known = np.einsum("hi,sij,gj->shg", powers, covariance, powers)
    earlier = np.minimum(days[:, None], days[None, :])
    apart = np.abs(days[:, None] - days[None, :])
    fresh = sum(
        variance * (1 - decay ** (2 * earlier)) * decay**apart
        for variance, decay in zip(level.variance, level.decay, strict=True)
    )
    return np.asarray(known + np.asarray(fresh)[None])


def smoothed(residual: Floats, weight: Floats, level: CarriedLevel) -> Floats:
    """Return the expected level on each day of history, given all of them.

    The fixed-interval smoother (Durbin and Koopman, eq. 4.38 to 4.44), for the trend that a
    screen shows.

    :param residual: (S, T) what the regression leaves.
    :param weight: (S, T) as in :func:`whiten`.
    :returns: (S, T) the sum of both parts.
    """
    S, T = residual.shape
    decay, variance = level.decay, level.variance
    transition = np.diag(decay)
    fresh = np.diag(variance * (1 - decay**2))
    P = np.broadcast_to(np.diag(variance), (S, 2, 2)).copy()
    m = np.zeros((S, 2))
    before_m, before_P = np.empty((T, S, 2)), np.empty((T, S, 2, 2))
    errors, gains, spreads = np.empty((T, S)), np.empty((T, S, 2)), np.empty((T, S))
    for day in range(T):
        if day:
            m = m * decay
            P = P * np.outer(decay, decay) + fresh
        before_m[day], before_P[day] = m, P
        seen = weight[:, day] > 0
        spread = P.sum(axis=(1, 2)) + 1.0 / np.where(seen, weight[:, day], 1.0)
        gain = np.where(seen[:, None], P.sum(axis=2) / spread[:, None], 0.0)
        error = np.where(seen, residual[:, day] - m.sum(axis=1), 0.0)
        errors[day], gains[day], spreads[day] = error, gain, spread
        m = m + gain * error[:, None]
        P = P - gain[:, :, None] * gain[:, None, :] * spread[:, None, None]
    r = np.zeros((S, 2))
    level_mean = np.empty((S, T))
    for day in range(T - 1, -1, -1):
        # r before the day: Z' e / F + (T - K Z)' r, with the state carried after the update
        through = r @ transition if day < T - 1 else r
        seen = weight[:, day] > 0
        push = np.where(seen, errors[day] / spreads[day], 0.0) - (gains[day] * through).sum(axis=1)
        push = np.where(seen, push, 0.0)
        r = through + push[:, None]
        level_mean[:, day] = (before_m[day] + np.einsum("sij,sj->si", before_P[day], r)).sum(axis=1)
    return level_mean
