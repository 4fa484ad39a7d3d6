"""The relaxation's columns of fronts' and stores' cells, and what is known of each cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.appraisal import Appraisal
from optimization.network import MID, NEAR, STORE, Floats, Ints, Network, Truths
from optimization.options import Options


@dataclass(frozen=True, eq=False)
class CellColumns:
    """Cumulated supply Q, sales Z and waste W by cell and day, sales after the horizon by cell.

    Rows are the cells of fronts and stores, as the appraisal ``base`` counts them. The first
    columns of all are the options'.

    :param sku: (rows,) product. ``field``: by which the cell serves, near or mid.
    :param conversion: (rows,) of that field.
    :param serves: (rows,) series, -1 for none; ``share``: of its demand, 0 where none is served.
    :param dated: (rows,) whether the cell holds or gets stock with a date.
    :param at_q: the first column of Q; ``at_z``, ``at_w``, ``at_after`` likewise; ``end``: the
        first column of what follows.
    """

    network: Network
    options: Options
    base: Appraisal
    sku: Ints
    field: Ints
    conversion: Floats
    serves: Ints
    share: Floats
    dated: Truths
    at_q: int
    at_z: int
    at_w: int
    at_after: int
    end: int

    @classmethod
    def of(cls, network: Network, options: Options, base: Appraisal) -> CellColumns:
        """Lay out the columns behind those of the options.

        :param base: the run without proposals.
        """
        near = (network.cell_kind[base.cells] == STORE).astype(np.int64)
        field = np.where(near == 1, NEAR, MID)
        conversion = network.money.conversion[field]
        serves = network.cell_series[base.cells]
        share = network.share[network.cell_location[base.cells]]
        lots = network.lots
        dated = np.zeros(len(network.cell_sku), dtype=bool)
        dated[lots.cell[lots.expiry < network.days]] = True
        size = len(base.cells) * network.days
        spans = np.cumsum([len(options), size, size, size, len(base.cells)])
        at_q, at_z, at_w, at_after, end = (int(x) for x in spans)
        return cls(
            network=network,
            options=options,
            base=base,
            sku=network.cell_sku[base.cells],
            field=field,
            conversion=conversion,
            serves=serves,
            share=np.where((serves >= 0) & (conversion > 0), share, 0.0),
            dated=dated[base.cells],
            at_q=at_q,
            at_z=at_z,
            at_w=at_w,
            at_after=at_after,
            end=end,
        )

    @property
    def rows(self) -> int:
        """Cells of fronts and stores."""
        return len(self.sku)

    @property
    def serving(self) -> Ints:
        """Rows that serve demand."""
        return np.flatnonzero(self.share > 0)

    def grid(self) -> Ints:
        """(rows, days) numbers: Q of row r on day t is column ``at_q`` + number, Z likewise, W."""
        days = self.network.days
        return np.arange(self.rows * days).reshape(self.rows, days)
