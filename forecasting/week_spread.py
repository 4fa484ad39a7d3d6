"""How far series differ in their week, where that is far more than usual.

Shops of one kind have much the same week, and a series is drawn to its pool's. Where each product
is ordered on a day of its own, that is wrong: then the weekday tells much of what a first fit
leaves over, series by series.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from forecasting.pooled_columns import WEEK_ORDER, PooledColumns

Floats = npt.NDArray[np.float64]

_USUAL_SHARE = 0.1
"""Share of what a fit leaves over that the weekday may tell without series being drawn less."""


def week_spread(
    columns: PooledColumns,
    errors: npt.NDArray[np.floating[Any]],
    known: npt.NDArray[np.bool_],
    weekday: npt.NDArray[np.intp],
) -> Floats:
    """(K,) factors on the spread of each coefficient of a series around its pool.

    The variance of weekdays' means of the errors, less what chance alone gives (one-way analysis of
    variance), is what the week's Fourier terms have to make up: each has half its square.

    :param errors: (S, T) of a first fit, on the log scale. ``known``: (S, T) the days that count.
    :param weekday: (T,) 0 to 6.
    """
    factors = np.ones(len(columns.own_sd))
    days = np.stack([weekday == day for day in range(7)], axis=1).astype(np.float64)
    there = known.astype(np.float64)
    left = np.where(known, errors, 0.0)
    count = there.sum(axis=1)
    left = (left - (left.sum(axis=1) / np.maximum(count, 1))[:, None]) * there
    each = there @ days
    between = (((left @ days) ** 2) / np.maximum(each, 1)).sum(axis=1)
    total = (left**2).sum(axis=1)
    told = float(between.sum() - 6 * (total - between).sum() / max(float((count - 7).sum()), 1.0))
    if told <= _USUAL_SHARE * float(total.sum()):
        return factors
    week = np.array(columns.component) == "weekly"
    variance = told / max(float(count.sum()), 1.0)
    own = float((columns.own_sd[week] ** 2).mean())
    factors[week] = np.sqrt(1.0 + variance / (WEEK_ORDER * own))
    return factors
