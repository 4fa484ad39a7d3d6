"""Days on which stock ran out for part of the hours: what that did to sales, and what to expect.

A day in stock for half its hours or more counts, yet sells less the longer stock was out. So the
regression has a column for it, the logarithm of the share of hours in stock. Without it, a week of
gaps would be taken for a fall of the level that is carried on. Of the days ahead, that share is
not known; what it will be, given that the day is in stock for half its hours or more, is told by
the series' last days and its mean, and how far to trust each is learnt from all series at cutoffs
shortly before: a shelf that was empty is being filled.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from forecasting.panel import Panel

Floats = npt.NDArray[np.float64]

STOCK = "stock"
"""The column's name and component."""

_LEAST = 0.3
_DECAY, _PRIOR_DAYS = 0.5 ** (1 / 3), 1.0
_ORIGINS = (0, 4, 8)
_SPAN, _MIN_DAYS, _MIN_USABLE = 14, 18, 5
_RECENT, _SIX_WEEKS = 0.7, 42
_CENTRE = 0.85
"""About the share that is usual: the regression of shares is centred here."""


def told_by_stock(panel: Panel, history: int) -> bool:
    """Whether sales are what stock allowed; where the far field sold on, they are put right first.

    :param history: days that may be looked at.
    """
    past = slice(0, history)
    usable = panel.usable[:, past]
    same = (panel.demand[:, past] == panel.units[:, past]) | ~usable
    return bool(same.all() and (panel.availability[:, past][usable] < 1.0).any())


def stock_column(panel: Panel, history: int) -> tuple[Floats, Floats]:
    """Return (S, history) log share of hours in stock less its mean, and (S,) that mean.

    Days that do not count are 0.

    :param history: days that may be learnt from.
    """
    usable = panel.usable[:, :history]
    logs = in_logs(panel.availability[:, :history].astype(np.float64))
    centre = np.where(usable, logs, 0.0).sum(axis=1) / np.maximum(usable.sum(axis=1), 1)
    return np.where(usable, logs - centre[:, None], 0.0), centre


def in_logs(share: npt.NDArray[np.floating[Any]]) -> Floats:
    """Return the logarithm of a share of hours in stock, from :data:`_LEAST` on."""
    return np.log(np.maximum(share.astype(np.float64), _LEAST))


def expected_stock(panel: Panel, cutoff: int, horizon: int) -> Floats:
    """Return (S,) the share of hours in stock to expect of usable days after a cutoff, 0 to 1.

    A regression over all series of the mean of the days that followed earlier cutoffs on that of
    the last days and that of all days then, a series weighing by the root of its volume.
    """
    usable = panel.usable[:, :cutoff].astype(np.float64)
    share = np.where(panel.usable[:, :cutoff], panel.availability[:, :cutoff], 0.0)
    share = share.astype(np.float64)
    demand = np.where(panel.usable[:, :cutoff], panel.demand[:, :cutoff], 0.0).astype(np.float64)
    span = min(horizon, _SPAN)
    squares, products = np.zeros((3, 3)), np.zeros(3)
    for origin in (cutoff - span - back for back in _ORIGINS):
        if origin < _MIN_DAYS:
            continue
        told, days = _told(share[:, :origin], usable[:, :origin])
        later = usable[:, origin : origin + span].sum(axis=1)
        came = share[:, origin : origin + span].sum(axis=1) / np.maximum(later, 1) - _CENTRE
        sold = demand[:, :origin] @ np.ones(origin)
        known = (later > 0) & (days > _MIN_USABLE)
        weight = np.sqrt(np.maximum(sold / np.maximum(days, 1), 0.0)) * known
        squares += (told * weight[:, None]).T @ told
        products += (told * weight[:, None]).T @ came
    told, _ = _told(share, usable)
    if squares[0, 0] <= 0:
        return np.asarray(_CENTRE + told[:, 1])
    trust = np.linalg.solve(squares + 1e-3 * squares[0, 0] * np.eye(3), products)
    return np.asarray(np.clip(_CENTRE + told @ trust, 0.5, 1.0))


def recent_stock(panel: Panel, cutoff: int) -> Floats:
    """Return (S,) the logarithm of the share of hours in stock on the last days that count.

    The mean of six weeks weighs as one of them.
    """
    past = slice(max(0, cutoff - _SIX_WEEKS), cutoff)
    usable = panel.usable[:, past]
    logs = in_logs(np.where(usable, panel.availability[:, past], 1.0))
    days = usable.astype(np.float64)
    mean = logs.sum(axis=1) / np.maximum(days.sum(axis=1), 1)
    late = _RECENT ** np.arange(days.shape[1])[::-1]
    return np.asarray((logs @ late + mean) / (days @ late + 1.0))


def _told(share: Floats, usable: Floats) -> tuple[Floats, Floats]:
    """Return (S, 3) one, the mean of the last days and that of all, less the usual; (S,) days.

    :param share: (S, T), 0 on days that do not count. :param usable: (S, T) 1 on days that do.
    """
    alike = np.ones(share.shape[1])
    days = usable @ alike
    mean = np.where(days > 0, share @ alike / np.maximum(days, 1), _CENTRE)
    late = _DECAY ** np.arange(share.shape[1])[::-1]
    recent = (share @ late + _PRIOR_DAYS * mean) / (usable @ late + _PRIOR_DAYS)
    return np.stack([np.ones(len(share)), recent - _CENTRE, mean - _CENTRE], axis=1), days
