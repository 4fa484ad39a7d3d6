"""What the mean of a pooled forecast is made of, over history and horizon."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecasting.carried_level import smoothed
from forecasting.components import PARTS, in_units
from forecasting.panel import Panel
from forecasting.pooled_equations import blocks
from forecasting.pooled_regression import PooledFit, PooledRegression, log_demand

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
    target, weight, offset = log_demand(panel, history, settings)
    begins = np.argmax(np.isfinite(panel.units), axis=1)
    for block in blocks(len(panel), days * 24):
        beta = fit.beta[block]
        logs = {name: fit.columns.effect(name, beta, block, slice(0, days)) for name in PARTS}
        explained = np.sum(list(logs.values()), axis=0)[:, :history] + fit.constant[block, None]
        rest = (target[block] - explained).T
        level = smoothed(rest, weight[block].T, settings.level).T
        fitted = np.exp(explained + level) - offset[block, None]
        units = in_units(logs, np.concatenate([fitted, mean[block]], axis=1), offset[block, None])
        units[:, np.arange(days)[None, :] < begins[block, None]] = np.nan
        parts[block] = units.transpose(1, 0, 2)
        shape[block] = np.stack([logs[name][:, history:] for name in PARTS], axis=1)
    return parts, shape
