"""Sample paths of a fitted series, and what a forecast keeps of them."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from forecasting.design import Design
from forecasting.prophet_engine import Fit
from forecasting.quantiles import QUANTILES

Floats = npt.NDArray[np.floating[Any]]


def generator(seed: int, key: str) -> np.random.Generator:
    """Return the random numbers of one series: the same whoever draws them, and when."""
    digest = hashlib.blake2b(key.encode(), digest_size=16).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest, dtype=np.uint32).tolist()])


def trend_paths(fit: Fit, gap: int, horizon: int, samples: int, rng: np.random.Generator) -> Floats:
    """(samples, horizon) what future slope changes add to the trend.

    Prophet's own generative model: a change of slope falls on a day with the rate of the
    history's changepoints and has their mean absolute size (Taylor and Letham 2018, section
    3.1.4; ``Prophet._sample_uncertainty``).

    :param gap: days between the last day fitted and the first forecast day.
    """
    days = gap + horizon
    changes = rng.laplace(0.0, fit.slope_change, (samples, days))
    changes *= rng.random((samples, days)) < fit.change_rate
    slope = np.cumsum(changes, axis=1)
    slope[:, 1:] += slope[:, :-1].copy()
    return np.asarray(np.cumsum(slope / 2.0, axis=1)[:, gap:])


def sample_paths(
    design: Design, fit: Fit, horizon: int, samples: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Draw demand on the days of the horizon.

    :returns: (samples, horizon) units >= 0, and (horizon,) their mean, which is taken over the
        noise in closed form (:func:`mean_units`) and over the trends drawn.
    """
    days = len(fit.location)
    gap = days - horizon - int(design.day[-1]) - 1
    location = fit.location[-horizon:] + trend_paths(fit, gap, horizon, samples, rng)
    noise = fit.sigma * rng.standard_normal(location.shape)
    noise += fit.level_sigma * rng.standard_normal((samples, 1))
    paths = np.maximum(design.to_units(location + noise), 0.0)
    return paths, mean_units(design, location, fit.total_sigma).mean(axis=0)


def mean_units(design: Design, location: Floats, sigma: float) -> Floats:
    """Return E[max(0, level × exp(z) - offset)] for z ~ Normal(location, sigma).

    The logarithm's mean is not the logarithm of the mean; this is exact (the expectation of a
    lognormal above a strike, as in Black 1976).
    """
    sigma = max(sigma, 1e-9)
    d = (location - np.log(design.offset / design.level)) / sigma
    above = design.level * np.exp(location + sigma**2 / 2.0) * ndtr(d + sigma)
    return np.asarray(np.maximum(above - design.offset * ndtr(d), 0.0))


def path_quantiles(paths: Floats) -> tuple[Floats, Floats]:
    """Return the day's and the cumulated quantiles, each (horizon, 7), of sample paths."""
    daily = np.quantile(paths, QUANTILES, axis=0).T
    cumulated = np.quantile(np.cumsum(paths, axis=1), QUANTILES, axis=0).T
    return daily, cumulated


def whole_units(paths: Floats, rng: np.random.Generator) -> Floats:
    """Round each value up or down by chance so that its expectation stays as it is."""
    return np.asarray(np.floor(paths + rng.random(paths.shape)))
