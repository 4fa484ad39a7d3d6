"""The bound of a network too large for one linear programme: products apart, some at a time.

Without the rows that couple products the relaxation falls apart by product, so that its optimum
is the sum over ranges of products, each built and solved by itself: memory stays that of one.
"""

from __future__ import annotations

import pickle
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from optimization.appraisal import Appraisal, appraise
from optimization.block import Array
from optimization.evaluation import Draw
from optimization.linear_model import linear_programme, shared_money
from optimization.linear_solver import SOLVER, Endable, solve_here
from optimization.network import Moves, Network
from optimization.options import Arcs, Options, join_lanes, list_options
from optimization.product_part import product_part
from optimization.useful_volume import useful_price, useful_volume

PART_OPTIONS = 40_000
"""Choices that one programme has at most, as long as it has one product."""


def bound_by_parts(
    network: Network, draw: Draw, seconds: float, part_options: int = PART_OPTIONS
) -> float | None:
    """Bound the profit of every plan on the common paths; None where time does not allow.

    :param draw: the common paths.
    """
    until = time.monotonic() + seconds
    arcs = join_lanes(network)
    ranges = _ranges(network, arcs, part_options)
    most = np.zeros_like(arcs.price)
    for part, options, base, _ in _parts(network, draw, arcs, ranges):
        most += useful_volume(part, options, base)
        if time.monotonic() > until:
            return None
    price = useful_price(network, arcs, most)
    total = shared_money(network, arcs, price)
    for part, options, base, own in _parts(network, draw, arcs, ranges):
        programme = linear_programme(part, options, base, own, coupled=False, price=price)
        solution = solve_here(programme, SOLVER, until - time.monotonic())
        if solution is None:
            return None
        total += solution.objective + programme.constant
    return total


def _ranges(network: Network, arcs: Arcs, most: int) -> list[tuple[int, int]]:
    """Ranges of products with at most so many choices each."""
    reached = np.isin(network.cell_location, arcs.destination)
    cells = np.bincount(network.cell_sku[reached], minlength=len(network.skus))
    ways = np.bincount(arcs.destination).max(initial=1)
    part = np.cumsum(cells * ways * network.days) // most
    starts = np.flatnonzero(np.diff(part, prepend=-1))
    return list(zip(starts.tolist(), [*starts[1:].tolist(), len(part)], strict=True))


def _parts(
    network: Network, draw: Draw, arcs: Arcs, ranges: list[tuple[int, int]]
) -> Iterator[tuple[Network, Options, Appraisal, Draw]]:
    for first, stop in ranges:
        part, series = product_part(network, first, stop)
        start = series.start

        def own(rows: slice, start: int = start) -> Array:
            return draw(slice(rows.start + start, rows.stop + start))

        options = list_options(part, arcs)
        if len(options) or len(part.series_sku):
            yield part, options, appraise(part, Moves.none(), own), own


class BoundingByParts(Endable):
    """:func:`bound_by_parts` at work in another process."""

    def __init__(self, network: Network, common: Array, seconds: float) -> None:
        super().__init__(seconds)
        np.save(self.folder / "common.npy", common)
        with (self.folder / "network.pickle").open("wb") as file:
            pickle.dump(network, file)
        self.start("optimization.bound_by_parts", str(seconds))

    def result(self) -> float | None:
        """Wait for the bound until the time is up; None where there is none."""
        answer = self.folder / "bound.txt"
        return float(answer.read_text()) if self.wait() and answer.exists() else None


def main(folder: str, seconds: str) -> int:
    """Bound the network in ``folder`` and leave the answer there."""
    place = Path(folder)
    with (place / "network.pickle").open("rb") as file:
        network = pickle.load(file)
    common = np.load(place / "common.npy", mmap_mode="r")
    bound = bound_by_parts(network, lambda series: np.asarray(common[:, series]), float(seconds))
    if bound is None:
        return 1
    (place / "unfinished.txt").write_text(repr(bound))
    (place / "unfinished.txt").replace(place / "bound.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
