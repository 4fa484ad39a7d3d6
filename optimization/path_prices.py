"""Cells of products with one shelf life, the prices at which each path plans for itself, and a
way to better them: Adam (Kingma and Ba, 2015) on the subgradients of the bound.

The equations are those of :mod:`optimization.path_bound`; any prices bound.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimization.block import Array
from optimization.network import Floats, Ints, Truths
from optimization.path_sales import Wanted, best_sales

_MEMORY, _SPREAD = 0.9, 0.99
_MAIN_STEP = 0.3


@dataclass(eq=False)
class PricedCells:
    """Products with one shelf life: their cells, and the prices found so far.

    :param wanted: what its cells lack. ``place``: (cells,) location; ``product``: (cells,) of
        the block, not decreasing.
    :param profit: (cells,) money a unit sold; ``ratio``: (cells,) units that far would have sold.
    :param money: (ways, days, cells) a unit that arrives then, without room; inf: none can.
    :param room: (ways, days, cells) money for its room at the least price.
    :param main: (ways, cells) where it comes from.
    :param floor: (days, cells, 1) money of a unit that arrives then and sells on no day.
    :param far: (products,) profit of a unit sold far; ``top``: (products,) the most near;
        ``stock``, ``left``, ``short``: as of :class:`Mains`.
    """

    wanted: Wanted
    place: Ints
    product: Ints
    profit: Floats
    ratio: Floats
    money: Floats
    room: Floats
    main: Ints
    floor: Array
    far: Floats
    top: Floats
    stock: Floats
    left: Array
    short: Array
    deviation: Array = field(init=False)
    main_price: Floats = field(init=False)
    far_price: Array = field(init=False)
    starts: Ints = field(init=False)
    within: Truths = field(init=False)
    first: list[Any] = field(init=False)
    second: list[Any] = field(init=False)
    done: int = 0

    def __post_init__(self) -> None:
        paths = self.left.shape[1]
        self.deviation = np.zeros((*self.money.shape[1:], paths), dtype=np.float32)
        self.main_price = np.zeros_like(self.stock)
        self.far_price = np.repeat(self.far[:, None], paths, axis=1).astype(np.float32)
        self.starts = np.flatnonzero(np.diff(self.product, prepend=-1))
        self.within = np.asarray(np.isfinite(self.money).any(axis=0))
        prices = (self.deviation, self.far_price, self.main_price)
        self.first, self.second = ([np.zeros_like(x) for x in prices] for _ in range(2))

    def stock_money(self) -> float:
        """What the mains' stock is worth at the prices."""
        far = self.far[:, None]
        left = self.far_price * self.left + (far - self.far_price) * self.short
        return float(
            left.mean(axis=1, dtype=np.float64).sum() + (self.main_price * self.stock).sum()
        )

    def earned(self, factor: Floats) -> Floats:
        """(locations,) the most that sales earn where room costs so many times its least."""
        cost, _ = self._cost(factor)
        money, _ = best_sales(self.wanted, self._prices(cost), self._worth())
        result = np.zeros(len(factor))
        np.add.at(result, self.place, money.mean(axis=1, dtype=np.float64))
        return result

    def ascend(self, factor: Floats, steps: int, size: float, fall: float) -> None:
        """Better the prices by steps of falling size; ``factor``: (locations,) price of room."""
        unit = np.maximum(self.profit, 1e-6).astype(np.float32)[None, :, None]
        far = self.far[:, None].astype(np.float32)
        for step in range(steps):
            cost, way = self._cost(factor)
            prices = self._prices(cost)
            _, units = best_sales(self.wanted, prices, self._worth())
            mean = units.mean(axis=2)
            slopes = self._slopes(units, mean, way)
            rate = size * (1 - (1 - fall) * step / steps)
            self.done += 1
            rate *= float(np.sqrt(1 - _SPREAD**self.done) / (1 - _MEMORY**self.done))
            sizes = [self._smoothed(number, slopes[number]) * rate for number in range(3)]
            self.deviation -= sizes[0] * unit
            self.far_price = np.clip(self.far_price - sizes[1] * far, 0, far)
            change = _MAIN_STEP * sizes[2] * self.top
            self.main_price = np.maximum(self.main_price - change, 0)

    def _smoothed(self, number: int, slope: Any) -> Any:
        """Return the mean of slopes so far over their root mean square, recent ones first."""
        first, second = self.first[number], self.second[number]
        first += (1 - _MEMORY) * (slope - first)
        second += (1 - _SPREAD) * (slope * slope - second)
        return first / np.sqrt(second + 1e-12)

    def _slopes(self, units: Array, mean: Array, way: Ints) -> tuple[Array, Array, Floats]:
        """Subgradients of the bound, by path, by product and path, by main and product."""
        used = np.zeros_like(self.stock)
        cells = np.arange(len(self.product))[None, :]
        np.add.at(used, (self.main[way, cells], np.broadcast_to(self.product, way.shape)), mean)
        sold = units.sum(axis=0) * self.ratio[:, None].astype(np.float32)
        eased = np.add.reduceat(sold, self.starts, axis=0)
        far = self.left - self.short + eased - used.sum(axis=0)[:, None].astype(np.float32)
        return mean[:, :, None] - units, far, self.stock - used

    def _cost(self, factor: Floats) -> tuple[Array, Ints]:
        """(days, cells) price of a unit that arrives, by the cheapest way, and that way."""
        main = self.main_price[self.main, self.product]
        cost = self.money + factor[self.place] * self.room + main[:, None]
        way = cost.argmin(axis=0)
        least = np.take_along_axis(cost, way[None], axis=0)[0]
        least += self.far_price.mean(axis=1, dtype=np.float64)[self.product]
        return least.astype(np.float32), way

    def _prices(self, cost: Array) -> Array:
        """(days, cells, paths) prices: the mean is the cost, none below what nothing sold costs.

        Below that a path would buy without end.
        """
        cost = np.where(self.within, cost, 0)[:, :, None]
        above = cost + self.deviation
        np.maximum(above - self.floor, 0, out=above)
        mean = above.mean(axis=2, keepdims=True)
        # All at the floor: then no deviation at all.
        above += (mean <= 0).astype(np.float32)
        mean = np.where(mean <= 0, 1, mean)
        above *= np.maximum(cost - self.floor, 0) / mean
        above += self.floor
        np.subtract(above, cost, out=self.deviation)
        above[~self.within] = np.inf
        return above

    def _worth(self) -> Array:
        """(cells, paths) money of a unit sold, less what it would have earned far."""
        onward = (self.far[:, None] - self.far_price)[self.product]
        worth = self.profit[:, None] - self.ratio[:, None] * onward
        return worth.astype(np.float32)
