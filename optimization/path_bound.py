"""A bound that knows lost sales: every path plans for itself, at prices that make paths agree.

The relaxation of :mod:`optimization.linear_model` lets what was lost early be made up for later.
Here each sample path ω chooses its own arrivals and sells as in the simulation
(:mod:`optimization.path_sales`). That one plan must do for all paths is priced: an arrival of
product *p* at cell *j* on day *t* costs path ω

    price_jt + z_jtω,   Σ_ω z_jtω = 0,   price_jt = unit money + vehicle room + μ_mp + E λ_pω

so that a plan, the same on all paths, pays its price in the mean, whatever z is (Rockafellar and
Wets, Mathematics of Operations Research 16, 1991). λ_pω in [0, far profit] is what a unit of the
mains' stock is worth on path ω, μ_mp what one more at main *m* is: far sales are at most what is
left and at most what is wanted, on each path, and so at most any mean of the two. Hence

    profit of any plan <= profit without it
      + Σ_p E[λ left + (far profit - λ) short] + Σ μ · stock + Σ_places V(place)

V is the most that sales at a place earn on each path at these prices, less vehicles, which are
whole: for every fleet the sales that its m³ allow (priced, at several prices of room) less its
money, the best of all fleets. The prices are found by subgradient steps (:mod:`path_prices`),
products apart; any prices bound, better ones bound better.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from optimization.appraisal import Appraisal, appraise
from optimization.block import Array
from optimization.evaluation import Draw
from optimization.far_groups import demand_totals
from optimization.network import (
    AFTER_DAYS,
    FAR,
    MAIN,
    MID,
    NEAR,
    NEVER,
    STORE,
    Floats,
    Ints,
    Moves,
    Network,
    Truths,
)
from optimization.options import Arcs, Options, join_lanes, list_options
from optimization.path_prices import PricedCells
from optimization.path_sales import Wanted
from optimization.useful_volume import useful_price, useful_volume
from optimization.whole_fleets import ROOM_PRICES, best_fleets
from optimization.work_apart import BoundApart, handed_over, leave_bound

Rounds = tuple[tuple[int, float, float], ...]
"""Of each round: steps, the first one's size in shares of a unit's profit, what that falls to."""
ROUNDS: Rounds = ((120, 0.06, 0.05), (40, 0.005, 0.1))
_ROWS = 512
"""Cells of a block, so that its arrays fit the processor's cache."""


def path_bound(
    network: Network, draw: Draw, seconds: float = np.inf, rounds: Rounds = ROUNDS
) -> float | None:
    """Bound the profit of every plan on the common paths; None where it does not apply.

    It applies where all moves go from mains and no region is served by stores and fronts together.

    :param draw: the common paths.
    :param seconds: after which it is given up.
    :param rounds: of steps; between two the price of room at each place is set anew.
    """
    until = time.monotonic() + seconds
    arcs = join_lanes(network)
    options = list_options(network, arcs)
    if not len(options) or not applies(network, options):
        return None
    base = appraise(network, Moves.none(), draw)
    mains = Mains.of(network, options, base, draw)
    blocks = _blocks(network, options, base, mains)
    useful = factor = _useful_factor(network, options, base)
    free = _free_room(arcs, len(useful))
    best = np.inf
    for steps, size, fall in rounds:
        earned = np.zeros((len(ROOM_PRICES), len(useful)))
        divisible = useful * free
        stock = 0.0
        for block in blocks:
            block.ascend(factor, steps, size, fall)
            earned += np.stack([block.earned(np.full(len(useful), x)) for x in ROOM_PRICES])
            divisible += block.earned(useful)
            stock += block.stock_money()
            if time.monotonic() > until:
                return None
        money, factor = best_fleets(network, arcs, earned, factor)
        money = np.minimum(money, divisible)
        best = min(best, base.profit + mains.saved + stock + float(money.sum()))
    return best


def _useful_factor(network: Network, options: Options, base: Appraisal) -> Floats:
    """(locations,) price of room at first: a vehicle is no larger than what a place can use."""
    arcs = options.arcs
    useful = useful_price(network, arcs, useful_volume(network, options, base))
    least = least_room_price(arcs)[:, None]
    open_days = np.isfinite(arcs.price) & (useful > 0) & (least > 0)
    ratio = np.divide(useful, least, out=np.full(useful.shape, np.inf), where=open_days)
    factor = np.full(len(network.locations), np.inf)
    np.minimum.at(factor, arcs.destination, ratio.min(axis=1))
    return np.where(np.isfinite(factor), factor, 1.0)


def _free_room(arcs: Arcs, places: int) -> Floats:
    """(locations,) money at the least price for room that approved trips have left."""
    free = np.zeros(places)
    np.add.at(free, arcs.destination, least_room_price(arcs) * arcs.free_m3.sum(axis=1))
    return free


def applies(network: Network, options: Options) -> bool:
    """Whether the moves and places are such as are bounded here: :func:`path_bound`."""
    if not options.from_main.all() or options.to_main.any():
        return False
    serves = network.cell_series >= 0
    stores, fronts = (
        np.unique(network.cell_series[serves & own])
        for own in (network.cell_kind == STORE, ~np.isin(network.cell_kind, (MAIN, STORE)))
    )
    return not np.intersect1d(stores, fronts).size


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


def _blocks(network: Network, options: Options, base: Appraisal, mains: Mains) -> list[PricedCells]:
    """Cut the cells into blocks of products with one shelf life."""
    row = base.row_of_cell[options.cell]
    sku = network.cell_sku[base.cells]
    number = np.where(network.cell_kind[base.cells] == STORE, NEAR, MID)
    sells = network.money.conversion[number] > 0
    reached = np.zeros(len(sku), dtype=bool)
    reached[row] = True
    rows = np.flatnonzero(reached & sells & (base.unmet.sum(axis=(0, 2)) > 0))
    life = _lives(network, base, mains)
    order = rows[np.lexsort((rows, sku[rows], life[sku[rows]]))]
    result: list[PricedCells] = []
    start = 0
    ends = np.flatnonzero(np.diff(sku[order], append=-1)) + 1
    for index, end in enumerate(ends):
        last = index == len(ends) - 1
        if (
            last
            or ends[index + 1] - start > _ROWS
            or life[sku[order[end]]] != life[sku[order[start]]]
        ):
            result.append(_block(network, options, base, mains, order[start:end], number, life))
            start = int(end)
    return result


def _lives(network: Network, base: Appraisal, mains: Mains) -> Ints:
    """(skus,) days in which what arrives sells; without end where older stock may last longer.

    Units on top of a cell's stock sell when that is gone. Where stock that comes later, or has a
    date of its own, may outlast them, an order in which they last for ever bounds all others.
    """
    lots, facts = network.lots, network.facts
    longest = network.days + AFTER_DAYS
    life = np.where(np.isfinite(network.shelf_life), network.shelf_life, longest)
    mixed = mains.dated.copy()
    forward = network.cell_kind[lots.cell] != MAIN
    known = forward & ((lots.day > 0) | ((lots.expiry < NEVER) & ~_standing(network)))
    mixed[network.cell_sku[lots.cell[known]]] = True
    mixed[facts.sku] = True
    return np.where(mixed, longest, np.minimum(life, longest)).astype(np.int64)


def _standing(network: Network) -> Truths:
    """(lots,) undated stock that stands there at the start: it goes off before what arrives."""
    lots = network.lots
    return lots.expiry < network.shelf_life[network.cell_sku[lots.cell]] - 1 + 1e-9


def _block(
    network: Network,
    options: Options,
    base: Appraisal,
    mains: Mains,
    rows: Ints,
    number: Ints,
    life: Ints,
) -> PricedCells:
    sku = network.cell_sku[base.cells[rows]]
    skus, product = np.unique(sku, return_inverse=True)
    lasts = int(life[sku[0]])
    days = np.arange(network.days)
    hold = network.unit_m3[sku] * network.money.holding
    nights = np.minimum(lasts, network.days - days)[:, None]
    waste = np.where(lasts <= network.days - days, network.money.waste_share, 0)[:, None]
    floor = -(hold * nights + network.price[sku] * waste)
    at = np.full(len(base.cells), -1)
    at[rows] = np.arange(len(rows))
    own = np.flatnonzero(at[base.row_of_cell[options.cell]] >= 0)
    own = own[options.arrival[own] < network.days]
    cell = at[base.row_of_cell[options.cell[own]]]
    rank = _rank_at_destination(options.arcs)[options.arc[own]]
    shape = (int(rank.max(initial=0)) + 1, network.days, len(rows))
    money, room = np.full(shape, np.inf), np.zeros(shape)
    main = np.zeros((shape[0], len(rows)), dtype=np.int64)
    where = (rank, options.arrival[own], cell)
    # A far sale at a loss is spared by a sale nearer, and by stock that is not there, at most.
    loss = np.minimum(network.profit[FAR], 0)
    money[where] = options.landed[own] + loss[options.sku[own]]
    price = least_room_price(options.arcs)[options.arc[own]]
    room[where] = price * network.unit_m3[options.sku[own]]
    origin = network.cell_location[options.origin_cell[own]]
    main[rank, cell] = np.searchsorted(mains.place, origin)
    conversion = network.money.conversion
    kind = number[rows]
    ratio = conversion[FAR] / conversion[kind]
    profit = network.profit[kind, sku] - ratio * loss[sku]
    top = np.zeros(len(skus))
    np.maximum.at(top, product, profit)
    return PricedCells(
        wanted=Wanted(base.unmet[:, rows], base.after_sold[rows], hold.astype(np.float32), lasts),
        place=network.cell_location[base.cells[rows]],
        product=product,
        profit=profit,
        ratio=ratio,
        money=money,
        room=room,
        main=main,
        floor=floor.astype(np.float32)[:, :, None],
        far=np.maximum(network.profit[FAR, skus], 0),
        top=top,
        stock=mains.stock[:, skus],
        left=mains.left[skus],
        short=mains.short[skus],
    )


def least_room_price(arcs: Arcs) -> Floats:
    """(arcs,) the least money per m³ in a full vehicle on any day, 0 where none ever leaves."""
    least = arcs.price.min(axis=1, initial=np.inf)
    return np.where(np.isfinite(least), least, 0.0)


def _rank_at_destination(arcs: Arcs) -> Ints:
    order = np.argsort(arcs.destination, kind="stable")
    starts = np.flatnonzero(np.diff(arcs.destination[order], prepend=-1))
    sizes = np.diff(np.append(starts, len(order)))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(starts, sizes)
    return rank


class PathBounding(BoundApart):
    """:func:`path_bound` at work in another process."""

    def __init__(self, network: Network, common: Array, seconds: float) -> None:
        super().__init__(seconds)
        self.hand_over(network, common)
        self.start("optimization.path_bound", str(seconds))


def main(folder: str, seconds: str) -> int:
    """Bound the network in ``folder`` and leave the answer there."""
    place = Path(folder)
    network, draw = handed_over(place)
    bound = path_bound(network, draw, float(seconds))
    return leave_bound(place, bound)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
