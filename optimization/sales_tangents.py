"""Tangents to expected sales E min(C, Q) of cumulated demand C and supply Q, cell by cell.

The mean over paths is a concave function of Q, so that tangents never say less than it, and any
choice of them keeps a bound valid.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from optimization.block import Array
from optimization.cell_columns import CellColumns
from optimization.evaluation import Draw
from optimization.network import Floats

SLOPES = (0.95, 0.8, 0.6, 0.4, 0.2, 0.05)
"""Slopes of the tangents: the chances that demand exceeds supply there."""


def sales_tangents(
    cells: CellColumns, draw: Draw, parts: Sequence[slice], wished: Sequence[float] = SLOPES
) -> tuple[tuple[float, ...], Array, Floats]:
    """Return slopes, (slopes, rows, days) intercepts of tangents, (series, days) mean demand.

    On P equally likely values v of demand, E min(v, Q) has at Q = v_(k) a tangent of slope
    1 - k / P that meets Q = 0 at the sum of the k smallest values over P.

    :param parts: ranges of series, drawn one after the other.
    :param wished: slopes; those of some k are returned, the nearest ones.
    """
    days, series = cells.network.days, len(cells.network.series_sku)
    paths = draw(slice(0, min(1, series))).shape[2] if series else 1
    places = np.unique([round((1 - slope) * paths) for slope in wished])
    places = places[(places > 0) & (places < paths)]
    intercepts = np.zeros((len(places), cells.rows, days), dtype=np.float32)
    wanted = np.zeros((series, days))
    order = np.argsort(cells.serves, kind="stable")
    for part in parts:
        total = np.cumsum(draw(part), axis=0, dtype=np.float64)
        wanted[part] = np.diff(total.mean(axis=2), axis=0, prepend=0).T
        total.sort(axis=2)
        least = np.cumsum(total, axis=2)[:, :, places - 1] / paths
        rows = order[slice(*np.searchsorted(cells.serves[order], [part.start, part.stop]))]
        scale = (cells.conversion * cells.share)[rows]
        chosen = least[:, cells.serves[rows] - part.start] * scale[None, :, None]
        intercepts[:, rows] = chosen.transpose(2, 1, 0)
    return tuple(1 - places / paths), intercepts, wanted
