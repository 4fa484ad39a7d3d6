"""Recording a plan: it replaces what is still proposed and leaves alone what people decided."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pandas as pd
from sqlalchemy import ColumnElement, and_, insert, or_, select

from data.decisions import MOST_CASES, Recorded
from data.errors import BadInput
from data.ledger_tables import (
    ON_EVENT,
    ON_LAST_EVENT,
    ON_STATE,
    Row,
    as_date,
    events,
    plans,
    proposals,
    states,
)
from data.ledger_writing import Page
from data.standing import Standing, carried, proposed, superseded
from data.transitions import Action, State

TEXTS: Final = ("transfer", "lane", "origin", "destination", "sku")
NUMBERS: Final = ("units", "m3", "expected_gain")
NEEDED: Final = (*TEXTS, "dispatch_date", "arrive_date", "cases", *NUMBERS)
HELD: Final = (State.APPROVED.value, State.DISPATCHED.value, State.RECEIVED.value)
"""States in which goods move, or have moved."""

MOVES_GOODS: Final = (Action.APPROVE, Action.EDIT, Action.CANCEL, Action.CORRECT)
"""Actions after which other goods move than before; see :func:`_touched` for the others."""

Key = tuple[str, str, date]
"""(lane, sku, dispatch date): what makes a transfer the same across plans."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A plan's transfers as the ledger takes them.

    :param rows: the proposals, as columns of the proposals' table.
    :param known: cases by key of what the plan took as given.
    :param digest: stands for all of it, so that the same plan is known again.
    """

    plan: str
    as_of: date
    rows: tuple[Row, ...]
    known: Mapping[Key, int]
    digest: str


def draw(plan: str, as_of: Any, transfers: pd.DataFrame) -> Drawn:
    """Check a plan's transfers and bring them into the ledger's form.

    :param transfers: the columns of transfers.csv; ``status`` tells proposed (the default)
        from approved, ``reason`` (JSON) and ``status`` may be absent.
    :raises BadInput: columns missing, a transfer named twice, cases that are not whole.
    """
    if not plan.strip() or not plan.isprintable():
        raise BadInput(f"a plan needs a name of printable characters; found {plan!r}")
    faults = list(_faults(transfers))
    if faults:
        raise BadInput(f"plan {plan} cannot be recorded: " + "; ".join(faults))
    frame = transfers.assign(
        reason=transfers.get("reason", ""),
        status=transfers.get("status", State.PROPOSED.value),
    )
    records = [_record(row) for row in frame.to_dict("records")]
    day = as_date(pd.Timestamp(as_of))
    digest = hashlib.sha256(json.dumps([str(day), records], default=str).encode()).hexdigest()
    known: dict[Key, int] = {}
    rows = []
    for record in records:
        if record.pop("status") == State.PROPOSED.value:
            rows.append(record)
        else:
            key = _key(record)
            known[key] = known.get(key, 0) + record["proposed_cases"]
    if len({_key(row) for row in rows}) < len(rows):
        raise BadInput(f"plan {plan} proposes the same lane, sku and dispatch date twice")
    return Drawn(plan, day, tuple(rows), known, digest)


def record(page: Page, drawn: Drawn, basis: int | None) -> Recorded:
    """Record a plan: once, whole, and after whatever was decided while it was made.

    :param basis: the ledger's position when the plan took its facts; proposals of products
        that people have moved since, from or to the same places, are left out.
    :raises BadInput: another plan has this name, or a plan of a later day is recorded.
    """
    before = _earlier(page, drawn)
    if before is not None:
        return before
    if page.as_of is not None and drawn.as_of < page.as_of:
        raise BadInput(
            f"plan {drawn.plan} is of {drawn.as_of}, and plan {page.plan} of {page.as_of} is "
            "already recorded: an older plan does not replace a newer one. Plan again."
        )
    replaced = _supersede(page, drawn.plan)
    overtaken = _overtaken(page, drawn, basis)
    rejection_of = _rejections(page, drawn.as_of)
    counts = _propose(page, drawn, overtaken, rejection_of)
    recorded = Recorded(drawn.plan, False, superseded=replaced, known=len(drawn.known), **counts)
    numbers = {name: getattr(recorded, name) for name in _COUNTS}
    event = page.add(Action.RECORD, plan=drawn.plan, text=json.dumps(numbers))
    page.connection.execute(
        insert(plans).values(
            brand=page.brand,
            plan=drawn.plan,
            as_of=drawn.as_of,
            event=event,
            digest=drawn.digest,
            **numbers,
        )
    )
    first = page.last_proposal - len(drawn.rows) + 1
    if drawn.rows:
        page.connection.execute(
            insert(proposals),
            [
                {"brand": page.brand, "number": first + place, "plan": drawn.plan, **row}
                for place, row in enumerate(drawn.rows)
            ],
        )
    page.close(plan=drawn.plan, as_of=drawn.as_of)
    return recorded


_COUNTS: Final = ("proposed", "superseded", "carried", "overtaken", "known")


def _faults(transfers: pd.DataFrame) -> Sequence[str]:
    missing = [name for name in NEEDED if name not in transfers]
    if missing:
        return [f"column {', '.join(missing)} is missing"]
    faults = [f"column {name} has gaps" for name in NEEDED if transfers[name].isna().any()]
    if faults:
        return faults
    for name in TEXTS:
        texts = transfers[name].astype(str)
        if not texts.map(lambda text: bool(text.strip()) and "\0" not in text).all():
            faults.append(f"column {name} has empty names")
    if transfers["transfer"].astype(str).duplicated().any():
        faults.append("a transfer is named twice")
    cases = pd.to_numeric(transfers["cases"], errors="coerce")
    if not ((cases % 1 == 0) & cases.between(1, MOST_CASES)).all():
        faults.append(f"cases are not whole numbers from 1 to {MOST_CASES:,}")
    for name in NUMBERS:
        if not pd.to_numeric(transfers[name], errors="coerce").abs().lt(float("inf")).all():
            faults.append(f"column {name} is not all numbers")
    if "status" in transfers:
        known = {State.PROPOSED.value, State.APPROVED.value}
        strange = sorted(set(transfers["status"].astype(str)) - known)
        if strange:
            faults.append(f"status is proposed or approved; found {', '.join(strange)}")
    return faults


def _record(row: Mapping[Any, Any]) -> Row:
    return {
        **{name: str(row[name]) for name in TEXTS},
        "dispatch_date": as_date(pd.Timestamp(row["dispatch_date"])),
        "arrive_date": as_date(pd.Timestamp(row["arrive_date"])),
        "proposed_cases": int(row["cases"]),
        "proposed_units": float(row["units"]),
        "proposed_m3": float(row["m3"]),
        "expected_gain": float(row["expected_gain"]),
        "plan_reason": row["reason"] if isinstance(row["reason"], str) else "",
        "status": str(row["status"]),
    }


def _key(row: Mapping[str, Any]) -> Key:
    return row["lane"], row["sku"], row["dispatch_date"]


def _earlier(page: Page, drawn: Drawn) -> Recorded | None:
    query = select(plans).where(plans.c.brand == page.brand, plans.c.plan == drawn.plan)
    found = page.connection.execute(query).one_or_none()
    if found is None:
        return None
    if found.digest != drawn.digest:
        raise BadInput(
            f"another plan named {drawn.plan} is already recorded: give this one its own name"
        )
    return Recorded(drawn.plan, True, *(getattr(found, name) for name in _COUNTS))


def _supersede(page: Page, plan: str) -> int:
    query = (
        select(proposals.c.plan, states)
        .join_from(states, proposals, ON_STATE)
        .where(states.c.brand == page.brand, states.c.state == State.PROPOSED.value)
    )
    rows = page.connection.execute(query).all()
    for row in rows:
        before = Standing.of(row)
        page.add(
            Action.SUPERSEDE,
            proposal=row.proposal,
            plan=row.plan,
            before=before,
            after=superseded(before, f"replaced by plan {plan}"),
        )
    return len(rows)


def _propose(
    page: Page,
    drawn: Drawn,
    is_overtaken: Callable[[Row], bool],
    rejection_of: Callable[[Row], tuple[Standing, str] | None],
) -> dict[str, int]:
    counts = {"proposed": 0, "carried": 0, "overtaken": 0}
    for row in drawn.rows:
        number = page.last_proposal = page.last_proposal + 1
        standing = proposed(row["proposed_cases"])
        page.add(Action.PROPOSE, proposal=number, plan=drawn.plan, after=standing)
        rejection = rejection_of(row)
        if is_overtaken(row):
            action = Action.SUPERSEDE
            after = superseded(standing, "people decided on the same goods while it was planned")
        elif rejection:
            action = Action.CARRY
            text = f"still rejected from plan {rejection[1]}: {rejection[0].text}".rstrip(": ")
            after = carried(standing, rejection[0], text, page.next_event)
        else:
            counts["proposed"] += 1
            continue
        page.add(action, proposal=number, plan=drawn.plan, before=standing, after=after)
        counts["overtaken" if action is Action.SUPERSEDE else "carried"] += 1
    return counts


def _overtaken(page: Page, drawn: Drawn, basis: int | None) -> Callable[[Row], bool]:
    """Return whether a proposal is of goods that moved otherwise than its plan knew."""
    query = (
        select(proposals.c.lane, proposals.c.sku, proposals.c.dispatch_date, states.c.cases)
        .join_from(states, proposals, ON_STATE)
        .where(
            states.c.brand == page.brand,
            states.c.state.in_(HELD),
            proposals.c.dispatch_date > drawn.as_of,
        )
    )
    held: dict[Key, int] = {}
    for lane, sku, day, cases in page.connection.execute(query):
        held[lane, sku, day] = held.get((lane, sku, day), 0) + cases
    touched = set() if basis is None else _touched(page, basis)

    def is_overtaken(row: Row) -> bool:
        key = _key(row)
        if key in held and held[key] != drawn.known.get(key):
            return True
        places = (row["origin"], row["destination"])
        return any((row["sku"], place) in touched for place in places)

    return is_overtaken


def _touched(page: Page, basis: int) -> set[tuple[str, str]]:
    """Return (sku, location) whose goods people have moved otherwise since the position."""
    others: ColumnElement[bool] = or_(
        and_(events.c.action == Action.UNDO.value, events.c.from_state != State.REJECTED.value),
        and_(events.c.action == Action.DISPATCH.value, events.c.from_cases != events.c.cases),
        and_(events.c.action == Action.RECEIVE.value, events.c.received_cases != events.c.cases),
    )
    moves = events.c.action.in_([action.value for action in MOVES_GOODS])
    query = (
        select(proposals.c.sku, proposals.c.origin, proposals.c.destination)
        .join_from(events, proposals, ON_EVENT)
        .where(events.c.brand == page.brand, events.c.number > basis, or_(moves, others))
    )
    return {
        (sku, place)
        for sku, origin, destination in page.connection.execute(query)
        for place in (origin, destination)
    }


def _rejections(page: Page, as_of: date) -> Callable[[Row], tuple[Standing, str] | None]:
    """Return which standing rejection, and of which plan, a proposal falls under."""
    query = (
        select(proposals.c.lane, proposals.c.sku, proposals.c.plan, states)
        .join_from(states, proposals, ON_STATE)
        .join(events, ON_LAST_EVENT)
        .where(
            states.c.brand == page.brand,
            states.c.state == State.REJECTED.value,
            states.c.until > as_of,
            events.c.action == Action.REJECT.value,
        )
        .order_by(states.c.until, states.c.event)
    )
    standing = {
        (row.lane, row.sku): (Standing.of(row), str(row.plan))
        for row in page.connection.execute(query)
    }

    def rejection_of(row: Row) -> tuple[Standing, str] | None:
        found = standing.get((row["lane"], row["sku"]))
        if found is None or found[0].until is None or row["dispatch_date"] > found[0].until:
            return None
        return found

    return rejection_of
