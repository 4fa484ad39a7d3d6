"""A plan in the making: cases by option, vehicles by lane and day; and what still fits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.block import Array
from optimization.churn import churn_by_option
from optimization.dated_stock import spoiling_cells, unsold_spoilage
from optimization.network import MAIN, Floats, Ints, Moves, Network
from optimization.options import Options, vehicle_money


@dataclass(eq=False)
class Draft:
    """Cases and vehicles that are proposed, changed in place.

    :param cases: (options,) whole cases.
    :param fleet: (lanes, days) vehicles, those of approved transfers not counted.
    """

    network: Network
    options: Options
    cases: Ints
    fleet: Ints

    @classmethod
    def empty(cls, network: Network, options: Options) -> Draft:
        """Return a draft that moves nothing."""
        return cls(
            network,
            options,
            np.zeros(len(options), dtype=np.int64),
            np.zeros((len(network.lanes), network.days), dtype=np.int64),
        )

    def copy(self) -> Draft:
        """Return a draft that can be changed apart."""
        return Draft(self.network, self.options, self.cases.copy(), self.fleet.copy())

    def moves(self) -> Moves:
        """Return the moves on each arc's first lane: enough for simulation, not for trips."""
        rows = np.flatnonzero(self.cases)
        lane = self.options.arcs.lanes[self.options.arc[rows], 0]
        return Moves(lane, self.options.sku[rows], self.options.day[rows], self.cases[rows])

    def load(self) -> Floats:
        """(arcs, days) m³ that the draft loads."""
        load = np.zeros_like(self.options.arcs.price)
        np.add.at(load, (self.options.arc, self.options.day), self.cases * self.options.case_m3)
        return load

    def capacity(self) -> Floats:
        """(arcs, days) m³ that the draft's vehicles and approved trips can take."""
        arcs = self.options.arcs
        room = np.zeros_like(arcs.price)
        np.add.at(room, arcs.of_lane, self.fleet * self.network.vehicle_m3[:, None])
        result: Floats = room + arcs.free_m3
        return result

    def moving_money(self) -> float:
        """Money for vehicles (with CO2), handling, unit costs and churn of what is proposed."""
        vehicles = (self.fleet * vehicle_money(self.network)[:, None]).sum()
        units = self.cases * self.options.case_units
        churn = churn_by_option(self.options, self.cases).sum()
        return float(vehicles + (units * self.options.landed).sum() + churn)

    def landed_by_sku(self) -> Floats:
        """(skus,) handling, unit costs and churn."""
        units = (self.cases * self.options.case_units).astype(np.float64)
        money = units * self.options.landed + churn_by_option(self.options, self.cases)
        total = np.zeros(len(self.network.skus))
        np.add.at(total, self.options.sku, money)
        return total


def room_to_handle(draft: Draft) -> Floats:
    """(locations, days) units that may still be handled."""
    network, options = draft.network, draft.options
    room = np.repeat(network.handling_units[:, None], network.days, axis=1)
    lots = network.lots
    later = lots.day >= 0
    np.subtract.at(
        room, (network.cell_location[lots.cell[later]], lots.day[later]), lots.units[later]
    )
    facts = network.facts
    arrival = facts.day + network.lead[facts.lane]
    inside = arrival < network.days
    place = network.destination[facts.lane]
    np.subtract.at(room, (place[inside], arrival[inside]), network.units(facts)[inside])
    units = (draft.cases * options.case_units).astype(float)
    np.subtract.at(room, (network.cell_location[options.cell], options.arrival), units)
    if network.handling_at_origin:
        np.subtract.at(room, (network.origin[facts.lane], facts.day), network.units(facts))
        np.subtract.at(room, (network.cell_location[options.origin_cell], options.day), units)
    return room


def room_to_store(
    draft: Draft, morning: Array, before: Array, margin: float
) -> tuple[Floats, Floats]:
    """Room for more, on the fullest day from each day on.

    :param morning: (cells, days) expected stock after arrivals under the draft; ``before``
        likewise without proposals: a place that is over its limit without them takes nothing.
    :param margin: share of each limit that is kept free, for the estimate's error.
    :returns: (locations, days) m³ and (cells, days) units.
    """
    network = draft.network
    volume = network.unit_m3[network.cell_sku][:, None]
    held = np.zeros((len(network.locations), network.days))
    alone = np.zeros_like(held)
    np.add.at(held, network.cell_location, morning * volume)
    np.add.at(alone, network.cell_location, before * volume)
    room = np.maximum(network.storage_m3[:, None] * (1 - margin), alone) - held
    units = np.maximum(network.max_units[:, None] * (1 - margin), before) - morning
    return _least_from(room), _least_from(units)


def _least_from(room: Floats | Array) -> Floats:
    """(k, days) the least of each day and those after it."""
    result: Floats = np.minimum.accumulate(room[:, ::-1], axis=1)[:, ::-1]
    return result


def stock_to_send(draft: Draft) -> Floats:
    """(cells, days) units that could still leave that day without any later move going short.

    Counted without sales; at fronts and stores only what is younger than its shelf life.
    """
    network, options = draft.network, draft.options
    balance = np.zeros((len(network.cell_sku), network.days))
    lots = network.lots
    np.add.at(balance, (lots.cell, np.maximum(lots.day, 0)), lots.units)
    facts, units = network.facts, network.units(network.facts)
    leaves = np.zeros_like(balance)
    np.add.at(leaves, (network.cells(network.origin[facts.lane], facts.sku), facts.day), units)
    arrives = facts.day + network.lead[facts.lane]
    to = network.cells(network.destination[facts.lane], facts.sku)
    _arrive(network, balance, to, arrives, arrives == facts.day, units)
    rows = np.flatnonzero(draft.cases)
    units = (draft.cases * options.case_units)[rows].astype(float)
    np.add.at(leaves, (options.origin_cell[rows], options.day[rows]), units)
    at_once = options.arrival[rows] == options.day[rows]
    _arrive(network, balance, options.cell[rows], options.arrival[rows], at_once, units)
    cells = spoiling_cells(network)
    spoilt = np.zeros_like(balance)
    spoilt[cells, 1:] = np.cumsum(unsold_spoilage(network, cells, leaves[cells]), axis=1)[:, :-1]
    total = np.cumsum(balance - leaves, axis=1)
    lacking = _least_from(total - spoilt)
    # What leaves earlier is what would have spoilt: a later day lacks only the rest of it.
    return np.where(lacking < 0, lacking, _least_from(total) - spoilt)


def _flow(network: Network, balance: Floats, cell: Ints, day: Ints, units: Floats) -> None:
    inside = day < network.days
    np.add.at(balance, (cell[inside], day[inside]), units[inside])


def _arrive(
    network: Network, balance: Floats, cell: Ints, day: Ints, at_once: Ints, units: Floats
) -> None:
    """Arrivals can leave from the same day, those of lead 0 from the next; then they spoil."""
    first = day + at_once
    _flow(network, balance, cell, first, units)
    life = network.shelf_life[network.cell_sku[cell]]
    spoils = np.isfinite(life) & (network.cell_kind[cell] != MAIN)
    gone = day + np.where(spoils, life, 0).astype(np.int64)
    last = spoils & (gone > first)
    _flow(network, balance, cell[last], gone[last], -units[last])
