"""Lost sales, day by day, on every path: what a block of products sells, holds, wastes and keeps.

The day's order: arrivals in the morning, dispatches (stock that expires first leaves first), what
arrives the same day (lead 0), sales near, then mid, then far, and the night: holding for what
stands at fronts and stores, waste for what was on its last day. What moves need later is not
sold (``Block.reserve``). A field with s units to sell serves demand up to s / conversion.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from optimization.block import Array, Block, expiry_on_arrival
from optimization.network import AFTER_DAYS, FAR, MAIN, Floats, Ints, Truths

Due = list[tuple[Ints, Array]]


@dataclass(frozen=True, eq=False)
class Detail:
    """What each path did; the entry after the last day stands for the days after the horizon.

    :param unmet: (days + 1, cells, paths) units that a front or store could have sold and did
        not have.
    :param spare: (days, cells, paths) units that it did not sell and is free to.
    :param spoilt: (days, cells, paths) units that expired that night.
    :param far_missed: (days + 1, skus, paths) units wanted far that the mains did not have.
    :param main_left: (skus, paths) least units that the mains were free to sell and kept, on any
        day or after the days after.
    :param after_sold: (cells, paths) units that a front or store sells after the horizon.
    """

    unmet: Array
    spare: Array
    spoilt: Array
    far_missed: Array
    main_left: Array
    after_sold: Array


@dataclass(eq=False)
class Outcome:
    """What happens in a block. Means are over paths.

    :param profit: (skus, paths) sales + end value - holding - waste; what moves is not in it.
    :param money: (4, skus) means: sales, end_value, holding, waste.
    :param served: (3, series, days) mean demand served near, mid, far; ``lost`` (series, days).
    :param short: (series, days) share of paths on which near and mid do not serve all demand.
    :param earned: (series, days) mean profit of the day's sales.
    :param morning: (cells, days) mean stock after the morning's arrivals, before dispatches.
    :param night: (cells, days) mean stock at the close of the day.
    :param undelivered: units of moves that could not leave for want of stock.
    :param detail: what each path did, only where asked for.
    """

    profit: Array
    money: Array
    served: Array
    lost: Array
    short: Array
    earned: Array
    morning: Array
    night: Array
    undelivered: float = 0.0
    detail: Detail | None = None


def rate_after(demand: Array) -> Floats:
    """(series,) units a day after the horizon, the same on every path: the last days' mean."""
    rate: Floats = demand[-AFTER_DAYS:].mean(axis=(0, 2), dtype=np.float64)
    return rate


def simulate(block: Block, demand: Array, keep: bool = False) -> Outcome:
    """Run a block.

    :param demand: (days, series, paths) units asked for.
    :param keep: also return what each path did, in ``detail``.
    """
    return _Run(block, demand, keep).run()


class _Run:
    """The state while a block runs: ``stock`` is (levels, cells, paths), cumulated by expiry."""

    def __init__(self, block: Block, demand: Array, keep: bool) -> None:
        network = block.network
        days, series, paths = demand.shape
        self.block, self.demand = block, demand
        self.levels = len(block.thresholds) + 1 + int(block.has_fresh)
        self.stock = np.zeros((self.levels, block.n_cells, paths), dtype=np.float32)
        self.due: defaultdict[int, Due] = defaultdict(list)
        skus = block.stop - block.first
        money = network.money
        self.conversion = money.conversion.astype(np.float32)
        profit = network.profit[:, block.first : block.stop][:, block.series_sku]
        weighted = profit * money.conversion[:, None] * network.series_weight[block.series]
        self.series_profit = weighted.astype(np.float32)[:, :, None]
        self.holding = (
            np.where(block.forward, network.unit_m3[block.cell_sku] * money.holding, 0)
        ).astype(np.float32)[:, None]
        self.waste = (network.price[block.cell_sku] * money.waste_share).astype(np.float32)[:, None]
        self.own = block.cell_sku - block.first
        self.out = Outcome(
            profit=np.zeros((skus, paths), dtype=np.float32),
            money=np.zeros((4, skus), dtype=np.float32),
            served=np.zeros((3, series, days), dtype=np.float32),
            lost=np.zeros((series, days), dtype=np.float32),
            short=np.zeros((series, days), dtype=np.float32),
            earned=np.zeros((series, days), dtype=np.float32),
            morning=np.zeros((block.n_cells, days), dtype=np.float32),
            night=np.zeros((block.n_cells, days), dtype=np.float32),
        )
        if keep:
            self.out.detail = Detail(
                unmet=np.zeros((days + 1, block.n_cells, paths), dtype=np.float32),
                spare=np.zeros((days, block.n_cells, paths), dtype=np.float32),
                spoilt=np.zeros((days, block.n_cells, paths), dtype=np.float32),
                far_missed=np.zeros((days + 1, skus, paths), dtype=np.float32),
                main_left=np.full((skus, paths), np.inf, dtype=np.float32),
                after_sold=np.zeros((block.n_cells, paths), dtype=np.float32),
            )
        self._lots()

    def run(self) -> Outcome:
        for day in range(self.demand.shape[0]):
            for cells, profile in self.due.pop(day, []):
                self._receive(cells, profile, day)
            self._dispatch(day)
            self._sell(day)
            self._night(day)
        for late in sorted(self.due):
            for cells, profile in self.due[late]:
                self._receive(cells, profile, late)
        self._afterwards()
        return self.out

    def _lots(self) -> None:
        lots, rows = self.block.network.lots, self.block.lots
        cell, units = lots.cell[rows] - self.block.cells.start, lots.units[rows]
        profile = self._dated(lots.expiry[rows], lots.fresh[rows], units.astype(np.float32))
        for day in np.unique(lots.day[rows]):
            which = np.flatnonzero(lots.day[rows] == day)
            if day < 0:
                self._receive(cell[which], profile[:, which], int(day))
            else:
                self.due[int(day)].append((cell[which], profile[:, which]))

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

    def _receive(self, cells: Ints, profile: Array, day: int) -> None:
        """Put lots into stock; what expired on the way is waste."""
        past = int(np.searchsorted(self.block.thresholds, day))
        if past and profile[past - 1].any():
            spoilt = profile[past - 1].copy()
            profile = np.maximum(profile - spoilt, 0)
            order = np.argsort(self.own[cells], kind="stable")
            self._book(3, self.own[cells][order], (spoilt * self.waste[cells])[order], -1.0)
        if len(np.unique(cells)) == len(cells):
            self.stock[:, cells] += profile
        else:
            for row, cell in enumerate(cells):
                self.stock[:, cell] += profile[:, row]

    def _dispatch(self, day: int) -> None:
        block = self.block
        total = self.stock[-1].mean(axis=1)
        self.out.morning[:, day] = total
        rows = np.flatnonzero(block.moves.day == day)
        if not len(rows):
            return
        origins, place = np.unique(block.origin[rows], return_inverse=True)
        asked = np.bincount(place, weights=block.units[rows]).astype(np.float32)
        left = np.minimum(self.stock[:, origins], asked[:, None])
        self.stock[:, origins] -= left
        missing = asked - left[-1].mean(axis=1)
        self.out.undelivered += float(missing[missing > 1e-3].sum())
        if (left == left[..., :1]).all():
            left = left[..., :1]
        share = (block.units[rows] / asked[place]).astype(np.float32)
        profile = left[:, place] * share[:, None]
        self._freshen(rows, profile)
        for arrival in np.unique(block.arrival[rows]):
            which = np.flatnonzero(block.arrival[rows] == arrival)
            cells = block.destination[rows][which]
            if arrival == day:
                self._receive(cells, profile[:, which], day)
                np.add.at(self.out.morning[:, day], cells, profile[-1, which].mean(axis=1))
            else:
                self.due[int(arrival)].append((cells, profile[:, which]))

    def _freshen(self, rows: Ints, profile: Array) -> None:
        """Start the shelf life of undated units that reach a front or store."""
        block = self.block
        network = block.network
        if not block.has_fresh:
            return
        lane = block.moves.lane[rows]
        expiry = expiry_on_arrival(network, block.moves.sku[rows], block.arrival[rows])
        ends_forward = network.kind[network.destination[lane]] != MAIN
        undated = (profile[-1] - profile[-2]) * ends_forward[:, None]
        by_then = expiry[None, :] <= block.thresholds[:, None]
        profile[: len(by_then)] += by_then[:, :, None] * undated
        profile[-2] += undated

    def _sell(self, day: int) -> None:
        block, out = self.block, self.out
        demand = self.demand[day]
        rest = demand.copy()
        free = np.maximum(self.stock[-1] - block.reserve[:, day, None], 0)
        sold = np.zeros_like(free)
        earned = np.zeros_like(rest)
        for number in range(len(block.fields)):
            served = self._serve(number, day, rest, free, sold)
            if served is not None:
                earned += served * self.series_profit[number]
                out.served[number, :, day] = served.mean(axis=1)
        out.short[:, day] = (rest > 1e-5 * demand + 1e-6).mean(axis=1)
        share = self._far(day, rest, free, sold)
        far = rest * share[block.series_sku]
        earned += far * self.series_profit[FAR]
        out.served[FAR, :, day] = far.mean(axis=1)
        out.lost[:, day] = (rest - far).mean(axis=1)
        out.earned[:, day] = earned.mean(axis=1)
        self._book(0, block.by_sku.group, earned, 1.0)
        first = np.searchsorted(block.thresholds, day)
        self.stock[first:] -= sold
        np.maximum(self.stock[first:], 0, out=self.stock[first:])
        if out.detail is not None:
            out.detail.spare[day] = free - sold

    def _serve(self, number: int, day: int, rest: Array, free: Array, sold: Array) -> Array | None:
        """Serve ``rest`` (series, paths) from one field's cells; returns what was served."""
        cells, conversion = self.block.fields[number], self.conversion[number]
        if not len(cells.cell) or conversion <= 0:
            return None
        offered = rest[cells.series] * cells.share
        taken = np.minimum(offered, free[cells.cell] / conversion)
        sold[cells.cell] = taken * conversion
        if self.out.detail is not None:
            self.out.detail.unmet[day, cells.cell] = (offered - taken) * conversion
        served = np.zeros_like(rest)
        cells.by_series.add(taken, served)
        np.maximum(rest - served, 0, out=rest)
        return served

    def _far(self, day: int, rest: Array, free: Array, sold: Array) -> Array:
        """Serve far demand from the pooled mains; returns the share that they can, by product."""
        block, conversion = self.block, self.conversion[FAR]
        asked, held = np.zeros_like(self.out.profit), np.zeros_like(self.out.profit)
        block.by_sku.add(rest, asked)
        asked *= conversion
        block.mains_by_sku.add(free[block.mains], held)
        share = np.divide(held, asked, out=np.ones_like(held), where=asked > held)
        if conversion <= 0:
            return np.zeros_like(share)
        self._note_mains(day, asked, held, held)
        drawn = np.divide(asked * share, held, out=np.zeros_like(held), where=held > 0)
        sold[block.mains] = free[block.mains] * drawn[block.mains_by_sku.group]
        return share

    def _note_mains(self, day: int, asked: Array, usable: Array, held: Array) -> None:
        """Note what far demand missed, beyond rounding, and what the mains keep."""
        detail = self.out.detail
        if detail is not None:
            missed = np.where(asked > usable * (1 + 1e-4), asked - usable, 0)
            detail.far_missed[day] = missed
            left = np.maximum(held - np.minimum(asked, usable), 0)
            np.minimum(detail.main_left, left, out=detail.main_left)

    def _night(self, day: int) -> None:
        top = self.stock[-1]
        self._book(2, self.own, top * self.holding, -1.0)
        level = np.searchsorted(self.block.thresholds, day)
        if level < len(self.block.thresholds) and self.block.thresholds[level] == day:
            spoilt = self.stock[level].copy()
            self._book(3, self.own, spoilt * self.waste, -1.0)
            self.stock[level:] -= spoilt
            if self.out.detail is not None:
                self.out.detail.spoilt[day] = spoilt
        self.out.night[:, day] = top.mean(axis=1)

    def _book(self, kind: int, sku: Ints, money: Array, sign: float) -> None:
        """Book money (rows, paths) of products ``sku`` (not decreasing)."""
        if not len(sku):
            return
        sums = np.zeros_like(self.out.profit)
        starts = np.flatnonzero(np.diff(sku, prepend=-1))
        sums[sku[starts]] = np.add.reduceat(money, starts, axis=0)
        self.out.money[kind] += sums.mean(axis=1)
        self.out.profit += np.float32(sign) * sums

    def _afterwards(self) -> None:
        """Book what is left as sold in the days after, at the steady rate of the last days."""
        block = self.block
        rate = rate_after(self.demand).astype(np.float32)
        days = len(self.demand)
        rest = np.repeat(rate[:, None] * AFTER_DAYS, self.demand.shape[2], axis=1)
        earned = np.zeros_like(rest)
        sold = np.zeros_like(self.stock[-1])
        for number, cells in enumerate(block.fields):
            if len(cells.cell) and self.conversion[number] > 0:
                daily = rest[cells.series] * cells.share * self.conversion[number] / AFTER_DAYS
                usable = np.zeros_like(self.stock[-1])
                usable[cells.cell] = self._usable(self.stock[:, cells.cell], daily)
                served = self._serve(number, days, rest, usable, sold)
                assert served is not None
                earned += served * self.series_profit[number]
        if self.out.detail is not None:
            self.out.detail.after_sold[:] = sold
        asked = np.zeros_like(self.out.profit)
        block.by_sku.add(rest, asked)
        held = np.zeros((self.levels, *asked.shape), dtype=np.float32)
        for level in range(self.levels):
            block.mains_by_sku.add(self.stock[level][block.mains], held[level])
        usable = self._usable(held, asked * self.conversion[FAR] / AFTER_DAYS)
        asked *= self.conversion[FAR]
        self._note_mains(days, asked, usable, held[-1])
        share = np.divide(usable, asked, out=np.ones_like(asked), where=asked > usable)
        if self.conversion[FAR] <= 0:
            share[:] = 0
        earned += rest * share[block.series_sku] * self.series_profit[FAR]
        self._book(1, block.by_sku.group, earned, 1.0)

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
