"""The decomposed planner: a bound from prices, trips, their filling, and sweeps that improve both.

1. :mod:`~optimization.bound` prices vehicles and main stock: an upper bound.
2. :mod:`~optimization.trips` starts each place from its best review pattern.
3. :mod:`~optimization.filling` and :mod:`~optimization.case_steps` fill the trips with whole cases
   by the exact marginal value of a case on the common paths.
4. :mod:`~optimization.improvement` changes trips and refills, until nothing gains or time is up.

Moves run from mains to fronts and stores over direct lanes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from data.progress import Progress, silent
from optimization.bound import Bound, Relaxation, find_bound
from optimization.case_steps import fill
from optimization.demand import Array
from optimization.filling import Filler, Filling
from optimization.forward_stock import forward_stock
from optimization.improvement import Improver, TripPlan, whole_vehicles
from optimization.links import Links, main_links
from optimization.main_stock import main_stock
from optimization.network import AFTER_DAYS, FAR, FRONT, MID, NEAR, STORE, Ints, Moves, Network
from optimization.problem import Problem
from optimization.slots import make_slots
from optimization.trips import MainPrices, cell_prices, first_trips

_BOUND_SHARE = 0.3
"""Of the time, at most, for the bound."""
_SWEEPS = 60


@dataclass(frozen=True, eq=False)
class Decomposed:
    """What the decomposed planner found.

    :param moves: new transfers, facts not included.
    :param objective: profit on the common paths, vehicles paid; ``doing_nothing`` the same without
        new moves. Both leave out what facts cost to move.
    :param bound: see :mod:`optimization.bound` for what it bounds; None where not asked for.
    :param stopped: whether time ran out before nothing gained any more.
    :param trace: (seconds, step, objective) as it went.
    """

    moves: Moves
    objective: float
    doing_nothing: float
    bound: Bound | None
    stopped: bool
    trace: tuple[tuple[float, str, float], ...]

    @property
    def gap(self) -> float | None:
        """(bound - objective) / |bound|."""
        if self.bound is None or not self.bound.value:
            return None
        return (self.bound.value - self.objective) / abs(self.bound.value)

    @property
    def captured(self) -> float | None:
        """Share of the gain that the bound allows."""
        if self.bound is None or self.bound.value <= self.doing_nothing:
            return None
        return (self.objective - self.doing_nothing) / (self.bound.value - self.doing_nothing)


def decompose(
    problem: Problem,
    *,
    seconds: float = 60.0,
    with_bound: bool = True,
    progress: Progress = silent,
) -> Decomposed:
    """Plan moves from the mains to forward places.

    The seed is the problem's: the same problem gives the same plan, however many processors there
    are, unless time runs out.

    :param seconds: after which the best plan so far is returned.
    :param progress: called with sweeps done, of how many, and what; may raise Cancelled.
    """
    began = time.monotonic()
    filler = make_filler(problem)
    trace: list[tuple[float, str, float]] = []

    def note(what: str, value: float) -> None:
        trace.append((time.monotonic() - began, what, value))
        progress(len(trace), _SWEEPS + 3, what)

    def over(share: float = 1.0) -> bool:
        return time.monotonic() - began > seconds * share

    empty = np.zeros(0, dtype=np.int64)
    nothing = Filling(filler, make_slots(filler.links, empty, empty, np.zeros(0)))
    base = TripPlan(nothing, empty)
    doing_nothing = base.profit
    note("nothing", doing_nothing)
    short = nothing.main_short()
    bound = None
    if with_bound:
        relaxation = Relaxation(filler)
        bound = find_bound(relaxation, stop=lambda: over(_BOUND_SHARE))
        del relaxation
        note("bound", bound.value)
    slots = first_trips(filler, cell_prices(filler, MainPrices(short)), over)
    filling = Filling(filler, slots)
    fill(filling, stop=over)
    plan = whole_vehicles(filling)
    if plan.profit < doing_nothing:
        plan = base
    note("first trips", plan.profit)
    improver = Improver(filler, over)
    for sweep in range(_SWEEPS):
        if over():
            break
        better = improver.sweep(plan)
        if better is None:
            break
        plan = better
        if sweep % 5 == 4 and not over():
            fill(plan.filling, steps=(0.5, 0.1), stop=over)
            plan = whole_vehicles(plan.filling)
        note("sweep", plan.profit)
    return Decomposed(
        moves=moves_of(problem.network, plan),
        objective=plan.profit,
        doing_nothing=doing_nothing,
        bound=bound,
        stopped=over(),
        trace=tuple(trace),
    )


def make_filler(problem: Problem) -> Filler:
    """Put the problem of mains and forward cells together on the common paths."""
    network = problem.network
    demand = problem.common(slice(0, len(network.series_sku)))
    cells = _forward_cells(network)
    field = np.where(network.cell_kind[cells] == STORE, NEAR, MID)
    conversion = network.money.conversion[field]
    share = network.share[network.cell_location[cells]] * conversion
    asked_of = demand[:, network.cell_series[cells]]
    asked_of = asked_of * share.astype(np.float32)[None, :, None]
    stock = forward_stock(network, cells, asked_of)
    mains = main_stock(network)
    return Filler(
        network=network,
        stock=stock,
        mains=mains,
        links=main_links(network, _most(network, stock.demand, stock.location, stock.sku)),
        asked=_asked(network, demand),
        conversion=conversion,
        profit=network.profit[field, stock.sku],
    )


def _forward_cells(network: Network) -> Ints:
    """Cells that serve demand from the first field of their region that has places."""
    stores = np.zeros(len(network.series_sku), dtype=bool)
    serves = network.cell_series >= 0
    stores[network.cell_series[serves & (network.cell_kind == STORE)]] = True
    alone = ~stores[np.maximum(network.cell_series, 0)]
    return np.flatnonzero(serves & (network.cell_kind == FRONT) & alone)


def _asked(network: Network, demand: Array) -> Array:
    """(skus, paths) units that far customers would buy in all if nothing stood forward."""
    after = demand[-min(AFTER_DAYS, len(demand)) :].mean(axis=(0, 2), dtype=np.float64)
    total = demand.sum(axis=0) + np.float32(AFTER_DAYS) * after.astype(np.float32)[:, None]
    asked = np.zeros((len(network.skus), demand.shape[2]), dtype=np.float32)
    np.add.at(asked, network.series_sku, total * np.float32(network.money.conversion[FAR]))
    return asked


def _most(network: Network, demand: Array, location: Ints, sku: Ints) -> np.ndarray:
    """(locations,) m³ that a place could take in one day: all of its demand, or its storage."""
    units = demand.sum(axis=0).max(axis=1) + network.case_units[sku]
    volume = np.zeros(len(network.kind))
    np.add.at(volume, location, units * network.unit_m3[sku])
    return np.minimum(volume, network.storage_m3)


def moves_of(network: Network, plan: TripPlan) -> Moves:
    """Load each trip's cases on its vehicles, the vehicles of each lane as full as cases allow."""
    filling, links = plan.filling, plan.filling.filler.links
    parts = [Moves.none()]
    for number, (link, step) in enumerate(zip(filling.slots.link, plan.step, strict=True)):
        row, column = np.nonzero((filling.slot == number) & filling.has & (filling.cases > 0))
        if not len(row):
            continue
        parts.append(_load(network, links, int(link), int(step), filling, row, column))
    moves = parts[0]
    for part in parts[1:]:
        moves = moves + part
    return moves.merged()


def _load(
    network: Network,
    links: Links,
    link: int,
    step: int,
    filling: Filling,
    row: Ints,
    column: Ints,
) -> Moves:
    """Share the cases of one trip out among the lanes of its link."""
    counts, lanes = links.ladder[link].counts[step], links.lanes[link]
    room = counts * network.vehicle_m3[lanes]
    sku, cases = filling.filler.stock.sku[row], filling.cases[row, column].copy()
    each = filling.volume[row]
    day = int(filling.slots.day[filling.slot[row[0], column[0]]])
    found: list[tuple[int, int, int, int]] = []
    # Large cases first, into the lane with most room; what is left by a crumb goes to the largest.
    for item in np.lexsort((row, -each)):
        while cases[item] > 0:
            lane = int(np.argmax(room))
            barred = network.barred(lanes, np.full(len(lanes), sku[item]), np.full(len(lanes), day))
            if barred[lane] and not barred.all():
                lane = int(np.argmax(np.where(barred, -np.inf, room)))
            taken = min(int(np.floor(room[lane] / each[item] + 1e-6)), int(cases[item]))
            if taken <= 0:
                break
            room[lane] -= taken * each[item]
            cases[item] -= taken
            found.append((int(lanes[lane]), int(sku[item]), day, taken))
    return Moves(*np.array(found, dtype=np.int64).reshape(-1, 4).T)
