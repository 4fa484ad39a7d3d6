"""Links: lanes of one origin, destination, lead and calendar; the cheapest vehicles for a load."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.network import MAIN, Floats, Ints, Network, Truths


@dataclass(frozen=True, eq=False)
class Ladder:
    """The vehicles worth taking on a link, by volume.

    :param volume: (k,) m³, increasing from 0; ``cost`` (k,) money, increasing.
    :param counts: (k, lanes of the link) vehicles of each lane.
    """

    volume: Floats
    cost: Floats
    counts: Ints

    def step(self, load: Floats) -> Ints:
        """Return the cheapest step for each load; the last step where none is large enough."""
        return np.minimum(
            np.searchsorted(self.volume, np.asarray(load) - 1e-9), len(self.volume) - 1
        )


@dataclass(frozen=True, eq=False)
class Links:
    """All links that lead from a main to a place.

    :param lanes: of each link; ``ladder`` likewise.
    :param origin, destination, lead: (links,); ``unit_cost`` (links,) money a unit.
    :param open: (links, days) whether new stock may leave.
    """

    lanes: tuple[Ints, ...]
    ladder: tuple[Ladder, ...]
    origin: Ints
    destination: Ints
    lead: Ints
    unit_cost: Floats
    open: Truths

    def __len__(self) -> int:
        return len(self.lanes)


def main_links(network: Network, largest: Floats) -> Links:
    """Group the lanes that start at a main.

    :param largest: (locations,) most m³ that a place could take on one day.
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for lane in np.flatnonzero(network.kind[network.origin] == MAIN):
        key = (
            int(network.origin[lane]),
            int(network.destination[lane]),
            int(network.lead[lane]),
            float(network.unit_cost[lane]),
            network.open[lane].tobytes(),
        )
        if network.open[lane].any():
            groups.setdefault(key, []).append(int(lane))
    lanes = [np.array(group, dtype=np.int64) for group in groups.values()]
    first = np.array([group[0] for group in lanes], dtype=np.int64)
    return Links(
        lanes=tuple(lanes),
        ladder=tuple(
            _ladder(network, group, float(largest[network.destination[group[0]]]))
            for group in lanes
        ),
        origin=network.origin[first],
        destination=network.destination[first],
        lead=network.lead[first],
        unit_cost=network.unit_cost[first],
        open=network.open[first] if len(first) else np.zeros((0, network.days), dtype=bool),
    )


def vehicle_costs(network: Network) -> Floats:
    """(lanes,) money of one vehicle with the price of its CO2."""
    return network.vehicle_cost + network.co2_kg * network.money.co2


def _ladder(network: Network, lanes: Ints, largest: float) -> Ladder:
    """Combine vehicle types, up to one step that holds ``largest``; no step is dominated."""
    cost = vehicle_costs(network)[lanes]
    volume = network.vehicle_m3[lanes]
    order = np.argsort(cost / volume, kind="stable")
    # Many of the type that is cheapest by volume, few of the others.
    counts = np.zeros((1, len(lanes)), dtype=np.int64)
    for rank, type_ in enumerate(order):
        most = int(np.ceil(largest / volume[type_])) if np.isfinite(largest) else 40
        if rank:
            most = min(most, int(np.ceil(volume[order[0]] / volume[type_])) + 1, 8)
        most = min(max(most, 1), network.max_vehicles)
        steps = np.arange(most + 1)
        counts = np.repeat(counts, len(steps), axis=0)
        counts[:, type_] = np.tile(steps, len(counts) // len(steps))
    total, money = counts @ volume, counts @ cost
    order = np.lexsort((-total, money))
    keep, best = [], -1.0
    for row in order:
        if total[row] > best + 1e-9:
            keep.append(row)
            best = total[row]
        if best >= largest:
            break
    return Ladder(total[keep], money[keep], counts[keep])
