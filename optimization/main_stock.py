"""What mains hold of each product, and what of it may leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.network import MAIN, Floats, Ints, Network


@dataclass(frozen=True, eq=False)
class MainStock:
    """Stock of mains without new moves.

    :param mains: (m,) locations.
    :param free: (m, skus, days) units that new moves may have taken away by the close of each day.
    :param held: (m, skus) units over the whole horizon, after facts, sold far or moved.
    """

    mains: Ints
    free: Floats
    held: Floats

    @property
    def total(self) -> Floats:
        """(skus,) units of all mains over the horizon."""
        result: Floats = self.held.sum(axis=0)
        return result

    def row(self, location: Ints) -> Ints:
        """Return the rows of ``mains`` of these locations."""
        return np.searchsorted(self.mains, location)


def main_stock(network: Network) -> MainStock:
    """Add up lots, expiry and facts at mains."""
    mains = np.flatnonzero(network.kind == MAIN)
    days, skus = network.days, len(network.skus)
    flow = np.zeros((len(mains), skus, days))
    lots, facts = network.lots, network.facts
    at = network.cell_location[lots.cell]
    own = network.kind[at] == MAIN
    row, sku = np.searchsorted(mains, at[own]), network.cell_sku[lots.cell[own]]
    np.add.at(flow, (row, sku, np.maximum(lots.day[own], 0)), lots.units[own])
    held = flow.sum(axis=2)
    # What has expired cannot leave.
    gone = own & (lots.expiry + 1 < days)
    np.add.at(
        flow,
        (
            np.searchsorted(mains, at[gone]),
            network.cell_sku[lots.cell[gone]],
            np.maximum(lots.expiry[gone] + 1, 0),
        ),
        -lots.units[gone],
    )
    for place, sign in ((network.origin, -1.0), (network.destination, 1.0)):
        end = place[facts.lane]
        day = facts.day + (network.lead[facts.lane] if sign > 0 else 0)
        own = (network.kind[end] == MAIN) & (day < days)
        units = sign * network.units(facts)[own]
        np.add.at(flow, (np.searchsorted(mains, end[own]), facts.sku[own], day[own]), units)
        np.add.at(held, (np.searchsorted(mains, end[own]), facts.sku[own]), units)
    free = np.cumsum(flow, axis=2)
    free = np.minimum.accumulate(free[:, :, ::-1], axis=2)[:, :, ::-1]
    return MainStock(mains, np.maximum(free, 0), np.maximum(held, 0))
