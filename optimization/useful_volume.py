"""What a trip's m³ costs at least, given how much can be of use where it goes."""

from __future__ import annotations

import itertools

import numpy as np

from optimization.appraisal import Appraisal
from optimization.network import MAIN, Floats, Network
from optimization.options import Arcs, Options, vehicle_money

_SMALL = 12
"""Vehicles of a smaller type considered beside the best one; more never pay."""


def useful_price(network: Network, arcs: Arcs, most: Floats) -> Floats:
    """Return the least money per m³ of any fleet on each arc and day, (arcs, days).

    A vehicle counts as no larger than what its destination can use: units beyond all demand that
    is unmet on any path from the arrival on sell on none, and leaving them behind costs nothing.
    0 where nothing may leave.

    :param most: (arcs, days) m³ of use, of all products: :func:`useful_volume`.
    """
    money = vehicle_money(network)
    price = np.zeros_like(arcs.price)
    for arc, lanes in enumerate(arcs.lanes):
        own = lanes[lanes >= 0]
        top = float(most[arc].max(initial=0.0))
        fleets = _fleets(network.vehicle_m3[own], money[own], top, network.max_vehicles)
        # Approved trips have room that costs nothing; what goes beyond is charged.
        paid = np.minimum(fleets[:, :1], most[arc] - arcs.free_m3[arc])
        rate = np.divide(fleets[:, 1:], paid, out=np.full(paid.shape, np.inf), where=paid > 0)
        price[arc] = np.where(arcs.open[arc], rate.min(axis=0, initial=np.inf), np.inf)
    return np.where(np.isfinite(price), price, 0.0)


def _fleets(volume: Floats, money: Floats, top: float, most: int) -> Floats:
    """(k, 2) m³ and money of fleets; one of them is the cheapest per m³ for any load.

    One vehicle of the best type has the least rate of all; below what it takes, smaller ones may.
    """
    best = int(np.argmin(money / volume))
    ranges = [
        range(2 if lane == best else min(int(np.ceil(top / volume[lane])), _SMALL, most) + 1)
        for lane in range(len(volume))
    ]
    fleets = np.array(list(itertools.product(*ranges)), dtype=np.float64)[1:]
    return np.stack([fleets @ volume, fleets @ money], axis=1)


def useful_volume(network: Network, options: Options, base: Appraisal) -> Floats:
    """(arcs, days) m³ of which some path could sell every unit, and a case of each product.

    Beyond a place's own demand, what it can pass on is of use: such places, and mains, have no
    limit but what there is.
    """
    left = np.cumsum(base.unmet[::-1], axis=0)[::-1].max(axis=2)
    row = base.row_of_cell[options.cell]
    inside = np.minimum(options.arrival, network.days)
    units = np.where(row >= 0, left[inside, np.maximum(row, 0)], 0.0) + options.case_units
    stock = np.zeros(len(network.cell_sku))
    np.add.at(stock, network.lots.cell, network.lots.units)
    facts = network.facts
    np.add.at(
        stock,
        network.cells(network.destination[facts.lane], facts.sku),
        network.units(facts),
    )
    units = np.where(options.from_main, np.minimum(units, stock[options.origin_cell]), units)
    most = np.zeros_like(options.arcs.price)
    np.add.at(most, (options.arc, options.day), units * network.unit_m3[options.sku])
    ends = options.arcs.destination
    passes_on = np.isin(ends, options.arcs.origin[np.unique(options.arc)])
    passes_on |= network.kind[ends] == MAIN
    everything = float((stock * network.unit_m3[network.cell_sku]).sum())
    most[passes_on] = np.where(most[passes_on] > 0, everything, 0.0)
    return most
