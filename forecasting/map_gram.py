"""Hessians of the likelihood for a block of series, as matrix products over shared columns.

For a column pair (i, j) of the shared design the entry of series s is a weighted sum over days,
``sum_t v[s, t] z_i[t] z_j[t]``, where v depends on the kinds of the two columns only. So the
entries of all series are one product of the (series, days) weights with the (days, pairs) table of
column products: one matrix multiplication instead of one Gram matrix a series. Where a column is
nought on most days, as those of holidays are, so is its product with any other: such pairs have a
sparse table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from forecasting.batch_design import BatchDesign, Floats

TREND, MULTIPLICATIVE, ADDITIVE = 0, 1, 2
"""Kinds of columns: of the trend, multiplying it, adding to it."""

TABLE_BYTES = 1 << 26
"""Largest table of column products kept in memory; beyond it days are taken in chunks."""


RARE = 0.1
"""Share of days up to which a column counts as rarely other than nought."""


@dataclass(frozen=True, eq=False)
class DayWeights:
    """What weighs a day in the Hessian, each (B, T), or (T,) of ones where all days count.

    :param weight: of the day in the likelihood, 0 where it is missing.
    :param growth: 1 + multiplicative terms.
    :param trend: scaled trend.
    :param curvature: weighted residuals where the full Newton step is wanted, 0 for Gauss-Newton.
    """

    weight: Floats
    growth: Floats
    trend: Floats
    curvature: Floats

    def of(self, one: int, other: int) -> Floats:
        """The weights of a pair of column kinds, (B, T)."""
        low, high = min(one, other), max(one, other)
        if (low, high) == (TREND, TREND):
            return self.weight * self.growth**2
        if (low, high) == (TREND, MULTIPLICATIVE):
            return self.weight * self.growth * self.trend - self.curvature
        if (low, high) == (TREND, ADDITIVE):
            return self.weight * self.growth
        if (low, high) == (MULTIPLICATIVE, MULTIPLICATIVE):
            return self.weight * self.trend**2
        if (low, high) == (MULTIPLICATIVE, ADDITIVE):
            return self.weight * self.trend
        return self.weight


class Gram:
    """Builds the (B, P, P) matrices of a design; P counts trend, shared and series columns.

    A design whose regressors all add and whose days are all observed has one matrix for all
    series: :attr:`constant` tells.
    """

    def __init__(self, design: BatchDesign) -> None:
        basis = design.trend_basis
        K = design.X.shape[1]
        self.Z = np.hstack([basis, design.X])
        mode = np.where(design.multiplicative, MULTIPLICATIVE, ADDITIVE)
        self.kinds = np.concatenate([np.full(basis.shape[1], TREND), mode[:K]])
        self.own_kinds = mode[K:]
        self.size = basis.shape[1] + design.columns
        self.constant = not design.multiplicative.any()
        self._pairs = self._group_pairs()
        self._chunks = self._day_chunks()
        self._tables: list[list[tuple[Floats, csr_array]]] | None = None
        if len(self._chunks) == 1:
            self._tables = [self._table(self._chunks[0])]

    def _group_pairs(
        self,
    ) -> list[tuple[int, int, npt.NDArray[np.intp], npt.NDArray[np.intp], int]]:
        """Upper-triangle pairs by the kinds of their columns, and the map from matrix to pair.

        Pairs with a column that is rarely other than nought come last in their group; the last
        of each tuple counts those before them.
        """
        rows, cols = np.triu_indices(len(self.kinds))
        seldom = np.count_nonzero(self.Z, axis=0) <= RARE * len(self.Z)
        sparse = seldom[rows] | seldom[cols]
        kinds = np.where(self.constant, TREND, self.kinds)
        code = np.minimum(kinds[rows], kinds[cols]) * 3 + np.maximum(kinds[rows], kinds[cols])
        order = np.lexsort((sparse, code))
        rows, cols, code, sparse = rows[order], cols[order], code[order], sparse[order]
        where = np.empty((len(self.kinds),) * 2, dtype=np.intp)
        where[rows, cols] = where[cols, rows] = np.arange(len(rows))
        self._where = where.ravel()
        groups = []
        for value in np.unique(code):
            chosen = code == value
            dense = int((chosen & ~sparse).sum())
            groups.append((int(value) // 3, int(value) % 3, rows[chosen], cols[chosen], dense))
        return groups

    def _day_chunks(self) -> list[slice]:
        T = len(self.Z)
        step = max(1, min(T, TABLE_BYTES // (8 * len(self._where))))
        return [slice(i, min(i + step, T)) for i in range(0, T, step)]

    def _table(self, days: slice) -> list[tuple[Floats, csr_array]]:
        """Products of column pairs on some days: (days, dense pairs) and (sparse pairs, days)."""
        part = self.Z[days]
        tables = []
        for _, _, rows, cols, dense in self._pairs:
            rare = csr_array((part[:, rows[dense:]] * part[:, cols[dense:]]).T)
            tables.append((part[:, rows[:dense]] * part[:, cols[:dense]], rare))
        return tables

    def shared(self, weights: DayWeights) -> Floats:
        """(B, Q, Q) block of the Q shared columns."""
        v = [weights.of(one, other) for one, other, *_ in self._pairs]
        B = max(1, *(a.shape[0] for a in v)) if v[0].ndim == 2 else 1
        out = np.zeros((B, int(self._where.max()) + 1))
        for c, days in enumerate(self._chunks):
            tables = self._tables[c] if self._tables is not None else self._table(days)
            start = 0
            for weight, (dense, rare) in zip(v, tables, strict=True):
                part = np.atleast_2d(weight)[:, days]
                middle = start + dense.shape[1]
                end = middle + rare.shape[0]
                out[:, start:middle] += part @ dense
                out[:, middle:end] += (rare @ part.T).T
                start = end
        Q = len(self.kinds)
        return np.take(out, self._where, axis=1, mode="clip").reshape(B, Q, Q)

    def matrices(self, weights: DayWeights, own: Floats | None) -> Floats:
        """(B, P, P) sums over days of weighted column products.

        :param own: (B, L, T) regressors of each series, or None.
        """
        block = self.shared(weights)
        if own is None or not len(self.own_kinds):
            return block
        B, _, T = own.shape
        Q = len(self.kinds)
        out = np.empty((B, self.size, self.size))
        out[:, :Q, :Q] = block
        for kind in np.unique(self.own_kinds):
            mine = np.flatnonzero(self.own_kinds == kind)
            for other in np.unique(self.kinds):
                theirs = np.flatnonzero(self.kinds == other)
                weighted = own[:, mine] * _by_day(weights.of(int(kind), int(other)))
                cross = (weighted.reshape(-1, T) @ self.Z[:, theirs]).reshape(B, len(mine), -1)
                out[:, (Q + mine)[:, None], theirs[None, :]] = cross
                out[:, theirs[:, None], (Q + mine)[None, :]] = cross.transpose(0, 2, 1)
            for other in np.unique(self.own_kinds):
                theirs = np.flatnonzero(self.own_kinds == other)
                weighted = own[:, mine] * _by_day(weights.of(int(kind), int(other)))
                inner = weighted @ own[:, theirs].transpose(0, 2, 1)
                out[:, (Q + mine)[:, None], (Q + theirs)[None, :]] = inner
        return out


def _by_day(weights: Floats) -> Floats:
    return weights[:, None, :] if weights.ndim == 2 else weights
