"""What at a front or store lasts beyond each night: it gives way to units that would expire sooner.

First expired, first out: a unit more that expires tonight has been sold instead of one that lasts
longer, as far as any such was sold; then that one is still there. So a unit more is lost at its
date only where nothing that lasts longer was sold by then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.block import Array, expiry_on_arrival
from optimization.network import AFTER_DAYS, MAIN, NEVER, Floats, Ints, Moves, Network


@dataclass(frozen=True, eq=False)
class LastingLots:
    """By row (cells of fronts and stores, in order).

    :param beyond: (days, rows) units that have come by that night and expire later.
    :param longest: (rows,) days after the horizon in which the last of them can be sold, 0 to 7.
    """

    beyond: Array
    longest: Floats

    @classmethod
    def of(cls, network: Network, moves: Moves, row_of_cell: Ints) -> LastingLots:
        """Gather a network's lots and these moves."""
        days, rows = network.days, int((row_of_cell >= 0).sum())
        lots = network.lots
        here = np.flatnonzero(network.cell_kind[lots.cell] != MAIN)
        cell = network.cells(network.destination[moves.lane], moves.sku)
        arrival = moves.day + network.lead[moves.lane]
        inside = np.flatnonzero((row_of_cell[cell] >= 0) & (arrival < days))
        expiry = expiry_on_arrival(network, moves.sku[inside], arrival[inside])
        row = np.concatenate([row_of_cell[lots.cell[here]], row_of_cell[cell[inside]]])
        comes = np.concatenate([np.maximum(lots.day[here], 0), arrival[inside]])
        goes = np.concatenate([lots.expiry[here], expiry])
        units = np.concatenate([lots.units[here], network.units(moves)[inside]])
        there = (units > 0) & (comes < days)
        row, comes, goes, units = (x[there] for x in (row, comes, goes, units))
        size = rows * (days + 1)
        flow = np.bincount(comes * rows + row, units, size)
        ends = np.minimum(np.maximum(goes, comes), days)
        flow -= np.bincount(ends * rows + row, units, size)
        beyond = np.cumsum(flow.reshape(days + 1, rows)[:days], axis=0)
        longest = np.zeros(rows)
        lasts = np.where(goes >= NEVER, AFTER_DAYS, goes - (days - 1))
        np.maximum.at(longest, row, np.clip(lasts, 0, AFTER_DAYS))
        return cls(beyond=beyond.astype(np.float32), longest=longest)
