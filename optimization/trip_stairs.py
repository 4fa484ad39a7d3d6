"""The least money that carries a volume on an arc: a staircase, as the points where it steps."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from optimization.network import Floats, Network, Truths
from optimization.options import Arcs, vehicle_money

_SMALL = 12
"""Vehicles of a smaller type considered beside the best one; more never pay."""


@dataclass(frozen=True, eq=False)
class Stairs:
    """Volumes and money of the best fleets by arc and day.

    :param volume: (arcs, days, k) m³ that each fleet takes, at most what is of use there.
    :param money: (arcs, days, k) its money, inf where there are fewer fleets.
    """

    volume: Floats
    money: Floats

    def best(self, price: Floats) -> tuple[Floats, Floats]:
        """Return what a trip earns at a price per m³ paid to it, and the volume it then takes.

        :param price: (arcs, days).
        :returns: (arcs, days) max over fleets of price · volume - money (-inf where nothing may
            leave), and the volume that attains it.
        """
        net = price[:, :, None] * self.volume - self.money
        at = net.argmax(axis=2)[:, :, None]
        value = np.take_along_axis(net, at, axis=2)[:, :, 0]
        return value, np.take_along_axis(self.volume, at, axis=2)[:, :, 0]


def stairs(network: Network, arcs: Arcs, most: Floats) -> Stairs:
    """List the fleets worth sending on each arc.

    A trip's money over its volume v is least at full fleets; between few and many vehicles of the
    best type the points lie on a line, so that only the first and the last of them are needed.

    :param most: (arcs, days) m³ that can be of use.
    """
    money = vehicle_money(network)
    lists = []
    for arc in range(len(arcs.origin)):
        lanes = arcs.lanes[arc]
        lanes = lanes[lanes >= 0]
        top = float(most[arc].max(initial=0.0))
        lists.append(_fleets(network.vehicle_m3[lanes], money[lanes], top, network.max_vehicles))
    width = max((len(points) for points in lists), default=0) + 1
    volume = np.zeros((len(lists), network.days, width))
    cost = np.full((len(lists), network.days, width), np.inf)
    for arc, points in enumerate(lists):
        if len(points):
            volume[arc, :, : len(points)] = points[:, 0] + arcs.free_m3[arc][:, None]
            cost[arc, :, : len(points)] = points[:, 1]
    volume[:, :, -1] = arcs.free_m3
    cost[:, :, -1] = np.where(arcs.free_m3 > 0, 0.0, np.inf)
    may: Truths = arcs.open & (most > 0)
    cost[~may] = np.inf
    return Stairs(np.minimum(volume, most[:, :, None]), cost)


def _fleets(volume: Floats, money: Floats, top: float, most: int) -> Floats:
    """(k, 2) m³ and money of the fleets that no other fleet beats, up to ``top`` m³."""
    if top <= 0:
        return np.zeros((0, 2))
    best = int(np.argmin(money / volume))
    whole = min(int(np.ceil(top / volume[best])), most)
    ranges = [
        sorted({n for n in (0, 1, whole - 1, whole) if n >= 0})
        if lane == best
        else range(min(int(np.ceil(top / volume[lane])), _SMALL, most) + 1)
        for lane in range(len(volume))
    ]
    fleets = np.array(list(itertools.product(*ranges)), dtype=np.float64)
    points = np.stack([np.minimum(fleets @ volume, top), fleets @ money], axis=1)
    points = points[points[:, 0] > 0]
    points = points[np.lexsort((-points[:, 0], points[:, 1]))]
    highest = np.maximum.accumulate(points[:, 0])
    keep = np.diff(highest, prepend=0.0) > 1e-12
    return np.asarray(points[keep])
