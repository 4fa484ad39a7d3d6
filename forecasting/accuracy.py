"""How good a forecast was: the field's standard measures, each a ratio without units.

All take arrays of one shape; pass what is to be scored, without NaN. Over nothing sold, ratios
are NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from forecasting.quantiles import QUANTILES

Floats = npt.NDArray[np.floating[Any]]


def wape(actual: Floats, forecast: Floats) -> float:
    """Return Σ|forecast − actual| / Σ actual, >= 0.

    >>> wape(np.array([4.0, 6.0]), np.array([5.0, 4.0]))
    0.3
    """
    return _ratio(np.abs(forecast - actual).sum(), actual.sum())


def bias(actual: Floats, forecast: Floats) -> float:
    """Return Σ(forecast − actual) / Σ actual; above 0 is too much.

    >>> bias(np.array([4.0, 6.0]), np.array([5.0, 4.0]))
    -0.1
    """
    return _ratio((forecast - actual).sum(), actual.sum())


def pinball(actual: Floats, forecast: Floats, level: float) -> Floats:
    """Return the pinball (quantile) loss of each value, in units.

    ``max(level · (actual − forecast), (level − 1) · (actual − forecast))`` (Koenker and Bassett
    1978).

    :param level: of the quantile, 0 to 1.
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level: expected 0 < level < 1; found {level}")
    over = actual - forecast
    return np.asarray(np.maximum(level * over, (level - 1.0) * over))


def wql(actual: Floats, quantiles: Floats) -> float:
    """Return the weighted quantile loss: 2 × mean pinball over the seven levels / units.

    :param quantiles: shape of ``actual`` and one axis more, of the seven :data:`QUANTILES`.
    """
    losses = [pinball(actual, quantiles[..., i], level) for i, level in enumerate(QUANTILES)]
    return _ratio(2.0 * np.mean(losses, axis=0).sum(), actual.sum())


def coverage(actual: Floats, low: Floats, high: Floats) -> float:
    """Return the share of values from ``low`` to ``high``, both included."""
    if not actual.size:
        return float("nan")
    return float(((actual >= low) & (actual <= high)).mean())


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else float("nan")
