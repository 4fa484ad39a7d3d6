"""Lost sales on every path where decisions differ by path: mains and fronts, for policies.

The economics of :mod:`optimization.simulation`, written anew: stock at fronts is first in, first
out, since it has no dates but that of its arrival. :mod:`benchmarks.peers.tuning` holds them
against :func:`optimization.evaluation.evaluate`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from optimization.network import AFTER_DAYS, FAR, FRONT, MAIN, MID, STORE, Floats, Moves, Network
from optimization.options import join_lanes, vehicle_money

SPARE = 1e-9
Shipped = dict[tuple[int, int], npt.NDArray[np.int64]]
"""(arc, day) -> (cells,) cases."""


@dataclass(eq=False)
class Result:
    """Means over paths: ``stock_money``: sales + end value - holding - waste; ``moving_money``.

    ``shipped``: on the first path.
    """

    stock_money: float = 0.0
    moving_money: float = 0.0
    shipped: Shipped = field(default_factory=dict)

    @property
    def profit(self) -> float:
        """Profit as ``evaluate`` tells it."""
        return self.stock_money - self.moving_money


class World:
    """A network of mains and fronts, ready for policies on paths (days, series, paths).

    :raises ValueError: stores, dated stock, stock to come or approved transfers.
    """

    def __init__(self, network: Network, demand: npt.NDArray[np.float32]) -> None:
        lots = network.lots
        front_lots = network.cell_kind[lots.cell] == FRONT
        life = network.shelf_life[network.cell_sku[lots.cell]]
        undated = np.where(front_lots & np.isfinite(life), lots.expiry == life - 1, True)
        if (network.kind == STORE).any() or len(network.facts) or (lots.day >= 0).any():
            raise ValueError("policies: expected mains and fronts, and stock that is there")
        if not undated.all() or (~front_lots & ~lots.fresh & np.isfinite(life)).any():
            raise ValueError("policies: expected stock without dates")
        self.network, self.days = network, network.days
        self.cells = np.flatnonzero(network.cell_kind == FRONT)
        self.sku, self.place = network.cell_sku[self.cells], network.cell_location[self.cells]
        series = network.cell_series[self.cells]
        share = np.where(series >= 0, network.share[self.place], 0.0)
        self.series, self.share = np.maximum(series, 0), share[:, None]
        stock = np.zeros(len(network.cell_sku))
        np.add.at(stock, lots.cell, lots.units)
        self.held = stock[self.cells]
        self.mains = np.flatnonzero(network.kind == MAIN)
        self.at_main = np.zeros((len(network.skus), len(self.mains)))
        for number, main in enumerate(self.mains):
            cell = network.cells(np.full(len(network.skus), main), np.arange(len(network.skus)))
            self.at_main[:, number] = np.where(cell >= 0, stock[cell], 0.0)
        self.life = network.shelf_life[self.sku]
        self.case = network.case_units[self.sku][:, None].astype(float)
        self.volume = network.unit_m3[self.sku][:, None]
        self.demand = demand.astype(np.float64)
        self.rate = self.demand[-AFTER_DAYS:].mean(axis=(0, 2))
        mean = np.vstack([self.demand.mean(axis=2), np.tile(self.rate, (40, 1))])
        # (days + 40, cells) expected sales from the start to each morning.
        own = mean[:, self.series] * share * network.money.conversion[MID]
        self.expected = np.vstack([np.zeros(len(self.cells)), np.cumsum(own, axis=0)])
        self._arcs()

    def _arcs(self) -> None:
        """Each front's arcs from mains, the cheapest m³ in a full vehicle first."""
        network = self.network
        arcs = self.arcs = join_lanes(network)
        price = np.where(np.isfinite(arcs.price), arcs.price, np.inf).min(axis=1)
        money = vehicle_money(network)
        self.ways: dict[int, list[int]] = {}
        self.fleet: dict[int, tuple[Floats, Floats]] = {}
        for place in np.unique(self.place):
            own = np.flatnonzero((arcs.destination == place) & (network.kind[arcs.origin] == MAIN))
            self.ways[int(place)] = own[np.argsort(price[own], kind="stable")].tolist()
        for arc, lanes in enumerate(arcs.lanes):
            lanes = lanes[lanes >= 0]
            self.fleet[arc] = network.vehicle_m3[lanes], money[lanes]

    def moves(self, result: Result) -> Moves:
        """Return what was shipped on the first path, on the first lane of each arc."""
        rows = [
            (self.arcs.lanes[arc, 0], self.sku[cell], day, cases[cell])
            for (arc, day), cases in result.shipped.items()
            for cell in np.flatnonzero(cases)
        ]
        return Moves(*np.array(rows, dtype=np.int64).reshape(-1, 4).T)


class Life:
    """The horizon, all paths at once, under what is given or what a policy decides."""

    def __init__(self, world: World, demand: Floats, given: Shipped | None = None) -> None:
        self.world, self.demand, self.given = world, demand, given or {}
        self.paths, count = demand.shape[2], len(world.cells)
        self.result = Result()
        self.main = np.repeat(world.at_main[:, :, None], self.paths, axis=2)
        # (days, cells, paths) units that come each morning; what is there comes on the first.
        self.comes = np.zeros((world.days, count, self.paths))
        self.comes[0] = world.held[:, None]
        self.total = np.zeros((world.days, count, self.paths))
        self.out = np.zeros((count, self.paths))
        # (days + 1, skus, mains) units that are promised to leave later, and not sold before.
        self.promised = np.zeros((world.days + 1, *world.at_main.shape))
        for (arc, day), cases in self.given.items():
            main = int(np.searchsorted(world.mains, world.arcs.origin[arc]))
            units = np.bincount(world.sku, cases * world.case[:, 0], len(world.at_main))
            self.promised[:day, :, main] += units

    def live(self) -> Result:
        """Live through the horizon and book the days after."""
        for day in range(self.world.days):
            self.decide(day)
            before = self.total[day - 1] if day else 0.0
            self.total[day] = before + self.comes[day]
            rest = self._sell(self.demand[day], self.total[day] - self.out)
            self.out += self.sold
            self._far(rest, day)
            self._night(day)
        self._afterwards()
        return self.result

    def _earn(self, money: Floats) -> None:
        self.result.stock_money += float(money.sum() / self.paths)

    def _sell(self, wanted: Floats, usable: Floats) -> Floats:
        """Sell from fronts; return (series, paths) what they did not serve."""
        world, network = self.world, self.world.network
        conversion = network.money.conversion[MID]
        self.sold = np.minimum(wanted[world.series] * world.share * conversion, usable)
        self._earn(self.sold * network.profit[MID, world.sku][:, None])
        rest = wanted.copy()
        np.subtract.at(rest, world.series, self.sold / conversion)
        return np.maximum(rest, 0.0)

    def _far(self, rest: Floats, day: int) -> None:
        """Sell far from the pooled mains, which give in proportion to what they hold."""
        network = self.world.network
        asked = np.zeros((len(network.skus), self.paths))
        np.add.at(asked, network.series_sku, rest * network.money.conversion[FAR])
        free = np.maximum(self.main - self.promised[day][:, :, None], 0.0)
        held = free.sum(axis=1)
        drawn = np.minimum(asked, held)
        part = np.divide(drawn, held, out=np.zeros_like(held), where=held > 0)
        self.main -= free * part[:, None]
        self._earn(drawn * network.profit[FAR][:, None])

    def _night(self, day: int) -> None:
        world, network = self.world, self.world.network
        stock = self.total[day] - self.out
        self._earn(-stock * world.volume * network.money.holding)
        first = day - world.life + 1
        old = np.flatnonzero(first >= 0)
        came = self.total[first[old].astype(int), old]
        spoilt = np.maximum(came - self.out[old], 0.0)
        self.out[old] += spoilt
        self._earn(-spoilt * (network.price[world.sku[old]] * network.money.waste_share)[:, None])

    def _afterwards(self) -> None:
        """Sell what is left at the steady rate, each lot while it lasts."""
        world, last = self.world, self.world.days - 1
        rate = np.repeat(world.rate[:, None], self.paths, axis=1)
        conversion = world.network.money.conversion[MID]
        daily = rate[world.series] * world.share * conversion
        used, seen = np.zeros_like(self.out), np.zeros_like(self.out)
        for day in range(world.days):
            left = np.maximum(self.total[day] - self.out, 0.0)
            lasts = np.clip(day + world.life - 1 - last, 0, AFTER_DAYS)[:, None]
            used = np.minimum(used + left - seen, daily * lasts)
            seen = left
        self._far(self._sell(rate * AFTER_DAYS, used), world.days)

    def decide(self, day: int) -> None:
        """Ship what is given for that morning; a policy decides anew."""
        for (arc, left), cases in self.given.items():
            if left == day:
                self.ship(arc, day, np.repeat(cases[:, None], self.paths, axis=1))

    def vehicles(self, arc: int, load: Floats) -> Floats:
        """(paths, lanes) the cheapest vehicles: full ones of a type and one type for the rest."""
        volume, money = self.world.fleet[arc]
        best = np.zeros((len(load), len(volume)))
        cost = np.full(len(load), np.inf)
        for first in range(len(volume)):
            whole = np.floor(load / volume[first] + SPARE)
            rest = np.maximum(load - whole * volume[first], 0.0)
            for second in range(len(volume)):
                more = np.ceil(rest / volume[second] - SPARE)
                spent = whole * money[first] + more * money[second]
                better = spent < cost
                counts = np.zeros_like(best)
                counts[:, first] += whole
                counts[:, second] += more
                best[better], cost = counts[better], np.where(better, spent, cost)
        return best

    def ship(self, arc: int, day: int, cases: Floats) -> None:
        world, network, arcs = self.world, self.world.network, self.world.arcs
        units = cases * world.case
        main = int(np.searchsorted(world.mains, arcs.origin[arc]))
        np.subtract.at(self.main[:, main], world.sku, units)
        if (self.main[:, main] < -1e-6).any():
            raise ArithmeticError("policies: shipped more than there was")
        np.maximum(self.main, 0.0, out=self.main)
        self.comes[day + int(arcs.lead[arc])] += units
        load = (units * world.volume).sum(axis=0)
        vehicles = self.vehicles(arc, load) @ world.fleet[arc][1]
        handled = units.sum(axis=0) * (network.money.handled + arcs.unit_cost[arc])
        self.result.moving_money += float((vehicles + handled).mean())
        self.result.shipped[arc, day] = cases[:, 0].astype(np.int64)
