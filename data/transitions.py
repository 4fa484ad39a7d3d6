"""The states of a transfer and how it moves between them, as one table.

::

    proposed ── approve ──> approved ── dispatch ──> dispatched ── receive ──> received
        │                    │  │ ▲                                             │  ▲
        │                    │  │ └ edit                                        └──┘ correct
        ├── reject ──> rejected │
        │                    └──┼─ cancel ──> cancelled
        └── supersede ──> superseded (by the next plan)

Undo is not in the table: it leads back to what stood before the decision that it undoes.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from data.sentence import Sentence, say


class State(StrEnum):
    """Where a transfer stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    DISPATCHED = "dispatched"
    RECEIVED = "received"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


class Action(StrEnum):
    """What an event did. The first seven are decisions, the others are the ledger's own."""

    APPROVE = "approve"
    EDIT = "edit"
    REJECT = "reject"
    DISPATCH = "dispatch"
    RECEIVE = "receive"
    CORRECT = "correct"
    CANCEL = "cancel"
    PROPOSE = "propose"
    CARRY = "carry"
    SUPERSEDE = "supersede"
    EXPORT = "export"
    UNDO = "undo"
    RECORD = "record"
    GRANT = "grant"
    OVERRIDE = "override"
    WITHDRAW = "withdraw"


DECISIONS = frozenset(
    {
        Action.APPROVE,
        Action.EDIT,
        Action.REJECT,
        Action.DISPATCH,
        Action.RECEIVE,
        Action.CORRECT,
        Action.CANCEL,
    }
)
"""The actions that a person takes on a transfer."""


class Reason(StrEnum):
    """Why a proposal was rejected."""

    FORECAST_TOO_HIGH = "forecast_too_high"
    STOCK_WRONG = "stock_wrong"
    NO_DOCK_SLOT = "no_dock_slot"
    SUPPLIER_ISSUE = "supplier_issue"
    OTHER = "other"


TRANSITIONS: Mapping[tuple[State | None, Action], State] = MappingProxyType(
    {
        (None, Action.PROPOSE): State.PROPOSED,
        (State.PROPOSED, Action.APPROVE): State.APPROVED,
        (State.PROPOSED, Action.REJECT): State.REJECTED,
        (State.PROPOSED, Action.CARRY): State.REJECTED,
        (State.PROPOSED, Action.SUPERSEDE): State.SUPERSEDED,
        (State.APPROVED, Action.EDIT): State.APPROVED,
        (State.APPROVED, Action.CANCEL): State.CANCELLED,
        (State.APPROVED, Action.DISPATCH): State.DISPATCHED,
        # A warehouse that only confirms what came in has dispatched it too.
        (State.APPROVED, Action.RECEIVE): State.RECEIVED,
        (State.DISPATCHED, Action.RECEIVE): State.RECEIVED,
        (State.RECEIVED, Action.CORRECT): State.RECEIVED,
        # Telling the warehouse changes nothing but that it has been told.
        (State.APPROVED, Action.EXPORT): State.APPROVED,
        (State.CANCELLED, Action.EXPORT): State.CANCELLED,
    }
)
"""(state before, action) to the state after; what is not here is impossible."""

OPEN = frozenset({State.PROPOSED, State.APPROVED, State.DISPATCHED})
"""States from which a transfer still has to move on."""

_WAY_OUT: Mapping[State, Sentence] = MappingProxyType(
    {
        State.PROPOSED: say("approve or reject it first"),
        State.APPROVED: say("undo the approval, or cancel the transfer"),
        State.REJECTED: say("undo the rejection first"),
        State.DISPATCHED: say("the goods are on their way: confirm what is received"),
        State.RECEIVED: say("the goods have arrived: only the received quantity can be corrected"),
        State.CANCELLED: say("undo the cancellation, or wait for the next plan"),
        State.SUPERSEDED: say("a newer plan has replaced it: decide on that plan's transfers"),
    }
)


_NAMES: Mapping[State | Action, Sentence] = MappingProxyType(
    {
        State.PROPOSED: say("proposed"),
        State.APPROVED: say("approved"),
        State.REJECTED: say("rejected"),
        State.DISPATCHED: say("dispatched"),
        State.RECEIVED: say("received"),
        State.CANCELLED: say("cancelled"),
        State.SUPERSEDED: say("superseded"),
        Action.APPROVE: say("approve"),
        Action.EDIT: say("edit"),
        Action.REJECT: say("reject"),
        Action.DISPATCH: say("dispatch"),
        Action.RECEIVE: say("receive"),
        Action.CORRECT: say("correct"),
        Action.CANCEL: say("cancel"),
    }
)


def name_of(code: State | Action) -> str:
    """Return a state or a decision as a word that can be said in another language."""
    return _NAMES.get(code, code)


def refusal(state: State, action: Action) -> Sentence | None:
    """Say why the action is impossible in this state; None where it is possible.

    >>> refusal(State.PROPOSED, Action.APPROVE) is None
    True
    >>> refusal(State.DISPATCHED, Action.CANCEL)
    'cannot cancel what is dispatched; the goods are on their way: confirm what is received'
    """
    if (state, action) in TRANSITIONS:
        return None
    return say(
        "cannot {action} what is {state}; {way_out}",
        action=name_of(action),
        state=name_of(state),
        way_out=_WAY_OUT[state],
    )
