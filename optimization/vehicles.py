"""Whole vehicles for a load: which to send, and when it is better to leave the last part behind."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optimization.network import Floats, Ints, Network
from optimization.options import Arcs, vehicle_money


def choose_fleet(
    network: Network, arcs: Arcs, arc: Ints, day: int, load: Floats, worth: Floats
) -> tuple[Ints, Floats, Floats]:
    """Choose the vehicles for loads on arcs on one day.

    Considered: one type of vehicle for all; as many full large ones as go in and one type for
    what remains; and, for what remains, leaving it behind.

    :param arc: (k,) arcs; ``load`` (k,) m³ beyond what approved trips can take; ``worth``: (k,)
        money that is lost per m³ left behind.
    :returns: (k, lanes of the arc) vehicles, (k,) their money, (k,) money lost with what is left.
    """
    lanes = arcs.lanes[arc]
    money, volume, usable = _types(network, lanes, day)
    best = np.zeros(lanes.shape, dtype=np.int64)
    cost, lost = np.zeros(len(arc)), load * worth
    for first in range(lanes.shape[1]):
        whole = np.floor(load / volume[:, first] + 1e-9).astype(np.int64)
        whole = np.minimum(np.where(usable[:, first], whole, 0), network.max_vehicles)
        rest = np.maximum(load - whole * volume[:, first], 0)
        for second in range(-1, lanes.shape[1]):
            fleet = np.zeros_like(best)
            fleet[:, first] = whole
            left = rest
            if second >= 0:
                more = np.ceil(rest / volume[:, second] - 1e-9).astype(np.int64)
                more = np.where(usable[:, second], more, 0)
                more = np.minimum(more, network.max_vehicles - fleet[:, second])
                fleet[:, second] += more
                left = np.maximum(rest - more * volume[:, second], 0)
            spent = (fleet * money).sum(axis=1)
            missed = left * worth
            better = spent + missed < cost + lost - 1e-9
            best[better] = fleet[better]
            cost, lost = np.where(better, spent, cost), np.where(better, missed, lost)
    return best, cost, lost


def _types(network: Network, lanes: Ints, day: int) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Money, m³ and whether it departs, of each arc's vehicle types."""
    known = lanes >= 0
    usable = known & network.open[lanes, day]
    return vehicle_money(network)[lanes], network.vehicle_m3[lanes], usable
