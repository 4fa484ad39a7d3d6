"""The most that places earn with whole vehicles, from what they earn at several prices of room.

A place that may fill *v* m³ earns at most ``ν · v + earned(ν)`` for every price ν of a m³
(Lagrangian relaxation of the room). So with a fleet of vehicles of V_i m³ for c_i money it earns
at most the least over ν of that, less its money; the best fleet bounds the place. Fleets of few
vehicles are tried one by one, for larger ones a line below all of them does.
"""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np

from optimization.network import Floats, Ints, Network
from optimization.options import Arcs, vehicle_money

ROOM_PRICES = np.array(
    [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1, 1.15, 1.3, 1.5, 1.75, 2, 2.5, 3, 4, 6.0]
)
"""Prices of room that are tried, in the least price per m³ of each arc."""
_MOST = 8
"""Vehicles of fleets that are tried one by one."""


def best_fleets(
    network: Network, arcs: Arcs, earned: Floats, factor: Floats
) -> tuple[Floats, Floats]:
    """Bound what each place earns with whole vehicles.

    :param earned: (prices, locations) the most that sales earn at each of :data:`ROOM_PRICES`.
    :param factor: (locations,) prices of room that ``earned`` was made for.
    :returns: (locations,) money, and (locations,) the price that decides it.
    """
    money, decides = np.zeros(earned.shape[1]), factor.copy()
    for place in np.unique(arcs.destination):
        own = np.flatnonzero(arcs.destination == place)
        sizes, costs, free = _vehicles(network, arcs, own)
        if len(sizes):
            money[place], decides[place] = _best(earned[:, place], sizes, costs, free)
    return money, decides


def _vehicles(network: Network, arcs: Arcs, own: Ints) -> tuple[Floats, Floats, float]:
    """Vehicles to a place: what a full one of each type is worth at price 1, and its money."""
    price = arcs.price[own].min(axis=1, initial=np.inf)
    sizes, costs, free = [], [], 0.0
    for arc, least in zip(own, price, strict=True):
        if not np.isfinite(least):
            continue
        lanes = arcs.lanes[arc][arcs.lanes[arc] >= 0]
        sizes += list(least * network.vehicle_m3[lanes])
        costs += list(vehicle_money(network)[lanes])
        free += least * float(arcs.free_m3[arc].sum())
    return np.array(sizes), np.array(costs), free


def _best(earned: Floats, sizes: Floats, costs: Floats, free: float) -> tuple[float, float]:
    fleets = _fleets(len(sizes))
    room = fleets @ sizes + free
    most = ROOM_PRICES[:, None] * room[None, :] + earned[:, None]
    # Without any room nothing is earned, at whatever price.
    most[-1, room <= 0] = 0.0
    net = most.min(axis=0) - fleets @ costs
    chosen = int(net.argmax())
    best, price = float(net[chosen]), float(ROOM_PRICES[most[:, chosen].argmin()])
    # Larger fleets: at a price up to 1 every vehicle more costs at least this.
    low = ROOM_PRICES <= 1
    each = (costs[None, :] - ROOM_PRICES[low, None] * sizes[None, :]).min(axis=1)
    larger = earned[low] + ROOM_PRICES[low] * free - (_MOST + 1) * np.maximum(each, 0)
    if larger.min() > best:
        best, price = float(larger.min()), float(ROOM_PRICES[low][larger.argmin()])
    return best, price


@cache
def _fleets(types: int) -> Floats:
    """(k, types) numbers of vehicles, :data:`_MOST` at most in all."""
    each = range(_MOST + 1)
    return np.array(
        [fleet for fleet in itertools.product(each, repeat=types) if sum(fleet) <= _MOST],
        dtype=np.float64,
    )
