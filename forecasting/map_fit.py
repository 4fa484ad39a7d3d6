"""The maximum of Prophet's posterior for thousands of series that share dates.

Blocks of series are solved together (:mod:`forecasting.map_newton`); nothing loops over series.
The result says for each series whether it converged; where it did not, the caller turns to CmdStan
(:mod:`forecasting.map_backend` does so for one series).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from forecasting.batch_design import BatchDesign, Floats
from forecasting.map_gram import Gram
from forecasting.map_newton import Newton
from forecasting.map_start import start
from forecasting.posterior import (
    conditional_sigma,
    day_weights,
    log_posterior,
    split_terms,
    trend,
)

BLOCK_BYTES = 48 << 20
"""Memory of one block's matrices and day arrays, about; bounds what a fit of any size needs."""

CONSTANT_SIGMA = 1e-9
"""Prophet's noise for a series with one value."""


@dataclass(frozen=True, eq=False)
class BatchFit:
    """The fitted parameters of S series, in Prophet's scaled units.

    :param k: (S,) slope per unit of t; 0 in flat growth.
    :param m: (S,) level at t = 0.
    :param delta: (S, C) changes of slope.
    :param beta: (S, J) coefficients, shared columns first.
    :param sigma: (S,) noise.
    :param y_scale: (S,) units per scaled unit, > 0.
    :param y_floor: (S,) units at scaled 0; 0 with ``absmax``.
    :param log_posterior: (S,) Stan's ``lp__``; NaN for a series with one value, which Prophet does
        not optimise either.
    :param converged: (S,) whether the maximum was reached.
    :param iterations: (S,) Newton steps.
    """

    k: Floats
    m: Floats
    delta: Floats
    beta: Floats
    sigma: Floats
    y_scale: Floats
    y_floor: Floats
    log_posterior: Floats
    converged: npt.NDArray[np.bool_]
    iterations: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.k)


def fit_batch(
    y: Floats,
    design: BatchDesign,
    *,
    weights: Floats | None = None,
    scaling: Literal["absmax", "minmax"] = "absmax",
    block_size: int | None = None,
) -> BatchFit:
    """Fit Prophet's model to every series, as ``Prophet.fit`` would one by one.

    Time and changepoints are the design's. Prophet scales time to each series' own first and last
    observed day, so a series observed on both ends of the design's dates gets Prophet's posterior
    exactly; one that begins later has the same model on a longer clock.

    :param y: (S, T) units, NaN on missing days; at least two observed days a series.
    :param design: over the same T days; per-series arrays have S rows.
    :param weights: (S, T) of the days in the likelihood, >= 0; 1 by default, as in Prophet. A day
        of weight 1/2 counts as half a day; at least two days a series must weigh something.
    :param scaling: Prophet's: by the largest absolute value, or from the minimum to the maximum.
    :param block_size: series solved together; by default what fits :data:`BLOCK_BYTES`.
    :raises ValueError: where y does not fit the design or a series has fewer than two days.
    """
    y = np.asarray(y, dtype=float)
    if y.ndim != 2 or y.shape[1] != len(design.t):
        raise ValueError(f"y must be (S, T={len(design.t)}): {y.shape}")
    if design.X_series is not None and len(design.X_series) != len(y):
        raise ValueError(f"X_series has {len(design.X_series)} series, y has {len(y)}")
    if np.isinf(y).any():
        raise ValueError("y must be finite, or NaN where a day is missing")
    if weights is not None and (weights.shape != y.shape or not (weights >= 0).all()):
        raise ValueError(f"weights must be (S, T)={y.shape} and >= 0")
    short = np.flatnonzero((day_weights(y, weights) > 0).sum(axis=1) < 2)
    if len(short):
        raise ValueError(f"{len(short)} series have fewer than two days; the first is {short[0]}")
    gram = Gram(design)
    parts = []
    for rows in _blocks(len(y), len(design.t), gram.size, block_size):
        part = design.rows(rows)
        scaled, y_scale, y_floor = _scale(y[rows], scaling)
        own = None if weights is None else weights[rows]
        fitted = fit_scaled(scaled, part, gram, y_scale, y_floor, own)
        parts.append(_fold_stand_in(fitted, part))
    return _joined(parts)


def fit_scaled(
    y: Floats,
    design: BatchDesign,
    gram: Gram | None = None,
    y_scale: Floats | None = None,
    y_floor: Floats | None = None,
    weights: Floats | None = None,
) -> BatchFit:
    """Fit one block of series that are scaled already; see :func:`fit_batch`.

    Parameters are those of prophet.stan: Prophet's stand-in for no changepoints is not folded.
    """
    gram = Gram(design) if gram is None else gram
    S = len(y)
    flat = design.growth == "flat"
    C, head = len(design.changepoints), 1 if flat else 2 + len(design.changepoints)
    newton = Newton(gram, slice(0, 0) if flat else slice(2, head))
    weight = day_weights(y, weights)
    found = newton.run(start(y, weight, design, gram, newton.slopes))
    theta = found.theta
    k, m, delta = np.zeros(S), theta[:, 0], np.zeros((S, C))
    if not flat:
        k, m, delta = theta[:, 0], theta[:, 1], theta[:, 2:head]
    beta = theta[:, head:]
    multiplicative, additive = split_terms(design, beta)
    mean = trend(design, k, m, delta) * (1 + multiplicative) + additive
    rss = (weight * np.where(np.isnan(y), 0.0, y - mean) ** 2).sum(axis=1)
    sigma = np.maximum(conditional_sigma(rss, weight.sum(axis=1)), CONSTANT_SIGMA)
    fit = BatchFit(
        k=k,
        m=m,
        delta=delta,
        beta=beta,
        sigma=sigma,
        y_scale=np.ones(S) if y_scale is None else y_scale,
        y_floor=np.zeros(S) if y_floor is None else y_floor,
        log_posterior=log_posterior(design, y, k, m, delta, beta, sigma, weight),
        converged=found.converged,
        iterations=found.steps,
    )
    return _hold_constant(fit, y)


def _scale(y: Floats, scaling: str) -> tuple[Floats, Floats, Floats]:
    low, high = np.nanmin(y, axis=1), np.nanmax(y, axis=1)
    floor = np.zeros(len(y)) if scaling == "absmax" else low
    scale = np.maximum(np.abs(low), np.abs(high)) if scaling == "absmax" else high - low
    scale = np.where(scale == 0, 1.0, scale)
    return (y - floor[:, None]) / scale[:, None], scale, floor


def _hold_constant(fit: BatchFit, y: Floats) -> BatchFit:
    """A series with one value keeps that value, as in ``Prophet.fit``."""
    low = np.nanmin(y, axis=1)
    constant = low == np.nanmax(y, axis=1)
    if not constant.any():
        return fit
    values = {name: getattr(fit, name).copy() for name in fit.__dataclass_fields__}
    for name in ("k", "delta", "beta"):
        values[name][constant] = 0.0
    values["m"][constant] = low[constant]
    values["sigma"][constant] = CONSTANT_SIGMA
    values["log_posterior"][constant] = np.nan
    values["converged"][constant] = True
    return BatchFit(**values)


def _fold_stand_in(fit: BatchFit, design: BatchDesign) -> BatchFit:
    """Without changepoints Prophet folds its stand-in at t = 0 into the slope."""
    if design.growth == "flat" or not np.array_equal(design.changepoints, [0.0]):
        return fit
    values = {name: getattr(fit, name) for name in fit.__dataclass_fields__}
    values["k"] = fit.k + fit.delta[:, 0]
    values["delta"] = np.zeros_like(fit.delta)
    return BatchFit(**values)


def _blocks(S: int, T: int, P: int, size: int | None) -> Iterator[slice]:
    size = size or max(1, BLOCK_BYTES // (8 * (2 * P * P + 10 * T)))
    for first in range(0, S, size):
        yield slice(first, min(first + size, S))


def _joined(parts: list[BatchFit]) -> BatchFit:
    names = BatchFit.__dataclass_fields__
    return BatchFit(**{n: np.concatenate([getattr(p, n) for p in parts]) for n in names})
