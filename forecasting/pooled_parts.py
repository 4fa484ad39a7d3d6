"""What a pooled fit makes of the days of history, and of what its mean ahead is made."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from forecasting.carried_level import smoothed
from forecasting.components import PARTS, in_units
from forecasting.panel import Panel
from forecasting.pooled_equations import blocks
from forecasting.pooled_regression import PooledFit, PooledRegression, log_demand
from forecasting.pooled_stock import STOCK
from forecasting.threads import each

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]


def pooled_parts(
    panel: Panel, horizon: int, fit: PooledFit, mean: Floats, settings: PooledRegression
) -> tuple[Singles, Singles]:
    """Return fitted and its parts in units on every day, and the parts on the log scale ahead.

    :param mean: (S, H) units, what the parts ahead sum to.
    :returns: (S, 6, T + H), NaN before a series' first day, and (S, 5, H).
    """
    history = panel.history
    days = history + horizon
    parts = np.empty((len(panel), 1 + len(PARTS), days), dtype=np.float32)
    shape = np.empty((len(panel), len(PARTS), horizon), dtype=np.float32)
    known = log_demand(panel, history, settings)
    begins = np.argmax(np.isfinite(panel.units), axis=1)

    def tell(block: slice) -> None:
        logs = _logs(fit, block, days)
        fitted = _fitted(fit, known, logs, block)
        offset = fit.offset[block, None]
        units = in_units(logs, np.concatenate([fitted, mean[block]], axis=1), offset)
        units[:, np.arange(days)[None, :] < begins[block, None]] = np.nan
        parts[block] = units.transpose(1, 0, 2)
        shape[block] = np.stack([logs[name][:, history:] for name in PARTS], axis=1)

    each(tell, blocks(len(panel), days * 24))
    return parts, shape


def fitted_demand(panel: Panel, fit: PooledFit, settings: PooledRegression) -> Floats:
    """Return (S, T) units >= 0 expected of each day of history, given all of them."""
    known = log_demand(panel, panel.history, settings)
    fitted = np.empty((len(panel), panel.history))

    def tell(block: slice) -> None:
        logs = _logs(fit, block, panel.history)
        fitted[block] = _fitted(fit, known, logs, block)

    each(tell, blocks(len(panel), panel.history * 24))
    return np.maximum(fitted, 0.0)


def _logs(fit: PooledFit, block: slice, days: int) -> dict[str, Floats]:
    """Return the parts of some series on the log scale, without the carried level."""
    beta = fit.beta[block]
    return {name: fit.columns.effect(name, beta, block, slice(0, days)) for name in PARTS}


def _fitted(
    fit: PooledFit,
    known: tuple[Floats, Floats, Floats],
    logs: Mapping[str, Floats],
    block: slice,
) -> Floats:
    target, weight, offset = (values[block] for values in known)
    history = target.shape[1]
    explained = np.sum(list(logs.values()), axis=0)[:, :history] + fit.constant[block, None]
    # What gaps in stock did is no part of the level, nor of what is told.
    gaps = fit.columns.effect(STOCK, fit.beta[block], block, slice(0, history))
    rest = (target - explained - gaps).T
    level = smoothed(rest, (weight * fit.worth).T, fit.level.of(block)).T
    return np.asarray(np.exp(explained + level) - offset[:, None])
