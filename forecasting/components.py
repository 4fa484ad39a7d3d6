"""What a forecast is made of, in units that add up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]

PARTS: tuple[str, ...] = ("trend", "weekly", "yearly", "events", "drivers")
"""The additive parts of a fit on the log scale, and the columns of ``Forecast.components``."""


def in_units(parts: Mapping[str, Floats], fitted: Floats, offset: float | Floats) -> Floats:
    """Return (6, …, days): fitted and its five parts in units, the parts summing to fitted.

    On the log scale the parts add; in units they multiply. Each gets the share of the change from
    trend to fitted that its logarithm has of the whole: the logarithmic mean Divisia index
    (Ang 2005, "The LMDI approach to decomposition analysis", eq. 2), which leaves no residual.

    :param parts: :data:`PARTS` on the log scale, each (days,) or (series, days).
    :param fitted: of the same shape, units >= 0; what it has beyond the parts' sum (the noise's
        share of the mean) goes to the trend.
    :param offset: units that the logarithm was taken above.
    """
    total = fitted + offset
    rest = {name: parts[name] for name in PARTS[1:]}
    change = np.asarray(sum(rest.values()))
    trend = total * np.exp(-change)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(np.abs(change) > 1e-9, (total - trend) / change, total)
    return np.stack([fitted, trend - offset, *(mean * part for part in rest.values())])
