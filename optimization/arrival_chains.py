"""The most that a place earns where every arrival pays for whole vehicles.

At given prices the sales that arrivals S of a place allow earn f(S): each unit comes with the
arrival that leaves most. f is submodular (Cornuéjols, Fisher and Nemhauser, Management Science 23,
1977): what an arrival adds to all earlier ones is no more than what it adds to the last of them,

    f({s1 < s2 < … < sk}) <= f({s1}) + Σ_i [f({s_i, s_i+1}) - f({s_i})].

An arrival with v m³ costs at least F + ν v for every price ν of a m³ up to that of a full
vehicle, F = min over its vehicles (money - ν size). So the best chain of arrivals, a longest path
over pairs, bounds what the place earns, for every ν. It is the better bound where a place is worth
a few trips, which come on few days; where vehicles are many, :mod:`optimization.whole_fleets` is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.block import Array
from optimization.cell_blocks import least_room_price, way_at_destination
from optimization.network import AFTER_DAYS, Floats, Ints, Network, Truths
from optimization.options import Arcs, vehicle_money
from optimization.priced_cells import PricedCells

ROOM_SHARES = (0.0, 0.3, 0.6, 0.8, 1.0)
"""Prices ν of room that are tried, in shares of the least of a full vehicle."""


@dataclass(frozen=True, eq=False)
class Chains:
    """The best chain of each place.

    :param money: (locations,) what no place can beat. ``factor``: the price of room it is for.
    :param chosen: (ways, days, locations) the arrivals of the best chain.
    """

    money: Floats
    factor: Floats
    chosen: Truths


def best_chains(
    network: Network, arcs: Arcs, blocks: list[PricedCells], places: Truths, shares: list[Floats]
) -> Chains:
    """Bound what these places earn at the blocks' prices.

    :param places: (locations,) which are wanted: the others get no bound (inf).
    :param shares: prices of room that are tried, each (locations,) from 0 to 1, in times the least
        of a full vehicle.
    """
    count, days = len(network.locations), network.days
    way = way_at_destination(arcs)
    ways = int(way[places[arcs.destination]].max(initial=0)) + 1
    earned = [Earned.nothing(count, days * ways) for _ in shares]
    for cells in blocks:
        rows = np.flatnonzero(places[cells.place])
        if len(rows):
            _add_sales(cells, rows, ways, shares, earned)
    money, factor = np.full(count, np.inf), np.ones(count)
    chosen = np.zeros((int(way.max(initial=0)) + 1, days, count), dtype=bool)
    for share, sales in zip(shares, earned, strict=True):
        fixed, free = _fixed_costs(network, arcs, share, ways)
        found, arrivals = _longest(sales, fixed)
        found += free
        better = places & (found < money)
        money[better], factor[better] = found[better], share[better]
        picked = arrivals.reshape(count, days, ways).transpose(2, 1, 0)
        chosen[:ways, :, better] = picked[:, :, better]
    return Chains(money, factor, chosen)


@dataclass(frozen=True, eq=False)
class Earned:
    """What sales of places earn by their arrivals, numbered day by day, way by way.

    :param alone: (locations, arrivals) with one; ``more``: (locations, arrival, later arrival)
        what a later one adds to an earlier one, at most.
    """

    alone: Floats
    more: Floats

    @classmethod
    def nothing(cls, places: int, arrivals: int) -> Earned:
        """Return sales of nothing, to be added to."""
        return cls(np.zeros((places, arrivals)), np.zeros((places, arrivals, arrivals)))


def _fixed_costs(network: Network, arcs: Arcs, share: Floats, ways: int) -> tuple[Floats, Floats]:
    """Money of each place's arrivals beside that for their m³, and for approved trips' room.

    :returns: (locations, days · ways) and (locations,).
    """
    days, money = network.days, vehicle_money(network)
    least = share[arcs.destination] * least_room_price(arcs)
    way = way_at_destination(arcs)
    fixed = np.full((len(network.locations), days * ways), np.inf)
    free = np.zeros(len(network.locations))
    np.add.at(free, arcs.destination, least * arcs.free_m3.sum(axis=1))
    each = np.where(network.open, money[:, None], np.inf)
    each = each - (least[arcs.of_lane] * network.vehicle_m3)[:, None]
    cost = np.full(arcs.price.shape, np.inf)
    np.minimum.at(cost, arcs.of_lane, each)
    cost = np.where(arcs.free_m3 > 0, 0.0, np.maximum(cost, 0.0))
    for arc in np.flatnonzero(way < ways):
        lead = int(arcs.lead[arc])
        at = (np.arange(lead, days)) * ways + way[arc]
        fixed[arcs.destination[arc], at] = cost[arc, : days - lead]
    return fixed, free


def _longest(earned: Earned, fixed: Floats) -> tuple[Floats, Truths]:
    """Best chain of each place, at least nothing: its money and its arrivals."""
    alone, more = earned.alone, earned.more
    count, arrivals = alone.shape
    best = np.full(alone.shape, -np.inf)
    before = np.full(alone.shape, -1)
    for now in range(arrivals):
        best[:, now] = alone[:, now] - fixed[:, now]
        if now:
            onward = best[:, :now] + more[:, :now, now] - fixed[:, now, None]
            last = onward.argmax(axis=1)
            value = onward[np.arange(count), last]
            longer = value > best[:, now]
            best[longer, now] = value[longer]
            before[longer, now] = last[longer]
    end = best.argmax(axis=1)
    money = np.maximum(best[np.arange(count), end], 0.0)
    chosen = np.zeros(alone.shape, dtype=bool)
    at = np.where(money > 0, end, -1)
    while (at >= 0).any():
        rows = np.flatnonzero(at >= 0)
        chosen[rows, at[rows]] = True
        at[rows] = before[rows, at[rows]]
    return money, chosen


def _add_sales(
    cells: PricedCells, rows: Ints, ways: int, shares: list[Floats], earned: list[Earned]
) -> None:
    """Add what cells earn at each price of room, with one arrival and with one more."""
    wanted = cells.wanted
    asked = [wanted.asked(day)[rows] for day in range(wanted.days + AFTER_DAYS)]
    until = np.zeros((len(asked) + 1, *asked[0].shape), dtype=np.float32)
    np.cumsum(asked, axis=0, out=until[1:])
    for share, sales in zip(shares, earned, strict=True):
        left = cells.left_by_arrival(share, rows)
        _add_pairs(cells, rows, ways, left, asked, until, sales)


def _add_pairs(
    cells: PricedCells,
    rows: Ints,
    ways: int,
    left: dict[tuple[int, int], Array],
    asked: list[Array],
    until: Array,
    earned: Earned,
) -> None:
    """Add what cells earn with one arrival, and what one more adds to it.

    :param left: as :meth:`PricedCells.left_by_arrival` returns it.
    :param asked: of each day (rows, paths) units; ``until``: their sums before each day.
    """
    place, life, days = cells.place[rows], cells.wanted.life, cells.wanted.days
    hold = cells.wanted.hold[rows, None]
    paths = until.shape[2]
    scratch = np.empty_like(until[0])
    comes = [(day, way) for day in range(days) for way in range(ways) if (day, way) in left]
    for number, (day, way) in enumerate(comes):
        now, end = day * ways + way, min(day + life, len(asked))
        daily = _daily(left[day, way], asked[day:end], hold, day, days) / paths
        np.add.at(earned.alone[:, now], place, daily.sum(axis=0))
        # On later nights less is added than at the prices of the first.
        top = np.maximum(left[day, way] - hold * day, 0)
        for earlier, other in comes[:number]:
            overlap = max(min(earlier + life, end), day)
            gain = daily[overlap - day :].sum(axis=0)
            if overlap > day:
                np.subtract(left[earlier, other], hold * day, out=scratch)
                np.maximum(scratch, 0, out=scratch)
                np.subtract(top, scratch, out=scratch)
                np.maximum(scratch, 0, out=scratch)
                gain += np.einsum("ij,ij->i", scratch, until[overlap] - until[day]) / paths
            np.add.at(earned.more[:, earlier * ways + other, now], place, gain)


def _daily(own: Array, asked: list[Array], hold: Array, first: int, days: int) -> Floats:
    """(days, cells) money of an arrival's sales on each day, over all paths."""
    result = np.zeros((len(asked), len(own)))
    for number, units in enumerate(asked):
        margin = own - hold * min(first + number, days)
        np.maximum(margin, 0, out=margin)
        result[number] = np.einsum("ij,ij->i", margin, units)
    return result
