"""Lost sales, day by day, on every path: what a block of products sells, holds, wastes and keeps.

The day's order: arrivals in the morning, dispatches (stock that expires first leaves first), what
arrives the same day (lead 0), sales near, then mid, then far, and the night: holding for what
stands at fronts and stores, waste for what was on its last day. What moves need later is not
sold (``Block.reserve``). A field with s units to sell serves demand up to s / conversion.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from optimization.block import Array, Block, expiry_on_arrival
from optimization.grouping import Grouping
from optimization.network import AFTER_DAYS, FAR, MAIN, NEVER, Floats, Ints, Truths
from optimization.outcome import Detail, Means, Outcome

Due = list[tuple[Ints, Array, int]]
"""Cells, what reaches them (levels from the third on, cells, paths or 1), and that first level."""


def rate_after(demand: Array) -> Floats:
    """(series,) units a day after the horizon, the same on every path: the last days' mean."""
    rate: Floats = demand[-AFTER_DAYS:].mean(axis=(0, 2), dtype=np.float64)
    return rate


def simulate(block: Block, demand: Array, detail: Detail | None = None) -> Outcome:
    """Run a block.

    :param demand: (days, series, paths) units asked for.
    :param detail: to be filled with what each path did, instead of the means.
    """
    return _Run(block, demand, detail).run()


class _Run:
    """The state while a block runs: ``stock`` is (levels, cells, paths), cumulated by expiry.

    Levels of days that are past are not kept up.
    """

    def __init__(self, block: Block, demand: Array, detail: Detail | None) -> None:
        network = block.network
        days, series, paths = demand.shape
        self.block, self.demand, self.detail = block, demand, detail
        self.levels = len(block.thresholds) + 1 + int(block.has_fresh)
        self.stock = np.zeros((self.levels, block.n_cells, paths), dtype=np.float32)
        self.due: defaultdict[int, Due] = defaultdict(list)
        skus = block.stop - block.first
        money = network.money
        self.conversion = money.conversion.astype(np.float32)
        profit = network.profit[:, block.first : block.stop][:, block.series_sku]
        weighted = profit * money.conversion[:, None] * network.series_weight[block.series]
        self.series_profit = weighted.astype(np.float32)[:, :, None]
        sku = block.cell_sku
        holding = network.unit_m3[sku[block.mains :]] * money.holding
        self.holding = holding.astype(np.float32)[:, None]
        self.waste = (network.price[sku] * money.waste_share).astype(np.float32)[:, None]
        # Money is booked at the end, from what is added up over the days.
        self.earned = np.zeros((series, paths), dtype=np.float32)
        self.nights = np.zeros((block.n_cells - block.mains, paths), dtype=np.float32)
        self.wasted = np.zeros((block.n_cells, paths), dtype=np.float32)
        self.leaving = np.searchsorted(block.moves.day, np.arange(days + 1))
        self.out = Outcome(
            profit=np.zeros((skus, paths), dtype=np.float32),
            morning=np.zeros((block.n_cells, days), dtype=np.float32),
        )
        if detail is None:
            lost, short, earned = (np.zeros((series, days), dtype=np.float32) for _ in range(3))
            self.out.means = Means(
                money=np.zeros((4, skus), dtype=np.float32),
                served=np.zeros((3, series, days), dtype=np.float32),
                lost=lost,
                short=short,
                earned=earned,
                night=np.zeros((block.n_cells, days), dtype=np.float32),
            )
        else:
            detail.main_left[:] = np.inf
        self._lots()

    def run(self) -> Outcome:
        for day in range(self.demand.shape[0]):
            for due in self.due.pop(day, []):
                self._receive(*due, day)
            self._dispatch(day)
            self._sell(day)
            self._night(day)
        for late in sorted(self.due):
            for due in self.due[late]:
                self._receive(*due, late)
        self._afterwards()
        block, mains = self.block, self.block.mains
        self._book(0, block.by_sku, self.earned, 1.0)
        self._book(2, block.forward_by_sku, self.nights * self.holding, -1.0)
        self.wasted *= self.waste
        self._book(3, block.mains_by_sku, self.wasted[:mains], -1.0)
        self._book(3, block.forward_by_sku, self.wasted[mains:], -1.0)
        return self.out

    def _lots(self) -> None:
        lots, rows = self.block.network.lots, self.block.lots
        cell, units = self.block.lot_cell, lots.units[rows]
        profile = self._dated(lots.expiry[rows], lots.fresh[rows], units.astype(np.float32))
        for day in np.unique(lots.day[rows]):
            which = np.flatnonzero(lots.day[rows] == day)
            if day < 0:
                self._receive(cell[which], profile[:, which], 0, int(day))
            else:
                self.due[int(day)].append((cell[which], profile[:, which], 0))

    def _dated(self, expiry: Ints, fresh: Truths, units: Array) -> Array:
        """(levels, k, 1) lots cumulated by expiry."""
        profile = np.empty((self.levels, len(expiry), 1), dtype=np.float32)
        by_then = expiry[None, :] <= self.block.thresholds[:, None]
        profile[: len(by_then)] = np.where(by_then, units, 0)[:, :, None]
        profile[-1] = units[:, None]
        if self.block.has_fresh:
            profile[-2] = np.where(fresh, 0, units)[:, None]
            profile[: len(by_then)] *= ~fresh[None, :, None]
        return profile

    def _past(self, day: int) -> int:
        """How many levels are of days before ``day``."""
        return int(np.searchsorted(self.block.thresholds, day))

    def _receive(self, cells: Ints, profile: Array, low: int, day: int) -> None:
        """Put lots into stock; what expired on the way is waste.

        :param low: the level of the profile's first.
        """
        past = self._past(day)
        if past > low:
            spoilt, profile = profile[past - 1 - low], profile[past - low :]
            low = past
            if spoilt.any():
                profile = np.maximum(profile - spoilt, 0)
                np.add.at(self.wasted, cells, np.broadcast_to(spoilt, self.wasted[cells].shape))
        while len(cells):
            # Each cell once at a time.
            if np.bincount(cells).max() > 1:
                first = np.zeros(len(cells), dtype=bool)
                first[np.unique(cells, return_index=True)[1]] = True
                now, some = cells[first], profile[:, first]
                cells, profile = cells[~first], profile[:, ~first]
            else:
                now, some, cells = cells, profile, cells[:0]
            for stock, lots in zip(self.stock[low:], some, strict=True):
                stock[now] += lots

    def _dispatch(self, day: int) -> None:
        block = self.block
        self.out.morning[:, day] = self.stock[-1].mean(axis=1)
        rows = slice(*self.leaving[day : day + 2])
        if rows.start == rows.stop:
            return
        starts = np.diff(block.origin[rows], prepend=-1) > 0
        origins, place = block.origin[rows][starts], np.cumsum(starts) - 1
        asked = np.bincount(place, weights=block.units[rows]).astype(np.float32)
        share = (block.units[rows] / np.where(asked > 0, asked, 1)[place]).astype(np.float32)
        expiry = self._born(rows)
        low = self._lowest(origins, expiry, self._past(day))
        left = np.minimum(self.stock[low:, origins], asked[:, None])
        for stock, lots in zip(self.stock[low:], left, strict=True):
            stock[origins] -= lots
        missing = asked - left[-1].mean(axis=1)
        self.out.undelivered += float(missing[missing > 1e-3].sum())
        if (left == left[..., :1]).all():
            left = left[..., :1]
        profile = left[:, place] * share[:, None]
        self._freshen(rows, expiry, profile, low)
        arrivals, destinations = block.arrival[rows], block.destination[rows]
        for arrival in np.unique(arrivals):
            which = np.flatnonzero(arrivals == arrival)
            cells = destinations[which]
            if arrival == day:
                self._receive(cells, profile[:, which], low, day)
                np.add.at(self.out.morning[:, day], cells, profile[-1, which].mean(axis=1))
            else:
                self.due[int(arrival)].append((cells, profile[:, which], low))

    def _born(self, rows: slice) -> Ints:
        """(moves,) the last day of sale of undated units that go to a front or store."""
        block = self.block
        network = block.network
        expiry = expiry_on_arrival(network, block.moves.sku[rows], block.arrival[rows])
        to_main = network.kind[network.destination[block.moves.lane[rows]]] == MAIN
        return np.where(to_main, NEVER, expiry)

    def _lowest(self, origins: Ints, expiry: Ints, past: int) -> int:
        """Return the lowest level to which anything that leaves belongs: those below hold nothing.

        :param expiry: (moves,) of what is undated.
        """
        tops = 1 + int(self.block.has_fresh)
        low, high = past, self.levels - tops
        while low < high:
            middle = (low + high) // 2
            if self.stock[middle, origins].any():
                high = middle
            else:
                low = middle + 1
        born = int(np.searchsorted(self.block.thresholds, expiry.min()))
        return max(min(low, born), past) if self.block.has_fresh else low

    def _freshen(self, rows: slice, expiry: Ints, profile: Array, low: int) -> None:
        """Start the shelf life of undated units that reach a front or store."""
        block = self.block
        if not block.has_fresh:
            return
        undated = (profile[-1] - profile[-2]) * (expiry != NEVER)[:, None]
        by_then = expiry[None, :] <= block.thresholds[low:, None]
        profile[: len(by_then)] += by_then[:, :, None] * undated
        profile[-2] += undated

    def _sell(self, day: int) -> None:
        block, means = self.block, self.out.means
        demand = self.demand[day]
        rest = demand.copy()
        earned = self.earned if means is None else np.zeros_like(rest)
        free = self.stock[-1] - block.reserve[:, day, None]
        np.maximum(free, 0, out=free)
        sold = np.zeros_like(free)
        for number in range(len(block.fields)):
            served = self._serve(number, day, rest, free[block.mains :], sold[block.mains :])
            if served is not None:
                if means is not None:
                    means.served[number, :, day] = served.mean(axis=1)
                served *= self.series_profit[number]
                earned += served
        if means is not None:
            means.short[:, day] = (rest > 1e-5 * demand + 1e-6).mean(axis=1)
        share = self._far(day, rest, free[: block.mains], sold[: block.mains])
        far = share[block.series_sku]
        far *= rest
        if means is not None:
            means.served[FAR, :, day] = far.mean(axis=1)
            means.lost[:, day] = (rest - far).mean(axis=1)
        far *= self.series_profit[FAR]
        earned += far
        if means is not None:
            means.earned[:, day] = earned.mean(axis=1)
            self.earned += earned
        first = np.empty_like(sold)
        for stock in self.stock[self._past(day) :]:
            stock -= np.minimum(stock, sold, out=first)
        if self.detail is not None:
            np.subtract(free[block.mains :], sold[block.mains :], out=self.detail.spare[day])

    def _serve(self, number: int, day: int, rest: Array, free: Array, sold: Array) -> Array | None:
        """Serve ``rest`` (series, paths) from one field's cells; returns what was served.

        :param free: (fronts' and stores' cells, paths) units to sell; ``sold`` is filled.
        """
        cells, conversion = self.block.fields[number], self.conversion[number]
        if not len(cells) or conversion <= 0:
            return None
        offered = rest[cells.series] * cells.share
        taken = np.minimum(offered, free[cells.cell] / conversion)
        sold[cells.cell] = taken * conversion
        if self.detail is not None:
            offered -= taken
            offered *= conversion
            self.detail.unmet[day, cells.cell] = offered
        served = np.zeros_like(rest)
        cells.by_series.add(taken, served)
        rest -= served
        np.maximum(rest, 0, out=rest)
        return served

    def _far(self, day: int, rest: Array, free: Array, sold: Array) -> Array:
        """Serve far demand from the pooled mains; returns the share that they can, by product.

        :param free: (mains' cells, paths) units to sell; ``sold`` is filled.
        """
        block, conversion = self.block, self.conversion[FAR]
        asked, held = np.zeros_like(self.out.profit), np.zeros_like(self.out.profit)
        block.by_sku.add(rest, asked)
        asked *= conversion
        block.mains_by_sku.add(free, held)
        share = np.divide(held, asked, out=np.ones_like(held), where=asked > held)
        if conversion <= 0:
            return np.zeros_like(share)
        self._note_mains(day, asked, held, held)
        drawn = np.divide(asked * share, held, out=np.zeros_like(held), where=held > 0)
        np.multiply(free, drawn[block.main_sku], out=sold)
        return share

    def _note_mains(self, day: int, asked: Array, usable: Array, held: Array) -> None:
        """Note what far demand missed, beyond rounding, and what the mains keep."""
        detail = self.detail
        if detail is not None:
            missed = np.where(asked > usable * (1 + 1e-4), asked - usable, 0)
            detail.far_missed[day] = missed
            left = np.maximum(held - np.minimum(asked, usable), 0)
            np.minimum(detail.main_left, left, out=detail.main_left)

    def _night(self, day: int) -> None:
        block, top = self.block, self.stock[-1]
        self.nights += top[block.mains :]
        level = self._past(day)
        if level < len(block.thresholds) and block.thresholds[level] == day:
            self._spoil(day, level)
        if self.out.means is not None:
            self.out.means.night[:, day] = top.mean(axis=1)

    def _spoil(self, day: int, level: int) -> None:
        """Throw away what is on its last day."""
        block = self.block
        spoilt = self.stock[level].copy()
        if not spoilt.any():
            return
        self.wasted += spoilt
        for stock in self.stock[level:]:
            stock -= spoilt
        if self.detail is not None:
            self.detail.spoilt[day] = spoilt[block.mains :]
            block.mains_by_sku.add(spoilt[: block.mains], self.detail.main_spoilt[day])

    def _book(self, kind: int, by_sku: Grouping, money: Array, sign: float) -> None:
        """Book money (rows, paths) of products."""
        sums = np.zeros_like(self.out.profit)
        by_sku.add(money, sums)
        if self.out.means is not None:
            self.out.means.money[kind] += sums.mean(axis=1)
        sums *= np.float32(sign)
        self.out.profit += sums

    def _afterwards(self) -> None:
        """Book what is left as sold in the days after, at the steady rate of the last days."""
        block = self.block
        rate = rate_after(self.demand).astype(np.float32)
        days = len(self.demand)
        rest = np.repeat(rate[:, None] * AFTER_DAYS, self.demand.shape[2], axis=1)
        earned = np.zeros_like(rest)
        forward = self.stock[:, block.mains :]
        sold = np.zeros_like(forward[-1])
        for number, cells in enumerate(block.fields):
            if len(cells) and self.conversion[number] > 0:
                daily = rest[cells.series] * cells.share * self.conversion[number] / AFTER_DAYS
                usable = np.zeros_like(forward[-1])
                usable[cells.cell] = self._usable(forward[:, cells.cell], daily)
                served = self._serve(number, days, rest, usable, sold)
                assert served is not None
                earned += served * self.series_profit[number]
        if self.detail is not None:
            self.detail.after_sold[:] = sold
        asked = np.zeros_like(self.out.profit)
        block.by_sku.add(rest, asked)
        held = np.zeros((self.levels, *asked.shape), dtype=np.float32)
        for level in range(self._past(days), self.levels):
            block.mains_by_sku.add(self.stock[level, : block.mains], held[level])
        usable = self._usable(held, asked * self.conversion[FAR] / AFTER_DAYS)
        asked *= self.conversion[FAR]
        self._note_mains(days, asked, usable, held[-1])
        share = np.divide(usable, asked, out=np.ones_like(asked), where=asked > usable)
        if self.conversion[FAR] <= 0:
            share[:] = 0
        earned += rest * share[block.series_sku] * self.series_profit[FAR]
        self._book(1, block.by_sku, earned, 1.0)

    def _usable(self, stock: Array, daily: Array) -> Array:
        """Units of stock (levels, k, paths) that sell at ``daily`` (k, paths) before they spoil."""
        thresholds = self.block.thresholds
        last = len(self.demand) - 1
        used = np.zeros_like(daily)
        seen = np.zeros_like(daily)
        for level in np.flatnonzero(thresholds > last):
            used = np.minimum(used + stock[level] - seen, daily * int(thresholds[level] - last))
            seen = stock[level]
        result: Array = np.minimum(used + stock[-1] - seen, daily * AFTER_DAYS)
        return result
