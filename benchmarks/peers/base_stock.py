"""The policy that plans are measured beside: fill every front up to so many days of demand.

Each front has a level, ``cover`` days of mean demand beyond the lead time. Each departure brings
what is missing there in whole cases, the emptiest products first, in the cheapest whole vehicles;
a vehicle that would be filled less than ``least_fill`` does not go. Main stock, handling and
storage limit it; what the cheapest main lacks comes from the next. It is run *closed loop*: on
every path it sees what was sold and decides by that, which a plan made in advance cannot; and
*open loop*: what it decides on mean demand is carried out on every path.

The economics are those of :mod:`optimization.simulation` written anew for decisions that differ
by path; :func:`tuned` holds them against ``evaluate``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from optimization.network import AFTER_DAYS, FAR, FRONT, MAIN, MID, STORE, Floats, Moves, Network
from optimization.options import join_lanes, vehicle_money

_SPARE = 1e-9
_FULL = 1e6
"""Days of cover that nothing has."""


@dataclass(frozen=True, eq=False)
class Setting:
    """``cover`` (locations,) days, 0: send nothing; ``least_fill`` 0 to 1."""

    cover: Floats
    least_fill: float


@dataclass(eq=False)
class Result:
    """Means over paths: ``stock_money``: sales + end value - holding - waste; ``moving_money``.

    ``shipped``: (arc, day) -> (cells,) cases on the first path.
    """

    stock_money: float = 0.0
    moving_money: float = 0.0
    shipped: dict[tuple[int, int], npt.NDArray[np.int64]] = field(default_factory=dict)

    @property
    def profit(self) -> float:
        """Profit as ``evaluate`` tells it."""
        return self.stock_money - self.moving_money


class BaseStockWorld:
    """A network of mains and fronts, ready to run settings on paths (days, series, paths).

    :raises ValueError: stores, dated stock, stock to come or approved transfers.
    """

    def __init__(self, network: Network, demand: npt.NDArray[np.float32]) -> None:
        lots = network.lots
        front_lots = network.cell_kind[lots.cell] == FRONT
        life = network.shelf_life[network.cell_sku[lots.cell]]
        undated = np.where(front_lots & np.isfinite(life), lots.expiry == life - 1, True)
        if (network.kind == STORE).any() or len(network.facts) or (lots.day >= 0).any():
            raise ValueError("base stock: expected mains and fronts, and stock that is there")
        if not undated.all() or (~front_lots & ~lots.fresh & np.isfinite(life)).any():
            raise ValueError("base stock: expected stock without dates")
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

    def run(self, setting: Setting) -> Result:
        """Run a setting closed loop."""
        return _Run(self, setting, self.demand).live()

    def run_open(self, setting: Setting) -> Result:
        """Run open loop: decide on mean demand, carry it out on every path."""
        ahead = _Run(self, setting, self.demand.mean(axis=2, keepdims=True)).live()
        result = _Run(self, setting, self.demand, ahead.shipped).live()
        result.moving_money = ahead.moving_money
        return result

    def moves(self, result: Result) -> Moves:
        """Return what was shipped on the first path, on the first lane of each arc."""
        rows = [
            (self.arcs.lanes[arc, 0], self.sku[cell], day, cases[cell])
            for (arc, day), cases in result.shipped.items()
            for cell in np.flatnonzero(cases)
        ]
        return Moves(*np.array(rows, dtype=np.int64).reshape(-1, 4).T)


class _Run:
    def __init__(
        self,
        world: BaseStockWorld,
        setting: Setting,
        demand: Floats,
        given: dict[tuple[int, int], npt.NDArray[np.int64]] | None = None,
    ) -> None:
        self.world, self.setting, self.demand, self.given = world, setting, demand, given
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
        for (arc, day), cases in (given or {}).items():
            main = int(np.searchsorted(world.mains, world.arcs.origin[arc]))
            units = np.bincount(world.sku, cases * world.case[:, 0], len(world.at_main))
            self.promised[:day, :, main] += units

    def live(self) -> Result:
        """Live through the horizon and book the days after."""
        for day in range(self.world.days):
            self._decide(day)
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

    def _decide(self, day: int) -> None:
        """Ship, from the cheapest main first."""
        world = self.world
        if self.given is not None:
            for (arc, left), cases in self.given.items():
                if left == day:
                    self._ship(arc, day, np.repeat(cases[:, None], self.paths, axis=1))
            return
        before = self.total[day - 1] if day else 0.0
        under_way = self.comes[day:].sum(axis=0)
        position = before - self.out + under_way
        for rank in range(max(map(len, world.ways.values()))):
            wish = self._wishes(day, rank, position)
            for arc, cases in wish.items():
                cases = self._limited(arc, day, cases, position)
                if cases.any():
                    self._ship(arc, day, cases)
                    position = position + cases * world.case

    def _wishes(self, day: int, rank: int, position: Floats) -> dict[int, Floats]:
        """Cases that fronts want on their ``rank``-th arc, within what mains have."""
        world, network, arcs = self.world, self.world.network, self.world.arcs
        wanted, arc_of = np.zeros_like(position), np.full(len(world.cells), -1)
        daily = world.expected[world.days] / world.days
        for place, ways in world.ways.items():
            cover = self.setting.cover[place]
            if rank >= len(ways) or cover <= 0 or not arcs.open[ways[rank], day]:
                continue
            cells = np.flatnonzero((world.place == place) & network.receives[world.cells])
            until = day + arcs.lead[ways[rank]] + cover
            target = _between(world.expected[:, cells], until) - world.expected[day, cells]
            missing = (target[:, None] - position[cells]) / world.case[cells]
            wanted[cells] = np.where(daily[cells, None] > 0, np.floor(missing + 0.5), 0.0)
            arc_of[cells] = ways[rank]
        wanted = np.maximum(wanted, 0.0)
        found: dict[int, Floats] = {}
        self.emptiness = position / np.maximum(daily, _SPARE)[:, None]
        for number, main in enumerate(world.mains):
            rows = np.flatnonzero((arc_of >= 0) & (arcs.origin[arc_of] == main))
            granted = self._granted(rows, wanted[rows], self.main[:, number])
            for arc in np.unique(arc_of[rows[granted.any(axis=1)]]):
                cases = np.zeros_like(wanted)
                own = arc_of[rows] == arc
                cases[rows[own]] = granted[own]
                found[int(arc)] = cases
        return found

    def _granted(self, rows: npt.NDArray[np.int64], wanted: Floats, held: Floats) -> Floats:
        """Whole cases within a main's stock (skus, paths), the emptiest cells first."""
        world, sku = self.world, self.world.sku[rows]
        case = world.case[rows]
        # Sorted by product, then emptiness: each product's rows stay together on every path.
        key = sku[:, None] * _FULL + np.clip(self.emptiness[rows], 0.0, _FULL / 2)
        order = np.argsort(key, axis=0, kind="stable")
        asked = np.take_along_axis(wanted, order, axis=0)
        before = np.cumsum(asked, axis=0) - asked
        starts = np.flatnonzero(np.diff(np.sort(sku), prepend=-1))
        sizes = np.diff(np.append(starts, len(rows)))
        before -= np.repeat(before[starts], sizes, axis=0)
        left = np.floor(held[np.sort(sku)] / case[np.argsort(sku, kind="stable")] + _SPARE)
        granted = np.zeros_like(wanted)
        given = np.clip(left - before, 0, asked)
        np.put_along_axis(granted, order, given, axis=0)
        return granted

    def _limited(self, arc: int, day: int, cases: Floats, position: Floats) -> Floats:
        """Cut to handling, storage and vehicles that are full enough."""
        world, network = self.world, self.world.network
        place, arrival = int(world.arcs.destination[arc]), day + int(world.arcs.lead[arc])
        own = np.flatnonzero(world.place == place)
        room = network.handling_units[place] - (
            self.comes[arrival, own].sum(axis=0) if arrival > 0 else 0.0
        )
        cases = self._cut(cases, own, world.case[own], room)
        sold = world.expected[arrival, own] - world.expected[day, own]
        held = np.maximum(position[own] - sold[:, None], 0.0) * world.volume[own]
        each = world.case[own] * world.volume[own]
        cases = self._cut(cases, own, each, network.storage_m3[place] - held.sum(axis=0))
        load = (cases[own] * each).sum(axis=0)
        return self._cut(cases, own, each, self._capacity(arc, load))

    def _cut(
        self, cases: Floats, own: npt.NDArray[np.int64], each: Floats, most: Floats | float
    ) -> Floats:
        """Leave out what exceeds ``most`` (paths,), the fullest cells first."""
        if not cases[own].any() or (np.asarray((cases[own] * each).sum(axis=0)) <= most).all():
            return cases
        order = np.argsort(self.emptiness[own], axis=0, kind="stable")
        amount = np.take_along_axis(np.broadcast_to(each, cases[own].shape), order, axis=0)
        asked = np.take_along_axis(cases[own], order, axis=0)
        before = np.cumsum(asked * amount, axis=0) - asked * amount
        kept = np.clip(np.floor((most - before) / amount + _SPARE), 0, asked)
        result, mine = cases.copy(), np.zeros_like(asked)
        np.put_along_axis(mine, order, kept, axis=0)
        result[own] = mine
        return result

    def _capacity(self, arc: int, load: Floats) -> Floats:
        """(paths,) m³ of the cheapest vehicles for a load, without those too empty to go."""
        counts = self._vehicles(arc, load)
        volume, _ = self.world.fleet[arc]
        room = counts @ volume
        smallest = np.argsort(volume)
        for lane in smallest:
            # The vehicle that would be filled least: what the others do not hold.
            left = load - (room - volume[lane])
            off = (counts[:, lane] > 0) & (left < self.setting.least_fill * volume[lane] - _SPARE)
            room = room - off * volume[lane]
            load = np.where(off, np.minimum(load, room), load)
            counts[off, lane] -= 1
        return room

    def _vehicles(self, arc: int, load: Floats) -> Floats:
        """(paths, lanes) the cheapest vehicles: full ones of a type and one type for the rest."""
        volume, money = self.world.fleet[arc]
        best = np.zeros((len(load), len(volume)))
        cost = np.full(len(load), np.inf)
        for first in range(len(volume)):
            whole = np.floor(load / volume[first] + _SPARE)
            rest = np.maximum(load - whole * volume[first], 0.0)
            for second in range(len(volume)):
                more = np.ceil(rest / volume[second] - _SPARE)
                spent = whole * money[first] + more * money[second]
                better = spent < cost
                counts = np.zeros_like(best)
                counts[:, first] += whole
                counts[:, second] += more
                best[better], cost = counts[better], np.where(better, spent, cost)
        return best

    def _ship(self, arc: int, day: int, cases: Floats) -> None:
        world, network, arcs = self.world, self.world.network, self.world.arcs
        units = cases * world.case
        main = int(np.searchsorted(world.mains, arcs.origin[arc]))
        np.subtract.at(self.main[:, main], world.sku, units)
        if (self.main[:, main] < -1e-6).any():
            raise ArithmeticError("base stock: shipped more than there was")
        np.maximum(self.main, 0.0, out=self.main)
        self.comes[day + int(arcs.lead[arc])] += units
        load = (units * world.volume).sum(axis=0)
        vehicles = self._vehicles(arc, load) @ world.fleet[arc][1]
        handled = units.sum(axis=0) * (network.money.handled + arcs.unit_cost[arc])
        self.result.moving_money += float((vehicles + handled).mean())
        self.result.shipped[arc, day] = cases[:, 0].astype(np.int64)


def _between(cumulated: Floats, at: float) -> Floats:
    """(cells,) a cumulated quantity (mornings, cells) at a time between two mornings."""
    low = min(int(at), len(cumulated) - 1)
    high = min(low + 1, len(cumulated) - 1)
    return np.asarray(cumulated[low] + (at - int(at)) * (cumulated[high] - cumulated[low]))
