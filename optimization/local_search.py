"""Steps that better a plan: fill, thin out, change a trip, move a trip; and where they begin.

Every step is judged by the exact lost-sales simulation on common paths, and only what makes the
profit larger is kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from data import Progress
from optimization.appraisal import Appraisal, appraise
from optimization.case_values import fill, thin_out, value_of_keeping
from optimization.churn import draft_of_last
from optimization.draft import Draft, stock_to_send
from optimization.evaluation import Draw
from optimization.fitting import drop_beyond_storage, fit
from optimization.network import Floats, Ints, Network, Truths
from optimization.options import Arcs, join_lanes, list_options, of_surplus
from optimization.place_gains import gain_by_place
from optimization.reappraisal import reappraise
from optimization.relaxed_start import relaxed_draft, whole_cases
from optimization.spare_vehicles import trim_fleet
from optimization.trip_changes import Change, change_trips, shift_trips
from optimization.trip_loads import best_loads
from optimization.visits import plan_visits

STORAGE_MARGIN = 0.01
"""Share of storage that planning keeps free, for the error of expected stock."""
PATIENCE = 8
"""Steps in a row that may bring next to nothing before it ends."""
_IMPROVING = "improving the plan"
_ROUNDS = 120
_ENOUGH = 1e-3
"""Share of the gain below which a step counts as idle."""
_REFILLS = 4
_REACH = 3
"""Days that a trip is moved at most."""
_EARLY = 8
"""Steps after which one start is compared with another."""
_MANY_OPTIONS = 200_000
"""Options above which time goes into changing trips, not into a second round of visits."""


class LocalSearch:
    """A plan that gets better step by step, on common paths, till the time is up.

    ``best`` is the draft so far, ``best_appraisal`` its run, ``best_profit`` its profit and
    ``nothing`` that without proposals; ``complete``: whether no step was left out for time.
    """

    def __init__(self, network: Network, draw: Draw, deadline: float, progress: Progress) -> None:
        self.network, self.draw, self.deadline, self.progress = network, draw, deadline, progress
        self.listed = self.options = list_options(network, join_lanes(network))
        self.facts_money = sum(network.moving_costs(network.facts).values())
        self.base = appraise(network, Draft.empty(network, self.options).moves(), draw)
        self.options = of_surplus(self.options, self.base.surplus())
        self.nothing = self._profit(Draft.empty(network, self.options), self.base)
        self.before = self.base.morning
        self._take(Draft.empty(network, self.options), self.base, self.nothing)
        self.complete = True
        self.refused: set[Change] = set()

    def _take(self, draft: Draft, appraisal: Appraisal, profit: float) -> None:
        """Make this draft the best one."""
        self.best, self.best_appraisal, self.best_profit = draft, appraisal, profit
        self.best_scores: Floats | None = None

    def start(self, warm: bool = False, relaxed: Floats | None = None) -> None:
        """Make first drafts: from the relaxation, or from visits; and from the last plan."""
        if not len(self.options):
            return
        if not warm and not (relaxed is not None and self._from(relaxed)):
            self._from_visits()
        if self.options.last.any():
            self._settle(draft_of_last(Draft.empty(self.network, self.options)), self._margins)
        # Nothing after this needs the run without proposals but its stock; its arrays are large.
        del self.base

    def _from(self, relaxed: Floats) -> bool:
        options = self.options
        chosen = relaxed[self.listed.find(options.arc, options.sku, options.day)]
        draft = relaxed_draft(self.network, self.options, chosen, self._appraise)
        return self._settle(draft, self._margins)

    def _from_visits(self) -> None:
        """Plan visits with stock valued as without and then as with a plan."""
        self._visits(self.base)
        renewed = self.best_appraisal
        again = len(self.options) <= _MANY_OPTIONS and not self.late()
        if renewed is not self.base and again:
            self._visits(replace(self.base, main_value=renewed.main_value, worth=renewed.worth))

    def _visits(self, values: Appraisal) -> None:
        draft = Draft.empty(self.network, self.options)
        score = np.zeros(len(self.options))
        for number, arcs in enumerate(_stages(self.network, self.options.arcs)):
            if self.late():
                break
            if number:
                now = self._appraise(draft)
                values = replace(now, main_value=values.main_value)
            send = stock_to_send(draft)
            score = np.maximum(score, plan_visits(draft, values, arcs, send))
            fit(draft, score)
        self._settle(draft, lambda: score)

    def _settle(
        self, draft: Draft, score: Callable[[], Floats], near: Appraisal | None = None
    ) -> bool:
        """Make a draft fit, appraise it, and keep it if it is the best so far.

        :param near: of a draft that is much like it, taken over.
        """
        appraisal = self._fitted(draft, score, near)
        if appraisal is None:
            return False
        trim_fleet(draft)
        profit = self._profit(draft, appraisal)
        if profit > self.best_profit + 1e-9 * abs(self.nothing):
            self._take(draft.copy(), appraisal, profit)
            return True
        return False

    def _fitted(
        self, draft: Draft, score: Callable[[], Floats], near: Appraisal | None = None
    ) -> Appraisal | None:
        """Make a draft fit, and run it; None where what it stores could not be made to fit."""
        fit(draft, score())
        appraisal = self._appraise(draft, near)
        for _ in range(8):
            dropped = drop_beyond_storage(
                draft, appraisal.morning, self.before, STORAGE_MARGIN, score()
            )
            if not dropped:
                return appraisal
            appraisal = self._appraise(draft, appraisal)
        return None

    def go_on_from(self, draft: Draft, appraisal: Appraisal | None = None) -> None:
        """Better this draft from now on, whether or not it is as good as the best so far.

        :param appraisal: its run, where that is known.
        """
        run = self._appraise(draft) if appraisal is None else appraisal
        self._take(draft, run, self._profit(draft, run))
        self.refused = set()

    def load_anew(self) -> bool:
        """Go on from the best draft's trips with what they had best carry; whether that is known.

        In whole cases it may well be worse at first.
        """
        draft = self.best.copy()
        # The largest of what there is: made again when its place is free.
        del self.best_appraisal
        units = best_loads(self.network, self.options, self.draw, draft.capacity(), self.late)
        self.best_appraisal = appraise(self.network, draft.moves(), self.draw)
        if units is None:
            return False
        draft.cases = whole_cases(self.options, units)
        appraisal = self._fitted(draft, self._margins)
        if appraisal is not None:
            self.go_on_from(draft, appraisal)
        return appraisal is not None

    def keep_by_place(self, other: Draft, run: Appraisal) -> set[int]:
        """Take another draft's moves to the places that gain by them; return these places.

        :param run: the other's, taken over.
        """
        gain = gain_by_place(self.best, self.best_appraisal, other, run)
        near: Appraisal | None = run
        for least in _floors(gain):
            if self._settle(self._only(other, gain > least), self._scores, near):
                return set(np.flatnonzero(gain > least).tolist())
            near = None
        return set()

    def improve(
        self,
        least: float = 0.0,
        patience: int = PATIENCE,
        told: bool = True,
        loads_alone: bool = False,
    ) -> None:
        """Fill, thin out, change and move trips while that makes the profit larger.

        :param least: gain without which it is given up early.
        :param patience: steps in a row that may bring next to nothing.
        :param told: whether the steps are the progress that is told.
        :param loads_alone: whether only cases change, not trips.
        """
        self._go_round(least, patience, told, loads_alone)
        if told:  # it mostly ends before its last round, and then is at its end all the same
            self.progress(_ROUNDS, _ROUNDS, _IMPROVING)

    def _go_round(self, least: float, patience: int, told: bool, loads_alone: bool) -> None:
        idle = 0
        for number in range(_ROUNDS):
            if idle >= patience or not len(self.options):
                return
            if number == _EARLY and self.best_profit - self.nothing < least:
                return
            if self.late():
                self.complete = False
                return
            if told:
                self.progress(number, _ROUNDS, _IMPROVING)
            cautious = idle >= patience // 2
            had = self.best_profit
            step = number % (2 if loads_alone else 4)
            if step == 0:
                draft = self.best.copy()
                before = self.before
                better = bool(
                    fill(draft, self.best_appraisal, before, STORAGE_MARGIN, cautious)
                ) and self._keep_what_gains(draft)
            elif step == 1:
                draft = self.best.copy()
                better = bool(thin_out(draft, self.best_appraisal, cautious))
                better = better and self._keep_what_gains(draft)
            else:
                better = self._change_trips(shift=step == 3)
            enough = _ENOUGH * (self.best_profit - self.nothing)
            idle = 0 if better and self.best_profit - had > enough else idle + 1

    def _change_trips(self, shift: bool) -> bool:
        """Change a trip at each place, or move it to another day; keep what gains, by place."""
        draft = self.best.copy()
        if shift:
            changes = shift_trips(draft, self.refused, _REACH)
        else:
            changes = change_trips(draft, self.best_appraisal, self.refused)
        if not changes:
            return False
        fit(draft, self._scores())
        kept = self.keep_by_place(draft, self._refill(draft))
        # What brought nothing may bring something once its place has changed.
        tried = {*self.refused, *changes}
        place = self.options.arcs.destination
        self.refused = {change for change in tried if int(place[change[0]]) not in kept}
        return bool(kept)

    def _only(self, draft: Draft, places: Truths) -> Draft:
        """Return the best draft with another's moves to these places."""
        mixed = self.best.copy()
        own = places[self.options.arcs.destination[self.options.arc]]
        mixed.cases[own] = draft.cases[own]
        lanes = places[self.network.destination]
        mixed.fleet[lanes] = draft.fleet[lanes]
        return mixed

    def _keep_what_gains(self, draft: Draft) -> bool:
        """Keep a draft's changes for the products that gain by them: products do not touch."""
        run = self._appraise(draft)
        money = run.by_sku - draft.landed_by_sku()
        gains = money > self.best_appraisal.by_sku - self.best.landed_by_sku() + 1e-7
        kept = self.best.copy()
        own = gains[self.options.sku]
        kept.cases[own] = draft.cases[own]
        return bool(gains.any()) and self._settle(kept, self._scores, run)

    def _refill(self, draft: Draft) -> Appraisal:
        """Fill changed trips, a step for each cell at a time; return the run of what goes then."""
        appraisal = self._appraise(draft)
        for _ in range(_REFILLS):
            if self.late() or not fill(draft, appraisal, self.before, STORAGE_MARGIN):
                break
            appraisal = self._appraise(draft, appraisal)
        return appraisal

    def _scores(self) -> Floats:
        """(options,) value per unit of what the best draft moves; small for the rest."""
        if self.best_scores is None:
            cases, units = self.best.cases, self.options.case_units
            rows = np.flatnonzero(cases)
            value = value_of_keeping(self.best, self.best_appraisal, rows, cases[rows])
            self.best_scores = np.zeros(len(self.options))
            self.best_scores[rows] = value / (cases[rows] * units[rows])
        return self.best_scores

    def _margins(self) -> Floats:
        """(options,) margin per unit: what ranks drafts whose units nobody has valued yet."""
        margin: Floats = self.network.margin[self.options.sku]
        return margin

    def _appraise(self, draft: Draft, near: Appraisal | None = None) -> Appraisal:
        """Run a draft.

        :param near: the run of a draft much like it, that nobody needs any more: taken over.
        """
        if near is None or near is self.best_appraisal:
            return reappraise(self.best_appraisal, draft.moves(), self.draw)
        return reappraise(near, draft.moves(), self.draw, take_over=True)

    def _profit(self, draft: Draft, appraisal: Appraisal) -> float:
        return float(appraisal.by_sku.sum() - draft.moving_money() - self.facts_money)

    def late(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() > self.deadline


def _floors(gain: Floats) -> list[float]:
    """Gains above which places are kept: all that gain, then the better half of these."""
    gains = gain[gain > 0]
    return [0.0, float(np.median(gains))] if len(gains) > 1 else [0.0] * len(gains)


def _stages(network: Network, arcs: Arcs) -> list[Ints]:
    """Arcs in the order of planning: to fronts before stores, for each place the cheapest first."""
    used = np.flatnonzero(
        arcs.open.any(axis=1) & (network.kind[arcs.origin] < network.kind[arcs.destination])
    )
    price = np.where(np.isfinite(arcs.price), arcs.price, np.nan)
    cheap = np.nanmin(price[used], axis=1) if len(used) else np.zeros(0)
    order = used[np.lexsort((arcs.origin[used], cheap, arcs.destination[used]))]
    place = arcs.destination[order]
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    stages = []
    for kind in (1, 2):
        of_kind = network.kind[place] == kind
        for number in range(int(rank[of_kind].max(initial=-1)) + 1):
            stages.append(order[of_kind & (rank == number)])
    return stages
