"""Recording a plan: it replaces what is still proposed and leaves alone what people decided."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, and_, insert, or_, select

from data.decisions import Recorded
from data.drawn_plan import Drawn, Key, key_of
from data.errors import BadInput
from data.ledger_tables import (
    ON_EVENT,
    ON_LAST_EVENT,
    ON_STATE,
    Row,
    events,
    plans,
    proposals,
    states,
)
from data.ledger_writing import Page
from data.sentence import Sentence, say
from data.standing import Standing, carried, proposed, superseded
from data.transitions import Action, State

HELD: Final = (State.APPROVED.value, State.DISPATCHED.value, State.RECEIVED.value)
"""States in which goods move, or have moved."""

MOVES_GOODS: Final = (Action.APPROVE, Action.EDIT, Action.CANCEL, Action.CORRECT)
"""Actions after which other goods move than before; see :func:`_touched` for the others."""


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
            say(
                "plan {plan} is of {day}, and plan {other} of {other_day} is already recorded: an "
                "older plan does not replace a newer one. Plan again.",
                plan=drawn.plan,
                day=drawn.as_of,
                other=page.plan,
                other_day=page.as_of,
            )
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


def _earlier(page: Page, drawn: Drawn) -> Recorded | None:
    query = select(plans).where(plans.c.brand == page.brand, plans.c.plan == drawn.plan)
    found = page.connection.execute(query).one_or_none()
    if found is None:
        return None
    if found.digest != drawn.digest:
        raise BadInput(
            say(
                "another plan named {plan} is already recorded: give this one its own name",
                plan=drawn.plan,
            )
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
            after=superseded(before, say("replaced by plan {plan}", plan=plan)),
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
            after = superseded(
                standing, say("people decided on the same goods while it was planned")
            )
        elif rejection:
            action = Action.CARRY
            after = carried(standing, rejection[0], _still(*rejection), page.next_event)
        else:
            counts["proposed"] += 1
            continue
        page.add(action, proposal=number, plan=drawn.plan, before=standing, after=after)
        counts["overtaken" if action is Action.SUPERSEDE else "carried"] += 1
    return counts


def _still(rejection: Standing, plan: str) -> Sentence:
    why = rejection.text.rstrip(": ")
    if why:
        return say("still rejected from plan {plan}: {text}", plan=plan, text=why)
    return say("still rejected from plan {plan}", plan=plan)


KEPT_TEXTS: Final = (
    "replaced by plan {plan}",
    "people decided on the same goods while it was planned",
    "still rejected from plan {plan}: {text}",
    "still rejected from plan {plan}",
)
"""Templates of what recording a plan writes beside events; for :func:`data.sentence.heard`."""


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
        key = key_of(row)
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
