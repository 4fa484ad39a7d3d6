"""The linear relaxation of a network, built and solved in another process.

Built there, since its rows take more memory than all else that a plan needs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from optimization.appraisal import appraise
from optimization.block import Array
from optimization.linear_model import linear_programme
from optimization.linear_solver import SOLVER, Solution, solve_here
from optimization.network import Moves, Network
from optimization.options import join_lanes, list_options
from optimization.threads import thread_count, threads
from optimization.work_apart import Endable, handed_over


class Relaxing(Endable):
    """:func:`optimization.linear_model.linear_programme` of a network at work elsewhere."""

    def __init__(
        self,
        network: Network,
        common: Array,
        coupled: bool,
        seconds: float,
        solver: str = SOLVER,
    ) -> None:
        super().__init__(seconds)
        self.hand_over(network, common)
        words = (str(int(coupled)), solver, str(seconds), str(thread_count()))
        self.start("optimization.relaxing", *words)

    def result(self) -> Solution | None:
        """Wait for the optimum until the time is up; None where there is none."""
        path = self.folder / "answer.npz"
        if not self.wait() or not path.exists():
            return None
        with np.load(path) as answer:
            return Solution(float(answer["objective"]), answer["x"], answer["duals"])


def main(folder: str, coupled: str, solver: str, seconds: str, workers: str) -> int:
    """Solve the relaxation of the network in ``folder`` and leave the answer there."""
    network, draw = handed_over(Path(folder))
    with threads(int(workers)):
        options = list_options(network, join_lanes(network))
        base = appraise(network, Moves.none(), draw)
        programme = linear_programme(network, options, base, draw, bool(int(coupled)))
        del base
        solution = solve_here(programme, solver, float(seconds))
    if solution is None:
        return 1
    objective = solution.objective + programme.constant
    unfinished = Path(folder) / "unfinished.npz"
    np.savez(unfinished, objective=objective, x=solution.x, duals=solution.duals)
    unfinished.replace(Path(folder) / "answer.npz")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
