"""How far the mean is out where past forecasts all erred to one side.

The mean is that of a distribution on the log scale, with the seven quantiles that errors have
shown. Where most days sell nothing and a few sell a lot, that can miss what is sold in all. The
forecasts of past cutoffs tell by how much. What a few weeks were out by does not last, so little is
not followed at all and much nearly wholly (nonnegative garrote; Breiman, Technometrics 37, 1995).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

USUAL = 0.1
"""On the log scale, what forecasts of a few weeks may be out by for no lasting reason."""


def garrote(value: float, threshold: float) -> float:
    """Return a value shrunk to nought below a threshold, and less the farther it is beyond."""
    if abs(value) <= threshold:
        return 0.0
    return value * (1.0 - (threshold / value) ** 2)


def mean_factor(sold: Sequence[float], expected: Sequence[float]) -> float:
    """Return what means ahead are to be multiplied by.

    :param sold: units of all series on the days known after each past cutoff.
    :param expected: means of these days, as forecast at the cutoff.
    """
    logs = [
        np.log(told / mean)
        for told, mean in zip(sold, expected, strict=True)
        if min(told, mean) > 0
    ]
    if len(logs) < 2:
        return 1.0
    return float(np.exp(garrote(float(np.mean(logs)), max(USUAL, float(np.std(logs))))))
