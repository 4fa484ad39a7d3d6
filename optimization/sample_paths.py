"""Demand paths drawn from a forecast's daily and cumulated quantiles, and from nothing else.

Each day's demand of a series has the quantile function that runs straight through the forecast's
levels, from max(0, 2·q05 − q10) at 0, with an exponential tail above q95 whose scale makes the
mean the forecast's mean (between a quarter and three times the scale that q90 and q95 suggest).
Days of a series hang together by a Gaussian copula with correlation a + (1 − a)·ρ^|i−j|: ``a``
is what a path keeps for good, ρ what fades. Of a grid of (a, ρ) each series takes the pair whose
cumulated spread is nearest to that of the cumulated quantiles. Series are independent of one
another given the forecast.

The paths of a day are the means of P equal strata of its distribution, put in the order of the
copula's draws (Iman and Conover, 1982): so few paths already carry the mean exactly. Draws come
from a counter, SplitMix64 (Steele, Lea and Flood, 2014), keyed by the names of region and
product: neither order nor company of the series changes them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecasting.quantiles import QUANTILES
from optimization.demand import Array, Demand
from optimization.grouping import Rows

_LEVELS = np.array([0.0, *QUANTILES])
_TAIL = 1.0 - QUANTILES[-1]
_LASTING = (0.0, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0)
_FADING = (-0.6, -0.3, 0.0, 0.3, 0.6, 0.8, 0.9)
DEPENDENCE = np.array(
    [(a, rho) for a in _LASTING for rho in _FADING if a < 1.0 or rho == 0.0], dtype=np.float64
)
"""(candidates, 2) the pairs (a, ρ)."""
_BLOCK = 2048


@dataclass(frozen=True, eq=False)
class PathModel:
    """What demand paths are drawn from.

    :param knots: (series, days, 9) the quantile function at 0 and the seven levels, and the
        scale of its tail.
    :param dependence: (series,) row of :data:`DEPENDENCE`.
    :param key: (series,) where the series' own random numbers begin.
    """

    knots: Array
    dependence: npt.NDArray[np.int64]
    key: npt.NDArray[np.uint64]

    def draw(self, rows: Rows, paths: int, seed: int) -> Array:
        """Draw demand paths.

        :param rows: which series.
        :param paths: P >= 1 paths; they are equally likely.
        :param seed: other paths for another seed.
        :returns: (days, series, paths) units >= 0, float32.
        """
        knots, dependence, key = self.knots[rows], self.dependence[rows], self.key[rows]
        count, days = knots.shape[:2]
        out = np.empty((days, count, paths), dtype=np.float32)
        weights = stratum_weights(paths).astype(np.float32)
        for start in range(0, count, _BLOCK):
            part = slice(start, min(start + _BLOCK, count))
            noise = _normals(key[part], days + 1, paths, seed)
            lasting, fading = DEPENDENCE[dependence[part]].T.astype(np.float32)
            state = noise[1]
            for day in range(days):
                if day:
                    state *= fading[:, None]
                    state += np.sqrt(1 - fading**2)[:, None] * noise[day + 1]
                mixed = np.sqrt(lasting)[:, None] * noise[0]
                mixed += np.sqrt(1 - lasting)[:, None] * state
                values = knots[part, day] @ weights
                np.put_along_axis(out[day, part], np.argsort(mixed, axis=1), values, axis=1)
        return out


def model_paths(demand: Demand) -> PathModel:
    """Fit the distribution of demand paths to a forecast, by blocks of series."""
    count, days = demand.mean.shape
    knots = np.empty((count, days, len(_LEVELS) + 1), dtype=np.float32)
    dependence = np.zeros(count, dtype=np.int64)
    for start in range(0, count, _BLOCK):
        part = slice(start, min(start + _BLOCK, count))
        knots[part] = _knots(demand.daily[part], demand.mean[part])
        total = _knots(demand.cumulated[part], np.cumsum(demand.mean[part], axis=1))
        dependence[part] = _nearest_dependence(_spread(knots[part]), _spread(total))
    return PathModel(knots, dependence, _keys(demand.series))


def stratum_weights(paths: int) -> npt.NDArray[np.float64]:
    """Return (9, paths): knots times this = the means of that many equal strata."""
    edges = np.linspace(0.0, 1.0, paths + 1)
    weights = np.zeros((len(_LEVELS) + 1, paths))
    for row in range(len(_LEVELS)):
        hat = np.zeros(len(_LEVELS))
        hat[row] = 1.0
        weights[row] = np.diff(_integral(edges, hat)) * paths
    beyond = np.minimum(1.0 - edges, _TAIL)
    logarithm = np.log(_TAIL / np.where(beyond > 0, beyond, 1.0))
    area = np.where(beyond > 0, beyond * logarithm + beyond, 0.0)
    weights[-1] = -np.diff(area) * paths
    return weights


def _integral(at: npt.NDArray[np.float64], heights: npt.NDArray[np.float64]) -> Floats:
    """Integral from 0 of the function through (_LEVELS, heights), constant above the last."""
    widths = np.diff(_LEVELS)
    area = np.concatenate([[0.0], np.cumsum(widths * (heights[1:] + heights[:-1]) / 2)])
    place = np.clip(np.searchsorted(_LEVELS, at, side="right") - 1, 0, len(_LEVELS) - 1)
    inside = np.minimum(place, len(widths) - 1)
    slope = np.where(place < len(widths), np.diff(heights)[inside] / widths[inside], 0.0)
    step = at - _LEVELS[place]
    result: Floats = area[place] + heights[place] * step + slope * step**2 / 2
    return result


Floats = npt.NDArray[np.float64]


def _knots(quantiles: Array, mean: Array) -> Array:
    """(series, days, 9) from (series, days, 7) quantiles and (series, days) means."""
    lowest = np.maximum(2 * quantiles[..., :1] - quantiles[..., 1:2], 0)
    body = np.concatenate([lowest, quantiles], axis=-1)
    body_mean = body @ stratum_weights(1)[:-1, 0].astype(np.float32)
    suggested = (quantiles[..., -1] - quantiles[..., -2]) / np.log(2.0)
    tail = np.clip((mean - body_mean) / _TAIL, suggested / 4, 3 * suggested)
    return np.concatenate([body, tail[..., None]], axis=-1).astype(np.float32)


def _spread(knots: Array) -> Floats:
    """(series, days) standard deviation of each day's distribution."""
    values = knots @ stratum_weights(40).astype(np.float32)
    spread: Floats = values.std(axis=-1, dtype=np.float64)
    return spread


def _nearest_dependence(daily: Floats, cumulated: Floats) -> npt.NDArray[np.int64]:
    """Choose, for each series, the row of DEPENDENCE whose cumulated spread is nearest.

    :param daily: (series, days) spread of each day; ``cumulated`` likewise of the sum so far.
    """
    days = daily.shape[1]
    lag = np.abs(np.arange(days)[:, None] - np.arange(days)[None, :])
    target = np.log(np.maximum(cumulated, 1e-9))
    best = np.full(len(daily), np.inf)
    chosen = np.zeros(len(daily), dtype=np.int64)
    for row, (lasting, fading) in enumerate(DEPENDENCE):
        correlation = lasting + (1 - lasting) * np.where(lag == 0, 1.0, fading**lag)
        before = daily @ np.tril(correlation, -1).T
        variance = np.cumsum(daily * (daily + 2 * before), axis=1)
        error = np.log(np.maximum(np.sqrt(np.maximum(variance, 0)), 1e-9)) - target
        distance = (error**2).sum(axis=1)
        # Strictly nearer by more than rounding, so that ties fall to the first candidate.
        nearer = distance < best - 1e-9
        best = np.where(nearer, distance, best)
        chosen = np.where(nearer, row, chosen)
    return chosen


def _keys(series: pd.DataFrame) -> npt.NDArray[np.uint64]:
    regions, products = series["region"].astype(str), series["sku"].astype(str)
    first = {name: _digest(name) for name in regions.unique()}
    second = {name: _digest(name) for name in products.unique()}
    a = np.array([first[name] for name in regions], dtype=np.uint64)
    b = np.array([second[name] for name in products], dtype=np.uint64)
    return _mix(_mix(a) + b)


def _digest(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


def _mix(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """SplitMix64's finaliser; wraps around on purpose."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _normals(key: npt.NDArray[np.uint64], days: int, paths: int, seed: int) -> Array:
    """(days, series, paths) standard normals that depend on nothing but key, place and seed."""
    from scipy.special import ndtri

    own = _mix(key ^ _mix(np.array([seed], dtype=np.uint64)))
    place = np.arange(days * paths, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    bits = _mix(own[None, :, None] + place.reshape(days, 1, paths)) >> np.uint64(41)
    normals: Array = ndtri((bits.astype(np.float32) + np.float32(0.5)) * np.float32(2**-23))
    return normals
