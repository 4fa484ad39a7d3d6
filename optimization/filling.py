"""Filling trips with whole cases by the exact marginal value of a case.

A case more or less, in each trip to its place, is run on every common path: what it sells, what it
keeps from the far field, what it costs to hold and to spoil, and what the main warehouse lacks for
it. In each pass every cell takes its best step, as far as vehicles, main stock, storage and
handling allow; steps begin large and end with single cases. No product's profit ever falls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimization.demand import Array
from optimization.forward_stock import ForwardStock, Run
from optimization.links import Links
from optimization.main_stock import MainStock
from optimization.network import FAR, Floats, Ints, Network
from optimization.slots import Slots

Stop = Callable[[], bool]


@dataclass(frozen=True, eq=False)
class Filler:
    """What filling needs and no set of trips changes.

    :param asked: (skus, paths) units that far customers would buy if no forward cell sold anything,
        days after the horizon included.
    :param conversion: (k,) share of demand that buys from each forward cell.
    :param profit: (k,) money a unit sold from it.
    """

    network: Network
    stock: ForwardStock
    mains: MainStock
    links: Links
    asked: Array
    conversion: Floats
    profit: Floats

    @property
    def case(self) -> Floats:
        """(k,) units a case."""
        return self.network.case_units[self.stock.sku].astype(np.float64)

    @property
    def volume(self) -> Floats:
        """(k,) m³ a case."""
        return self.network.unit_m3[self.stock.sku] * self.case


class Filling:
    """Cases in trips, and what they do on the common paths.

    :param cases: (k, w) cases of each cell in each of its place's slots; ``has`` (k, w) whether it
        may be there at all; ``slot`` and ``arrival`` (k, w) which and when.
    """

    def __init__(
        self,
        filler: Filler,
        slots: Slots,
        cases: Ints | None = None,
        *,
        short: Array | None = None,
        taken: Floats | None = None,
    ) -> None:
        self.filler, self.slots, self.short, self.taken = filler, slots, short, taken
        network, stock = filler.network, filler.stock
        first = np.searchsorted(slots.location, stock.location)
        count = np.searchsorted(slots.location, stock.location, side="right") - first
        self.width = max(int(count.max(initial=0)), 1)
        column = np.arange(self.width)[None, :]
        self.has = (column < count[:, None]) & network.receives[stock.cell][:, None]
        self.slot = np.where(self.has, first[:, None] + column, 0)
        # One slot that nothing uses stands in where there is none.
        self.link = np.append(slots.link, 0)[self.slot]
        self.day = np.append(slots.day, 0)[self.slot]
        self.arrival = np.append(slots.arrival, 0)[self.slot]
        self.main = filler.mains.row(filler.links.origin[self.link])
        self.rate = filler.links.unit_cost[self.link] + network.money.handling
        if len(network.barred_keys):
            for link, lanes in enumerate(filler.links.lanes):
                mine = self.has & (self.link == link)
                barred = [
                    network.barred(np.full_like(self.day, lane), stock.sku[:, None], self.day)
                    for lane in lanes
                ]
                self.has &= ~(mine & np.all(barred, axis=0))
        self.case, self.volume = filler.case, filler.volume
        self.displaced = (network.money.conversion[FAR] / filler.conversion).astype(np.float32)
        self.far = network.profit[FAR].astype(np.float32)
        self.cases = np.zeros(self.has.shape, dtype=np.int64) if cases is None else cases
        self.run: Run = stock.run(np.arange(len(stock)), self.arrivals(np.arange(len(stock))))

    def arrivals(self, rows: Ints) -> Array:
        """(rows, days) units arriving."""
        new = np.zeros((len(rows), self.filler.stock.days), dtype=np.float32)
        units = (self.cases[rows] * self.case[rows][:, None]).astype(np.float32)
        np.add.at(new, (np.arange(len(rows))[:, None], self.arrival[rows]), units)
        return new

    def put(self, rows: Ints, cases: Ints) -> None:
        """Set the cases of some cells."""
        if not len(rows):
            return
        self.cases[rows] = cases
        run = self.filler.stock.run(rows, self.arrivals(rows))
        self.run.out[:, rows], self.run.sold[:, rows] = run.out, run.sold
        self.run.cost[:, rows], self.run.morning[rows] = run.cost, run.morning

    def mains_left(self) -> tuple[Array, Array]:
        """Units left at the mains (skus, 1) and asked of them (skus, paths)."""
        sku = self.filler.stock.sku
        shipped = np.bincount(
            sku, weights=self.cases.sum(axis=1) * self.case, minlength=len(self.far)
        )
        asked = self.filler.asked.copy()
        kept = self.run.sold[-1] * self.displaced[:, None]
        starts = np.flatnonzero(np.diff(sku, prepend=-1))
        if len(starts):
            asked[sku[starts]] -= np.add.reduceat(kept, starts, axis=0)
        held = (self.filler.mains.total - shipped).astype(np.float32)[:, None]
        return held, asked

    def product_profit(self) -> Floats:
        """(skus,) profit but for vehicles."""
        held, asked = self.mains_left()
        own = self.filler.profit * self.run.sold[-1].mean(axis=1) - self.run.cost[-1]
        own -= (self.cases * self.rate).sum(axis=1) * self.case
        far: Floats = self.far * np.minimum(held, asked).mean(axis=1, dtype=np.float64)
        return np.bincount(self.filler.stock.sku, weights=own, minlength=len(far)) + far

    def main_short(self) -> Array:
        """(skus, paths) whether the mains run out by the end."""
        held, asked = self.mains_left()
        return (held < asked).astype(np.float32)

    def cell_values(self, short: Array) -> Floats:
        """(k,) profit but for vehicles at fixed prices of main stock."""
        stock = self.filler.stock
        sold, units = self.run.sold[-1], self.cases.sum(axis=1) * self.case
        short = short[stock.sku]
        far = units * short.mean(axis=1) + ((1 - short) * sold).mean(axis=1) * self.displaced
        moving = (self.cases * self.rate).sum(axis=1) * self.case
        value: Floats = self.filler.profit * sold.mean(axis=1) - self.run.cost[-1] - moving
        value -= self.far[stock.sku] * far
        return value

    def loads(self) -> Floats:
        """(slots,) m³."""
        m3 = (self.cases * self.volume[:, None])[self.has]
        result: Floats = np.bincount(
            self.slot[self.has], weights=m3, minlength=len(self.slots)
        ).astype(np.float64)
        return result

    def leaving(self) -> Floats:
        """(mains, k, days) units that leave for each cell, cumulated."""
        mains, stock = self.filler.mains, self.filler.stock
        out = np.zeros((len(mains.mains), len(stock), stock.days))
        row = np.arange(len(stock))[:, None]
        np.add.at(out, (self.main, row, self.day), self.cases * self.case[:, None])
        result: Floats = np.cumsum(out, axis=2)
        return result

    def gains(self, rows: Ints, step: Ints, left: tuple[Array, Array]) -> Floats:
        """(rows, w) money gained by ``step`` (rows,) cases more or, below 0, less.

        -inf where that cannot be.

        :param left: of :meth:`mains_left`.
        """
        gain = np.full((len(rows), self.width), -np.inf)
        arrival = self.arrival[rows]
        possible = self.has[rows] & (self.cases[rows] + step[:, None] >= 0)
        for day in np.unique(arrival[possible]):
            own, column = np.nonzero(possible & (arrival == day))
            # Links that arrive on one day differ in rate only: run the first of each row.
            once, back = np.unique(own, return_inverse=True)
            for start in range(0, len(once), 1024):
                part = once[start : start + 1024]
                value = self._gain(rows[part], step[part], int(day), left)
                mine = np.flatnonzero((back >= start) & (back < start + 1024))
                units = step[own[mine]] * self.case[rows[own[mine]]]
                rate = self.rate[rows[own[mine]], column[mine]]
                gain[own[mine], column[mine]] = value[back[mine] - start] - units * rate
        return gain

    def _gain(self, own: Ints, step: Ints, day: int, left: tuple[Array, Array]) -> Floats:
        stock, run, filler = self.filler.stock, self.run, self.filler
        units = (step * self.case[own]).astype(np.float32)
        new = self.arrivals(own)
        new[:, day] += units
        arrived, expired = stock.supply(own, new)
        if day:
            state, before = run.out[day - 1, own], run.sold[day - 1, own]
            spent = run.cost[-1, own] - run.cost[day - 1, own]
        else:
            state = np.zeros((len(own), stock.demand.shape[2]), dtype=np.float32)
            before, spent = state, run.cost[-1, own]
        more, cost = stock.advance(own, arrived, expired, state, day)
        more += before
        more -= run.sold[-1, own]
        kept = more * self.displaced[own][:, None]
        if self.short is not None:
            short = self.short[stock.sku[own]]
            far = -units[:, None] * short - (1 - short) * kept
        else:
            held, asked = (array[stock.sku[own]] for array in left)
            far = np.minimum(held - units[:, None], asked - kept) - np.minimum(held, asked)
        result: Floats = (
            filler.profit[own] * more.mean(axis=1)
            + self.far[stock.sku[own]] * far.mean(axis=1)
            - (cost - spent)
        )
        return result
