"""A range of products of a network, made ready for simulation: products do not touch each other.

Only vehicles, storage, handling and room couple products; given the moves, each product runs by
itself, so that a network is simulated in blocks whose arrays stay small, on threads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimization.grouping import Grouping, Rows, rows_of
from optimization.network import AFTER_DAYS, MAIN, MID, NEAR, NEVER, Floats, Ints, Moves, Network

Array = npt.NDArray[np.float32]

ELEMENTS = 250_000
"""Cells × paths of a block at most: enough that threads seldom wait for the interpreter, which they
need between NumPy's loops, and little enough that a block's arrays stay small."""


@dataclass(frozen=True, eq=False)
class FieldCells:
    """The cells of one field (near: stores, mid: fronts) that serve demand, by series.

    :param cell: (k,) among the block's fronts and stores; ``series`` likewise, not decreasing;
        ``share`` (k, 1) of the series' demand.
    """

    cell: Rows
    series: Rows
    share: Array
    by_series: Grouping

    def __len__(self) -> int:
        return len(self.share)


@dataclass(frozen=True, eq=False)
class Block:
    """Products ``first`` to ``stop`` - 1 of a network with the moves that concern them.

    Rows are the cells of mains, then those of fronts and stores, each in the network's order;
    indices are of these rows. ``thresholds``: the days by which some lot may expire, increasing;
    stock is kept as (thresholds + tops, cells, paths), cumulated: what expires by each
    threshold, then all that carries a date or never expires, then, where mains hold undated
    stock that can spoil, everything.

    :param cell: (cells,) the network's cell of each row.
    :param mains: how many rows are mains'.
    :param moves: by day, then origin; ``origin``, ``destination``, ``units`` and ``arrival`` (the
        day) are theirs.
    :param lots: rows of the network's lots; ``lot_cell`` where they are.
    :param arrivals: (cells, days) units of lots and moves arriving before dispatches;
        ``arrivals_same_day``: those of moves with lead 0, after dispatches.
    :param dispatched: (cells, days) units to leave; ``reserve`` (cells, days) units that must
        not be sold that day, because moves need them later.
    """

    network: Network
    first: int
    stop: int
    series: slice
    cell: Ints
    mains: int
    series_sku: Ints
    by_sku: Grouping
    fields: tuple[FieldCells, FieldCells]
    mains_by_sku: Grouping
    forward_by_sku: Grouping
    moves: Moves
    origin: Ints
    destination: Ints
    units: Floats
    arrival: Ints
    thresholds: Ints
    has_fresh: bool
    lots: Ints
    lot_cell: Ints
    arrivals: Array
    arrivals_same_day: Array
    dispatched: Array
    reserve: Array

    @property
    def n_cells(self) -> int:
        """Cells in the block."""
        return len(self.cell)

    @property
    def n_series(self) -> int:
        """Series in the block."""
        return int(self.series.stop - self.series.start)

    @property
    def cell_sku(self) -> Ints:
        """(cells,) product of the network (not of the block)."""
        return self.network.cell_sku[self.cell]

    @property
    def main_sku(self) -> Ints:
        """(mains' cells,) product of the block."""
        return self.cell_sku[: self.mains] - self.first


@dataclass(frozen=True, slots=True)
class Cut:
    """Products ``first`` to ``stop`` - 1 with their moves, of which :meth:`block` makes a block."""

    network: Network
    first: int
    stop: int
    moves: Moves

    def block(self) -> Block:
        """Make the block."""
        return make_block(self.network, self.first, self.stop, self.moves)


def cuts(network: Network, moves: Moves, paths: int, elements: int | None = None) -> list[Cut]:
    """Cut the network's products into blocks of like size, about ``elements`` cells × paths.

    :param moves: every move, facts included.
    :param elements: default: :data:`ELEMENTS`.
    """
    by_product = np.bincount(network.cell_sku, minlength=len(network.skus))
    total = int(by_product.sum())
    count = max(math.ceil(total * paths / (elements or ELEMENTS)), 1)
    part = (np.cumsum(by_product) - by_product) * count // max(total, 1)
    starts = np.flatnonzero(np.diff(part, prepend=-1))
    moves = moves.where(np.argsort(moves.sku, kind="stable"))
    found = []
    for first, stop in zip(starts, np.append(starts, len(part))[1:], strict=True):
        if by_product[first:stop].any():
            rows = np.arange(*np.searchsorted(moves.sku, [first, stop]))
            found.append(Cut(network, int(first), int(stop), moves.where(rows)))
    return found


def make_block(network: Network, first: int, stop: int, moves: Moves) -> Block:
    """Make the block of products ``first`` to ``stop`` - 1; ``moves`` are theirs alone."""
    cells = slice(*(int(i) for i in np.searchsorted(network.cell_sku, [first, stop])))
    series = slice(*(int(i) for i in np.searchsorted(network.series_sku, [first, stop])))
    forward = network.cell_kind[cells] != MAIN
    order = np.argsort(forward, kind="stable")
    row = np.empty(len(order), dtype=np.int64)
    row[order] = np.arange(len(order))
    mains = len(order) - int(forward.sum())
    cell = cells.start + order
    sku = network.cell_sku[cell] - first
    origin = row[network.cells(network.origin[moves.lane], moves.sku) - cells.start]
    by_day = np.lexsort((origin, moves.day))
    moves, origin = moves.where(by_day), origin[by_day]
    destination = row[network.cells(network.destination[moves.lane], moves.sku) - cells.start]
    units = network.units(moves)
    arrival = moves.day + network.lead[moves.lane]
    lots = np.arange(*np.searchsorted(network.lots.cell, [cells.start, cells.stop]))
    lot_cell = row[network.lots.cell[lots] - cells.start]
    flows = _flows(network, len(row), lots, lot_cell, moves, origin, destination, units, arrival)
    series_sku = network.series_sku[series] - first
    return Block(
        network=network,
        first=first,
        stop=stop,
        series=series,
        cell=cell,
        mains=mains,
        series_sku=series_sku,
        by_sku=Grouping(series_sku),
        fields=(
            _field(network, cell[mains:], series, NEAR),
            _field(network, cell[mains:], series, MID),
        ),
        mains_by_sku=Grouping(sku[:mains]),
        forward_by_sku=Grouping(sku[mains:]),
        moves=moves,
        origin=origin,
        destination=destination,
        units=units,
        arrival=arrival,
        thresholds=_thresholds(network, lots, moves, arrival),
        has_fresh=bool(network.lots.fresh[lots].any()),
        lots=lots,
        lot_cell=lot_cell,
        arrivals=flows[0],
        arrivals_same_day=flows[1],
        dispatched=flows[2],
        reserve=reserve(*flows),
    )


def reserve(arrivals: Array, arrivals_same_day: Array, dispatched: Array) -> Array:
    """Return (cells, days) units that must be left after the day's sales for later dispatches."""
    kept = np.zeros_like(dispatched)
    for day in range(dispatched.shape[1] - 2, -1, -1):
        after = np.maximum(kept[:, day + 1] - arrivals_same_day[:, day + 1], 0)
        kept[:, day] = np.maximum(dispatched[:, day + 1] - arrivals[:, day + 1] + after, 0)
    return kept


def _field(network: Network, forward: Ints, series: slice, field: int) -> FieldCells:
    """Cells of stores for NEAR, of fronts for MID, among these cells of the network."""
    served = network.cell_series[forward]
    kind = network.cell_kind[forward]
    cell = np.flatnonzero((served >= 0) & (kind == (2 if field == NEAR else 1)))
    own = served[cell] - series.start
    order = np.argsort(own, kind="stable")
    cell, own = cell[order], own[order]
    share = network.share[network.cell_location[forward[cell]]].astype(np.float32)
    in_order = bool((np.diff(cell) > 0).all())
    return FieldCells(
        rows_of(cell) if in_order else cell,
        rows_of(own) if bool((np.diff(own) > 0).all()) else own,
        share[:, None],
        Grouping(own),
    )


def _thresholds(network: Network, lots: Ints, moves: Moves, arrival: Ints) -> Ints:
    last = network.days - 1 + AFTER_DAYS
    life = network.shelf_life[moves.sku]
    fresh = (network.kind[network.origin[moves.lane]] == MAIN) & np.isfinite(life)
    born = arrival[fresh] + life[fresh].astype(np.int64) - 1
    days = np.concatenate([network.lots.expiry[lots], born])
    return np.unique(days[days < last])


def _flows(
    network: Network,
    count: int,
    lots: Ints,
    lot_cell: Ints,
    moves: Moves,
    origin: Ints,
    destination: Ints,
    units: Floats,
    arrival: Ints,
) -> tuple[Array, Array, Array]:
    days = network.days
    arrivals, same_day, out = (np.zeros((count, days), dtype=np.float32) for _ in range(3))
    later = network.lots.day[lots] >= 0
    rows = lots[later]
    np.add.at(arrivals, (lot_cell[later], network.lots.day[rows]), network.lots.units[rows])
    np.add.at(out, (origin, moves.day), units)
    inside = arrival < days
    at_once = arrival == moves.day
    for target, mask in ((arrivals, inside & ~at_once), (same_day, inside & at_once)):
        np.add.at(target, (destination[mask], arrival[mask]), units[mask])
    return arrivals, same_day, out


def expiry_on_arrival(network: Network, sku: Ints, arrival: Ints) -> Ints:
    """Return the last day of sale of undated units that reach a front or store that morning."""
    life = network.shelf_life[sku]
    finite = np.isfinite(life)
    return np.where(finite, arrival + np.where(finite, life, 0).astype(np.int64) - 1, NEVER)
