"""Lost sales, day by day, on every path: what a block of products sells, holds, wastes and keeps.

The day's order: arrivals in the morning, dispatches (stock that expires first leaves first), what
arrives the same day (lead 0), sales near, then mid, then far, and the night: holding for what
stands at fronts and stores, waste for what was on its last day. What moves need later is not
sold (``Block.reserve``). A field with s units to sell serves demand up to s / conversion.
"""

from __future__ import annotations

import numpy as np

from optimization.block import Array, Block
from optimization.grouping import Grouping
from optimization.network import AFTER_DAYS, FAR, Floats
from optimization.outcome import Detail, Means, Outcome
from optimization.stock_by_expiry import StockByExpiry


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
    """The state while a block runs: its stock, and what its days have brought so far."""

    def __init__(self, block: Block, demand: Array, detail: Detail | None) -> None:
        network = block.network
        days, series, paths = demand.shape
        self.block, self.demand, self.detail = block, demand, detail
        self.stock = StockByExpiry(block, paths)
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

    def run(self) -> Outcome:
        stock, morning = self.stock, self.out.morning
        for day in range(self.demand.shape[0]):
            stock.arrive(day)
            morning[:, day] = stock.total.mean(axis=1)
            self.out.undelivered += stock.dispatch(day, morning[:, day])
            self._sell(day)
            self._night(day)
        stock.arrive_late()
        self._afterwards()
        block, mains = self.block, self.block.mains
        self._book(0, block.by_sku, self.earned, 1.0)
        self._book(2, block.forward_by_sku, self.nights * self.holding, -1.0)
        wasted = stock.wasted
        wasted *= self.waste  # From units to money, in place: the units are asked for no more.
        self._book(3, block.mains_by_sku, wasted[:mains], -1.0)
        self._book(3, block.forward_by_sku, wasted[mains:], -1.0)
        return self.out

    def _sell(self, day: int) -> None:
        block, means = self.block, self.out.means
        demand = self.demand[day]
        rest = demand.copy()
        earned = self.earned if means is None else np.zeros_like(rest)
        free = self.stock.total - block.reserve[:, day, None]
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
        self.stock.take(sold, day)
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
        block, detail = self.block, self.detail
        self.nights += self.stock.total[block.mains :]
        spoilt = self.stock.spoil(day)
        if detail is not None and spoilt is not None:
            detail.spoilt[day] = spoilt[block.mains :]
            block.mains_by_sku.add(spoilt[: block.mains], detail.main_spoilt[day])
        if self.out.means is not None:
            self.out.means.night[:, day] = self.stock.total.mean(axis=1)

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
        forward = self.stock.levels[:, block.mains :]
        sold = np.zeros_like(forward[-1])
        for number, cells in enumerate(block.fields):
            if len(cells) and self.conversion[number] > 0:
                daily = rest[cells.series] * cells.share * self.conversion[number] / AFTER_DAYS
                usable = np.zeros_like(forward[-1])
                usable[cells.cell] = self.stock.usable(forward[:, cells.cell], daily)
                served = self._serve(number, days, rest, usable, sold)
                assert served is not None
                earned += served * self.series_profit[number]
        if self.detail is not None:
            self.detail.after_sold[:] = sold
        asked = np.zeros_like(self.out.profit)
        block.by_sku.add(rest, asked)
        held = self.stock.pooled(len(asked))
        usable = self.stock.usable(held, asked * self.conversion[FAR] / AFTER_DAYS)
        asked *= self.conversion[FAR]
        self._note_mains(days, asked, usable, held[-1])
        share = np.divide(usable, asked, out=np.ones_like(asked), where=asked > usable)
        if self.conversion[FAR] <= 0:
            share[:] = 0
        earned += rest * share[block.series_sku] * self.series_profit[FAR]
        self._book(1, block.by_sku, earned, 1.0)
