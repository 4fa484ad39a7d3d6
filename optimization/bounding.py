"""The bounds of a plan, made in other processes while the search runs; the least counts."""

from __future__ import annotations

import time

from optimization.block import Array
from optimization.bound_by_parts import BoundingByParts
from optimization.linear_solver import Solution
from optimization.network import Floats, Network
from optimization.options import join_lanes, list_options
from optimization.path_bound import PathBounding, applies
from optimization.relaxing import Relaxing

LINEAR_OPTIONS = 150_000
"""Above so many options the linear relaxation is built and solved a range of products at a time."""
COUPLED_OPTIONS = 20_000
"""Above so many options the relaxation is without the limits that couple products."""
PATH_OPTIONS = 5_000
"""From so many options on paths are bounded one by one too: below, the relaxation is quick."""


class Bounding:
    """The linear relaxation and, where it applies, the bound that knows lost sales beside it.

    Where no linear programme could hold the network, the latter alone, if it applies.
    """

    def __init__(self, network: Network, common: Array, deadline: float) -> None:
        options = list_options(network, join_lanes(network))
        self.count = len(options)
        self.coupled = self.count <= COUPLED_OPTIONS
        by_path = self.count >= PATH_OPTIONS and applies(network, options)
        del options
        seconds = max(deadline - time.monotonic(), 1.0)
        self.relaxation: Relaxing | BoundingByParts | None = None
        self.paths = PathBounding(network, common, seconds) if by_path else None
        if self.count > LINEAR_OPTIONS:
            self.relaxation = None if by_path else BoundingByParts(network, common, seconds)
        elif self.count:
            self.relaxation = Relaxing(network, common, self.coupled, seconds)

    def units(self, seconds: float) -> Floats | None:
        """Wait so long for the units of each option in the optimum; None where there are none."""
        if not isinstance(self.relaxation, Relaxing) or not self.relaxation.wait(seconds):
            return None
        found = self.relaxation.result()
        return None if found is None else found.x[: self.count]

    def result(self) -> tuple[float | None, bool, str]:
        """The least bound, whether one was found where one was asked for, and what it is of."""
        if self.relaxation is None and self.paths is None:
            return None, True, "none"
        found = None if self.relaxation is None else self.relaxation.result()
        relaxed = found.objective if isinstance(found, Solution) else found
        paths = None if self.paths is None else self.paths.result()
        if paths is not None and (relaxed is None or paths < relaxed):
            return paths, True, _OF_PATHS
        return relaxed, relaxed is not None, "none" if relaxed is None else self._of_relaxation()

    def _of_relaxation(self) -> str:
        limits = "" if self.coupled else _WITHOUT_LIMITS
        return (
            "expected profit on the common paths of any plan that moves stock from mains to fronts"
            f" and stores, from fronts to stores, fronts and mains{limits}: optimum of the linear"
            " relaxation (cases and vehicles divisible, sales bounded by cumulated demand)"
        )

    def close(self) -> None:
        """End what is still at work."""
        for work in (self.relaxation, self.paths):
            if work is not None:
                work.close()


_WITHOUT_LIMITS = ", without the limits of storage, handling and vehicle numbers"
_OF_PATHS = (
    "expected profit on the common paths of any plan that moves stock from mains to fronts and"
    f" stores{_WITHOUT_LIMITS}: each path for itself at prices that make paths agree (cases"
    " divisible, a place's vehicles whole, over the horizon or arrival by arrival, whichever bounds"
    " it lower; sales lost as in the simulation)"
)
