"""An upper bound on what any plan can bring, and the prices of main stock that prove it.

Priced away are what couples forward cells of a product, the units that mains hold of it, and what
couples products, the volume of vehicles: a m³ on a link costs the least that any trip's m³ can, a
vehicle counting as no larger than what its place could ever take. What is left is one
:mod:`~optimization.stock_programme` a cell, so that for any prices λ ≥ 0 (Lagrange; Geoffrion 1974)

    bound(λ) = Σ λ·held + Σ asked·(far − λ)⁺ + Σ cells (what it sells of its own + programme)

is at least the profit of every plan. Products no longer touch each other: the best price of each
is searched for by itself, and the smallest values found add up to the bound.

**Of which problem.** Of every plan that fixes its moves today, on the forecast's distribution,
where days of a series do not hang together negatively. Given the moves, profit is submodular and
concave in the days' demands (sales are a least of sums over suffixes of the days; Topkis 1978), so
that independent days with the same distributions (Müller and Scarsini 2001; Christofides and
Vaggelatou 2004) and demands averaged over strata earn no less; a programme that may look at its
stock each morning, with free storage and docks and new stock that lasts, earns no less again. The
distributions of what own stock leaves are those on the common paths, so that the bound carries
their sampling error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimization.demand import Array
from optimization.filling import Filler
from optimization.links import Links
from optimization.network import AFTER_DAYS, FAR, Floats
from optimization.stock_programme import StockProgramme, stock_programme


@dataclass(frozen=True, eq=False)
class Bound:
    """A bound and its prices.

    :param value: money, at least the profit of every plan; ``by_sku`` (skus,) its parts.
    :param stock_price: (mains, skus) money a unit of main stock.
    :param volume_price: (links, days) money a m³ dispatched.
    :param steps: dual problems solved; ``trace`` the bound after each.
    """

    value: float
    by_sku: Floats
    stock_price: Floats
    volume_price: Floats
    steps: int
    trace: tuple[float, ...]


class Relaxation:
    """The problem with main stock and vehicles priced.

    :param filler: the problem; its ``stock`` tells what cells do without new moves.
    """

    def __init__(self, filler: Filler) -> None:
        network, stock = filler.network, filler.stock
        self.filler = filler
        rows = np.arange(len(stock))
        run = stock.run(rows, np.zeros((len(rows), stock.days), dtype=np.float32))
        self.own_sold = run.sold[-1].mean(axis=1, dtype=np.float64)
        self.own_cost = run.cost[-1].astype(np.float64)
        rest = residual_demand(filler, run.sold)
        self.programme: StockProgramme = stock_programme(rest, filler.case, stock.holding)
        self.largest = _largest_loads(filler, rest)
        self.volume_price = _volume_prices(filler.links, self.largest)
        self.far = network.profit[FAR]
        self.displaced = network.money.conversion[FAR] / filler.conversion
        self.asked = filler.asked.mean(axis=1, dtype=np.float64)
        links = filler.links
        # Links by place, padded with -1.
        by_place = [
            np.flatnonzero(links.destination == place) for place in range(len(network.kind))
        ]
        width = max([len(found) for found in by_place] + [1])
        table = np.full((len(by_place), width), -1, dtype=np.int64)
        for place, found in enumerate(by_place):
            table[place, : len(found)] = found
        self.links = table[stock.location]
        self.links[~network.receives[stock.cell]] = -1
        self.fixed = self._fixed_costs()

    def _fixed_costs(self) -> Floats:
        """(width, days, k) money a unit that arrives over each link, but for main stock."""
        links, stock, network = self.filler.links, self.filler.stock, self.filler.network
        unit = network.unit_m3[stock.sku]
        cost = np.full((self.links.shape[1], stock.days, len(stock)), np.inf)
        for column in range(self.links.shape[1]):
            link = self.links[:, column]
            for day in range(stock.days):
                left = day - links.lead[link] if len(links) else np.full(len(link), -1)
                there = (link >= 0) & (left >= 0)
                there[there] = links.open[link[there], left[there]]
                price = self.volume_price[link[there], left[there]] * unit[there]
                cost[column, day, there] = price + links.unit_cost[link[there]]
        return cost + network.money.handling

    def solve(self, price: Floats) -> tuple[Floats, Floats]:
        """Solve for main stock prices (mains, skus): (skus,) bounds, (mains, skus) units left."""
        filler, stock = self.filler, self.filler.stock
        sku, mains = stock.sku, filler.mains
        least = price.min(axis=0)
        far = np.maximum(self.far - least, 0)
        gain = filler.profit - self.displaced * far[sku]
        main = mains.row(filler.links.origin) if len(filler.links) else np.zeros(1, np.int64)
        cost = self.fixed + np.where(
            self.links.T[:, None, :] >= 0, price[main[self.links.T], sku][:, None, :], np.inf
        )
        choice = cost.argmin(axis=0)
        cheapest = np.take_along_axis(cost, choice[None], axis=0)[0]
        solution = self.programme.solve(gain, cheapest)
        value = gain * self.own_sold - self.own_cost + solution.values()
        reach = np.empty(len(stock))
        reach[self.programme.order] = solution.beyond
        value += reach * self.own_reach()
        bound = np.bincount(sku, weights=value, minlength=len(far)).astype(np.float64)
        bound += far * self.asked + (price * mains.held).sum(axis=0)
        sent, sold, _ = solution.sent()
        used = np.zeros_like(mains.held)
        for column in range(self.links.shape[1]):
            units = (sent * (choice == column)).sum(axis=0)
            there = self.links[:, column] >= 0
            np.add.at(used, (main[self.links[there, column]], sku[there]), units[there])
        left = mains.held - used
        drawn = self.asked - np.bincount(
            sku, weights=(sold + self.own_sold) * self.displaced, minlength=len(far)
        )
        # Far sales come from the cheapest main, among equals from the fullest.
        drawn = np.where(self.far > least, np.maximum(drawn, 0), 0)
        place = np.lexsort((-left.T, price.T), axis=-1)[:, 0] if len(left) else None
        if place is not None:
            left[place, np.arange(left.shape[1])] -= drawn
        return bound, left

    def own_reach(self) -> Floats:
        """(k,) units that could ever be sold."""
        result: Floats = self.filler.stock.demand.sum(axis=0).max(axis=1).astype(np.float64)
        return result


def find_bound(
    relaxation: Relaxation, *, steps: int = 16, stop: Callable[[], bool] = lambda: False
) -> Bound:
    """Search for the prices of main stock, product by product: halving, then steps by main."""
    filler = relaxation.filler
    mains, network = filler.mains, filler.network
    high = np.zeros(len(network.skus))
    np.maximum.at(high, filler.stock.sku, filler.profit)
    high = np.maximum(np.maximum(high, network.profit[FAR]), 0)
    low = np.zeros_like(high)
    # Where stock is scarce its price is near what the far field earns: begin there.
    start = np.clip(network.profit[FAR] * 1.02, 0, high)
    price = np.repeat(start[None, :], len(mains.mains), axis=0)
    best = np.full(len(high), np.inf)
    found = price.copy()
    trace: list[float] = []
    width = high / 4
    for number in range(steps):
        bound, left = relaxation.solve(price)
        better = bound < best
        best = np.where(better, bound, best)
        found[:, better] = price[:, better]
        trace.append(float(best.sum()))
        if stop():
            break
        if number < steps // 2:
            # One price for all mains: too high where units are left, too low where they lack.
            lacks = left.sum(axis=0) < 0
            low = np.where(lacks, price[0], low)
            high = np.where(lacks, high, price[0])
            middle = np.where(
                lacks, np.minimum((low + high) / 2, low * 1.05 + 0.05), (low + high) / 2
            )
            middle = np.where((number == 0) & ~lacks, 0.97 * start, middle)
            price = np.repeat(middle[None, :], len(price), axis=0)
        else:
            if number == steps // 2:
                price, width = found.copy(), np.maximum(found.max(axis=0), 0.2) * 0.15
            lacks = left < 0
            shrink = ~better
            width = np.where(shrink, width * 0.7, width)
            move = np.where(lacks, 1.0, -1.0) * width
            price = np.maximum(np.where(better, price, found) + move, 0)
    return Bound(float(best.sum()), best, found, relaxation.volume_price, len(trace), tuple(trace))


def residual_demand(filler: Filler, sold: Array) -> Array:
    """(days + 1, k, paths) demand that cells' own stock leaves; the last is the days after.

    New stock sells after the horizon for as many days as its life allows.
    """
    stock = filler.stock
    per_day = np.diff(sold, axis=0, prepend=0)
    rest = np.maximum(stock.demand - per_day, 0)
    later = np.arange(AFTER_DAYS)[:, None, None] < (stock.life - 1)[None, :, None]
    after = (rest[stock.days :] * later).sum(axis=0)
    result: Array = np.concatenate([rest[: stock.days], after[None]])
    return result


def _largest_loads(filler: Filler, rest: Array) -> Floats:
    """(locations, days) m³ beyond which no arrival of that day could sell on any path."""
    stock, network = filler.stock, filler.network
    total = np.concatenate([np.zeros_like(rest[:1]), np.cumsum(rest, axis=0)])
    volume = np.zeros((len(network.kind), stock.days))
    for day in range(stock.days):
        end = np.minimum(day + stock.life, stock.days)
        end = np.where(day + stock.life > stock.days, stock.days + 1, end)
        reach = np.take_along_axis(total, end[None, :, None], axis=0)[0] - total[day]
        cases = np.ceil(reach.max(axis=1) / filler.case)
        cases *= network.receives[stock.cell]
        np.add.at(volume[:, day], stock.location, cases * filler.volume)
    return np.minimum(volume, network.storage_m3[:, None])


def _volume_prices(links: Links, largest: Floats) -> Floats:
    """(links, days) the least money a m³ that any load up to the largest can cost."""
    price = np.zeros(links.open.shape)
    for link, ladder in enumerate(links.ladder):
        for day in np.flatnonzero(links.open[link]):
            arrival = day + links.lead[link]
            most = max(largest[links.destination[link], arrival], 1e-9)
            price[link, day] = (ladder.cost[1:] / np.minimum(ladder.volume[1:], most)).min(
                initial=np.inf
            )
    return price
