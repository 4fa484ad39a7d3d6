"""OR-Tools' integer solvers on a programme, in a process that can be killed; what they find stays.

``python -m benchmarks.peers.solving FOLDER SOLVER SECONDS`` reads ``programme.npz`` (and, where
there is one, ``start.npy``) and writes ``answer.npz``. OR-Tools 9.15 drops what HiGHS has found
when the time is up, so HiGHS itself is told to write each improvement to ``improved.txt``.
"""

from __future__ import annotations

import datetime
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from optimization.linear_solver import LinearProgramme
from optimization.network import Floats, Truths

SOLVERS = {"scip": "GSCIP", "highs": "HIGHS", "cp_sat": "CP_SAT"}
GRACE = 90
"""Seconds that a solver may take beyond its limit, to state the programme and to stop."""
STEPS = 20.0
"""Parts of a unit that CP-SAT, which knows whole numbers only, counts in."""


@dataclass(frozen=True, eq=False)
class Found:
    """What a solver had at its limit.

    :param x: None where nothing came back. ``bound`` and ``objective`` are its own.
    """

    x: Floats | None
    objective: float | None
    bound: float | None
    seconds: float
    peak_mb: int
    reason: str


def solve_apart(
    programme: LinearProgramme,
    whole: Truths,
    solver: str,
    seconds: float,
    start: Floats | None = None,
    workers: int = 1,
) -> Found:
    """Solve in a child process; kill it :data:`GRACE` seconds after its limit.

    :param solver: one of :data:`SOLVERS`.
    :param start: a solution to begin from.
    """
    with tempfile.TemporaryDirectory(prefix="peer-") as name:
        folder = Path(name)
        parts = {key: getattr(programme, key) for key in _ARRAYS}
        np.savez(folder / "programme.npz", whole=whole, **parts)
        if start is not None:
            np.save(folder / "start.npy", start)
        began = time.perf_counter()
        command = [sys.executable, "-m", "benchmarks.peers.solving", name, solver]
        child = subprocess.Popen(
            [*command, str(seconds), str(workers)],
            cwd=Path(__file__).resolve().parents[2],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            _, errors = child.communicate(timeout=seconds + GRACE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            errors = f"killed {GRACE} s after its limit"
        took = time.perf_counter() - began
        return _read(folder, len(whole), took, errors.strip()[-500:])


def _read(folder: Path, columns: int, seconds: float, errors: str) -> Found:
    x: Floats | None = None
    told: dict[str, Any] = {"objective": None, "bound": None, "peak_mb": 0, "reason": errors}
    if (folder / "answer.json").exists():
        told |= json.loads((folder / "answer.json").read_text())
    if (folder / "answer.npy").exists():
        x = np.load(folder / "answer.npy")
    elif (folder / "improved.txt").exists():
        x = _last_improvement(folder / "improved.txt", columns)
        told["reason"] += ", solution from the file of improvements" if x is not None else ""
    return Found(x, told["objective"], told["bound"], seconds, told["peak_mb"], told["reason"])


def _last_improvement(path: Path, columns: int) -> Floats | None:
    """Read the last whole block of ``# Columns`` in a file of HiGHS' solutions."""
    blocks = path.read_text().split("# Columns ")[1:]
    for block in reversed(blocks):
        lines = block.splitlines()
        rows = [line.split() for line in lines[1 : 1 + int(lines[0].split()[0])]]
        x = np.zeros(columns)
        if len(rows) == int(lines[0].split()[0]) and all(len(row) >= 2 for row in rows):
            for row in rows:
                x[int(row[0].lstrip("Cc")) if len(row) == 3 else int(row[0][1:])] = float(row[-1])
            return x
    return None


_ARRAYS = ("gain", "upper", "low", "high", "indptr", "indices", "values")


def _model(programme: LinearProgramme, whole: Truths) -> Any:
    """Return the programme as a MathOpt model, made from arrays."""
    from ortools.math_opt import model_pb2
    from ortools.math_opt.python import mathopt

    proto = model_pb2.ModelProto()
    variables, rows = proto.variables, proto.linear_constraints
    variables.ids.extend(range(len(whole)))
    variables.lower_bounds.extend([0.0] * len(whole))
    variables.upper_bounds.extend(programme.upper.tolist())
    variables.integers.extend(whole.tolist())
    proto.objective.maximize = True
    earns = np.flatnonzero(programme.gain)
    proto.objective.linear_coefficients.ids.extend(earns.tolist())
    proto.objective.linear_coefficients.values.extend(programme.gain[earns].tolist())
    rows.ids.extend(range(len(programme.low)))
    rows.lower_bounds.extend(programme.low.tolist())
    rows.upper_bounds.extend(programme.high.tolist())
    matrix = programme.matrix()
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    entries = proto.linear_constraint_matrix
    entries.row_ids.extend(np.repeat(np.arange(len(rows.ids)), np.diff(matrix.indptr)).tolist())
    entries.column_ids.extend(matrix.indices.tolist())
    entries.coefficients.extend(matrix.data.tolist())
    return mathopt.Model.from_model_proto(proto)


def _parameters(solver: str, seconds: float, workers: int, folder: Path) -> Any:
    from ortools.math_opt.python import mathopt

    parameters = mathopt.SolveParameters(
        time_limit=datetime.timedelta(seconds=seconds), enable_output=True
    )
    if solver == "highs":
        parameters.highs.bool_options["mip_improving_solution_save"] = True
        parameters.highs.string_options["mip_improving_solution_file"] = str(
            folder / "improved.txt"
        )
    if solver == "cp_sat":
        parameters.threads = workers
        parameters.cp_sat.mip_var_scaling = STEPS
    return parameters


def main(place: str, solver: str, seconds: str, workers: str = "1") -> int:
    """Solve the programme in ``place`` and leave the answer there."""
    from ortools.math_opt.python import mathopt

    folder = Path(place)
    with np.load(folder / "programme.npz") as arrays:
        programme = LinearProgramme(**{name: arrays[name] for name in _ARRAYS})
        whole = arrays["whole"]
    model = _model(programme, whole)
    columns = list(model.variables())
    asked = mathopt.ModelSolveParameters()
    if (folder / "start.npy").exists():
        start = np.load(folder / "start.npy").tolist()
        values = dict(zip(columns, start, strict=True))
        asked.solution_hints.append(mathopt.SolutionHint(variable_values=values))
    kind = getattr(mathopt.SolverType, SOLVERS[solver])
    parameters = _parameters(solver, float(seconds), int(workers), folder)
    result = mathopt.solve(model, kind, params=parameters, model_params=asked)
    found = result.has_primal_feasible_solution()
    bounds = result.termination.objective_bounds
    told = {
        "objective": result.objective_value() if found else None,
        "bound": bounds.dual_bound if np.isfinite(bounds.dual_bound) else None,
        "reason": f"{result.termination.reason.value}, {result.termination.limit}",
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    if found:
        np.save(folder / "answer.npy", np.array(result.variable_values(columns)))
    (folder / "answer.json").write_text(json.dumps(told))
    return 0


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)
