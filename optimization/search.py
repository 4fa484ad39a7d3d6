"""The search for a plan: starts, local search, and ways out of where that ends.

Local search ends where no step alone makes the plan better. Places that earn little are then
cleared together (:mod:`optimization.weak_places`), trips get what they had best carry
(:mod:`optimization.trip_loads`), and on networks where that takes seconds some trips of all places
are taken off (:mod:`optimization.perturbation`). Whatever does not come out better is undone, so
that a plan is never worse on the common paths than none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data import Progress
from optimization.appraisal import appraise
from optimization.block import Array
from optimization.draft import Draft
from optimization.evaluation import Draw
from optimization.local_search import PATIENCE, LocalSearch
from optimization.network import Floats, Network
from optimization.path_bound import applies
from optimization.perturbation import perturbed
from optimization.weak_places import LEAST_RETURN, cleared, weak_places

_PATIENCE_BEFORE_LOADS, _PATIENCE_AGAIN = 2, 4
"""Steps that may bring next to nothing where more is to come, and where a plan is bettered anew."""
_BOTH_STARTS = 8_000
"""Options up to which both starts are tried."""
_HOPEFUL = 0.95
"""The second start is given up where it soon has less than this share of the first one's gain."""
_BETTER = "looking for a better plan"
_PERTURBATIONS, _PERTURBATIONS_BETWEEN_LOADS, _PERTURBED_OPTIONS = 4, 1, 25_000
"""Most perturbations, and options in all of them together: they take time by the option."""


@dataclass(frozen=True, eq=False)
class Found:
    """The best draft of a search.

    :param profit: on the common paths; ``nothing`` that without proposals.
    :param complete: whether the search ended by itself, not by time.
    :param before: (cells, days) morning stock without proposals.
    """

    draft: Draft
    profit: float
    nothing: float
    complete: bool
    before: Array


def search(
    network: Network,
    draw: Draw,
    deadline: float,
    progress: Progress,
    *,
    warm: bool = False,
    relaxed: Floats | None = None,
    thorough: bool = True,
) -> Found:
    """Search for good moves.

    :param draw: common paths.
    :param deadline: ``time.monotonic()`` by which to stop.
    :param warm: begin with what the last plan said, and with nothing else.
    :param relaxed: units of each option of :func:`optimization.options.list_options` in the
        relaxation's optimum: then the search begins from these. Small networks also begin from
        visits, as all do without them, and the better plan is kept.
    :param thorough: whether to perturb what local search ends with.
    """
    run = LocalSearch(network, draw, deadline, progress)
    run.start(warm, relaxed)
    loaded = not warm and applies(network, run.options)
    run.improve(patience=_PATIENCE_BEFORE_LOADS if loaded else PATIENCE)
    if not warm and len(run.options):
        if relaxed is not None and len(run.options) <= _BOTH_STARTS:
            other = LocalSearch(network, draw, deadline, progress)
            other.start()
            other.improve(least=_HOPEFUL * (run.best_profit - run.nothing))
            run = other if other.best_profit > run.best_profit else run
        most = _PERTURBATIONS_BETWEEN_LOADS if loaded else _PERTURBATIONS
        times = min(most, _PERTURBED_OPTIONS // len(run.options)) if thorough else 0
        progress(0, 2 + times, _BETTER)
        _clear_weak_places(run)
        if loaded:
            progress(1, 2 + times, _BETTER)
            _reload(run)
        _perturb(run, times)
        if loaded and times:
            _reload(run)
        progress(2 + times, 2 + times, _BETTER)
    return Found(run.best, run.best_profit, run.nothing, run.complete, run.before)


def _clear_weak_places(run: LocalSearch) -> None:
    """Clear the places that earn little for their vehicles, and improve what is left anew."""
    if run.late() or not run.complete:
        return
    nothing = Draft.empty(run.network, run.options)
    base = appraise(run.network, nothing.moves(), run.draw)
    weak = weak_places(run.best, run.best_appraisal, base, LEAST_RETURN)
    del base
    if not weak.any():
        return
    kept, profit = run.best, run.best_profit
    run.go_on_from(cleared(kept, weak))
    run.improve(patience=_PATIENCE_AGAIN, told=False)
    if run.best_profit <= profit:
        run.go_on_from(kept)


def _reload(run: LocalSearch) -> None:
    """Give the trips what they had best carry, and improve that; undo it if it is worse."""
    if run.late() or not run.complete:
        return
    kept, profit = run.best, run.best_profit
    if not run.load_anew():
        return
    run.improve(patience=_PATIENCE_AGAIN, told=False, loads_alone=True)
    run.improve(patience=_PATIENCE_AGAIN, told=False)
    if run.best_profit <= profit:
        run.go_on_from(kept)


def _perturb(run: LocalSearch, times: int) -> None:
    """Take some trips off and improve what is left, so many times: iterated local search.

    What comes out is kept whole where it is better, else at the places that gain by it.
    """
    rng = np.random.default_rng(0)
    for number in range(times):
        if run.late() or not run.complete:
            return
        run.progress(2 + number, 2 + times, _BETTER)
        kept, appraisal, profit = run.best, run.best_appraisal, run.best_profit
        run.go_on_from(perturbed(kept, rng, consecutive=number % 2 == 0))
        run.improve(patience=_PATIENCE_AGAIN, told=False)
        if run.best_profit > profit:
            continue
        other, of_other = run.best, run.best_appraisal
        run.go_on_from(kept, appraisal)
        run.keep_by_place(other, of_other)
