"""The policy that plans are measured beside: fill every front up to so many days of demand.

Each front has a level, ``cover`` days of mean demand beyond the lead time. Each departure brings
what is missing there in whole cases, the emptiest products first, in the cheapest whole vehicles;
a vehicle that would be filled less than ``least_fill`` does not go. Main stock, handling and
storage limit it; what the cheapest main lacks comes from the next. It is run *closed loop*: on
every path it sees what was sold and decides by that, which a plan made in advance cannot; and
*open loop*: what it decides on mean demand is carried out on every path.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.peers.life import SPARE, Life, Result, World
from optimization.network import Floats

_FULL = 1e6
"""Days of cover that nothing has."""


@dataclass(frozen=True, eq=False)
class Setting:
    """``cover`` (locations,) days, 0: send nothing; ``least_fill`` 0 to 1."""

    cover: Floats
    least_fill: float


def closed_loop(world: World, setting: Setting) -> Result:
    """Decide on every path by what was sold there."""
    return BaseStock(world, setting, world.demand).live()


def open_loop(world: World, setting: Setting) -> Result:
    """Decide on mean demand, and carry that out on every path."""
    ahead = BaseStock(world, setting, world.demand.mean(axis=2, keepdims=True)).live()
    result = Life(world, world.demand, ahead.shipped).live()
    result.moving_money = ahead.moving_money
    return result


class BaseStock(Life):
    """The horizon under a setting."""

    def __init__(self, world: World, setting: Setting, demand: Floats) -> None:
        super().__init__(world, demand)
        self.setting = setting

    def decide(self, day: int) -> None:
        """Ship, from the cheapest main first."""
        world = self.world
        before = self.total[day - 1] if day else 0.0
        under_way = self.comes[day:].sum(axis=0)
        position = before - self.out + under_way
        for rank in range(max(map(len, world.ways.values()))):
            wish = self._wishes(day, rank, position)
            for arc, cases in wish.items():
                cases = self._limited(arc, day, cases, position)
                if cases.any():
                    self.ship(arc, day, cases)
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
        self.emptiness = position / np.maximum(daily, SPARE)[:, None]
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
        left = np.floor(held[np.sort(sku)] / case[np.argsort(sku, kind="stable")] + SPARE)
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
        kept = np.clip(np.floor((most - before) / amount + SPARE), 0, asked)
        result, mine = cases.copy(), np.zeros_like(asked)
        np.put_along_axis(mine, order, kept, axis=0)
        result[own] = mine
        return result

    def _capacity(self, arc: int, load: Floats) -> Floats:
        """(paths,) m³ of the cheapest vehicles for a load, without those too empty to go."""
        counts = self.vehicles(arc, load)
        volume, _ = self.world.fleet[arc]
        room = counts @ volume
        smallest = np.argsort(volume)
        for lane in smallest:
            # The vehicle that would be filled least: what the others do not hold.
            left = load - (room - volume[lane])
            off = (counts[:, lane] > 0) & (left < self.setting.least_fill * volume[lane] - SPARE)
            room = room - off * volume[lane]
            load = np.where(off, np.minimum(load, room), load)
            counts[off, lane] -= 1
        return room


def _between(cumulated: Floats, at: float) -> Floats:
    """(cells,) a cumulated quantity (mornings, cells) at a time between two mornings."""
    low = min(int(at), len(cumulated) - 1)
    high = min(low + 1, len(cumulated) - 1)
    return np.asarray(cumulated[low] + (at - int(at)) * (cumulated[high] - cumulated[low]))
