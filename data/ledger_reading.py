"""The ledger's frames: what stands, what happened, and what the next plan takes as given."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, Select, and_, func, or_, select

from data.ledger_tables import (
    ON_EVENT,
    ON_LAST_EVENT,
    ON_STATE,
    events,
    plans,
    proposals,
    states,
)
from data.transitions import OPEN, Action, State

TRANSFER_COLUMNS: Final = {
    "transfer": "str",
    "plan": "str",
    "lane": "str",
    "origin": "str",
    "destination": "str",
    "sku": "str",
    "dispatch_date": "datetime64[ns]",
    "arrive_date": "datetime64[ns]",
    "proposed_cases": "int64",
    "cases": "int64",
    "units": "float64",
    "m3": "float64",
    "expected_gain": "float64",
    "state": "str",
    "version": "int64",
    "decided_by": "str",
    "decided_at": "datetime64[ns, UTC]",
    "reason": "str",
    "text": "str",
    "until": "datetime64[ns]",
    "received_cases": "float64",
    "exported": "str",
    "undoable": "bool",
}
"""Columns of :func:`transfers`. Empty texts stand for nothing; NaT and NaN likewise."""

EVENT_COLUMNS: Final = {
    "number": "int64",
    "at": "datetime64[ns, UTC]",
    "who": "str",
    "action": "str",
    "plan": "str",
    "transfer": "str",
    "lane": "str",
    "sku": "str",
    "dispatch_date": "datetime64[ns]",
    "version": "float64",
    "from_state": "str",
    "state": "str",
    "from_cases": "float64",
    "cases": "float64",
    "received_cases": "float64",
    "reason": "str",
    "text": "str",
    "until": "datetime64[ns]",
    "export": "str",
    "undoes": "float64",
    "request": "str",
}
"""Columns of :func:`events_frame`; numbers are missing where an event is of no transfer."""

PLAN_COLUMNS: Final = {
    "plan": "str",
    "as_of": "datetime64[ns]",
    "recorded_at": "datetime64[ns, UTC]",
    "recorded_by": "str",
    "proposed": "int64",
    "superseded": "int64",
    "carried": "int64",
    "overtaken": "int64",
    "known": "int64",
}


def transfers(
    connection: Connection,
    brand: int,
    latest: str | None,
    *,
    plan: str | None,
    states_wanted: Collection[State] | None,
    with_plan_reason: bool,
) -> pd.DataFrame:
    """Return transfers as they stand, by dispatch date, lane, sku.

    :param latest: the plan recorded last.
    :param plan: only this plan's, all of them; None: the latest plan's that are not superseded,
        and those of earlier plans that are still open or whose rejection may still stand.
    """
    columns = [
        *(proposals.c[name] for name in _names(proposals)),
        *(states.c[name] for name in _names(states)),
        states.c.export.label("exported"),
    ]
    if with_plan_reason:
        columns.append(proposals.c.plan_reason)
    query = select(*columns, proposals.c.proposed_units, proposals.c.proposed_m3)
    query = query.join_from(proposals, states, ON_STATE).where(proposals.c.brand == brand)
    if plan is not None:
        query = query.where(proposals.c.plan == plan)
    elif states_wanted is None:
        query = query.where(_on_the_board(latest))
    if states_wanted is not None:
        query = query.where(states.c.state.in_([State(state).value for state in states_wanted]))
    result = connection.execute(query)
    frame = pd.DataFrame(result.all(), columns=list(result.keys()))
    dtypes = dict(TRANSFER_COLUMNS) | ({"plan_reason": "str"} if with_plan_reason else {})
    share = frame["cases"] / frame["proposed_cases"]
    frame["units"] = frame["proposed_units"] * share
    frame["m3"] = frame["proposed_m3"] * share
    frame["undoable"] = frame["undoable"].notna()
    return _sorted(_typed(frame, dtypes))


def events_frame(
    connection: Connection, brand: int, filters: Mapping[str, Any], limit: int | None
) -> pd.DataFrame:
    """Return events, newest first.

    :param filters: ``since`` and ``until`` (moments), ``who``, ``action``, ``plan``,
        ``transfer``, ``lane``, ``sku``, ``request``, ``after`` (an event's number).
    """
    query = _events_query(brand).order_by(events.c.number.desc()).limit(limit)
    for name, value in filters.items():
        if value is not None:
            query = query.where(_condition(name, value))
    return _events_of(connection, query)


def history(connection: Connection, brand: int, plan: str | None, transfer: str) -> pd.DataFrame:
    """Return all events of a transfer, oldest first, of every plan that proposed the same move.

    :param plan: None: the newest plan that has a transfer of this id.
    """
    query = select(proposals.c.lane, proposals.c.sku, proposals.c.dispatch_date).where(
        proposals.c.brand == brand, proposals.c.transfer == transfer
    )
    if plan is not None:
        query = query.where(proposals.c.plan == plan)
    key = connection.execute(query.order_by(proposals.c.number.desc()).limit(1)).one_or_none()
    if key is None:
        return _typed(pd.DataFrame(), EVENT_COLUMNS)
    lane, sku, day = key
    return _events_of(
        connection,
        _events_query(brand)
        .where(proposals.c.lane == lane, proposals.c.sku == sku, proposals.c.dispatch_date == day)
        .order_by(events.c.number),
    )


def plans_frame(connection: Connection, brand: int) -> pd.DataFrame:
    """Return the recorded plans, newest first."""
    query = (
        select(plans, events.c.at.label("recorded_at"), events.c.who.label("recorded_by"))
        .join_from(
            plans, events, and_(plans.c.brand == events.c.brand, plans.c.event == events.c.number)
        )
        .where(plans.c.brand == brand)
        .order_by(plans.c.event.desc())
    )
    return _frame(connection, query, PLAN_COLUMNS)


def approved(connection: Connection, brand: int, as_of: date) -> pd.DataFrame:
    """Return what moves, or is on its way, after the as-of day: facts for the next plan.

    Approved and dispatched transfers that arrive after the as-of day; and received ones that
    left after it, with what was received, for the stock of the as-of day does not hold them.

    :returns: lane, sku, dispatch_date, cases; one row a key, sorted.
    """
    moved = states.c.state == State.RECEIVED.value
    cases = func.coalesce(states.c.received_cases, states.c.cases)
    query = (
        select(
            proposals.c.lane,
            proposals.c.sku,
            proposals.c.dispatch_date,
            func.sum(cases).label("cases"),
        )
        .join_from(proposals, states, ON_STATE)
        .where(
            proposals.c.brand == brand,
            or_(
                and_(
                    states.c.state.in_([State.APPROVED.value, State.DISPATCHED.value]),
                    proposals.c.arrive_date > as_of,
                ),
                and_(moved, proposals.c.dispatch_date > as_of, states.c.received_cases > 0),
            ),
        )
        .group_by(proposals.c.lane, proposals.c.sku, proposals.c.dispatch_date)
    )
    dtypes = {name: TRANSFER_COLUMNS[name] for name in ("lane", "sku", "dispatch_date", "cases")}
    return _sorted(_frame(connection, query, dtypes))


def rejected(connection: Connection, brand: int, as_of: date) -> pd.DataFrame:
    """Return the rejections that stand after the as-of day.

    :returns: lane, sku, until: the product is not to leave on the lane up to and including
        that day; one row a lane and sku, sorted.
    """
    query = (
        select(proposals.c.lane, proposals.c.sku, func.max(states.c.until).label("until"))
        .join_from(proposals, states, ON_STATE)
        .join(events, ON_LAST_EVENT)
        .where(
            proposals.c.brand == brand,
            states.c.state == State.REJECTED.value,
            states.c.until > as_of,
            # A rejection that was carried over stands as long as the one that it came from.
            events.c.action == Action.REJECT.value,
        )
        .group_by(proposals.c.lane, proposals.c.sku)
    )
    return _sorted(
        _frame(connection, query, {"lane": "str", "sku": "str", "until": "datetime64[ns]"})
    )


def _names(table: Any) -> list[str]:
    return [name for name in TRANSFER_COLUMNS if name in table.c]


def _on_the_board(latest: str | None) -> Any:
    still_open = states.c.state.in_([state.value for state in OPEN])
    of_latest = and_(proposals.c.plan == latest, states.c.state != State.SUPERSEDED.value)
    as_of = select(plans.c.as_of).where(plans.c.brand == proposals.c.brand, plans.c.plan == latest)
    stands = and_(states.c.state == State.REJECTED.value, states.c.until > as_of.scalar_subquery())
    return or_(still_open, of_latest, stands)


def _events_query(brand: int) -> Select[Any]:
    columns = [
        proposals.c[name]
        if name in ("transfer", "lane", "sku", "dispatch_date")
        else events.c[name]
        for name in EVENT_COLUMNS
    ]
    query = select(*columns).join_from(events, proposals, ON_EVENT, isouter=True)
    return query.where(events.c.brand == brand)


def _condition(name: str, value: Any) -> Any:
    if name == "since":
        return events.c.at >= value
    if name == "until":
        return events.c.at < value
    if name == "after":
        return events.c.number > value
    column = events.c[name] if name in ("who", "action", "plan", "request") else proposals.c[name]
    return column == str(value)


def _events_of(connection: Connection, query: Select[Any]) -> pd.DataFrame:
    return _frame(connection, query, EVENT_COLUMNS)


def _frame(connection: Connection, query: Select[Any], dtypes: Mapping[str, str]) -> pd.DataFrame:
    result = connection.execute(query)
    return _typed(pd.DataFrame(result.all(), columns=list(result.keys())), dtypes)


def _typed(frame: pd.DataFrame, dtypes: Mapping[str, str]) -> pd.DataFrame:
    columns = {}
    for name, dtype in dtypes.items():
        values: Any = frame[name] if name in frame else pd.Series([], dtype="object")
        columns[name] = _column(values, dtype)
    return pd.DataFrame(columns).reset_index(drop=True)


def _column(values: Any, dtype: str) -> Any:
    if dtype == "str":
        return values.astype("object").where(values.notna(), "").astype("str")
    if dtype.startswith("datetime64"):
        moments: Any = pd.Series(pd.to_datetime(values, utc="UTC" in dtype))
        return moments.astype(dtype)
    return values.astype(dtype)


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    keys = ("dispatch_date", "lane", "sku", "plan", "transfer")
    by = [name for name in keys if name in frame]
    return frame.sort_values(by, kind="stable", ignore_index=True)
