"""Trips made larger, smaller, added and dropped by what their cases bring."""

from __future__ import annotations

from collections.abc import Set

import numpy as np

from optimization.appraisal import Appraisal
from optimization.case_values import best_additions, value_of_keeping
from optimization.draft import Draft, room_to_handle, stock_to_send
from optimization.network import Floats, Ints
from optimization.options import vehicle_money

_LEAST_GAIN = 1e-6


Change = tuple[int, int, tuple[int, ...]]
"""Arc, day, and the vehicles of the arc's lanes on it."""


def change_trips(draft: Draft, appraisal: Appraisal, refused: Set[Change]) -> list[Change]:
    """Change the vehicles of at most one trip a destination; return the changes.

    For every arc and day, cases that go and cases that could go are ranked by value per m³, as
    far as hands can take them beside all that moves already; a fleet is worth what the best load
    of its volume brings, less its money. Tried beside the
    present fleet: none, one vehicle more or fewer of each type, one type in place of another.

    :param refused: changes that were tried and brought nothing.
    """
    options, network = draft.options, draft.network
    value, volume, trip = _parts(draft, appraisal)
    arcs = options.arcs
    money = vehicle_money(network)
    changes: list[tuple[float, Change]] = []
    starts = np.flatnonzero(np.diff(trip, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(trip)], strict=False):
        arc, day = divmod(int(trip[start]), network.days)
        lanes = arcs.lanes[arc]
        lanes = lanes[lanes >= 0]
        lanes = lanes[network.open[lanes, day]]
        curve = (np.cumsum(volume[start:end]), np.cumsum(value[start:end]))
        free = float(arcs.free_m3[arc, day])
        now = draft.fleet[lanes, day]
        present = _net(curve, now, lanes, free, network.vehicle_m3, money)
        best, chosen = present, None
        for fleet in _neighbours(now, network.max_vehicles):
            net = _net(curve, fleet, lanes, free, network.vehicle_m3, money)
            change = (arc, day, tuple(fleet.tolist()))
            if net > best + _LEAST_GAIN and change not in refused:
                best, chosen = net, change
        if chosen is not None:
            changes.append((best - present, chosen))
    changes.sort(key=lambda change: (-change[0], change[1]))
    done: dict[int, Change] = {}
    for _, change in changes:
        arc, day, fleet_now = change
        place = int(arcs.destination[arc])
        if place not in done:
            done[place] = change
            lanes = arcs.lanes[arc][arcs.lanes[arc] >= 0]
            draft.fleet[lanes[network.open[lanes, day]], day] = fleet_now
    return list(done.values())


def shift_trips(draft: Draft, refused: Set[Change], reach: int) -> list[Change]:
    """Move one trip of each destination, with its cases, to a day near; return the changes.

    The dearest trips first, the nearest days first, what was refused never.
    """
    options, network = draft.options, draft.network
    arcs, money = options.arcs, vehicle_money(network)
    done: dict[int, Change] = {}
    cost = np.zeros(arcs.price.shape)
    np.add.at(cost, arcs.of_lane, draft.fleet * money[:, None])
    trips = np.argwhere(cost > 0)
    order = np.argsort(-cost[tuple(trips.T)], kind="stable")
    for step in [sign * k for k in range(1, reach + 1) for sign in (1, -1)]:
        for arc, day in trips[order]:
            to = int(day) + step
            place = int(arcs.destination[arc])
            change = (int(arc), int(day), (to,))
            if place in done or change in refused or not 0 <= to < network.days:
                continue
            lanes = arcs.lanes[arc][arcs.lanes[arc] >= 0]
            together = draft.fleet[lanes, day] + draft.fleet[lanes, to]
            usable = network.open[lanes, to] | (draft.fleet[lanes, day] == 0)
            if not usable.all() or (together > network.max_vehicles).any():
                continue
            done[place] = change
            draft.fleet[lanes, to] = together
            draft.fleet[lanes, day] = 0
            rows = np.flatnonzero((options.arc == arc) & (options.day == day) & (draft.cases > 0))
            new = options.find(options.arc[rows], options.sku[rows], np.full(len(rows), to))
            draft.cases[new[new >= 0]] += draft.cases[rows[new >= 0]]
            draft.cases[rows] = 0
    return list(done.values())


def _parts(draft: Draft, appraisal: Appraisal) -> tuple[Floats, Floats, Ints]:
    """Cases that go and that could go, as (value, m³, trip), by trip and falling value per m³.

    Parts beyond what hands can take are nothing.
    """
    options = draft.options
    going = np.flatnonzero(draft.cases)
    kept = value_of_keeping(draft, appraisal, going, draft.cases[going])
    send = stock_to_send(draft)[options.origin_cell, options.day] / options.case_units
    could = np.flatnonzero(send >= 1)
    count, value = best_additions(draft, appraisal, could)
    most = np.minimum(count, np.floor(send[could] + 1e-9).astype(np.int64))
    some = np.flatnonzero(most)
    rows = np.concatenate([going, could[some]])
    cases = np.concatenate([draft.cases[going], most[some]])
    money = np.concatenate([kept, value[some] * most[some] / count[some]])
    volume = cases * options.case_m3[rows]
    trip = options.arc[rows] * draft.network.days + options.day[rows]
    order = np.lexsort((-money / volume, trip))
    units = (cases * options.case_units[rows])[order].astype(float)
    trip = trip[order]
    share = _share_handled(trip, units, _hands(draft).ravel())
    return money[order] * share, volume[order] * share, trip


def _hands(draft: Draft) -> Floats:
    """(arcs, days) units that each trip can carry as far as hands go, all others as they are."""
    options, network = draft.options, draft.network
    arcs, room = options.arcs, room_to_handle(draft)
    arrival = np.minimum(np.arange(network.days) + arcs.lead[:, None], network.days - 1)
    free = room[arcs.destination[:, None], arrival]
    if network.handling_at_origin:
        free = np.minimum(free, room[arcs.origin])
    going = np.zeros(free.shape)
    np.add.at(going, (options.arc, options.day), draft.cases * options.case_units)
    result: Floats = free + going
    return result


def _share_handled(trip: Ints, units: Floats, most: Floats) -> Floats:
    """(parts,) share of each part that a trip has hands for, the first parts first.

    :param trip: (parts,) grouped. ``most``: (trips,) units.
    """
    starts = np.flatnonzero(np.diff(trip, prepend=-1))
    before = np.cumsum(units) - units
    before -= np.repeat(before[starts], np.diff(np.append(starts, len(trip))))
    return np.clip((most[trip] - before) / units, 0, 1)


def _net(
    curve: tuple[Floats, Floats],
    fleet: Ints,
    lanes: Ints,
    free: float,
    vehicle_m3: Floats,
    money: Floats,
) -> float:
    """Value of the best load that fits, less the vehicles' money; parts may be split."""
    room = float((fleet * vehicle_m3[lanes]).sum()) + free
    volume, value = curve
    worth = np.interp(room, np.append(0.0, volume), np.append(0.0, np.maximum.accumulate(value)))
    return float(worth - (fleet * money[lanes]).sum())


def _neighbours(fleet: Ints, most: int) -> list[Ints]:
    """Fleets one change away."""
    result = [np.zeros_like(fleet)]
    unit = np.eye(len(fleet), dtype=np.int64)
    for one in range(len(fleet)):
        result.append(fleet + unit[one])
        if fleet[one] > 0:
            result.append(fleet - unit[one])
            result += [fleet - unit[one] + unit[to] for to in range(len(fleet)) if to != one]
    return [new for new in result if (new >= 0).all() and (new <= most).all()]
