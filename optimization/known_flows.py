"""What comes to each cell and leaves it whatever is proposed: stock, inbound, approved moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.network import Floats, Network


@dataclass(frozen=True, eq=False)
class KnownFlows:
    """Units of lots and facts by cell of the network.

    :param comes: (cells, days) units that come; those there at the start come on day 0.
    :param leaves: (cells, days) units that leave.
    :param late: (cells,) units of approved moves that come after the horizon.
    """

    comes: Floats
    leaves: Floats
    late: Floats

    @classmethod
    def of(cls, network: Network) -> KnownFlows:
        """Gather a network's lots and facts."""
        lots, facts = network.lots, network.facts
        comes = np.zeros((len(network.cell_sku), network.days))
        np.add.at(comes, (lots.cell, np.maximum(lots.day, 0)), lots.units)
        leaves = np.zeros_like(comes)
        units, arrival = network.units(facts), facts.day + network.lead[facts.lane]
        origin = network.cells(network.origin[facts.lane], facts.sku)
        np.add.at(leaves, (origin, facts.day), units)
        inside = arrival < network.days
        to = network.cells(network.destination[facts.lane], facts.sku)
        np.add.at(comes, (to[inside], arrival[inside]), units[inside])
        late = np.zeros(len(network.cell_sku))
        np.add.at(late, to[~inside], units[~inside])
        return cls(comes=comes, leaves=leaves, late=late)
