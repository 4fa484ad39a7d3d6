"""Undoing: this reader's last decision, whole, or what stands on the selected transfers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from dashboard import actions, deciding, refusals, state, style
from dashboard.language import ngettext
from data.decisions import Change, Decided, Undo
from data.errors import BadInput, Conflict, Failure, NotAllowed
from data.roles import Permission
from data.transitions import DECISIONS, Action

LOOKED_BACK = 50
"""The reader's newest events among which their last decision is looked for."""


def last_request(rows: pd.DataFrame) -> str | None:
    """Return this reader's last decision if all of it can still be undone.

    What was decided in this window is known here; after a reload the ledger knows it.

    :param rows: the board.
    """
    here = st.session_state.get(deciding.DONE)
    if here:
        return str(here[-1])
    if not deciding.has_name():
        return None
    mine = state.ledger().events(who=state.who(), limit=LOOKED_BACK)
    decided = mine[mine["action"].isin([str(action) for action in DECISIONS])]
    if decided.empty:
        return None
    request = str(decided["request"].iloc[0])
    of_request = state.ledger().events(request=request)[["plan", "transfer", "version"]]
    standing = of_request.merge(rows, on=["plan", "transfer", "version"])
    can = len(standing) == len(of_request) and bool(standing["undoable"].all())
    return request if can else None


def undo_request(request: str) -> None:
    """Undo all that a request decided, or nothing; what became of it is told."""
    _carry_out(lambda: actions.undo(request, f"undo {request}"))
    requests = st.session_state.get(deciding.DONE, [])
    if request in requests:
        requests.remove(request)


def undo_rows(rows: pd.DataFrame) -> None:
    """Undo the last decision on each of these rows of the board, or nothing."""
    wanted = [
        Undo(str(row.plan), str(row.transfer), int(row.version))  # type: ignore[arg-type]
        for row in rows[["plan", "transfer", "version"]].itertuples()
    ]
    _carry_out(lambda: actions.undo(wanted, deciding.request_of(wanted)))


def _carry_out(undo: Callable[[], Decided]) -> None:
    try:
        undone = undo()
    except Conflict as conflict:
        told = _exports_of(conflict.changes)
        if told:
            deciding.notice(refusals.handed_over(told), good=False)
        else:
            st.session_state[deciding.CHANGES] = conflict.changes
    except NotAllowed:
        deciding.notice(str(refusals.without(Permission.DECIDE, always=True)), good=False)
    except (BadInput, Failure) as refused:
        deciding.notice(refusals.undo(refused), good=False)
    else:
        text = ngettext(
            "Undone: {count} transfer is as it was.",
            "Undone: {count} transfers are as they were.",
            undone.count,
        )
        deciding.notice(text.format(count=style.number(undone.count)), good=True)


def _exports_of(changes: Sequence[Change]) -> set[str]:
    """Return the exports that told the warehouse of what cannot be undone."""
    told = {(change.plan, change.transfer) for change in changes if change.action is Action.EXPORT}
    rows = [state.ledger().transfers(plan) for plan in {plan for plan, _transfer in told}]
    return {
        str(row.exported)
        for frame in rows
        for row in frame.itertuples()
        if (row.plan, row.transfer) in told
    }
