"""What mains have for proposals, and what of it is left without them: :mod:`path_bound`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.appraisal import Appraisal
from optimization.block import Array
from optimization.evaluation import Draw
from optimization.far_groups import demand_totals
from optimization.network import FAR, MAIN, NEVER, Floats, Ints, Network, Truths
from optimization.options import Options


@dataclass(frozen=True, eq=False)
class Mains:
    """What mains have for proposals, and what of it is left without them.

    :param place: (mains,) locations. ``stock``: (mains, skus) units that may leave.
    :param left: (skus, paths) units that are left at the end without proposals; ``short``: units
        that far sales lack. ``saved``: money for all that spoils at mains without proposals.
    :param dated: (skus,) whether some main holds units with a date.
    """

    place: Ints
    stock: Floats
    left: Array
    short: Array
    saved: float
    dated: Truths

    @classmethod
    def of(cls, network: Network, options: Options, base: Appraisal, draw: Draw) -> Mains:
        """Gather it; ``base``: the run without proposals."""
        lots, facts = network.lots, network.facts
        place = np.unique(network.cell_location[options.origin_cell])
        number = np.full(len(network.locations), -1)
        number[place] = np.arange(len(place))
        skus = len(network.skus)
        at_main = network.cell_kind[lots.cell] == MAIN
        sku, units = network.cell_sku[lots.cell], lots.units
        stock = np.zeros((len(place) + 1, skus))
        np.add.at(stock, (number[network.cell_location[lots.cell]], sku), units)
        sent = network.units(facts)
        np.subtract.at(stock, (number[network.origin[facts.lane]], facts.sku), sent)
        np.add.at(stock, (number[network.destination[facts.lane]], facts.sku), sent)
        total = np.zeros(skus)
        np.add.at(total, sku[at_main], units[at_main])
        to_main, from_main = (
            (network.kind[end[facts.lane]] == MAIN).astype(np.int64)
            for end in (network.destination, network.origin)
        )
        np.add.at(total, facts.sku, sent * (to_main - from_main))
        wanted, forward = demand_totals(network, base, draw)
        far = max(float(network.money.conversion[FAR]), 0.0) * (wanted - forward)
        sold = np.maximum(far - base.main_short, 0)
        spoilt = base.main_spoilt[0]
        waste = network.price * network.money.waste_share
        dated = np.zeros(skus, dtype=bool)
        dated[sku[at_main & (lots.expiry < NEVER)]] = True
        return cls(
            place=place,
            stock=np.maximum(stock[:-1], 0),
            left=np.maximum(total[:, None] - sold, 0).astype(np.float32),
            short=base.main_short,
            saved=float(spoilt.mean(axis=1) @ waste),
            dated=dated,
        )
