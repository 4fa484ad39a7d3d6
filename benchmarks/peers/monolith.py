"""The planner that one would build today: the whole problem as one mixed-integer programme.

Its rows are those of the relaxation (:mod:`optimization.linear_model`: cumulated demand by
tangents, main stock, storage, handling), with whole cases and whole vehicles. Made as strong as is
honest: a vehicle counts as no larger than what its destination can use, and cases are bounded by
what the main has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from benchmarks.peers.solving import STEPS, solve_apart
from optimization.appraisal import appraise
from optimization.draft import Draft
from optimization.linear_model import Relaxation
from optimization.linear_solver import LinearProgramme, solve_here
from optimization.loading import load_vehicles
from optimization.network import Floats, Moves, Network, Truths
from optimization.options import Options, join_lanes, list_options, vehicle_money
from optimization.problem import Problem
from optimization.useful_volume import useful_volume

_SOLVER = "highs"
"""Here much faster than GLOP: everything is coupled."""


@dataclass(frozen=True, eq=False)
class Monolith:
    """The programme; x is cases by option, the relaxation's other columns, vehicles by trip.

    :param whole: (columns,) which are whole numbers.
    :param lane, day: (trips,) of the vehicles, the last columns.
    """

    network: Network
    options: Options
    programme: LinearProgramme
    whole: Truths
    lane: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]

    def moves(self, x: Floats, tolerance: float = 1e-4) -> Moves:
        """Return what a solution moves: whole cases, in its vehicles, as far as they go in."""
        cases = np.floor(x[: len(self.options)] + tolerance).astype(np.int64)
        fleet = np.floor(x[len(x) - len(self.lane) :] + tolerance).astype(np.int64)
        return loaded(self.network, self.options, cases, self._fleet(fleet))

    def _fleet(self, vehicles: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        fleet = np.zeros((len(self.network.lanes), self.network.days), dtype=np.int64)
        fleet[self.lane, self.day] = vehicles
        return fleet

    def start(self, moves: Moves, seconds: float = 60.0) -> Floats | None:
        """Return the best solution that makes these moves; None where none is found in time."""
        return self.fixed(self.whole, self._columns(moves), seconds)

    def start_in_steps(self, moves: Moves, seconds: float = 60.0) -> Floats | None:
        """Return one whose other columns are multiples of a step, for solvers in whole numbers."""
        x = self._columns(moves)
        rest = self._rest(self.whole, x)
        steps = replace(
            rest, gain=rest.gain / STEPS, upper=rest.upper * STEPS, values=rest.values / STEPS
        )
        found = solve_apart(steps, np.ones(len(steps.gain), dtype=bool), "highs", seconds)
        if found.x is None:
            return None
        x[~self.whole] = np.round(found.x) / STEPS
        return x

    def fixed(self, fixed: Truths, x: Floats, seconds: float) -> Floats | None:
        """Return the linear optimum with some columns as they are in x; None without one in time.

        :param fixed: (columns,) which they are.
        """
        solution = solve_here(self._rest(fixed, x), _SOLVER, seconds)
        if solution is None:
            return None
        x = x.copy()
        x[~fixed] = solution.x
        return x

    def _rest(self, fixed: Truths, x: Floats) -> LinearProgramme:
        """Return the programme of the columns that are not fixed."""
        programme, matrix = self.programme, self.programme.matrix()
        used = matrix[:, fixed] @ x[fixed]
        rest = matrix[:, ~fixed].tocsr()
        rows = np.flatnonzero(np.diff(rest.indptr))
        rest = rest[rows]
        return LinearProgramme(
            gain=programme.gain[~fixed],
            upper=programme.upper[~fixed],
            low=(programme.low - used)[rows],
            high=(programme.high - used)[rows],
            indptr=rest.indptr.astype(np.int64),
            indices=rest.indices.astype(np.int64),
            values=rest.data,
        )

    def rounded(self, seconds: float) -> list[Moves]:
        """Return what becomes of the linear optimum in whole cases and vehicles, in two ways.

        Cases rounded, in as many vehicles as they need; and vehicles rounded at a half, then
        the linear optimum again with those, cases rounded down. No moves without an optimum.
        """
        none = np.zeros(len(self.whole), dtype=bool)
        x = self.fixed(none, np.zeros(len(self.whole)), seconds)
        if x is None:
            return []
        moved, trips = len(self.options), len(x) - len(self.lane)
        fleet = np.ceil(x[trips:] - 1e-6).astype(np.int64)
        cases = np.floor(x[:moved] + 0.5).astype(np.int64)
        found = [loaded(self.network, self.options, cases, self._fleet(fleet))]
        x[trips:] = np.floor(x[trips:] + 0.5)
        again = self.fixed(np.arange(len(x)) >= trips, x, seconds)
        return found if again is None else [*found, self.moves(again)]

    def _columns(self, moves: Moves) -> Floats:
        x = np.zeros(len(self.whole))
        rows = self.options.find(self.options.arcs.of_lane[moves.lane], moves.sku, moves.day)
        np.add.at(x, rows, moves.cases)
        vehicles = self.network.vehicles(self.network.volume(moves))
        x[len(x) - len(self.lane) :] = vehicles[self.lane, self.day]
        return x


def loaded(
    network: Network,
    options: Options,
    cases: npt.NDArray[np.int64],
    fleet: npt.NDArray[np.int64],
) -> Moves:
    """Return the moves of cases by option in vehicles (lanes, days), as far as they go in."""
    return load_vehicles(Draft(network, options, cases, fleet))[0]


def state_monolith(problem: Problem) -> Monolith:
    """State the whole problem; it may have no approved transfers.

    :raises ValueError: there are approved transfers.
    """
    network = problem.network
    if len(network.facts):
        raise ValueError("monolith: expected no approved transfers")
    arcs = join_lanes(network)
    options = list_options(network, arcs)
    base = appraise(network, Moves.none(), problem.common)
    unpriced = np.zeros_like(arcs.price)
    relaxation = Relaxation(network, options, base, problem.common, unpriced)
    relaxed = relaxation.build(True, 0.0)
    useful = useful_volume(network, options, base)
    lane, day = np.nonzero(network.open & (useful[arcs.of_lane] > 0))
    arc, moved = arcs.of_lane[lane], len(options)
    from scipy.sparse import coo_matrix, diags, hstack, vstack

    per_case = np.ones(len(relaxed.gain))
    per_case[:moved] = options.case_units
    size = (len(arcs.origin) * network.days, len(relaxed.gain))
    trip = options.arc * network.days + options.day
    load = coo_matrix((options.case_m3, (trip, np.arange(moved))), shape=size)
    holds = np.minimum(network.vehicle_m3[lane], useful[arc, day])
    trips = np.arange(len(lane))
    room = coo_matrix((-holds, (arc * network.days + day, trips)), shape=(size[0], len(lane)))
    above = hstack([relaxed.matrix() @ diags(per_case), coo_matrix((len(relaxed.low), len(lane)))])
    matrix = vstack([above, hstack([load, room])], format="csr")
    # CP-SAT wants every column bounded, and is the more precise the closer.
    wanted = np.bincount(network.series_sku, problem.demand.mean.sum(axis=1), len(network.skus))
    most = 3 * float((wanted + _every(network)).max(initial=1.0))
    upper = np.append(
        np.minimum(relaxed.upper, most), np.full(len(lane), float(network.max_vehicles))
    )
    # Limits that are 0 but for rounding are infeasible to those who take them at their word.
    high = np.where(np.abs(relaxed.high) < 1e-4, 0.0, relaxed.high)
    # What moves relieve the mains of is an equation in fractions, which CP-SAT, in steps, has no
    # solution of; that it is no more than that says as much, since more of it is only of use.
    eased = np.isin(np.arange(len(high)), _rows_of(relaxed, relaxation))
    high = np.where(eased, np.inf, high)
    upper[:moved] = np.floor(_held(network, options) / options.case_units + 1e-9)
    some = np.flatnonzero(np.diff(matrix.indptr))
    matrix = matrix[some]
    whole = np.zeros(len(upper), dtype=bool)
    whole[:moved] = whole[len(per_case) :] = True
    programme = LinearProgramme(
        gain=np.append(relaxed.gain * per_case, -vehicle_money(network)[lane]),
        upper=upper,
        low=np.append(relaxed.low, np.full(size[0], -np.inf))[some],
        high=np.append(high, np.zeros(size[0]))[some],
        indptr=matrix.indptr.astype(np.int64),
        indices=matrix.indices.astype(np.int64),
        values=matrix.data,
    )
    return Monolith(network, options, programme, whole, lane, day)


def _rows_of(relaxed: LinearProgramme, relaxation: Relaxation) -> npt.NDArray[np.int64]:
    """Return the equations of the columns of demand that moves serve in the mains' place."""
    columns = slice(relaxation.by_path.at_eased, relaxation.by_path.at_far)
    rows = np.unique(relaxed.matrix().tocsc()[:, columns].indices)
    return rows[relaxed.low[rows] == relaxed.high[rows]]


def _held(network: Network, options: Options) -> Floats:
    """(options,) units that a main ever has; of other origins all that there are."""
    stock = np.zeros(len(network.cell_sku))
    np.add.at(stock, network.lots.cell, network.lots.units)
    every = _every(network)[options.sku]
    return np.where(options.from_main, stock[options.origin_cell], every)


def _every(network: Network) -> Floats:
    """(skus,) units that there are or will be."""
    lots = network.lots
    return np.bincount(network.cell_sku[lots.cell], lots.units, len(network.skus))
