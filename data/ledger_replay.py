"""The proof: what is kept must be what the events give."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, select

from data.ledger_tables import brands, events, proposals, states
from data.standing import Standing
from data.transitions import TRANSITIONS, Action, State

MOST_TOLD: Final = 100


def verify(connection: Connection, brand: int) -> list[str]:
    """Replay a brand's events and compare with its kept states.

    Checks that events are numbered without gaps, that each follows on the one before it
    (version, state, cases) by a transition of the table, that an undo gives back what stood
    before, that every proposal has its states' row and that the row is the last event's.

    :returns: one sentence for each disagreement, at most 100; empty where all is well.
    """
    faults: list[str] = []
    seen: dict[int, list[tuple[int, Standing]]] = {}
    number = 0
    query = select(events).where(events.c.brand == brand).order_by(events.c.number)
    for number, row in enumerate(connection.execute(query), 1):
        if row.number != number:
            return [*faults, f"event {number} is missing: the next is {row.number}"]
        if row.proposal is not None:
            faults += _follow(seen.setdefault(row.proposal, []), row)
    head = connection.execute(select(brands).where(brands.c.id == brand)).one_or_none()
    if head is not None and head.last_event != number:
        faults.append(f"the last event is {number}, and {head.last_event} is noted")
    faults += _compare(connection, brand, seen)
    return faults[:MOST_TOLD]


def _follow(past: list[tuple[int, Standing]], row: object) -> list[str]:
    """Check that an event follows on those of the same transfer before it, and add it."""
    number, action = row.number, Action(row.action)  # type: ignore[attr-defined]
    after = Standing.of(row)
    before = past[-1][1] if past else None
    past.append((number, after))
    faults = []
    state = before.state if before else None
    if after.version != (before.version if before else 0) + 1:
        faults.append(f"event {number}: version {after.version} does not follow")
    if before and (row.from_state, row.from_cases) != (before.state, before.cases):  # type: ignore[attr-defined]
        faults.append(f"event {number}: does not follow on {before.state}, {before.cases} cases")
    if action is Action.UNDO:
        return faults + _check_undo(past, row.undoes, after, number)  # type: ignore[attr-defined]
    if TRANSITIONS.get((state, action)) is not after.state:
        faults.append(f"event {number}: {action} does not lead from {state} to {after.state}")
    return faults


def _check_undo(
    past: list[tuple[int, Standing]], undoes: int | None, after: Standing, number: int
) -> list[str]:
    place = next((i for i, (other, _) in enumerate(past) if other == undoes), 0)
    if not place:
        return [f"event {number}: undoes event {undoes}, which is none of this transfer"]
    restored = past[place - 1][1]
    lifted = after.state is State.SUPERSEDED and restored.state is State.PROPOSED
    if (restored.state is not after.state and not lifted) or restored.cases != after.cases:
        return [f"event {number}: does not give back what stood before event {undoes}"]
    return []


def _compare(
    connection: Connection, brand: int, seen: dict[int, list[tuple[int, Standing]]]
) -> list[str]:
    kept = {
        row.proposal: (row.event, Standing.of(row))
        for row in connection.execute(select(states).where(states.c.brand == brand))
    }
    known = set(
        connection.execute(select(proposals.c.number).where(proposals.c.brand == brand)).scalars()
    )
    faults = [
        f"transfer {proposal}: kept as {kept.get(proposal)}, its events give {past[-1]}"
        for proposal, past in seen.items()
        if kept.get(proposal) != past[-1]
    ]
    faults += [f"transfer {one}: no event proposes it" for one in sorted(known - set(seen))]
    return faults + [f"transfer {one}: not proposed" for one in sorted(set(kept) - known)]
