"""The normal equations of every series at several cutoffs, from one pass over its history.

A filter looks back only (:mod:`forecasting.carried_level`), so the equations at a cutoff are the
sum over the days before it, and those at all cutoffs cost as much as those at the last.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forecasting.carried_level import CarriedLevel, Whitened, gains_of, whiten
from forecasting.pooled_columns import PooledColumns
from forecasting.threads import each

Floats = npt.NDArray[np.float64]

_BLOCK_BYTES, _MOST_BYTES, _LEAST_SERIES = 8e6, 24e6, 64
"""Of a block of series: what a processor's cache holds most of, or more where series are long."""

_CONSTANT_PRECISION = 1e-4
"""Of the constant, over a day's noise: next to nothing, yet a series without days has one."""


@dataclass(frozen=True, slots=True)
class Equations:
    """What S series tell of K coefficients at one cutoff, the constant already taken out.

    Everything is in units of a day's noise and of each coefficient's own spread.

    :param precision: (S, K, K). :param score: (S, K). :param square: (S,) of the target.
    :param days: (S,) with weight.
    :param lean: (S, K) the constant is ``centre - lean @ beta``, give or take a variance of
        ``1 / support`` of a day's noise; ``centre`` and ``support`` are (S,).
    :param state: (S, 2, K + 2) and ``covariance`` (S, 2, 2) of the carried level for the
        regressors, the constant and the target.
    """

    precision: Floats
    score: Floats
    square: Floats
    days: Floats
    lean: Floats
    centre: Floats
    support: Floats
    state: Floats
    covariance: Floats

    def rescaled(self, factor: Floats) -> Equations:
        """Return the equations in units of own spreads that are so many times as wide.

        :param factor: (K,) > 0.
        """
        state = self.state.copy()
        state[:, :, : len(factor)] *= factor
        return replace(
            self,
            precision=self.precision * (factor[:, None] * factor),
            score=self.score * factor,
            lean=self.lean * factor,
            state=state,
        )


def equations(
    columns: PooledColumns,
    target: Floats,
    weight: Floats,
    level: CarriedLevel,
    cutoffs: Sequence[int],
) -> list[Equations]:
    """Return the equations at each cutoff.

    :param target: (S, T). :param weight: (S, T) >= 0.
    :param cutoffs: ascending numbers of days, 1 to T.
    """
    S, T = target.shape
    K = len(columns.component)
    own_sd = columns.own_sd
    made = [_empty(S, K) for _ in cutoffs]

    def tell(part: slice) -> None:
        # Gains are small and wanted of many series at once, columns are large.
        gains = gains_of(weight[part].T, level.of(part), cutoffs)
        for inside in blocks(part.stop - part.start, T * (2 * K + 8)):
            block = slice(part.start + inside.start, part.start + inside.stop)
            data = np.empty((T, K + 2, block.stop - block.start))
            columns.fill(data[:, :K], block, slice(0, T))
            data[:, :K] *= own_sd[:, None]
            data[:, K] = 1.0
            data[:, K + 1] = target[block].T
            white = whiten(data, weight[block].T, level.of(block), cutoffs, gains.of(inside))
            _add_up(made, block, white, cutoffs)
            for number, cutoff in enumerate(cutoffs):
                made[number].days[block] = (weight[block, :cutoff] > 0).sum(axis=1)

    each(tell, blocks(S, T * 16))
    return made


def _add_up(
    made: Sequence[Equations], block: slice, white: Whitened, cutoffs: Sequence[int]
) -> None:
    """Add up products of whitened columns from each cutoff to the next."""
    columns = white.innovations.shape[1]
    products = np.zeros((block.stop - block.start, columns, columns))
    begin = 0
    for number, cutoff in enumerate(cutoffs):
        days = np.ascontiguousarray(white.innovations[begin:cutoff].transpose(2, 0, 1))
        products += days.transpose(0, 2, 1) @ days
        _put(made[number], block, products)
        made[number].state[block] = white.state[number]
        made[number].covariance[block] = white.covariance[number]
        begin = cutoff


def _put(into: Equations, block: slice, products: Floats) -> None:
    """Take the constant out of the products and keep what is left."""
    K = products.shape[1] - 2
    support = products[:, K, K] + _CONSTANT_PRECISION
    lean = products[:, K, :K] / support[:, None]
    centre = products[:, K, K + 1] / support
    precision = into.precision[block]
    np.multiply(lean[:, :, None], products[:, None, K, :K], out=precision)
    np.subtract(products[:, :K, :K], precision, out=precision)
    into.score[block] = products[:, :K, K + 1] - products[:, K, :K] * centre[:, None]
    into.square[block] = products[:, K + 1, K + 1] - products[:, K, K + 1] * centre
    into.lean[block], into.centre[block], into.support[block] = lean, centre, support


def _empty(S: int, K: int) -> Equations:
    return Equations(
        precision=np.empty((S, K, K)),
        score=np.empty((S, K)),
        square=np.empty(S),
        days=np.empty(S),
        lean=np.empty((S, K)),
        centre=np.empty(S),
        support=np.empty(S),
        state=np.empty((S, 2, K + 2)),
        covariance=np.empty((S, 2, 2)),
    )


def blocks(series: int, floats_each: int) -> Iterator[slice]:
    """Cut the series into blocks of like size, of which each needs few megabytes."""
    bytes_each = 8 * max(floats_each, 1)
    most = max(_BLOCK_BYTES / bytes_each, min(_LEAST_SERIES, _MOST_BYTES / bytes_each), 1.0)
    number = math.ceil(series / int(most))
    for count in range(number):
        yield slice(series * count // number, series * (count + 1) // number)
