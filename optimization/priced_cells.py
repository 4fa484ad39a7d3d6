"""Cells of products with one shelf life, the prices at which each path plans for itself, and a
way to better them: Adam (Kingma and Ba, 2015) on the subgradients of the bound.

The equations are those of :mod:`optimization.path_bound`; any prices bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimization.block import Array
from optimization.network import Floats, Ints, Truths
from optimization.path_sales import Wanted, best_sales, most_money

_MEMORY, _SPREAD = 0.8, 0.99
_MAIN_STEP = 0.3


NOTHING = np.float32(1e30)
"""Money that nothing is worth: what cannot come leaves so much less."""


@dataclass(frozen=True, eq=False)
class Room:
    """What room in vehicles costs, and when it comes.

    :param factor: (locations,) or (ways, days, locations) price of a m³, in times that of the
        cheapest full vehicle.
    :param open: (ways, days, locations) whether something may arrive; None: whenever it can.
    """

    factor: Floats
    open: Truths | None = None


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
    :param sku: (products,) which of the network's. ``far``: profit of a unit sold far; ``top``:
        the most near; ``stock``, ``least``, ``left``, ``short``: as of :class:`Mains`.
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
    sku: Ints
    far: Floats
    top: Floats
    stock: Floats
    least: Floats
    left: Array
    short: Array
    deviation: Array = field(init=False)
    main_price: Floats = field(init=False)
    far_price: Array = field(init=False)
    first: list[Any] = field(init=False)
    second: list[Any] = field(init=False)
    done: int = 0

    def __post_init__(self) -> None:
        paths = self.left.shape[1]
        self.deviation = np.zeros((*self.money.shape[1:], paths), dtype=np.float32)
        # At less a unit that sells nowhere would pay: nothing would bound how many go.
        self.main_price = self.least.copy()
        self.far_price = np.repeat(self.far[:, None], paths, axis=1).astype(np.float32)
        prices = (self.deviation, self.far_price, self.main_price)
        self.first, self.second = ([np.zeros_like(x) for x in prices] for _ in range(2))

    def stock_money(self) -> float:
        """What the mains' stock is worth at the prices."""
        far = self.far[:, None]
        left = self.far_price * self.left + (far - self.far_price) * self.short
        return float(
            left.mean(axis=1, dtype=np.float64).sum() + (self.main_price * self.stock).sum()
        )

    def earned(self, room: Room, places: Truths) -> Floats:
        """(locations,) the most that sales earn with such room.

        :param places: (locations,) which are wanted.
        """
        result = np.zeros(len(places))
        rows = np.flatnonzero(places[self.place])
        if len(rows):
            cost, _ = self._cost(room, rows)
            prices = self._prices(cost, rows)
            money = most_money(self.wanted.of(rows), prices, self._worth()[rows])
            np.add.at(result, self.place[rows], money)
        return result

    def left_by_arrival(self, factor: Floats, rows: Ints) -> dict[tuple[int, int], Array]:
        """What a unit sold leaves, by day and way of arrival, before its nights from day 0 on.

        :param factor: (locations,) price of room, in times its least.
        :param rows: cells.
        :returns: of each day and way by which something can come (rows, paths), far below 0 where
            a cell's product cannot.
        """
        landed = self._landed(factor, rows)
        cost = landed.min(axis=0)
        prices = self._prices(cost.astype(np.float32), rows)
        worth, hold = self._worth()[rows], self.wanted.hold[rows, None]
        result = {}
        for way, day in np.ndindex(landed.shape[:2]):
            can = np.isfinite(landed[way, day])
            if can.any():
                price = prices[day]
                if not can.all() or landed.shape[0] > 1:
                    dearer = landed[way, day, can] - cost[day, can]
                    price = np.full_like(price, NOTHING)
                    price[can] = prices[day][can] + dearer[:, None].astype(np.float32)
                result[day, way] = worth + hold * day - price
        return result

    def ascend(self, rooms: Sequence[Room], steps: int, size: float) -> None:
        """Better the prices by so many steps.

        :param rooms: what room costs and which arrivals are open, in turn, the last first.
        :param size: of a step, in shares of a unit's profit.
        """
        for step in range(steps):
            self.step(rooms[-1 - step % len(rooms)], size)

    def step(self, room: Room, size: float) -> tuple[Ints, Ints, Array]:
        """Better the prices once.

        :param size: of the step, in shares of a unit's profit.
        :returns: cells that anything may reach; (days, those) the way by which it had best come
            and the units that come, in the mean of the paths, at the prices before the step.
        """
        rows = self._reached(room)
        cost, way = self._cost(room, rows)
        prices = self._prices(cost, rows)
        wanted = self.wanted if isinstance(rows, slice) else self.wanted.of(rows)
        _, units = best_sales(wanted, prices, self._worth()[rows])
        comes = np.isfinite(cost)[:, :, None]
        deviation = self.deviation[:, rows]
        np.subtract(prices, cost[:, :, None], out=deviation, where=comes)
        mean = units.mean(axis=2)
        far, main = self._stock_slopes(units, mean, way, rows)
        self.done += 1
        rate = size * float(np.sqrt(1 - _SPREAD**self.done) / (1 - _MEMORY**self.done))
        unit = np.maximum(self.profit[rows], 1e-6).astype(np.float32)[None, :, None]
        change = self._smoothed(0, mean[:, :, None] - units, rows)
        change *= rate * unit
        deviation -= change
        self.deviation[:, rows] = deviation
        dearest = self.far[:, None].astype(np.float32)
        change = self._smoothed(1, far) * (rate * dearest)
        self.far_price = np.clip(self.far_price - change, 0, dearest)
        change = self._smoothed(2, main) * (_MAIN_STEP * rate * self.top)
        self.main_price = np.maximum(self.main_price - change, self.least)
        return np.arange(len(self.place))[rows], way, mean

    def _reached(self, room: Room) -> Ints | slice:
        """Cells to which something may come: the others have nothing to say in a step."""
        if room.open is None:
            return slice(None)
        reached = np.asarray(room.open.any(axis=(0, 1)))[self.place]
        return slice(None) if reached.all() else np.flatnonzero(reached)

    def _smoothed(self, number: int, slope: Any, rows: Ints | slice | None = None) -> Any:
        """Return the mean of slopes so far over their root mean square, recent ones first.

        :param rows: cells of the slope; None where it has none.
        """
        at = ... if rows is None else (slice(None), rows)
        first, second = self.first[number][at], self.second[number][at]
        first += (1 - _MEMORY) * (slope - first)
        square = slope * slope
        square -= second
        square *= 1 - _SPREAD
        second += square
        self.first[number][at], self.second[number][at] = first, second
        np.sqrt(np.add(second, 1e-12, out=square), out=square)
        return np.divide(first, square, out=square)

    def _stock_slopes(
        self, units: Array, mean: Array, way: Ints, rows: Ints | slice
    ) -> tuple[Array, Floats]:
        """Subgradients of the bound for stock, by product and path, and by main and product.

        :param units: (days, rows, paths) that arrive; ``mean``: of the paths; ``way``: by which.
        """
        product = self.product[rows]
        used = np.zeros_like(self.stock)
        cells = np.arange(len(product))[None, :]
        main = self.main[:, rows]
        np.add.at(used, (main[way, cells], np.broadcast_to(product, way.shape)), mean)
        far = self.left - self.short - used.sum(axis=0)[:, None].astype(np.float32)
        if len(product):
            sold = units.sum(axis=0) * self.ratio[rows, None].astype(np.float32)
            starts = np.flatnonzero(np.diff(product, prepend=-1))
            far[product[starts]] += np.add.reduceat(sold, starts, axis=0)
        return far, self.stock - used

    def _landed(self, factor: Floats, rows: Ints | slice) -> Floats:
        """(ways, days, rows) price of a unit that arrives, in the mean of the paths."""
        product = self.product[rows]
        main = self.main_price[self.main[:, rows], product]
        far = self.far_price.mean(axis=1, dtype=np.float64)[product]
        each = factor[..., self.place[rows]]
        landed: Floats = self.room[:, :, rows] * (
            each if each.ndim == 1 else each[: len(self.room)]
        )
        landed += self.money[:, :, rows] + (main + far)[:, None]
        return landed

    def _cost(self, room: Room, rows: Ints | slice) -> tuple[Array, Ints]:
        """(days, rows) price of a unit that arrives by the cheapest open way, and that way."""
        cost = self._landed(room.factor, rows)
        if room.open is not None:
            cost = np.where(room.open[: len(cost)][:, :, self.place[rows]], cost, np.inf)
        way = cost.argmin(axis=0)
        least = np.take_along_axis(cost, way[None], axis=0)[0]
        return least.astype(np.float32), way

    def _prices(self, cost: Array, rows: Ints | slice = slice(None)) -> Array:
        """(days, rows, paths) prices: the mean is the cost, none below what nothing sold costs.

        Below that a path would buy without end. Infinite where nothing comes.

        :param cost: (days, rows).
        """
        comes = np.isfinite(cost)
        cost = np.where(comes, cost, 0)[:, :, None]
        floor = self.floor[:, rows]
        above = cost + self.deviation[:, rows]
        above -= floor
        np.maximum(above, 0, out=above)
        mean = above.mean(axis=2, keepdims=True)
        # All at the floor: then no deviation at all.
        above += (mean <= 0).astype(np.float32)
        mean = np.where(mean <= 0, 1, mean)
        above *= np.maximum(cost - floor, 0) / mean
        above += floor
        above[~comes] = np.inf
        return above

    def _worth(self) -> Array:
        """(cells, paths) money of a unit sold, less what it would have earned far."""
        onward = (self.far[:, None] - self.far_price)[self.product]
        worth = self.profit[:, None] - self.ratio[:, None] * onward
        return worth.astype(np.float32)
