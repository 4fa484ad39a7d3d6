"""Prophet's predictive distribution for a batch of fitted series.

The mean and its components, sample paths, and quantiles of each day and of the sum since the first
day. What is uncertain is what Prophet takes as uncertain after an optimisation: changes of the
trend's slope to come, and the observation noise (``Prophet.sample_predictive_trend_vectorized``
and ``sample_model_vectorized``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from forecasting.batch_design import BatchDesign, Floats
from forecasting.map_fit import BatchFit
from forecasting.posterior import split_terms, trend
from forecasting.quantiles import QUANTILES

Singles = npt.NDArray[np.float32]

PATH_BYTES = 32 << 20
"""Memory of the sample paths of one block of series, about."""

DELTA_FLOOR = 1e-8
"""Prophet adds it to the mean absolute slope change."""


@dataclass(frozen=True, eq=False)
class BatchForecast:
    """The forecast of S series over H days, in units.

    :param mean: (S, H), Prophet's ``yhat``; not clipped at nought.
    :param trend: (S, H), Prophet's ``trend``.
    :param components: name to (S, H): units for what adds, a share of the trend for what
        multiplies, as in Prophet; :attr:`multiplicative_names` tells which.
    :param daily: (S, H, Q) quantiles of each day, Q as in ``forecasting.quantiles.QUANTILES``.
    :param cumulated: (S, H, Q) quantiles of the sum from the first day through each day.
    :param multiplicative_names: components that are shares of the trend.
    """

    mean: Floats
    trend: Floats
    components: Mapping[str, Floats] = field(default_factory=dict)
    daily: Singles | None = None
    cumulated: Singles | None = None
    multiplicative_names: frozenset[str] = frozenset()


def predict_batch(
    fit: BatchFit,
    future: BatchDesign,
    *,
    samples: int = 1000,
    rng: np.random.Generator | None = None,
    non_negative: bool = False,
    components: bool = False,
) -> BatchForecast:
    """Forecast every series over the days of a future design.

    The quantiles of all series are taken over the same draws of standard noise and of unit slope
    changes: each series' quantiles are those of its own predictive distribution, and a series
    alone gets the numbers it gets among others. For paths that are independent between series use
    :func:`sample_paths`.

    :param future: the fit's design over the days to come (:func:`forecasting.batch_design.
        prophet_design`), equally spaced in t.
    :param samples: draws; 0 leaves the quantiles out. Prophet's default is 1,000.
    :param rng: a new generator from seed 0 by default.
    :param non_negative: clip each day of each path at nought before quantiles are taken; the mean
        stays as it is.
    :param components: whether to split the mean by the design's names.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    level, multiplicative, additive = _parts(fit, future)
    scale = fit.y_scale[:, None]
    mean = (level * (1.0 + multiplicative) + additive) * scale + fit.y_floor[:, None]
    forecast = BatchForecast(mean=mean, trend=level * scale + fit.y_floor[:, None])
    if components:
        parts, shares = _components(fit, future)
        forecast = replace(forecast, components=parts, multiplicative_names=shares)
    if not samples:
        return forecast
    S, H = mean.shape
    daily = np.empty((S, H, len(QUANTILES)), dtype=np.float32)
    cumulated = np.empty_like(daily)
    noise = rng.standard_normal((H, samples), dtype=np.float32)
    bends = _unit_bends(fit, future, samples, rng)
    growth = (1.0 + multiplicative) * scale * _bend_scale(fit)[:, None]
    sigma = (fit.sigma * fit.y_scale).astype(np.float32)
    for rows in _path_blocks(S, H, samples):
        paths = noise * sigma[rows, None, None]
        if bends is not None:
            paths += bends * growth[rows, :, None].astype(np.float32)
        paths += mean[rows, :, None].astype(np.float32)
        if non_negative:
            np.maximum(paths, 0.0, out=paths)
        sums = np.cumsum(paths, axis=1)
        daily[rows] = _quantiles(paths)
        cumulated[rows] = _quantiles(sums)
    return replace(forecast, daily=daily, cumulated=cumulated)


def sample_paths(
    fit: BatchFit,
    future: BatchDesign,
    *,
    samples: int = 1000,
    rng: np.random.Generator | None = None,
) -> Iterator[tuple[slice, Floats]]:
    """Sample paths in units, independent between series, block by block.

    :returns: pairs of the rows of a block and its paths (B, H, samples); memory is that of one
        block.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    level, multiplicative, additive = _parts(fit, future)
    S, H = level.shape
    mean = level * (1.0 + multiplicative) + additive
    growth = (1.0 + multiplicative) * _bend_scale(fit)[:, None]
    for rows in _path_blocks(S, H, 2 * samples):
        B = rows.stop - rows.start
        paths = rng.standard_normal((B, H, samples)) * fit.sigma[rows, None, None]
        bends = _unit_bends(fit, future, samples, rng, B)
        if bends is not None:
            paths += bends * growth[rows, :, None]
        paths += mean[rows, :, None]
        paths *= fit.y_scale[rows, None, None]
        paths += fit.y_floor[rows, None, None]
        yield rows, paths


def _parts(fit: BatchFit, design: BatchDesign) -> tuple[Floats, Floats, Floats]:
    multiplicative, additive = split_terms(design, fit.beta)
    return trend(design, fit.k, fit.m, fit.delta), multiplicative, additive


def _components(fit: BatchFit, design: BatchDesign) -> tuple[dict[str, Floats], frozenset[str]]:
    """The terms by name, as ``Prophet.predict_seasonal_components`` scales them."""
    parts: dict[str, Floats] = {}
    shares = set()
    names = np.asarray(design.names)
    for name in dict.fromkeys(n for n in design.names if n):
        multiplicative, additive = split_terms(design, np.where(names == name, fit.beta, 0.0))
        if design.multiplicative[names == name].any():
            shares.add(name)
            parts[name] = multiplicative
        else:
            parts[name] = additive * fit.y_scale[:, None]
    return parts, frozenset(shares)


def _bend_scale(fit: BatchFit) -> Floats:
    """Mean absolute slope change of each series, the scale of those to come."""
    if not fit.delta.shape[1]:
        return np.zeros(len(fit))
    out: Floats = np.abs(fit.delta).mean(axis=1) + DELTA_FLOOR
    return out


def _unit_bends(
    fit: BatchFit,
    design: BatchDesign,
    samples: int,
    rng: np.random.Generator,
    series: int | None = None,
) -> Singles | None:
    """Deviations of the trend from its mean for slope changes of unit scale.

    As ``Prophet._sample_uncertainty``: on each day after the history a change comes with the
    likelihood (changepoints x length of a day in t), Laplace distributed; half of it counts from
    that day and the whole from the next.

    :returns: (H, samples) or (series, H, samples); None in flat growth.
    """
    C = fit.delta.shape[1]
    after = design.t > 1.0
    H = int(after.sum())
    if design.growth == "flat" or not H or not C:
        return None
    step = float(np.diff(design.t[after]).mean()) if H > 1 else float(design.t[after][0] - 1.0)
    lead = () if series is None else (series,)
    shape = (*lead, H, samples)
    happens = rng.random(shape, dtype=np.float32) < C * step
    laplace = rng.standard_exponential(shape, dtype=np.float32)
    laplace *= np.where(rng.random(shape, dtype=np.float32) < 0.5, -1, 1).astype(np.float32)
    change = np.where(happens, laplace, np.float32(0))
    smooth = change.copy()
    smooth[..., 1:, :] += change[..., :-1, :]
    smooth /= 2
    out = np.zeros((*lead, len(design.t), samples), dtype=np.float32)
    out[..., after, :] = smooth.cumsum(axis=-2).cumsum(axis=-2) * np.float32(step)
    return out


def _quantiles(paths: Singles) -> Singles:
    """Linear interpolation between order statistics (NumPy's and Prophet's), sorting in place."""
    paths.sort(axis=-1)
    n = paths.shape[-1]
    place = np.asarray(QUANTILES) * (n - 1)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, n - 1)
    part = (place - low).astype(np.float32)
    out: Singles = paths[..., low] * (1 - part) + paths[..., high] * part
    return out


def _path_blocks(S: int, H: int, samples: int) -> Iterator[slice]:
    size = max(1, PATH_BYTES // (2 * 4 * H * samples))
    for start in range(0, S, size):
        yield slice(start, min(start + size, S))
