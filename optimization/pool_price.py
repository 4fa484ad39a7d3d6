"""The relaxation with a price on the mains' pooled stock, so that the mains of a product part.

All that couples places that no lane joins is far sales, which draw on all mains together. With a
price λ >= 0 on that stock (Lagrangian relaxation; Fisher 1981) every unit that leaves a main
costs λ, far sales earn their profit less λ a unit, and the pool is worth λ times what it holds:
at least what any plan earns, whatever λ. At λ = far profit, far sales earn nothing and fall out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.linear_model import SLOPES, Relaxation
from optimization.linear_rows import Part
from optimization.linear_solver import LinearProgramme, Solution
from optimization.network import AFTER_DAYS, FAR, Floats, Ints


@dataclass(frozen=True, eq=False)
class PoolBounds:
    """Bounds by product.

    :param money: (skus,) no plan earns more of the product, the money of free room aside.
    :param left: (skus,) units that the pool keeps, on the mean of the paths, though all demand
        that is left is sold far: where it is > 0 a lower price may give a lower bound.
    """

    money: Floats
    left: Floats


class PricedAtFarProfit(Relaxation):
    """The relaxation of a network's products at λ = far profit; it falls apart by main.

    Its constant leaves out ``pool_worth``, (skus,) what the pooled stock is worth.
    """

    slopes = SLOPES[1::2]
    pool_worth: Floats

    def programme(self) -> LinearProgramme:
        """Build it, without the limits that couple products."""
        return self.build(coupled=False, constant=0.0)

    @property
    def _far_profit(self) -> Floats:
        """(skus,) λ; a far sale at a loss is no reason to keep a unit."""
        profit: Floats = np.maximum(self.network.profit[FAR], 0.0)
        return profit

    def _far_columns(self, first: int) -> int:
        return first

    def _far_gain(self, gain: Floats) -> None:
        options, price = self.options, self._far_profit[self.options.sku]
        gain[: len(options)] -= price * (options.from_main * 1.0 - options.to_main)

    def _never_falls(self) -> tuple[int, ...]:
        # Sales that fall are no use where supply does not fall: where nothing is taken from.
        return (self.at_z, self.at_w) if len(self.hub) else (self.at_w,)

    def _far_of_day(self, cells: Ints) -> list[Part]:
        return []

    def _far_of_after(self, series: Ints) -> list[Part]:
        return []

    def _pool(self, day: int, gone: Ints, back: Ints, total: Floats) -> None:
        if day == self.days - 1:
            self.pool, self.pool_worth = total, total * self._far_profit

    def _far_by_path(self) -> None:
        return

    def by_product(self, programme: LinearProgramme, solution: Solution) -> PoolBounds:
        """Return the bound of each product, and what far demand leaves of the pool."""
        network, options, x = self.network, self.options, solution.x
        sku, grid, count = np.zeros(self.columns, np.int64), self._grid(), len(network.skus)
        sku[: len(options)] = options.sku
        for at in (self.at_q, self.at_z, self.at_w):
            sku[at + grid] = self.sku[:, None]
        sku[self.at_after : self.at_after + self.rows] = self.sku
        bound = _sums(sku, programme.gain * x, count) + self.pool_worth
        units = x[: len(options)]
        sent = _sums(options.sku, units * (options.from_main * 1.0 - options.to_main), count)
        serving = np.flatnonzero(self.share > 0)
        served = x[self.at_z + grid[serving, -1]] + x[self.at_after + serving]
        forward = _sums(self.sku[serving], served / self.conversion[serving], count)
        left = self.pool - sent - network.money.conversion[FAR] * (self._wanted() - forward)
        return PoolBounds(money=bound, left=left)

    def _wanted(self) -> Floats:
        """(skus,) mean units of demand, the days after in it."""
        wanted = self._after() * AFTER_DAYS
        for part in self._parts():
            wanted[part] += self.draw(part).mean(axis=2, dtype=np.float64).sum(axis=0)
        return _sums(self.network.series_sku, wanted, len(self.network.skus))


def _sums(group: Ints, value: Floats, count: int) -> Floats:
    """(count,) sums of values by group."""
    result: Floats = np.asarray(np.bincount(group, value, count), dtype=np.float64)
    return result
