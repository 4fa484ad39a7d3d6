"""Vehicles that a draft's load does not need: taken off, or changed for cheaper ones."""

from __future__ import annotations

import numpy as np

from optimization.draft import Draft
from optimization.network import Floats
from optimization.options import vehicle_money

_TOLERANCE = 1e-9
"""m³, for sums of cases that fill a vehicle."""


def trim_fleet(draft: Draft) -> None:
    """Take off vehicles that the load does not need, the dearest first, and change the rest.

    A vehicle gives way to a cheaper and smaller one of its arc that holds its load too.
    """
    network, arcs = draft.network, draft.options.arcs
    spare = draft.capacity() - draft.load()
    for lane in np.argsort(-vehicle_money(network), kind="stable"):
        arc = arcs.of_lane[lane]
        needless = np.floor(spare[arc] / network.vehicle_m3[lane] + _TOLERANCE).astype(np.int64)
        off = np.clip(needless, 0, draft.fleet[lane])
        draft.fleet[lane] -= off
        spare[arc] -= off * network.vehicle_m3[lane]
    # An arc's lanes are listed from the largest vehicle on: the smallest is tried first.
    kinds = arcs.lanes.shape[1]
    for large in range(kinds):
        for small in range(kinds - 1, large, -1):
            _change(draft, spare, large, small)


def _change(draft: Draft, spare: Floats, large: int, small: int) -> None:
    """Change vehicles of one column of the arcs' lanes for those of another, where that is cheaper.

    :param spare: (arcs, days) m³ that the load leaves free; kept up to date.
    """
    network, lanes = draft.network, draft.options.arcs.lanes
    money = vehicle_money(network)
    arc = np.flatnonzero(lanes[:, small] >= 0)
    arc = arc[money[lanes[arc, small]] < money[lanes[arc, large]]]
    old, new = lanes[arc, large], lanes[arc, small]
    less = np.maximum(network.vehicle_m3[old] - network.vehicle_m3[new], _TOLERANCE)[:, None]
    can = np.floor(np.maximum(spare[arc] + _TOLERANCE, 0) / less)
    most = np.minimum(draft.fleet[old], network.max_vehicles - draft.fleet[new])
    count = np.where(network.open[new], np.clip(most, 0, can), 0).astype(np.int64)
    draft.fleet[old] -= count
    draft.fleet[new] += count
    spare[arc] -= count * less
