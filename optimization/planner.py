"""The planner: from a brand, a forecast and people's decisions to a checked plan."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from data import Brand, Failure, Progress, silent
from forecasting.workers import Workers
from optimization.alternatives import alternatives
from optimization.appraisal import Appraisal, appraise
from optimization.block import Array
from optimization.bounding import Bounding
from optimization.check import Violation, check_plan
from optimization.churn import measured
from optimization.draft import Draft
from optimization.evaluation import Draw, Evaluation, evaluate
from optimization.least_gain import leave_out
from optimization.loading import cost_shares, load_vehicles, transfer_rows, trip_rows
from optimization.local_search import STORAGE_MARGIN
from optimization.network import Floats, Ints, Moves
from optimization.on_cluster import Call, plan_on_cluster
from optimization.plan import Plan, Status
from optimization.plan_tables import REASONS, TRANSFERS, completed, empty
from optimization.priorities import choose
from optimization.problem import Problem, state_problem
from optimization.reasons import as_json, explain
from optimization.search import Found, search
from optimization.threads import threads
from optimization.unmet_demand import stockouts, unmet_demand

OPTIMAL_GAP = 1e-3
_FOR_RELAXATION = 0.25
"""Share of the time limit that the search waits for the relaxation, to begin from its optimum."""
_REPAIRS = 6
_AFTERWORK = 0.2
"""Share of the time limit that is kept for evaluation, check and reasons."""


def plan_transfers(
    brand: Brand,
    forecast: pd.DataFrame,
    *,
    approved: pd.DataFrame | None = None,
    rejected: pd.DataFrame | None = None,
    last: pd.DataFrame | None = None,
    horizon: int | None = None,
    seed: int | None = None,
    time_limit: float | None = None,
    backend: str = "loky",
    workers: int | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Plan transfers of a brand.

    The same seed gives the same plan on any number of processors, here or on a cluster, unless the
    time limit ends the search or the wait for the relaxation.

    :param forecast: rows region, sku, date, mean, q05 … q95, c05 … c95.
    :param approved: lane, sku, dispatch_date, cases: facts, also what left and has not arrived.
    :param rejected: lane, sku, until: not proposed again up to that day.
    :param last: lane, sku, dispatch_date, cases: the last plan's transfers, whose change is
        measured and, at the brand's ``churn_price``, avoided.
    :param horizon: days; default: the brand's setting, as far as the forecast reaches.
    :param seed: of the sample paths; default: the brand's setting.
    :param time_limit: seconds after which the best plan so far is finished.
    :param backend: joblib's name of where: one that a cluster has registered (``dask``, ``ray``)
        hands the whole call to one worker there; the others mean this process.
    :param workers: processors used at once, >= 1, on a cluster the worker's; default: those at
        hand.
    :param progress: told what is being done, on a cluster only that it is; may raise
        :class:`~data.errors.Cancelled`.
    :returns: a plan that passes :func:`optimization.check.check_plan`; never one whose evaluated
        profit is below that of doing nothing: then nothing is proposed.
    :raises data.errors.BadForecast: the forecast does not fit.
    :raises data.errors.Failure: our own plan breaks a limit and could not be mended, or there is
        no such backend.
    """
    started = time.monotonic()
    given: dict[str, Any] = {
        "approved": approved,
        "rejected": rejected,
        "last": last,
        "horizon": horizon,
        "seed": seed,
    }
    tell = progress or silent
    if not Workers(backend).here:
        choices = {**given, "time_limit": time_limit, "workers": workers}
        return plan_on_cluster(Call(brand, forecast, choices), backend, tell)
    with threads(1 if backend == "sequential" else workers):
        problem = state_problem(brand, forecast, **given)
        limit = problem.settings.time_limit_seconds if time_limit is None else time_limit
        work = _Work(brand, forecast, approved, rejected, problem, started, limit, tell)
        return work.plan()


@dataclass(eq=False)
class _Work:
    brand: Brand
    forecast: pd.DataFrame
    approved: pd.DataFrame | None
    rejected: pd.DataFrame | None
    problem: Problem
    started: float
    limit: float
    progress: Progress
    details: dict[str, Any] = field(default_factory=dict)

    def plan(self) -> Plan:
        """Search while the relaxation is solved beside it, then finish, check and explain."""
        network = self.problem.network
        common = self.problem.common(slice(0, len(network.series_sku)))
        draw = _from(common)
        deadline = self.started + self.limit * (1 - _AFTERWORK)
        self.details["seed"] = self.problem.seed
        problem = self.problem
        self.details["paths"] = {"common": problem.common_paths, "fresh": problem.fresh_paths}
        if network.dropped:
            self.details["left_out"] = network.dropped
        self.progress(0, 4, "valuing stock")
        bound = Bounding(self.problem.network, common, deadline)
        try:
            self.progress(1, 4, "searching transfers")
            found = self._found(draw, deadline, bound.units(self.limit * _FOR_RELAXATION))
            self.progress(2, 4, "bounding what is possible")
            objective, answered, meaning = bound.result()
        finally:
            bound.close()
        self.details["bound_of"] = meaning
        self.progress(3, 4, "checking and explaining")
        plan = self._finish(found, draw, objective, answered)
        self.progress(4, 4, "checking and explaining")
        return plan

    def _found(self, draw: Draw, deadline: float, relaxed: Floats | None) -> Found:
        """Search under priorities, and leave out what gains too little."""
        network, settings = self.problem.network, self.problem.settings
        found, fairness = choose(
            network,
            draw,
            settings,
            lambda priced, first: search(
                priced, draw, deadline, self.progress, relaxed=relaxed, thorough=first
            ),
            lambda: time.monotonic() > deadline,
        )
        if fairness is not None:
            self.details["fairness"] = asdict(fairness)
        leave_out(
            found.draft,
            lambda draft: appraise(network, draft.moves(), draw),
            settings.min_gain,
            settings.min_trip_gain,
        )
        return found

    def _finish(self, found: Found, draw: Draw, bound: float | None, answered: bool) -> Plan:
        network = self.problem.network
        nothing = evaluate(network, Moves.none(), self.problem.fresh)
        draft = found.draft
        for _ in range(_REPAIRS):
            moves, option = load_vehicles(draft)
            outcome = evaluate(network, moves, self.problem.fresh) if len(moves) else nothing
            if outcome.profit <= nothing.profit and len(moves):
                draft = Draft.empty(network, draft.options)
                self.details["nothing_because"] = "no gain on fresh paths"
                continue
            appraisal = appraise(network, draft.moves(), draw)
            plan = self._assemble(
                draft, appraisal, found.before, draw, moves, option, outcome, nothing, bound
            )
            plan = self._with_status(plan, found.complete, answered)
            broken = check_plan(plan, self.brand, self.forecast, self.approved, self.rejected)
            if not broken:
                return plan
            if not self._mend(draft, broken):
                break
        raise Failure("The plan breaks its own limits: " + "; ".join(map(str, broken[:5])))

    def _mend(self, draft: Draft, broken: list[Violation]) -> bool:
        """Drop what breaks a limit; False where the violation names nothing to drop."""
        network, options = self.problem.network, draft.options
        had = int(draft.cases.sum())
        place = network.locations[network.cell_location[options.cell]]
        origin = network.locations[network.cell_location[options.origin_cell]]
        for violation in broken:
            where = violation.where.split(", ")
            ends = origin if violation.code == "stock" else place
            rows = (ends == where[0]) & (draft.cases > 0)
            if len(where) > 2 or violation.code == "stock":
                rows &= network.skus[options.sku] == where[1]
            if violation.code in ("storage", "handling", "assortment"):
                # A tenth at a time: expected stock on fresh paths is over by little.
                chosen = np.flatnonzero(rows)
                draft.cases[chosen] -= np.ceil(draft.cases[chosen] / 10).astype(np.int64)
            else:
                draft.cases[rows] = 0
        return int(draft.cases.sum()) < had

    def _with_status(self, plan: Plan, complete: bool, answered: bool) -> Plan:
        status: Status = "feasible"
        if plan.proposed.empty:
            status = "nothing_to_do"
        elif not complete:
            status = "time_limit"
        elif not answered:
            status = "no_bound"
        elif plan.gap is not None and plan.gap <= OPTIMAL_GAP:
            status = "optimal"
        return replace(plan, status=status, seconds=time.monotonic() - self.started)

    def _assemble(
        self,
        draft: Draft,
        appraisal: Appraisal,
        before: Array,
        draw: Draw,
        moves: Moves,
        option: Ints,
        outcome: Evaluation,
        nothing: Evaluation,
        bound: float | None,
    ) -> Plan:
        network = self.problem.network
        facts = network.facts
        every = moves + facts
        reasons = explain(
            self.problem, draft, appraisal, before, draw, outcome.served[0], STORAGE_MARGIN
        )
        transfers, reasons = self._transfers(draft, appraisal, moves, option, reasons)
        shares = cost_shares(network, every, every)
        reasons["cost_share"] = shares
        order = transfers.sort_values(
            ["dispatch_date", "lane", "sku"], kind="stable"
        ).index.to_numpy()
        transfers = transfers.loc[order].reset_index(drop=True)
        reasons = reasons.loc[order].reset_index(drop=True)
        number = transfers.groupby("dispatch_date").cumcount() + 1
        names = [
            f"{day:%Y%m%d}-{count:04d}"
            for day, count in zip(transfers["dispatch_date"], number, strict=True)
        ]
        transfers["transfer"] = reasons["transfer"] = names
        reasons = reasons[list(REASONS)] if len(reasons) else empty(REASONS)
        transfers["expected_gain"] = reasons["gain"].to_numpy()
        transfers["reason"] = as_json(reasons)
        objective = float(appraisal.by_sku.sum() - sum(network.moving_costs(every).values()))
        unmet, totals = unmet_demand(draft, appraisal, before, outcome, STORAGE_MARGIN)
        churn = measured(network, draft.options.arcs, every)
        if churn is not None:
            totals = {**totals, "churn": churn}
        gap = None if bound is None else (bound - objective) / max(abs(bound), 1e-9)
        return Plan(
            as_of=network.as_of,
            horizon_days=network.days,
            currency=network.currency,
            status="feasible",
            objective=objective,
            evaluated=outcome.profit,
            doing_nothing=nothing.profit,
            bound=bound,
            gap=gap,
            seconds=0.0,
            transfers=transfers if len(transfers) else empty(TRANSFERS),
            trips=trip_rows(network, every),
            reasons=reasons,
            costs=outcome.money,
            service=outcome.service,
            unmet=unmet,
            stockouts=stockouts(network, nothing, outcome),
            details={
                **self.details,
                **totals,
                "standard_error": outcome.error,
                "service_doing_nothing": dict(nothing.service),
                "costs_doing_nothing": dict(nothing.money),
            },
        )

    def _transfers(
        self,
        draft: Draft,
        appraisal: Appraisal,
        moves: Moves,
        option: Ints,
        reasons: pd.DataFrame,
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Proposals and facts with their reasons; an option on two lanes shares its gain."""
        network = self.problem.network
        proposed = transfer_rows(network, moves, "proposed")
        rows = np.flatnonzero(draft.cases)
        own = reasons.iloc[np.searchsorted(rows, option)].reset_index(drop=True)
        part = moves.cases / draft.cases[option]
        for name in ("gain", "saved_lost", "saved_far"):
            own[name] = own[name].to_numpy(np.float64) * part
        own["status"] = "proposed"
        gain = own["gain"].to_numpy(np.float64) if len(moves) else np.zeros(0)
        choices = alternatives(draft, appraisal, moves, gain, network.facts)
        own = pd.concat([own, choices], axis=1)
        held = transfer_rows(network, network.facts, "approved")
        known = pd.DataFrame({"status": held["status"], "limited_by": ""})
        if len(held):
            proposed = pd.concat([proposed, held], ignore_index=True) if len(moves) else held
            own = pd.concat([own, known], ignore_index=True) if len(moves) else known
        own = completed(own, REASONS)
        # A fact's gain is sunk: it stands whatever this plan says.
        own["gain"] = own["gain"].fillna(0.0)
        return proposed, own


def _from(common: Array) -> Draw:
    return lambda series: common[:, series]
