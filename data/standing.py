"""Where one transfer stands, and what each event makes of that: pure functions.

Deciding (:mod:`data.ledger_deciding`) and replaying (:mod:`data.ledger_replay`) both go
through here, so that the state that is kept and the state that the events give are one.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from data.decisions import Decision
from data.sentence import Sentence, say
from data.transitions import TRANSITIONS, Action, Reason, State, refusal


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a transfer after its last event.

    :param version: 1 when proposed, one more with each event.
    :param cases: what is to move, or has moved, in whole cases.
    :param received_cases: what arrived; None until it is received.
    :param decided_by: who took the last decision that stands, and ``decided_at`` when (UTC).
    :param until: last dispatch date for which a rejection stands.
    :param export: the last export that told the warehouse of it.
    :param told: the state that the warehouse was told; None where it was told nothing.
    :param undoable: number of the event that an undo would undo; None where there is none.
    """

    version: int
    state: State
    cases: int
    received_cases: int | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: Reason | None = None
    text: str = ""
    until: date | None = None
    export: str | None = None
    told: State | None = None
    undoable: int | None = None

    def values(self) -> dict[str, Any]:
        """Return plain values for the columns of the same names."""
        found = {name: getattr(self, name) for name in IMAGE}
        for name in ("state", "reason", "told"):
            found[name] = None if found[name] is None else str(found[name].value)
        return found

    @classmethod
    def of(cls, row: Any) -> Standing:
        """Make it from a row that has the columns of the same names."""
        return cls(
            row.version,
            _STATES[row.state],
            row.cases,
            row.received_cases,
            row.decided_by,
            row.decided_at,
            _REASONS[row.reason],
            row.text or "",
            row.until,
            row.export,
            _STATES.get(row.told),
            row.undoable,
        )


# Looked up rather than constructed: a bulk decision reads thousands.
_STATES: dict[str, State] = {state.value: state for state in State}
_REASONS: dict[str | None, Reason | None] = {None: None} | {r.value: r for r in Reason}

IMAGE = tuple(field.name for field in fields(Standing))
"""Names of the columns that hold a standing."""


def proposed(cases: int) -> Standing:
    """Return how a transfer stands when a plan proposes it."""
    return Standing(1, State.PROPOSED, cases)


def objection(standing: Standing, decision: Decision) -> Sentence | None:
    """Say why the decision cannot be taken on a transfer that stands so; None where it can."""
    impossible = refusal(standing.state, decision.action)
    if impossible:
        return impossible
    if decision.action is Action.EDIT and standing.told:
        return say(
            "the warehouse already has it (export {export}); cancel it instead, "
            "and the next plan proposes anew",
            export=standing.export,
        )
    return None


def decided(
    standing: Standing, decision: Decision, who: str, at: datetime, number: int, own_day: date
) -> Standing:
    """Return how it stands after the decision, which :func:`objection` has let pass.

    :param number: the event's number.
    :param own_day: the transfer's dispatch date, through which a rejection stands at least.
    """
    action = decision.action
    cases, received, until = standing.cases, standing.received_cases, standing.until
    if action in (Action.APPROVE, Action.EDIT, Action.DISPATCH):
        cases = decision.cases or cases
    elif action in (Action.RECEIVE, Action.CORRECT):
        received = cases if decision.cases is None else decision.cases
    elif action is Action.REJECT:
        until = max(decision.until or own_day, own_day)
    return replace(
        standing,
        version=standing.version + 1,
        state=TRANSITIONS[standing.state, action],
        cases=cases,
        received_cases=received,
        decided_by=who,
        decided_at=at,
        reason=decision.reason,
        text=decision.text,
        until=until,
        undoable=number,
    )


def carried(standing: Standing, rejection: Standing, text: str, number: int) -> Standing:
    """Return how a proposal stands under a rejection that already stands.

    :param number: the event's number: undoing it proposes this one transfer again.
    """
    return replace(
        standing,
        version=standing.version + 1,
        state=TRANSITIONS[standing.state, Action.CARRY],
        decided_by=rejection.decided_by,
        decided_at=rejection.decided_at,
        reason=rejection.reason,
        text=str(text),  # a sentence is kept as its words
        until=rejection.until,
        undoable=number,
    )


def superseded(standing: Standing, text: str = "") -> Standing:
    """Return how a proposal stands once a newer plan or decision has overtaken it."""
    return replace(
        standing,
        version=standing.version + 1,
        state=TRANSITIONS[standing.state, Action.SUPERSEDE],
        text=str(text),  # a sentence is kept as its words
        undoable=None,
    )


def exported(standing: Standing, export: str) -> Standing:
    """Return how it stands once the warehouse has been told; nothing before can be undone."""
    state = TRANSITIONS[standing.state, Action.EXPORT]
    return replace(
        standing,
        version=standing.version + 1,
        state=state,
        export=export,
        told=state,
        undoable=None,
    )


def undone(standing: Standing, before: Standing, *, replanned: bool) -> Standing:
    """Return how it stands after undoing its last decision.

    :param before: how it stood before that decision.
    :param replanned: whether a newer plan has been recorded. What was rejected is not proposed
        again then: the newer plan does without it, and the next one may propose it. What was
        approved is proposed again, for the newer plan counts on it.
    """
    after = replace(before, version=standing.version + 1)
    if standing.state is State.REJECTED and before.state is State.PROPOSED and replanned:
        return replace(after, state=State.SUPERSEDED, undoable=None)
    return after
