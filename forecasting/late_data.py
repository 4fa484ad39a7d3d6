"""Which days at the end of a series are not yet known, and which are days without sales.

Sales tables leave out days without sales, so a series of slow movers nearly always ends before the
as-of day. To take that for data on their way would end every such series on a sale: its level
would come out too high by the share of days on which nothing sells.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.intp]

LATE_DAYS = 7
"""Fewer days than this without a row at the end may be late data; more are days unsold."""
_CHANCE = 0.05
"""A gap that luck would leave more often than this is one."""


def late_days(
    rows: Numbers, begins: Numbers, ends: Numbers, region: npt.NDArray[np.object_], history: int
) -> Flags:
    """(S, history) days whose sales are on their way.

    A gap at the end of a series is late data where one so long would be rare for a series that
    has rows as often; a gap at the end of a whole region, where that is rare for its series
    together, is so for each of them.

    :param rows: (S,) days with a row. ``begins``, ``ends``: (S,) the first and the last, -1 at the
        end of a series without any. ``region``: (S,) of each series.
    """
    gap = history - 1 - ends
    sold = ends >= 0
    span = np.where(sold, ends - begins + 2, 1)
    rare = np.log1p(-np.where(sold, rows / span, 0.0))
    recent = sold & (gap < LATE_DAYS)
    alone = np.where(recent & (gap * rare < np.log(_CHANCE)), gap, 0)
    number = np.unique(region.astype(str), return_inverse=True)[1]
    least = np.full(number.max(initial=-1) + 1, history)
    np.minimum.at(least, number, gap)
    together = np.bincount(number, np.where(recent, rare, 0.0), len(least))
    shared = np.where((least < LATE_DAYS) & (least * together < np.log(_CHANCE)), least, 0)
    missing = np.maximum(alone, shared[number])
    late: Flags = np.arange(history)[None, :] >= (history - missing)[:, None]
    return late
