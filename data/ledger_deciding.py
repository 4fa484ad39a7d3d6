"""Decisions and their undoing: checked together, then written together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection, and_, select

from data.decisions import Change, Decided, Decision, Undo
from data.errors import BadDecision, Conflict
from data.ledger_tables import ON_EVENT, ON_STATE, events, proposals, states
from data.ledger_writing import Page, in_parts
from data.sentence import Sentence, in_a_row, say
from data.standing import Standing, decided, objection, undone
from data.transitions import DECISIONS, Action, name_of

MOST_TOLD = 10
"""Refused transfers that a message names one by one."""

Key = tuple[str, str]
"""(plan, transfer)"""


@dataclass(frozen=True, slots=True)
class Target:
    """A transfer as it is now.

    :param number: its number among the brand's proposals.
    :param event: number of its last event.
    """

    number: int
    plan: str
    transfer: str
    dispatch_date: date
    event: int
    standing: Standing

    @property
    def key(self) -> Key:
        """(plan, transfer)."""
        return self.plan, self.transfer


def decide(page: Page, decisions: Sequence[Decision]) -> Decided:
    """Take all the decisions, or none.

    :raises Conflict: somebody changed one of the transfers since it was seen.
    :raises BadDecision: a decision is impossible; every one of them is told.
    """
    done = earlier(page, {(d.plan, d.transfer): d.action for d in decisions})
    if done is not None:
        return done
    targets = load(page.connection, page.brand, [(d.plan, d.transfer) for d in decisions])
    _check_versions(page, targets, {(d.plan, d.transfer): d.version for d in decisions})
    refused = []
    for decision in decisions:
        found = objection(targets[decision.plan, decision.transfer].standing, decision)
        if found:
            refused.append(_of(decision.plan, decision.transfer, found))
    if refused:
        raise BadDecision(listed(refused))
    return apply(page, targets, decisions)


def apply(page: Page, targets: dict[Key, Target], decisions: Sequence[Decision]) -> Decided:
    """Write decisions that have been checked, and bring the targets to where they then stand."""
    versions = {}
    for decision in decisions:
        target = targets[decision.plan, decision.transfer]
        before = target.standing
        after = decided(before, decision, page.who, page.at, page.next_event, target.dispatch_date)
        number = page.add(
            decision.action, proposal=target.number, plan=target.plan, before=before, after=after
        )
        targets[target.key] = replace(target, event=number, standing=after)
        versions[target.key] = after.version
    return Decided(page.request, page.at, versions)


def undo(page: Page, wanted: Sequence[Undo]) -> Decided:
    """Undo the last decision on each of the transfers, or none of them.

    :raises Conflict: somebody changed one of the transfers since it was seen.
    :raises BadDecision: there is nothing to undo, or the warehouse has been told.
    """
    done = earlier(page, {(u.plan, u.transfer): Action.UNDO for u in wanted})
    if done is not None:
        return done
    targets = load(page.connection, page.brand, [(u.plan, u.transfer) for u in wanted])
    _check_versions(page, targets, {(u.plan, u.transfer): u.version for u in wanted})
    refused = [
        _of(target.plan, target.transfer, _nothing_to_undo(target.standing))
        for target in targets.values()
        if target.standing.undoable is None
    ]
    if refused:
        raise BadDecision(listed(refused))
    before = _before(page, [target.standing.undoable or 0 for target in targets.values()])
    versions = {}
    for target in targets.values():
        after = undone(target.standing, before[target.number], replanned=target.plan != page.plan)
        page.add(
            Action.UNDO,
            proposal=target.number,
            plan=target.plan,
            before=target.standing,
            after=after,
            undoes=target.standing.undoable,
        )
        versions[target.key] = after.version
    return Decided(page.request, page.at, versions)


def decisions_of(connection: Connection, brand: int, request: str) -> list[Undo]:
    """Return what a request decided, as what is to be undone; versions as the request left them."""
    query = (
        select(proposals.c.plan, proposals.c.transfer, events.c.version)
        .join_from(events, proposals, ON_EVENT)
        .where(
            events.c.brand == brand,
            events.c.request == request,
            events.c.action.in_([action.value for action in DECISIONS]),
        )
        .order_by(events.c.number)
    )
    # The last event of a transfer in the request is what stands after it.
    last = {(row.plan, row.transfer): row.version for row in connection.execute(query)}
    return [Undo(plan, transfer, version) for (plan, transfer), version in last.items()]


def load(connection: Connection, brand: int, keys: Sequence[Key]) -> dict[Key, Target]:
    """Return the transfers as they are now, in the order asked for.

    :raises BadDecision: one is asked for twice, or is not in the ledger.
    """
    twice = [key for key, count in Counter(keys).items() if count > 1]
    if twice:
        fault = say("named more than once")
        raise BadDecision(listed([_of(plan, name, fault) for plan, name in twice]))
    by_plan: dict[str, list[str]] = {}
    for plan, transfer in keys:
        by_plan.setdefault(plan, []).append(transfer)
    found: dict[Key, Target] = {}
    for plan, transfers in by_plan.items():
        for part in in_parts(transfers):
            found |= _load_part(connection, brand, plan, part)
    missing = [key for key in keys if key not in found]
    if missing:
        fault = say("not in the ledger")
        raise BadDecision(listed([_of(plan, name, fault) for plan, name in missing]))
    return {key: found[key] for key in keys}


def earlier(page: Page, asked: Mapping[Key, Action]) -> Decided | None:
    """Return what the request did when it was carried out before; None where it was not.

    :raises BadDecision: the request's id stands for something else.
    """
    query = (
        select(
            events.c.at,
            events.c.action,
            events.c.version,
            proposals.c.plan,
            proposals.c.transfer,
        )
        .join_from(events, proposals, ON_EVENT, isouter=True)
        .where(events.c.brand == page.brand, events.c.request == page.request)
    )
    rows = page.connection.execute(query).all()
    if not rows:
        return None
    if {(row.plan, row.transfer): row.action for row in rows} != dict(asked):
        raise BadDecision(
            say("the request id {request} already stands for another request", request=page.request)
        )
    versions = {(row.plan, row.transfer): row.version for row in rows}
    return Decided(page.request, rows[0].at, versions)


def _load_part(
    connection: Connection, brand: int, plan: str, transfers: Sequence[str]
) -> dict[Key, Target]:
    query = (
        select(
            proposals.c.number,
            proposals.c.transfer,
            proposals.c.dispatch_date,
            states,
        )
        .join_from(proposals, states, ON_STATE)
        .where(
            proposals.c.brand == brand,
            proposals.c.plan == plan,
            proposals.c.transfer.in_(transfers),
        )
    )
    return {
        (plan, row.transfer): Target(
            row.number, plan, row.transfer, row.dispatch_date, row.event, Standing.of(row)
        )
        for row in connection.execute(query)
    }


def _check_versions(page: Page, targets: Mapping[Key, Target], seen: Mapping[Key, int]) -> None:
    stale = [target for target in targets.values() if target.standing.version != seen[target.key]]
    if not stale:
        return
    last: dict[int, tuple[Action, str, object]] = {}
    for part in in_parts([target.event for target in stale]):
        query = select(events.c.number, events.c.action, events.c.who, events.c.at).where(
            events.c.brand == page.brand, events.c.number.in_(part)
        )
        for row in page.connection.execute(query):
            last[row.number] = (Action(row.action), row.who, row.at)
    changes = [
        Change(
            target.plan,
            target.transfer,
            seen[target.key],
            target.standing.version,
            target.standing.state,
            target.standing.cases,
            *last[target.event],  # type: ignore[arg-type]
        )
        for target in stale
    ]
    told = [change.sentence for change in changes]
    raise Conflict(
        in_a_row(
            [
                listed([say("somebody decided first: {change}", change=c) for c in told]),
                say("Nothing of this request was saved; look at what stands now and decide again."),
            ]
        ),
        changes,
    )


def _before(page: Page, decided_events: Sequence[int]) -> dict[int, Standing]:
    """Return how each transfer stood before the given events, by the transfer's number."""
    earlier_events = events.alias()
    found = {}
    for part in in_parts(decided_events):
        query = (
            select(earlier_events)
            .join(
                events,
                and_(
                    events.c.brand == earlier_events.c.brand,
                    events.c.proposal == earlier_events.c.proposal,
                    events.c.version == earlier_events.c.version + 1,
                ),
            )
            .where(events.c.brand == page.brand, events.c.number.in_(part))
        )
        for row in page.connection.execute(query):
            found[row.proposal] = Standing.of(row)
    return found


def _nothing_to_undo(standing: Standing) -> Sentence:
    if standing.told:
        return say(
            "the warehouse already has it (export {export}), so it cannot be undone; "
            "cancel it instead",
            export=standing.export,
        )
    state = name_of(standing.state)
    return say("it is {state} and there is no decision to undo", state=state)


def _of(plan: str, transfer: str, fault: str) -> Sentence:
    return say(
        "transfer {transfer} (plan {plan}): {fault}", transfer=transfer, plan=plan, fault=fault
    )


def listed(lines: Sequence[str]) -> Sentence:
    """Return the first ten of the sentences, a line each, and how many more there are."""
    more = len(lines) - MOST_TOLD
    shown = list(lines[:MOST_TOLD]) + ([say("and {more} more", more=more)] if more > 0 else [])
    return in_a_row(shown)
