"""The bound of a network too large for one linear programme: products apart, some at a time.

Without the rows that couple products the relaxation falls apart by product, so that its optimum
is the sum over ranges of products, each built and solved by itself: memory stays that of one.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from optimization.appraisal import Appraisal, appraise
from optimization.block import Array
from optimization.evaluation import Draw
from optimization.linear_model import linear_programme, shared_money
from optimization.linear_solver import SOLVER, solve_here
from optimization.network import FAR, MAIN, Floats, Ints, Moves, Network
from optimization.options import Arcs, Options, join_lanes, list_options
from optimization.pool_price import PoolBounds, PricedPool
from optimization.product_part import product_part
from optimization.threads import thread_count, threads
from optimization.useful_volume import useful_price, useful_volume
from optimization.work_apart import BoundApart, handed_over, leave_bound

PART_OPTIONS = 40_000
"""Choices that one programme has at most, as long as it has one product."""
WHOLE_CELLS = 40
"""Fronts and stores of a product up to which its mains are bounded together, far sales and all:
the time of that explodes with their number."""
_UNSOLD = 1e-3
"""Units left of a pool that count as none."""
_PRICES = 3
"""Prices that are tried below far profit."""


def bound_by_parts(
    network: Network,
    draw: Draw,
    seconds: float,
    part_options: int = PART_OPTIONS,
    whole_cells: int = WHOLE_CELLS,
) -> float | None:
    """Bound the profit of every plan on the common paths; None where time does not allow.

    Where a product has many fronts and stores, its mains' pooled stock has a price instead of
    rows (:mod:`optimization.pool_price`): far profit first, then, where that was too dear, lower
    ones as long as there is time.

    :param draw: the common paths.
    """
    until = time.monotonic() + seconds
    arcs = join_lanes(network)
    ranges = _ranges(network, arcs, part_options)
    most = np.zeros_like(arcs.price)
    for part in _parts(network, draw, arcs, ranges):
        most += useful_volume(part.network, part.options, part.base)
        if time.monotonic() > until:
            return None
    price = useful_price(network, arcs, most)
    total = shared_money(network, arcs, price)
    again: list[tuple[float, int, float]] = []
    for part in _parts(network, draw, arcs, ranges):
        if part.cells.max(initial=0) <= whole_cells:
            found = _whole(part, price, until)
            if found is None:
                return None
            total += found
            continue
        bounds = _priced(part, price, until)
        if bounds is None:
            return None
        total += float(bounds.money.sum())
        for row in np.flatnonzero(bounds.left > _UNSOLD):
            excess = float(bounds.left[row] * part.network.profit[FAR, row])
            again.append((-excess, part.first + int(row), float(bounds.money[row])))
    for _, product, bound in sorted(again):
        for part in _parts(network, draw, arcs, [(product, product + 1)]):
            total -= bound - _improved(part, price, bound, whole_cells, until)
    return total


def _whole(part: _Part, price: Floats, until: float) -> float | None:
    programme = linear_programme(
        part.network, part.options, part.base, part.draw, coupled=False, price=price
    )
    solution = solve_here(programme, SOLVER, until - time.monotonic())
    return None if solution is None else solution.objective + programme.constant


def _priced(
    part: _Part, price: Floats, until: float, pool_price: Floats | None = None
) -> PoolBounds | None:
    model = PricedPool(part.network, part.options, part.base, part.draw, price, pool_price)
    return model.bounds(until - time.monotonic())


def _improved(part: _Part, price: Floats, bound: float, whole_cells: int, until: float) -> float:
    """The lesser of ``bound`` and what else is found for the part's one product in time.

    A small product is bounded whole; of a large one the price of the pool is halved in, from 0.
    """
    if time.monotonic() > until:
        return bound
    if part.cells[0] <= whole_cells:
        whole = _whole(part, price, until)
        return bound if whole is None else min(bound, whole)
    least, most = 0.0, float(part.network.profit[FAR, 0])
    tried = least
    for _ in range(_PRICES):
        found = _priced(part, price, until, np.array([tried]))
        if found is None:
            break
        bound, left = min(bound, float(found.money[0])), float(found.left[0])
        if left > _UNSOLD:
            most = tried
        elif left < -_UNSOLD:
            least = tried
        if most == 0 or abs(left) <= _UNSOLD:
            break
        tried = (least + most) / 2
    return bound


def _ranges(network: Network, arcs: Arcs, most: int) -> list[tuple[int, int]]:
    """Ranges of products with at most so many choices each."""
    reached = np.isin(network.cell_location, arcs.destination)
    cells = np.bincount(network.cell_sku[reached], minlength=len(network.skus))
    ways = np.bincount(arcs.destination).max(initial=1)
    part = np.cumsum(cells * ways * network.days) // most
    starts = np.flatnonzero(np.diff(part, prepend=-1))
    return list(zip(starts.tolist(), [*starts[1:].tolist(), len(part)], strict=True))


@dataclass(frozen=True, eq=False)
class _Part:
    """Products from ``first`` on; ``cells`` (skus,) counts the fronts and stores of each."""

    first: int
    network: Network
    options: Options
    base: Appraisal
    draw: Draw
    cells: Ints


def _parts(
    network: Network, draw: Draw, arcs: Arcs, ranges: list[tuple[int, int]]
) -> Iterator[_Part]:
    for first, stop in ranges:
        products = product_part(network, np.arange(first, stop))
        part, own = products.network, products.draw_of(draw)
        options = list_options(part, arcs)
        if len(options) or len(part.series_sku):
            forward = part.cell_sku[part.cell_kind != MAIN]
            cells = np.bincount(forward, minlength=len(part.skus))
            base = appraise(part, Moves.none(), own)
            yield _Part(first, part, options, base, own, cells)


class BoundingByParts(BoundApart):
    """:func:`bound_by_parts` at work in another process."""

    def __init__(self, network: Network, common: Array, seconds: float) -> None:
        super().__init__(seconds)
        self.hand_over(network, common)
        self.start("optimization.bound_by_parts", str(seconds), str(thread_count()))


def main(folder: str, seconds: str, workers: str) -> int:
    """Bound the network in ``folder`` and leave the answer there."""
    place = Path(folder)
    network, draw = handed_over(place)
    with threads(int(workers)):
        bound = bound_by_parts(network, draw, float(seconds))
    return leave_bound(place, bound)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
