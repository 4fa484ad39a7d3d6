"""Stock of forward cells on all paths at once: what they sell of what arrives, lost sales.

With first-expired-first-out and one shelf life for new stock, a cell's state is one number a path:
how much has left it so far, sold or spoilt. By the close of day t at least X(t) units must have
left, X(t) being the units that expire by then:

    out(t) = max(out(t-1) + min(demand(t), arrived(t) - out(t-1)), X(t))

The days after the horizon, in which what is left still sells at a steady rate, are run like the
days of the horizon but cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from optimization.demand import Array
from optimization.network import AFTER_DAYS, MAIN, NEVER, Floats, Ints, Network


@dataclass(frozen=True, eq=False)
class ForwardStock:
    """Cells that can be sent stock, their demand on common paths and what they hold anyway.

    Rows are cells in the order of the network. All units are units of stock: demand is what
    would be bought, conversion × demand.

    :param cell: (k,) cells of the network; ``series``, ``location`` and ``sku`` of each.
    :param demand: (days + 7, k, paths) units; the last 7 are the days after the horizon.
    :param arrived: (k, days + 7) units that have arrived by the morning, without new moves.
    :param expired: (k, days + 7) units of those that expire by the close of the day.
    :param life: (k,) days that new stock can be sold, the day of its arrival counted;
        at most days + 7, which stands for stock that does not spoil in time.
    :param holding: (k,) money a unit and night; ``waste`` (k,) money a spoilt unit.
    :param days: of the horizon.
    """

    cell: Ints
    series: Ints
    location: Ints
    sku: Ints
    demand: Array
    arrived: Array
    expired: Array
    life: Ints
    holding: Array
    waste: Array
    days: int

    def __len__(self) -> int:
        return len(self.cell)

    def supply(self, rows: Ints, new: Array) -> tuple[Array, Array]:
        """Cumulated arrivals and expiry, (days + 7, rows), with new arrivals (rows, days)."""
        padded = np.zeros((len(rows), self.days + AFTER_DAYS), dtype=np.float32)
        padded[:, : self.days] = new
        total = np.cumsum(padded, axis=1)
        place = np.arange(total.shape[1])[None, :] - self.life[rows][:, None] + 1
        gone = np.where(place >= 0, np.take_along_axis(total, np.maximum(place, 0), axis=1), 0)
        return (self.arrived[rows] + total).T.copy(), (self.expired[rows] + gone).T.copy()

    def run(self, rows: Ints, new: Array) -> Run:
        """Run cells with new arrivals.

        :param rows: (r,) rows of cells, repeats allowed.
        :param new: (r, days) units arriving on the morning of each day.
        """
        arrived, expired = self.supply(rows, new)
        shape = (len(arrived), len(rows), self.demand.shape[2])
        run = Run(
            out=np.zeros(shape, np.float32),
            sold=np.zeros(shape, np.float32),
            cost=np.zeros(shape[:2], np.float32),
        )
        for part in _parts(len(rows)):
            state = np.zeros((part.stop - part.start, shape[2]), dtype=np.float32)
            self.advance(rows[part], arrived[:, part], expired[:, part], state, 0, run, part)
        run.morning = arrived[: self.days].T.copy()
        run.morning[:, 1:] -= run.out[: self.days - 1].mean(axis=2).T
        return run

    def advance(
        self,
        rows: Ints,
        arrived: Array,
        expired: Array,
        state: Array,
        first: int,
        keep: Run | None = None,
        part: slice = slice(None),
    ) -> tuple[Array, Array]:
        """Run cells from day ``first`` on.

        :param arrived, expired: (days + 7, rows) cumulated.
        :param state: (rows, paths) units that left before day ``first``.
        :param keep: where to write what each day did, at the rows ``part``.
        :returns: (rows, paths) units sold and (rows,) mean holding and waste from that day on.
        """
        holding, waste = self.holding[rows][:, None], self.waste[rows][:, None]
        total, cost = np.zeros_like(state), np.zeros_like(state)
        perishes = expired[-1].any()
        for day in range(first, len(arrived)):
            sold = np.minimum(self.demand[day][rows], arrived[day][:, None] - state)
            total += sold
            state = state + sold
            if day < self.days:
                # Holding is paid for what stands overnight, what spoils that night included.
                cost += holding * (arrived[day][:, None] - state)
            if perishes:
                gone = expired[day][:, None]
                if day < self.days:
                    cost += waste * np.maximum(gone - state, 0)
                state = np.maximum(state, gone)
            if keep is not None:
                keep.out[day, part], keep.sold[day, part] = state, total
                keep.cost[day, part] = cost.mean(axis=1)
        return total, cost.mean(axis=1)


@dataclass(eq=False)
class Run:
    """What rows of cells did: (days + 7, rows, paths) units that left (``out``) and that were
    ``sold`` by the close of each day; ``cost`` (days + 7, rows) mean holding and waste so far;
    ``morning`` (rows, days) mean stock after the morning's arrivals.
    """

    out: Array
    sold: Array
    cost: Array
    morning: Array = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))


def _parts(count: int, size: int = 1024) -> Iterator[slice]:
    """Rows that fit the processor's cache."""
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def forward_stock(network: Network, cells: Ints, demand: Array) -> ForwardStock:
    """Put cells with their lots, facts and demand together.

    :param cells: of the network, increasing; each serves a series.
    :param demand: (days, k, paths) units that would be bought from each.
    """
    days = network.days
    location, sku = network.cell_location[cells], network.cell_sku[cells]
    after = demand[-min(AFTER_DAYS, days) :].mean(axis=(0, 2), dtype=np.float64)
    tail = np.broadcast_to(
        after.astype(np.float32)[None, :, None], (AFTER_DAYS, len(cells), demand.shape[2])
    )
    arrived, expired = _existing(network, cells)
    life = np.minimum(network.shelf_life[sku], days + AFTER_DAYS).astype(np.int64)
    return ForwardStock(
        cell=cells,
        series=network.cell_series[cells],
        location=location,
        sku=sku,
        demand=np.concatenate([demand, tail]),
        arrived=arrived,
        expired=expired,
        life=life,
        holding=(network.unit_m3[sku] * network.money.holding).astype(np.float32),
        waste=(network.price[sku] * network.money.waste_share).astype(np.float32),
        days=days,
    )


def _existing(network: Network, cells: Ints) -> tuple[Array, Array]:
    """Cumulated arrivals and expiry of lots and facts, (k, days + 7)."""
    span = network.days + AFTER_DAYS
    row = np.full(len(network.cell_sku), -1, dtype=np.int64)
    row[cells] = np.arange(len(cells))
    lots, facts = network.lots, network.facts
    to = network.cells(network.destination[facts.lane], facts.sku)
    arrival = facts.day + network.lead[facts.lane]
    life = network.shelf_life[facts.sku]
    expiry = np.where(np.isfinite(life), arrival + np.where(np.isfinite(life), life, 0) - 1, NEVER)
    away = network.cells(network.origin[facts.lane], facts.sku)
    parts: list[tuple[Ints, Ints, Floats, Ints]] = [
        (lots.cell, np.maximum(lots.day, 0), lots.units, lots.expiry),
        (to, arrival, network.units(facts), expiry.astype(np.int64)),
    ]
    arrived, expired = (np.zeros((len(cells), span), dtype=np.float64) for _ in range(2))
    for cell, day, units, last in parts:
        own = np.where(cell >= 0, row[cell], -1)
        inside = (own >= 0) & (day < span)
        np.add.at(arrived, (own[inside], day[inside]), units[inside])
        inside &= last < span
        np.add.at(expired, (own[inside], np.maximum(last, day)[inside]), units[inside])
    # What facts take away again is not for sale from the start (reserved), as if never there.
    own = np.where(network.cell_kind[away] != MAIN, row[away], -1) if len(away) else away
    leaving = np.zeros(len(cells))
    np.add.at(leaving, own[own >= 0], network.units(facts)[own >= 0])
    total = np.maximum(np.cumsum(arrived, axis=1) - leaving[:, None], 0)
    return total.astype(np.float32), np.cumsum(expired, axis=1).astype(np.float32)
