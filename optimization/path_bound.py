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
whole. Two bounds of it, the lesser counts: fleets whose m³ may arrive on any days
(:mod:`optimization.whole_fleets`), and arrivals that each pay for vehicles of their own
(:mod:`optimization.arrival_chains`). The prices are found by subgradient steps
(:mod:`optimization.priced_cells`): first as if anything could arrive on any day, then, where they
bound better, on the days of the last chains. Any prices bound, better ones bound better.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from optimization.appraisal import Appraisal, appraise
from optimization.arrival_chains import ROOM_SHARES, Chains, best_chains
from optimization.block import Array
from optimization.cell_blocks import cell_blocks, least_room_price
from optimization.evaluation import Draw
from optimization.network import MAIN, STORE, Floats, Moves, Network, Truths
from optimization.options import Arcs, Options, join_lanes, list_options
from optimization.priced_cells import PricedCells, Room
from optimization.priced_mains import Mains
from optimization.useful_volume import useful_price, useful_volume
from optimization.whole_fleets import ROOM_PRICES, best_fleets
from optimization.work_apart import BoundApart, handed_over, leave_bound

Rounds = tuple[tuple[int, float, float], ...]
"""Of each round: steps, the first one's size in shares of a unit's profit, what that falls to."""
ROUNDS: Rounds = ((100, 0.06, 0.05), *((16, 0.01 * 0.6**number, 0.6) for number in range(6)))
FEWER_ROUNDS: Rounds = ((48, 0.05, 0.15), *((16, 0.012 * 0.6**number, 0.6) for number in range(5)))
"""For networks of more than :data:`MANY_CELLS`, where a step takes a second."""
MANY_CELLS = 20_000
_REFRESH = 4
"""Steps after which the chains are chosen anew."""
_EARLY = 2 / 3
"""Share of the first round after which vehicles count as divisible for a first bound: that takes
as long as one step, the bounds of places as long as ten."""
_LAST = 3
"""Chains of a place that steps take in turn: the best one changes with the prices."""
_WAYS = 3
"""Ways into a place up to which chains are tried: their time grows with the square."""


def path_bound(
    network: Network, draw: Draw, seconds: float = np.inf, rounds: Rounds | None = None
) -> float | None:
    """Bound the profit of every plan on the common paths; None where it does not apply.

    It applies where all moves go from mains and no region is served by stores and fronts together.

    :param draw: the common paths.
    :param seconds: after which the best bound so far is returned.
    :param rounds: of steps; after each the places are bounded anew. Default: by size.
    """
    best = None
    for bound in path_bounds(network, draw, time.monotonic() + seconds, rounds):
        best = bound
    return best


def path_bounds(
    network: Network, draw: Draw, until: float = np.inf, rounds: Rounds | None = None
) -> Iterator[float]:
    """Yield the best bound so far, soon and after each round: :func:`path_bound`.

    :param until: ``time.monotonic()`` at which no other block is begun.
    """
    arcs = join_lanes(network)
    options = list_options(network, arcs)
    if not len(options) or not applies(network, options):
        return
    base = appraise(network, Moves.none(), draw)
    mains = Mains.of(network, options, base, draw)
    blocks = cell_blocks(network, options, base, mains)
    useful = _useful_factor(network, options, base)
    places = _Places(network, arcs, blocks, useful)
    rooms = [Room(useful)]
    best, fixed = np.inf, base.profit + mains.saved + _put_away(mains, blocks)
    if rounds is None:
        rounds = FEWER_ROUNDS if len(base.cells) > MANY_CELLS else ROUNDS
    for number, (steps, size, fall) in enumerate(rounds):
        for start in range(0, steps, _REFRESH):
            rate = size * (1 - (1 - fall) * start / steps)
            for block in blocks:
                if time.monotonic() > until:
                    return
                block.ascend(rooms, min(_REFRESH, steps - start), rate)
            if not number and start < _EARLY * steps <= start + _REFRESH:
                best = fixed + _stock_money(blocks) + float(places.divisible().sum())
                yield best
            if number and start + _REFRESH < steps:
                rooms = [*rooms, places.room()][-_LAST:]
        money, room = places.bound()
        best = min(best, fixed + _stock_money(blocks) + float(money.sum()))
        rooms = [*(rooms if number else []), room][-_LAST:]
        yield best


@dataclass(eq=False)
class _Places:
    """What places earn at most at the prices of their cells.

    At first both bounds are made, then for each place the one that was less.

    :param useful: (locations,) price of room at which a vehicle is no larger than can be of use.
    """

    network: Network
    arcs: Arcs
    blocks: list[PricedCells]
    useful: Floats

    def __post_init__(self) -> None:
        count = len(self.network.locations)
        ways = np.bincount(self.arcs.destination, minlength=count)
        self.chained: Truths = (ways > 0) & (ways <= _WAYS)
        self.pooled: Truths = ways > 0
        self.tried = [np.full(count, share) for share in ROOM_SHARES]
        self.factor = self.useful

    def bound(self) -> tuple[Floats, Room]:
        """(locations,) money, and the room's prices and arrivals that it comes from."""
        money = self._fleets()
        chains = self._chains(self.tried)
        shares = np.array(ROOM_SHARES)
        best = np.searchsorted(shares, chains.factor)
        # The best one first: it is that of :meth:`room`.
        self.tried = [shares[np.clip(best + step, 0, len(shares) - 1)] for step in (0, -1, 1)]
        better = chains.money <= money
        self.chained, self.pooled = self.chained & better, self.pooled & ~better
        return np.minimum(money, chains.money), self._room(chains)

    def room(self) -> Room:
        """Return the prices and arrivals of the best chains now, for the others as they were."""
        return self._room(self._chains(self.tried[:1]))

    def _chains(self, shares: list[Floats]) -> Chains:
        return best_chains(self.network, self.arcs, self.blocks, self.chained, shares)

    def _room(self, chains: Chains) -> Room:
        open_ = chains.chosen | ~self.chained
        return Room(np.where(self.chained, chains.factor, self.factor), open_)

    def _fleets(self) -> Floats:
        """Money of places whose vehicles' m³ may arrive on any day, inf for the others."""
        count = len(self.factor)
        earned = np.zeros((len(ROOM_PRICES), count))
        for block in self.blocks:
            for number, price in enumerate(ROOM_PRICES):
                earned[number] += block.earned(Room(np.full(count, price)), self.pooled)
        money, self.factor = best_fleets(self.network, self.arcs, earned, self.factor)
        least = np.minimum(money, self.divisible())
        return np.where(self.chained & ~self.pooled, np.inf, least)

    def divisible(self) -> Floats:
        """(locations,) money at the useful price of room, of places whose fleets are bounded."""
        money = self.useful * _free_room(self.arcs, len(self.factor))
        for block in self.blocks:
            money += block.earned(Room(self.useful), self.pooled)
        return money


def _stock_money(blocks: list[PricedCells]) -> float:
    """What the mains' stock is worth at the blocks' prices."""
    return sum(block.stock_money() for block in blocks)


def _put_away(mains: Mains, blocks: list[PricedCells]) -> float:
    """What stock that nobody near wants brings by not being sold far at a loss, at most."""
    other = np.ones(mains.stock.shape[1], dtype=bool)
    for block in blocks:
        other[block.sku] = False
    return float((mains.least * mains.stock)[:, other].sum())


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
    found = 1
    for bound in path_bounds(network, draw, time.monotonic() + float(seconds)):
        found = leave_bound(place, bound)
    return found


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
