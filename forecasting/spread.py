"""How much wider than Prophet says the truth is spread, measured on the brand itself.

Prophet's noise is fitted in sample and its level is taken for known, so its 90 % interval covers
less, and much less for demand cumulated over days, where an error of the level does not average
out. So a sample of the series is forecast once more from a day in the past, and the errors that
were then made, in units of the noise claimed, give two factors: for the noise of a day and for
the level of a path.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from forecasting.prophet_engine import Fit

Floats = npt.NDArray[np.floating[Any]]

SERIES = 240
"""Series at most that are forecast once more."""

MIN_SERIES = 20
"""Fewer series than this do not tell; then :data:`USUAL` holds."""

MIN_DAYS, MAX_DAYS, MIN_HISTORY = 3, 28, 28
"""Days held out, at least and at most, and days of history that must remain before them."""

_Q90 = 1.6449  # of the absolute value of a standard normal


@dataclass(frozen=True, slots=True)
class Spread:
    """Factors on the fitted noise.

    :param noise: of a day's noise, >= 1. :param level: of a path's level, >= 0.
    """

    noise: float
    level: float

    def widen(self, fit: Fit) -> Fit:
        """Return the fit with its noise wider and its level uncertain, its mean as it was.

        On the log scale more spread means a higher mean; the median gives way instead, because
        the fitted mean is unbiased in history and the wider one is not (docs/forecasting.md).
        """
        noise, level = self.noise * fit.sigma, self.level * fit.sigma
        shift = (noise**2 + level**2 - fit.sigma**2) / 2.0
        parts = {**fit.parts, "trend": fit.parts["trend"] - shift}
        return replace(fit, parts=parts, sigma=noise, level_sigma=level)


AS_FITTED = Spread(noise=1.0, level=0.0)
"""As Prophet says."""

USUAL = Spread(noise=1.2, level=0.6)
"""Where a brand is too small or too young to measure; see docs/forecasting.md."""


def measure_spread(errors: list[Floats]) -> Spread:
    """Return the factors that the errors of held-out days ask for.

    The widths within which nine in ten of the daily deviations from a series' mean error, and of
    those mean errors, lie, over those of a standard normal; the mean of n days holds the noise's
    nth part, which is taken out.

    :param errors: of each series, (n,) errors of its held-out days over its fitted noise; n >= 3.
    """
    errors = [error for error in errors if len(error) >= MIN_DAYS]
    if len(errors) < MIN_SERIES:
        return USUAL
    days = np.array([len(error) for error in errors])
    means = np.array([error.mean() for error in errors])
    within = np.concatenate([(e - e.mean()) * np.sqrt(len(e) / (len(e) - 1.0)) for e in errors])
    noise = float(np.quantile(np.abs(within), 0.9)) / _Q90
    between = float(np.quantile(np.abs(means), 0.9)) / _Q90
    level = np.sqrt(max(between**2 - noise**2 * float(np.mean(1.0 / days)), 0.0))
    return Spread(noise=float(np.clip(noise, 1.0, 3.0)), level=float(np.clip(level, 0.0, 3.0)))
