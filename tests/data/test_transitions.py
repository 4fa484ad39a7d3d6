from __future__ import annotations

import re
from itertools import product

import pytest

from data.transitions import DECISIONS, OPEN, TRANSITIONS, Action, State, refusal

ALLOWED = {
    # before             action            after
    ("proposed", "approve"): "approved",
    ("proposed", "reject"): "rejected",
    ("approved", "edit"): "approved",
    ("approved", "cancel"): "cancelled",
    ("approved", "dispatch"): "dispatched",
    ("approved", "receive"): "received",
    ("dispatched", "receive"): "received",
    ("received", "correct"): "received",
}


@pytest.mark.parametrize(("state", "action"), list(product(State, sorted(DECISIONS))))
def test_a_decision_leads_where_the_table_says_or_is_refused_with_a_way_out(
    state: State, action: Action
) -> None:
    if (state.value, action.value) in ALLOWED:
        assert refusal(state, action) is None
        assert TRANSITIONS[state, action] == ALLOWED[state.value, action.value]
    else:
        told = refusal(state, action)
        assert told is not None
        assert re.fullmatch(rf"cannot {action} what is {state}; .{{10,}}", told)


def test_only_the_ledger_itself_does_what_is_no_decision() -> None:
    own = {action for _, action in TRANSITIONS} - DECISIONS
    assert own == {Action.PROPOSE, Action.CARRY, Action.SUPERSEDE, Action.EXPORT}


def test_what_is_closed_can_only_be_corrected_or_told() -> None:
    closed = {(state, action) for state, action in TRANSITIONS if state and state not in OPEN}
    assert closed == {(State.RECEIVED, Action.CORRECT), (State.CANCELLED, Action.EXPORT)}


def test_every_state_can_be_reached_from_a_proposal() -> None:
    reached, more = {State.PROPOSED}, {State.PROPOSED}
    while more:
        more = {after for (state, _), after in TRANSITIONS.items() if state in more} - reached
        reached |= more
    assert reached == set(State)
