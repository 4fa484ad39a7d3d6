"""How far series grow or shrink each at a pace of its own, where that is plain.

A carried level falls back to the history's, so a product that has grown by half a per cent a day
for a year would be forecast too low for ever. Prophet's trend draws such a line on, and overdraws
what is no line. Here the history decides for the brand: what is likelier, levels that stray, or
levels that stray around lines of a spread (the likelihood with the line's slope integrated out;
Durbin and Koopman, *Time Series Analysis by State Space Methods*, 2nd ed., ch. 7.2). Below a year
there is no line unless it is plain; beyond, series may differ more in theirs.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from forecasting.carried_level import CarriedLevel, whiten
from forecasting.pooled_columns import PooledColumns, growth
from forecasting.pooled_equations import blocks
from forecasting.threads import each

Floats = npt.NDArray[np.float64]

SPREADS: tuple[float, ...] = (0.3, 1.0, 3.0)
"""What is tried: standard deviations of series' slopes, on the log scale, a year."""

_PLAIN = 1.0
"""By how much likelier, as a logarithm and on average over series, a line has to be."""
_LEAST_DAYS = 56
_LEAST_SUPPORT = 1e-6


def growth_spread(
    columns: PooledColumns,
    beta: Floats,
    target: Floats,
    weight: Floats,
    noise: Floats,
    level: CarriedLevel,
) -> float:
    """Return the spread of series' slopes beyond their fit, 0 where that is not plain.

    :param beta: (S, K) in units of own spreads.
    :param target: (S, T) log demand, ``weight`` (S, T) of its days.
    :param noise: (S,) variance of a day's noise. :param level: how series' levels are carried on.
    """
    long = np.flatnonzero((weight > 0).sum(axis=1) >= _LEAST_DAYS)
    if not len(long):
        return 0.0
    S, T = target.shape
    gains = np.zeros((len(SPREADS), S))
    line = growth(T, T)

    def look(block: slice) -> None:
        rest = target[block] - columns.explained(beta[block] * columns.own_sd, block, slice(0, T))
        own = noise[block]
        precision, score = _slope(rest.T, weight[block].T, line, level.of(block))
        precision, score = precision / own, score / own
        for number, spread in enumerate(SPREADS):
            known = precision + spread**-2.0
            gains[number, block] = (score**2 / known - np.log1p(precision * spread**2)) / 2

    each(look, blocks(S, T * 16))
    found = gains[:, long].mean(axis=1)
    best = int(found.argmax())
    return SPREADS[best] if found[best] >= _PLAIN else 0.0


def with_growth(columns: PooledColumns, history: int, spread: float) -> PooledColumns:
    """Return the columns with a line whose slopes differ by ``spread`` from series to series.

    A line that is there already has its spread widened.
    """
    if "growth" in columns.names:
        at = columns.names.index("growth")
        own_sd = columns.own_sd.copy()
        own_sd[at] = np.hypot(own_sd[at], spread)
        return replace(columns, own_sd=own_sd)
    days, at = columns.shared.shape
    line = growth(days, history)[:, None]
    return replace(
        columns,
        shared=np.concatenate([columns.shared, line], axis=1),
        component=(*columns.component[:at], "trend", *columns.component[at:]),
        names=(*columns.names[:at], "growth", *columns.names[at:]),
        own_sd=np.insert(columns.own_sd, at, spread),
        unit=np.insert(columns.unit, at, 1.0),
    )


def _slope(
    rest: Floats, weight: Floats, line: Floats, level: CarriedLevel
) -> tuple[Floats, Floats]:
    """(S,) precision and score of each series' slope, its constant unknown, in a day's noise.

    :param rest: (T, S) what the regression leaves. :param weight: (T, S) of its days.
    """
    stacked = np.stack([np.ones_like(rest), np.broadcast_to(line[:, None], rest.shape), rest], 1)
    one, slope, own = whiten(stacked, weight, level).innovations.transpose(1, 0, 2)
    support = np.maximum(np.einsum("ts,ts->s", one, one), _LEAST_SUPPORT)
    lean = np.einsum("ts,ts->s", one, slope)
    precision = np.einsum("ts,ts->s", slope, slope) - lean**2 / support
    score = np.einsum("ts,ts->s", slope, own) - lean * np.einsum("ts,ts->s", one, own) / support
    return np.maximum(precision, 0.0), score
