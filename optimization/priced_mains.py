"""What mains have for proposals, and what of it is left without them: :mod:`path_bound`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.appraisal import Appraisal
from optimization.block import Array
from optimization.evaluation import Draw
from optimization.far_groups import demand_totals
from optimization.network import AFTER_DAYS, FAR, MAIN, NEVER, Floats, Ints, Network, Truths
from optimization.options import Options


@dataclass(frozen=True, eq=False)
class Mains:
    """What mains have for proposals, and what of it is left without them.

    :param place: (mains,) locations. ``stock``: (mains, skus) units that may leave.
    :param left: (skus, paths) units that are left at the end without proposals; ``short``: units
        that far sales lack. ``saved``: money for all that spoils at mains without proposals.
    :param life: (skus,) days in which what arrives sells; without end where older stock may last
        longer.
    :param least: (mains, skus) what a unit that leaves brings though it sells nowhere, >= 0: the
        loss of a far sale that is spared, less what it costs to put it away.
    """

    place: Ints
    stock: Floats
    left: Array
    short: Array
    saved: float
    life: Ints
    least: Floats

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
        life = _lives(network, dated)
        least = np.zeros((len(place), skus))
        origin = number[network.cell_location[options.origin_cell]]
        np.maximum.at(least, (origin, options.sku), _put_away(network, options, life))
        return cls(
            place=place,
            stock=np.maximum(stock[:-1], 0),
            left=np.maximum(total[:, None] - sold, 0).astype(np.float32),
            short=base.main_short,
            saved=float(spoilt.mean(axis=1) @ waste),
            life=life,
            least=least,
        )


def money_unsold(network: Network, sku: Ints, day: Ints, life: Ints) -> Floats:
    """Money, <= 0, of a unit that arrives on a day and sells on none: its nights, its waste.

    :param sku: of each unit. ``day``: of its arrival. ``life``: days in which it can be sold.
    """
    left = np.maximum(network.days - day, 0)
    waste = np.where(life <= left, network.price[sku] * network.money.waste_share, 0.0)
    hold = network.unit_m3[sku] * network.money.holding
    return -(hold * np.minimum(life, left) + waste)


def _put_away(network: Network, options: Options, life: Ints) -> Floats:
    """(options,) money of a unit that goes and sells nowhere, where it would have sold far."""
    sku = options.sku
    unsold = money_unsold(network, sku, options.arrival, life[sku])
    spared = -np.minimum(network.profit[FAR, sku], 0)
    money: Floats = spared + unsold - options.landed
    return money


def _lives(network: Network, dated: Truths) -> Ints:
    """(skus,) days in which what arrives sells; without end where older stock may last longer.

    Units on top of a cell's stock sell when that is gone. Where stock that comes later, or has a
    date of its own, may outlast them, an order in which they last for ever bounds all others.

    :param dated: (skus,) whether some main holds units with a date.
    """
    lots, facts = network.lots, network.facts
    longest = network.days + AFTER_DAYS
    life = np.where(np.isfinite(network.shelf_life), network.shelf_life, longest)
    mixed = dated.copy()
    forward = network.cell_kind[lots.cell] != MAIN
    known = forward & ((lots.day > 0) | ((lots.expiry < NEVER) & ~_standing(network)))
    mixed[network.cell_sku[lots.cell[known]]] = True
    mixed[facts.sku] = True
    return np.where(mixed, longest, np.minimum(life, longest)).astype(np.int64)


def _standing(network: Network) -> Truths:
    """(lots,) undated stock that stands there at the start: it goes off before what arrives."""
    lots = network.lots
    return lots.expiry < network.shelf_life[network.cell_sku[lots.cell]] - 1 + 1e-9
