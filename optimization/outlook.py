"""A plan seen from above: money at risk, the worst products, the trips that wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from optimization.plan import COSTS, FIELDS, Plan

_MEASURES = ("lost_units_without", "lost_units_with", "lost_money_without", "lost_money_with")
FULL = 0.95
"""Fill from which a trip counts as full."""


def at_risk(stockouts: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Add up expected losses without and with the plan.

    :param stockouts: as in :data:`optimization.plan_tables.STOCKOUTS`.
    :param by: columns of it to keep: region, sku, date.
    :returns: ``by`` and the four ``lost_…`` columns, the most money at risk without the plan
        first; by date in the order of days.
    """
    added = stockouts.groupby(list(by), observed=True, as_index=False)[list(_MEASURES)].sum()
    if list(by) == ["date"]:
        return added
    order = added["lost_money_without"].sort_values(ascending=False, kind="stable").index
    return added.loc[order].reset_index(drop=True)


def worst(stockouts: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return the series that miss the most profit even with the plan.

    :returns: region, sku, lost_units_with, lost_money_without, lost_money_with, first_day (the
        first day that is more likely short than not under the plan; NaT where none is), at most
        ``count`` rows, the most money first.
    """
    added = at_risk(stockouts, ["region", "sku"])
    added = added[added["lost_money_with"] > 0]
    likely = stockouts[stockouts["probability_with"] >= 0.5]
    first = likely.groupby(["region", "sku"], observed=True)["date"].min()
    added = added.merge(first.rename("first_day").reset_index(), how="left")
    return added.nlargest(count, "lost_money_with").reset_index(drop=True)


def waiting_trips(
    plan: Plan, lanes: pd.DataFrame, waiting: pd.Series | None = None
) -> pd.DataFrame:
    """Return the trips with transfers that wait for a decision, the soonest first.

    :param lanes: of the brand.
    :param waiting: names of the transfers that wait; default: all that the plan proposes.
    :returns: lane, dispatch_date, origin, destination, transfers (waiting), gain (theirs),
        vehicles, fill, cost, full (whether the trip is filled to :data:`FULL`), days_left (days
        from the as-of day to the dispatch: 1 is tomorrow).
    """
    rows = plan.proposed
    if waiting is not None:
        rows = rows[rows["transfer"].isin(waiting)]
    keys = ["lane", "dispatch_date"]
    trips = rows.groupby(keys, as_index=False).agg(
        transfers=("transfer", "size"), gain=("expected_gain", "sum")
    )
    trips = trips.merge(plan.trips[[*keys, "vehicles", "fill", "cost"]], on=keys, how="left")
    trips = trips.merge(lanes[["lane", "origin", "destination"]], on="lane", how="left")
    trips["full"] = trips["fill"] >= FULL
    trips["days_left"] = (trips["dispatch_date"] - plan.as_of).dt.days
    order = trips.sort_values(["dispatch_date", "gain"], ascending=[True, False], kind="stable")
    return order.reset_index(drop=True)


def shares(service: Mapping[str, float]) -> dict[str, float]:
    """Return the share of demand that each field serves; zeros where there is no demand.

    >>> shares({"near": 2.0, "mid": 1.0, "far": 1.0, "lost": 0.0})["near"]
    0.5
    """
    total = sum(service.get(field, 0.0) for field in FIELDS)
    return {field: service.get(field, 0.0) / total if total else 0.0 for field in FIELDS}


def bought(service: Mapping[str, float], conversion: Mapping[str, float]) -> dict[str, float]:
    """Return the share of demand that is bought from each field, and that is ``not_bought``.

    Of demand that a field serves its conversion is bought; who is not served, or will not wait,
    does not buy. So, unlike demand served, what is served nearer never counts as less.

    :param service: expected units of demand by field (:data:`~optimization.plan.FIELDS`).
    :param conversion: share of demand that still buys, by field near, mid and far.

    >>> bought({"near": 0.0, "mid": 5.0, "far": 5.0}, {"near": 1.0, "mid": 1.0, "far": 0.5})
    {'near': 0.0, 'mid': 0.5, 'far': 0.25, 'not_bought': 0.25}
    """
    of = {field: share * conversion.get(field, 0.0) for field, share in shares(service).items()}
    del of["lost"]
    return {**of, "not_bought": max(1.0 - sum(of.values()), 0.0) if any(service.values()) else 0.0}


def gain_parts(plan: Plan) -> dict[str, float]:
    """Return what the plan's gain is made of: the money by kind that it adds to doing nothing.

    :returns: sales, end_value and, negative where they cost more, the costs
        (:data:`~optimization.plan.COSTS`): they add up to ``plan.gain``. Empty where the plan does
        not tell what doing nothing costs (one made before it did).
    """
    before = plan.details.get("costs_doing_nothing")
    if not before:
        return {}
    signs = {"sales": 1.0, "end_value": 1.0, **dict.fromkeys(COSTS, -1.0)}
    return {
        kind: sign * (plan.costs.get(kind, 0.0) - before.get(kind, 0.0))
        for kind, sign in signs.items()
    }


def why_missed(plan: Plan) -> dict[str, float]:
    """Return what stops the profit that is missed even with the plan, the most of it first.

    :returns: code of :data:`optimization.plan_tables.LIMITS` to its share of the missed profit.
        Only a plan's dearest series tell why (``plan.unmet``), so the shares may add up to less
        than 1.
    """
    whole = float(plan.stockouts["lost_money_with"].sum())
    if whole <= 0:
        return {}
    added = plan.unmet.groupby("constraint")["value"].sum().sort_values(ascending=False)
    return {str(code): float(value) / whole for code, value in added.items()}
