"""What given trips had best carry, for all products at once.

Filled case by case, a full trip or a main that has run out keeps what came first: what would be
better there finds no room. Here room and stock are priced instead. At the prices of
:mod:`optimization.path_bound`, with a price of its own for the room of every trip, each path plans
for itself what it wants on each trip; subgradient steps raise the prices of what is wanted too
much. The mean over the paths of what they want, and over the steps, later ones more, tends to the
optimum of the linear programme whose prices these are: stock, room and paths that agree (Larsson,
Patriksson and Strömberg, Mathematical Programming 86, 1999). Cases are divisible there; whoever
asks rounds them, and judges the outcome in the simulation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimization.appraisal import appraise
from optimization.cell_blocks import cell_blocks, way_at_destination
from optimization.evaluation import Draw
from optimization.network import Floats, Ints, Moves, Network, Truths
from optimization.options import Options
from optimization.priced_cells import PricedCells, Room
from optimization.priced_mains import Mains

_STEPS = 150
_SIZE, _FALL = 0.05, 0.1
"""First step in shares of a unit's profit, and what that falls to."""
_ROOM_SIZE = 0.2
"""First step of the prices of room, in times the least of a full vehicle."""
_MEMORY, _SPREAD, _SMALL = 0.8, 0.95, 1e-4
_TOO_EARLY = 1 / 3
"""Share of the steps that are too far from the optimum to count."""
_MOST_PRICES, _FEWEST_PATHS = 400_000, 8
"""Series times paths above which some paths stand for all, and how many do at least."""


def best_loads(
    network: Network,
    options: Options,
    draw: Draw,
    capacity: Floats,
    late: Callable[[], bool],
) -> Floats | None:
    """(options,) units that trips had best carry, in the mean of the steps.

    :param options: of a network that :func:`optimization.path_bound.applies` to.
    :param draw: the common paths; large networks look at some of them.
    :param capacity: (arcs, days) m³ of the trips, 0 where none leaves.
    :param late: whether the time is up: then there is no answer, None.
    """
    draw = _some_paths(draw, len(network.series_sku))
    base = appraise(network, Moves.none(), draw)
    blocks = cell_blocks(network, options, base, Mains.of(network, options, base, draw))
    del base
    trips = _Trips(options, blocks, capacity > 0)
    price, units = np.ones_like(capacity), np.zeros(len(options))
    first, second, weights = np.zeros_like(price), np.zeros_like(price), 0
    for step in range(_STEPS):
        if late():
            return None
        fallen = 1 - (1 - _FALL) * step / _STEPS
        wanted = trips.wanted(price, _SIZE * fallen)
        if step >= _TOO_EARLY * _STEPS:
            weights += step + 1
            units += (step + 1) * wanted
        load = np.zeros_like(capacity)
        np.add.at(load, (options.arc, options.day), wanted * network.unit_m3[options.sku])
        free = np.divide(capacity - load, capacity, out=np.zeros_like(load), where=trips.open)
        first += (1 - _MEMORY) * (free - first)
        second += (1 - _SPREAD) * (free * free - second)
        mean = first / (1 - _MEMORY ** (step + 1))
        scale = np.sqrt(second / (1 - _SPREAD ** (step + 1)) + _SMALL)
        price = np.maximum(price - _ROOM_SIZE * fallen * mean / scale, 0)
    return units / max(weights, 1)


@dataclass(eq=False)
class _Trips:
    """Cells that trips reach, and their prices.

    :param open: (arcs, days) whether a trip leaves.
    """

    options: Options
    blocks: list[PricedCells]
    open: Truths

    def __post_init__(self) -> None:
        arcs, days = self.options.arcs, self.open.shape[1]
        way = way_at_destination(arcs)
        self.option = [_options_of(self.options, way, block, days) for block in self.blocks]
        shape = (int(way.max(initial=-1)) + 1, days, int(arcs.destination.max(initial=-1)) + 1)
        # Trips as (arc, day), and as they reach their places: (way, day of arrival, location).
        arc, day = np.nonzero(self.open & (np.arange(days) + arcs.lead[:, None] < days))
        self.trip, self.at = (arc, day), (way[arc], day + arcs.lead[arc], arcs.destination[arc])
        self.factor, self.comes = np.ones(shape), np.zeros(shape, dtype=bool)
        self.comes[self.at] = True

    def wanted(self, price: Floats, size: float) -> Floats:
        """(options,) units that paths want in the mean; the cells' prices then make a step.

        :param price: (arcs, days) of a trip's m³, in times the least of a full vehicle.
        :param size: of the step, in shares of a unit's profit.
        """
        self.factor[self.at] = price[self.trip]
        room = Room(self.factor, self.comes)
        wanted = np.zeros(len(self.options))
        for option, block in zip(self.option, self.blocks, strict=True):
            rows, way, mean = block.step(room, size)
            at = option[way, np.arange(len(way))[:, None], rows]
            can = at >= 0
            wanted[at[can]] = mean[can]
        return wanted


def _some_paths(draw: Draw, series: int) -> Draw:
    """Return every so manieth path, so that prices for all of them fit into memory and time."""
    paths = draw(slice(0, 1)).shape[2]
    stride = min(-(-series * paths // _MOST_PRICES), max(paths // _FEWEST_PATHS, 1))
    return lambda rows: draw(rows)[:, :, ::stride]


def _options_of(options: Options, way: Ints, block: PricedCells, days: int) -> Ints:
    """(ways, days, cells) the option that reaches each cell of a block on a day; -1: none.

    :param way: (arcs,) number of each at its destination.
    """
    arcs = options.arcs
    arc = np.full((len(block.money), int(block.place.max(initial=0)) + 1), -1)
    own = (way < len(arc)) & (arcs.destination < arc.shape[1])
    arc[way[own], arcs.destination[own]] = np.flatnonzero(own)
    by = arc[:, None, block.place]
    day = np.arange(days)[:, None] - arcs.lead[by]
    sku = np.broadcast_to(block.sku[block.product], day.shape)
    found = options.find(np.broadcast_to(by, day.shape), sku, np.maximum(day, 0))
    return np.where((by >= 0) & (day >= 0), found, -1)
