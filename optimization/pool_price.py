"""The relaxation with a price on the mains' pooled stock, so that the mains of a product part.

All that couples places that no lane joins is far sales, which draw on all mains together. With a
price λ >= 0 on that stock (Lagrangian relaxation; Fisher 1981) every unit that leaves a main
costs λ, far sales earn their profit less λ a unit, and the pool is worth λ times what it holds:
at least what any plan earns, whatever λ. At λ = far profit, which is right where all stock is
wanted, far sales earn nothing and fall out; λ = 0 is right where there is more than is wanted.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from optimization.appraisal import Appraisal
from optimization.evaluation import Draw
from optimization.linear_model import Relaxation
from optimization.linear_rows import Part
from optimization.linear_solver import (
    DUAL_SIMPLEX,
    SOLVER,
    LinearProgramme,
    Solution,
    solve_here,
)
from optimization.main_price import price_mains
from optimization.network import AFTER_DAYS, FAR, MAIN, Floats, Ints, Network
from optimization.options import Options
from optimization.sales_tangents import SLOPES

TOGETHER = 2500
"""Rows that are solved at once."""


@dataclass(frozen=True, eq=False)
class PoolBounds:
    """Bounds by product.

    :param money: (skus,) no plan earns more of the product, the money of free room aside.
    :param left: (skus,) units that the pool keeps, on the mean of the paths, though all demand
        that is left is sold far: where it is > 0 a lower price gives a lower bound, and where
        it is < 0 at a price below far profit a higher one.
    """

    money: Floats
    left: Floats


class PricedPool(Relaxation):
    """The relaxation with the mains' pool at a price by product; it falls apart by main.

    What far sales need on each path is left out: without a shared pool it says nothing.

    :param pool_price: (skus,) λ; default: far profit.
    """

    slopes = SLOPES[1::2]

    def __init__(
        self,
        network: Network,
        options: Options,
        base: Appraisal,
        draw: Draw,
        price: Floats,
        pool_price: Floats | None = None,
    ) -> None:
        # A far sale at a loss is no reason to keep a unit.
        self.far_profit: Floats = np.maximum(network.profit[FAR], 0.0)
        self.pool_price = self.far_profit if pool_price is None else pool_price
        self.sells_far = bool((self.pool_price < self.far_profit).any())
        super().__init__(network, options, base, draw, price)

    def bounds(self, seconds: float) -> PoolBounds | None:
        """Return the bounds by product; None where time does not allow."""
        until = time.monotonic() + seconds
        whole = self.build(coupled=False, constant=0.0)
        rows, sku = self._main_rows()
        found = price_mains(whole, rows, self._wanted_by_column(), seconds)
        if found is None:
            return None
        programme, worth = found
        left = until - time.monotonic()
        solution = solve_here(programme, SOLVER, left, DUAL_SIMPLEX, TOGETHER)
        if solution is None:
            return None
        bounds = self._by_product(programme, solution)
        return replace(bounds, money=bounds.money + _sums(sku, worth, len(bounds.money)))

    def _main_rows(self) -> tuple[Ints, Ints]:
        """Rows of what leaves a main, and the product of each."""
        network = self.network
        sku = network.cell_sku[network.cell_kind == MAIN]
        numbers = np.array(self.at_mains)[:, None] + np.arange(len(sku))
        place = np.searchsorted(self.kept, numbers.ravel())
        place = np.minimum(place, max(len(self.kept) - 1, 0))
        known = np.flatnonzero(self.kept[place] == numbers.ravel())
        return place[known], np.tile(sku, len(self.at_mains))[known]

    def _wanted_by_column(self) -> Floats:
        wanted, cells = np.zeros(self.columns), self.cells
        units = cells.conversion * cells.share * np.append(self._wanted(), 0.0)[cells.serves]
        wanted[(cells.at_z + cells.grid()[:, -1])[cells.serving]] = units[cells.serving]
        return wanted

    def _far_columns(self, first: int) -> int:
        self.at_far = self.at_far_after = first
        if self.sells_far:
            self.at_far_after += self.series * self.days
            return self.at_far_after + self.series
        return first

    def _far_gain(self, gain: Floats) -> None:
        network, options, price = self.network, self.options, self.pool_price
        out = options.from_main * 1.0 - options.to_main
        gain[: len(options)] -= price[options.sku] * out
        if self.sells_far:
            each = (self.far_profit - price)[network.series_sku] * network.money.conversion[FAR]
            gain[self.at_far :] = np.append(np.repeat(each, self.days), each)

    def _never_falls(self) -> tuple[int, ...]:
        # Sales that fall are no use where supply does not fall: where nothing is taken from.
        return super()._never_falls() if len(self.hub) else (self.cells.at_w,)

    def _far_of_day(self, number: Ints) -> list[Part]:
        return super()._far_of_day(number) if self.sells_far else []

    def _far_of_after(self, series: Ints) -> list[Part]:
        return super()._far_of_after(series) if self.sells_far else []

    def _pool(self, day: int, gone: Ints, back: Ints, total: Floats) -> None:
        if day == self.days - 1:
            self.pool = total

    def _far_by_path(self) -> None:
        return

    def _by_product(self, programme: LinearProgramme, solution: Solution) -> PoolBounds:
        """Return the bound of each product, and what far demand leaves of the pool."""
        network, options, cells, x = self.network, self.options, self.cells, solution.x
        sku, grid, count = np.zeros(self.columns, np.int64), cells.grid(), len(network.skus)
        sku[: len(options)] = options.sku
        for at in (cells.at_q, cells.at_z, cells.at_w):
            sku[at + grid] = cells.sku[:, None]
        sku[cells.at_after : cells.end] = cells.sku
        if self.sells_far:
            series_sku = network.series_sku
            sku[self.at_far :] = np.append(np.repeat(series_sku, self.days), series_sku)
        bound = _sums(sku, programme.gain * x, count) + self.pool * self.pool_price
        units = x[: len(options)]
        sent = _sums(options.sku, units * (options.from_main * 1.0 - options.to_main), count)
        serving = cells.serving
        served = x[cells.at_z + grid[serving, -1]] + x[cells.at_after + serving]
        forward = _sums(cells.sku[serving], served / cells.conversion[serving], count)
        wanted = _sums(network.series_sku, self._wanted(), count)
        left = self.pool - sent - network.money.conversion[FAR] * (wanted - forward)
        return PoolBounds(money=bound, left=left)

    def _wanted(self) -> Floats:
        """(series,) mean units of demand, the days after in it."""
        wanted = self._after() * AFTER_DAYS
        for part in self._parts():
            wanted[part] += self.draw(part).mean(axis=2, dtype=np.float64).sum(axis=0)
        return wanted


def _sums(group: Ints, value: Floats, count: int) -> Floats:
    """(count,) sums of values by group."""
    result: Floats = np.asarray(np.bincount(group, value, count), dtype=np.float64)
    return result
