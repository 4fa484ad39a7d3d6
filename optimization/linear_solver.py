"""Linear programmes solved by OR-Tools in a process of their own, so that they can be ended.

A solver that crashes, hangs or uses up its time costs its answer and nothing else.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimization.network import Floats, Ints
from optimization.threads import spread

SOLVER = "glop"
"""GLOP and HiGHS agree; GLOP is the faster one on programmes of one product."""

DUAL_SIMPLEX = "use_dual_simplex: true"
"""For GLOP; faster where a main's places share nothing but its stock."""


@dataclass(frozen=True, eq=False)
class LinearProgramme:
    """Maximise ``gain`` · x + ``constant`` under ``low`` <= A x <= ``high``, 0 <= x <= ``upper``.

    :param indptr, indices, values: A in compressed rows, (rows, len(gain)).
    """

    gain: Floats
    upper: Floats
    low: Floats
    high: Floats
    indptr: Ints
    indices: Ints
    values: Floats
    constant: float = 0.0

    def matrix(self) -> Any:
        """Return A, a SciPy matrix in compressed rows."""
        from scipy.sparse import csr_matrix

        shape = (len(self.low), len(self.gain))
        return csr_matrix((self.values, self.indices, self.indptr), shape=shape)


def components(matrix: Any) -> tuple[int, Ints]:
    """Return into how many parts a matrix falls apart, and the part of its rows, then columns."""
    from scipy.sparse import bmat
    from scipy.sparse.csgraph import connected_components

    graph = bmat([[None, matrix], [matrix.T, None]], format="csr")
    parts, part = connected_components(graph, directed=False)
    return int(parts), part


@dataclass(frozen=True, eq=False)
class Solution:
    """The optimum: its ``objective``, ``x`` and the ``duals`` of the rows."""

    objective: float
    x: Floats
    duals: Floats


def solve_here(
    programme: LinearProgramme,
    solver: str,
    seconds: float,
    parameters: str = "",
    together: int = 0,
) -> Solution | None:
    """Solve in this process; None where no optimum is found in time.

    A programme that falls apart (by product, where nothing couples them) is solved part by part,
    on as many threads as there are (:mod:`optimization.threads`): OR-Tools needs no interpreter.

    :param parameters: the solver's own, such as :data:`DUAL_SIMPLEX`.
    :param together: parts of so many rows in all are solved at once, for less time between them.
    """
    until = time.monotonic() + seconds
    matrix = programme.matrix()
    shape = matrix.shape
    parts, part = components(matrix)
    if together:
        part = (np.cumsum(np.bincount(part[: shape[0]], minlength=parts)) // together)[part]
        parts = int(part.max(initial=-1)) + 1
    rows, columns = part[: shape[0]], part[shape[0] :]
    row_order, column_order = np.argsort(rows, kind="stable"), np.argsort(columns, kind="stable")
    row_ends = np.searchsorted(rows[row_order], np.arange(parts + 1))
    column_ends = np.searchsorted(columns[column_order], np.arange(parts + 1))
    x, duals = np.zeros(shape[1]), np.zeros(shape[0])

    def solve(number: int) -> float | None:
        own_rows = row_order[row_ends[number] : row_ends[number + 1]]
        own = column_order[column_ends[number] : column_ends[number + 1]]
        left = until - time.monotonic()
        answer = _solve_part(programme, matrix, own_rows, own, solver, left, parameters)
        if answer is None:
            return None
        x[own], duals[own_rows] = answer.x, answer.duals
        return answer.objective

    objective = 0.0
    for found in spread(solve, range(parts)):
        if found is None:
            return None
        objective += found
    return Solution(objective, x, duals)


def _solve_part(
    programme: LinearProgramme,
    matrix: Any,
    rows: Ints,
    columns: Ints,
    solver: str,
    seconds: float,
    parameters: str,
) -> Solution | None:
    from ortools.linear_solver.python import model_builder_helper

    gain, upper = programme.gain[columns], programme.upper[columns]
    if not len(rows):
        if ((gain > 0) & np.isinf(upper)).any():
            return None
        x = np.where(gain > 0, upper, 0.0)
        return Solution(float((gain * x).sum()), x, np.zeros(0))
    if seconds <= 0:
        return None
    model = model_builder_helper.ModelBuilderHelper()
    arrays: Any = (np.zeros(len(columns)), upper, gain, programme.low[rows], programme.high[rows])
    fill: Any = model.fill_model_from_sparse_data
    fill(*arrays, matrix[rows][:, columns])
    model.set_maximize(True)
    helper = model_builder_helper.ModelSolverHelper(solver)
    if not helper.solver_is_supported():
        return None
    helper.set_time_limit_in_seconds(seconds)
    if parameters:
        helper.set_solver_specific_parameters(parameters)
    helper.solve(model)
    if helper.status() != model_builder_helper.SolveStatus.OPTIMAL:
        return None
    return Solution(
        float(helper.objective_value()),
        np.asarray(helper.variable_values(), dtype=np.float64),
        np.asarray(helper.dual_values(), dtype=np.float64),
    )
