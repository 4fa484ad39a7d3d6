"""A range of products of a network, made ready for simulation: products do not touch each other.

Only vehicles, storage, handling and room couple products; given the moves, each product runs by
itself, so that a network is simulated in blocks whose arrays fit the processor's cache.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimization.network import AFTER_DAYS, MAIN, MID, NEAR, NEVER, Floats, Ints, Moves, Network

Array = npt.NDArray[np.float32]

ELEMENTS = 50_000
"""Cells × paths of a block: its arrays fit the processor's cache, and a network of some thousand
cells has blocks enough for several threads."""


@dataclass(frozen=True, eq=False)
class Grouping:
    """Adds up rows that belong together.

    :param group: (rows,) the group of each row, not decreasing.
    """

    group: Ints

    def __post_init__(self) -> None:
        starts = np.flatnonzero(np.diff(self.group, prepend=-1))
        object.__setattr__(self, "starts", starts)
        object.__setattr__(self, "groups", self.group[starts])
        object.__setattr__(self, "alone", len(starts) == len(self.group))

    starts: Ints = None  # type: ignore[assignment]
    groups: Ints = None  # type: ignore[assignment]
    alone: bool = False

    def add(self, rows: Array, into: Array) -> None:
        """Add (rows, paths) to the groups' rows of ``into``."""
        if len(self.group):
            sums = rows if self.alone else np.add.reduceat(rows, self.starts, axis=0)
            into[self.groups] += sums


@dataclass(frozen=True, eq=False)
class FieldCells:
    """The cells of one field (near: stores, mid: fronts) that serve demand, by series.

    :param cell: (k,) in the block; ``series`` likewise, not decreasing; ``share`` (k, 1) of the
        series' demand.
    """

    cell: Ints
    series: Ints
    share: Array
    by_series: Grouping


@dataclass(frozen=True, eq=False)
class Block:
    """Products ``first`` to ``stop`` - 1 of a network with the moves that concern them.

    Indices are of the block. ``thresholds``: the days by which some lot may expire, increasing;
    stock is kept as (thresholds + tops, cells, paths), cumulated: what expires by each
    threshold, then all that carries a date or never expires, then, where mains hold undated
    stock that can spoil, everything.

    :param arrivals: (cells, days) units of lots and moves arriving before dispatches;
        ``arrivals_same_day``: those of moves with lead 0, after dispatches.
    :param dispatched: (cells, days) units to leave; ``reserve`` (cells, days) units that must
        not be sold that day, because moves need them later.
    """

    network: Network
    first: int
    stop: int
    series: slice
    cells: slice
    series_sku: Ints
    by_sku: Grouping
    fields: tuple[FieldCells, FieldCells]
    mains: Ints
    mains_by_sku: Grouping
    forward: npt.NDArray[np.bool_]
    moves: Moves
    origin: Ints
    destination: Ints
    units: Floats
    arrival: Ints
    thresholds: Ints
    has_fresh: bool
    lots: npt.NDArray[np.int64]
    arrivals: Array
    arrivals_same_day: Array
    dispatched: Array
    reserve: Array

    @property
    def n_cells(self) -> int:
        """Cells in the block."""
        return int(self.cells.stop - self.cells.start)

    @property
    def n_series(self) -> int:
        """Series in the block."""
        return int(self.series.stop - self.series.start)

    @property
    def cell_sku(self) -> Ints:
        """(cells,) product of the network (not of the block)."""
        return self.network.cell_sku[self.cells]


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


def cuts(network: Network, moves: Moves, paths: int, elements: int = ELEMENTS) -> list[Cut]:
    """Cut the network's products into blocks of about ``elements`` cells × paths.

    :param moves: every move, facts included.
    """
    by_product = np.bincount(network.cell_sku, minlength=len(network.skus))
    limit = max(elements // max(paths, 1), 1)
    moves = moves.where(np.argsort(moves.sku, kind="stable"))
    first = 0
    found = []
    while first < len(network.skus):
        stop = first + 1
        size = by_product[first]
        while stop < len(network.skus) and size + by_product[stop] <= limit:
            size += by_product[stop]
            stop += 1
        if size:
            rows = slice(*np.searchsorted(moves.sku, [first, stop]))
            found.append(Cut(network, first, stop, moves.where(np.r_[rows])))
        first = stop
    return found


def make_block(network: Network, first: int, stop: int, moves: Moves) -> Block:
    """Make the block of products ``first`` to ``stop`` - 1; ``moves`` are theirs alone."""
    cells = slice(*(int(i) for i in np.searchsorted(network.cell_sku, [first, stop])))
    series = slice(*(int(i) for i in np.searchsorted(network.series_sku, [first, stop])))
    kind = network.cell_kind[cells]
    sku = network.cell_sku[cells] - first
    mains = np.flatnonzero(kind == MAIN)
    origin = network.cells(network.origin[moves.lane], moves.sku) - cells.start
    destination = network.cells(network.destination[moves.lane], moves.sku) - cells.start
    units = network.units(moves)
    arrival = moves.day + network.lead[moves.lane]
    lots = _rows(network.lots.cell, cells)
    count = cells.stop - cells.start
    flows = _flows(network, count, lots, cells.start, moves, origin, destination, units, arrival)
    series_sku = network.series_sku[series] - first
    return Block(
        network=network,
        first=first,
        stop=stop,
        series=series,
        cells=cells,
        series_sku=series_sku,
        by_sku=Grouping(series_sku),
        fields=(_field(network, cells, series, NEAR), _field(network, cells, series, MID)),
        mains=mains,
        mains_by_sku=Grouping(sku[mains]),
        forward=kind != MAIN,
        moves=moves,
        origin=origin,
        destination=destination,
        units=units,
        arrival=arrival,
        thresholds=_thresholds(network, lots, moves, arrival),
        has_fresh=bool(network.lots.fresh[lots].any()),
        lots=lots,
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


def _rows(sorted_cells: Ints, cells: slice) -> Ints:
    return np.arange(*np.searchsorted(sorted_cells, [cells.start, cells.stop]))


def _field(network: Network, cells: slice, series: slice, field: int) -> FieldCells:
    """Cells of stores for NEAR, of fronts for MID."""
    served = network.cell_series[cells]
    kind = network.cell_kind[cells]
    cell = np.flatnonzero((served >= 0) & (kind == (2 if field == NEAR else 1)))
    own = served[cell] - series.start
    order = np.argsort(own, kind="stable")
    cell, own = cell[order], own[order]
    share = network.share[network.cell_location[cells][cell]].astype(np.float32)
    return FieldCells(cell, own, share[:, None], Grouping(own))


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
    start: int,
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
    cell, day = network.lots.cell[rows] - start, network.lots.day[rows]
    np.add.at(arrivals, (cell, day), network.lots.units[rows])
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
