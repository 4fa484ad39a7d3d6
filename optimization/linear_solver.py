"""Linear programmes solved by OR-Tools in a process of their own, so that they can be ended.

A solver that crashes, hangs or uses up its time costs its answer and nothing else.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from optimization.network import Floats, Ints
from optimization.threads import spread, thread_count, threads

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


class Endable:
    """Work in another process, with a folder for it; close it, or use it in a ``with`` block."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._files = tempfile.TemporaryDirectory(prefix="nearfield-")
        self.folder = Path(self._files.name)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, module: str, *arguments: str) -> None:
        """Run a module of ours on the folder."""
        root = str(Path(__file__).resolve().parents[1])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, str(self.folder), *arguments],
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it ends, and whether it ended well; without ``seconds``, end it at its time.

        :param seconds: the most to wait; then the work goes on.
        """
        if self._process is None:
            return False
        left = max(self._until - time.monotonic(), 0.0) + 1.0
        try:
            self._process.wait(left if seconds is None else min(seconds, left))
        except subprocess.TimeoutExpired:
            if seconds is None:
                self.close()
            return False
        return not self._process.returncode

    def close(self) -> None:
        """End the process, whatever it does, and remove its files."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._files.cleanup()


class Solving(Endable):
    """A solver at work on a programme in another process."""

    def __init__(self, programme: LinearProgramme, seconds: float, solver: str = SOLVER) -> None:
        super().__init__(seconds)
        self.programme = programme
        arrays = {name: getattr(programme, name) for name in _ARRAYS}
        np.savez(self.folder / "programme.npz", **arrays)
        self.start("optimization.linear_solver", solver, str(seconds), str(thread_count()))

    def result(self) -> Solution | None:
        """Wait for the optimum until the time is up; None where there is none."""
        path = self.folder / "answer.npz"
        if not self.wait() or not path.exists():
            return None
        with np.load(path) as answer:
            objective = float(answer["objective"]) + self.programme.constant
            return Solution(objective, answer["x"], answer["duals"])


_ARRAYS = ("gain", "upper", "low", "high", "indptr", "indices", "values")


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


def main(folder: str, solver: str, seconds: str, workers: str) -> int:
    """Solve the programme in ``folder`` and leave the answer there."""
    with np.load(Path(folder) / "programme.npz") as arrays:
        programme = LinearProgramme(**{name: arrays[name] for name in _ARRAYS})
    with threads(int(workers)):
        solution = solve_here(programme, solver, float(seconds))
    if solution is None:
        return 1
    unfinished = Path(folder) / "unfinished.npz"
    np.savez(unfinished, objective=solution.objective, x=solution.x, duals=solution.duals)
    unfinished.replace(Path(folder) / "answer.npz")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
