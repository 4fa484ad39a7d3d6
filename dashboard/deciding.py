"""Decisions on their way to the ledger, and what became of them.

Every decision names the version that its reader saw. The same click twice is one request, so
that nothing is decided twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
import streamlit as st

from dashboard import actions, own_name, refusals, sentences, state, style
from dashboard.fault_sentences import told
from dashboard.language import _, ngettext
from data.decisions import Change, Decision, Undo
from data.errors import BadInput, Conflict, Failure, NotAllowed
from data.roles import Permission
from data.transitions import Action, Reason

DONE = "requests_done"
NOTICE = "decision_notice"
CHANGES = "decision_changes"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done with some transfers, the same with each.

    :param cases: whole cases for a single transfer; None leaves them.
    """

    action: Action
    cases: int | None = None
    reason: Reason | None = None
    text: str = ""
    until: date | None = None

    def of(self, rows: pd.DataFrame) -> list[Decision]:
        """Return the decisions on these rows (plan, transfer, version)."""
        return [
            Decision(
                plan=str(row.plan),
                transfer=str(row.transfer),
                version=int(row.version),  # type: ignore[arg-type]
                action=self.action,
                cases=self.cases,
                reason=self.reason,
                text=self.text,
                until=self.until,
            )
            for row in rows[["plan", "transfer", "version"]].itertuples()
        ]


def has_name() -> bool:
    """Return whether it is known who decides."""
    return state.signed_in() or bool(own_name.given())


def ask_name(place: str, *, kept: bool = False) -> None:
    """Ask who decides, where that is not known yet; see :func:`dashboard.own_name.ask`."""
    if not state.signed_in():
        own_name.ask(place, kept=kept)


def decide(rows: pd.DataFrame, wish: Wish) -> bool:
    """Ask the ledger; what became of it is told by :func:`tell`. All rows or none.

    :param rows: plan, transfer, version as the reader saw them.
    :returns: whether it was done.
    """
    if not has_name():
        notice(_("Give your name first."), good=False)
        return False
    confirms = wish.action in actions.CONFIRMING
    try:
        decisions = wish.of(rows)
        act = actions.confirm_by_hand if confirms else actions.decide
        done = act(decisions, request_of(decisions))
    except Conflict as conflict:
        st.session_state[CHANGES] = conflict.changes
        return False
    except NotAllowed:
        needed = Permission.CONFIRM if confirms else Permission.DECIDE
        notice(str(refusals.without(needed, always=True)), good=False)
        return False
    except (BadInput, Failure) as refused:
        notice(_refusal(rows, told(refused)), good=False)
        return False
    st.session_state.pop(CHANGES, None)
    requests = st.session_state.setdefault(DONE, [])
    if done.request not in requests:
        requests.append(done.request)
    notice(_success(wish.action, len(decisions)), good=True)
    return True


def tell(rows: pd.DataFrame) -> None:
    """Show what became of the last request: a toast, or who was first and what they did.

    :param rows: the board, to name transfers.
    """
    kept = st.session_state.pop(NOTICE, None)
    if kept:
        text, good = kept
        if good:
            st.toast(style.plain(text), icon=":material/check_circle:")
        else:
            st.error(style.plain(text), icon=":material/block:")
    changes: Sequence[Change] = st.session_state.pop(CHANGES, ())
    if changes:
        tell_changes(changes, rows)


def tell_changes(changes: Sequence[Change], rows: pd.DataFrame) -> None:
    """Say what others did since the reader looked; nothing of the request was done."""
    names = {
        (row.plan, row.transfer): f"{row.sku_name} → {row.destination_name}"
        for row in rows[["plan", "transfer", "sku_name", "destination_name"]].itertuples()
    }
    told = [
        sentences.changed(change, names.get((change.plan, change.transfer), change.transfer))
        for change in changes[:5]
    ]
    rest = len(changes) - len(told)
    if rest > 0:
        told.append(
            ngettext("and {count} more", "and {count} more", rest).format(count=style.number(rest))
        )
    head = _("Somebody else was first, so nothing of this was done:")
    st.warning(
        "\n\n".join([head, *(style.plain(line) for line in told)]), icon=":material/sync_problem:"
    )


def notice(text: str, *, good: bool) -> None:
    """Keep what is to be told when the page is drawn next."""
    st.session_state[NOTICE] = (text, good)


def _success(action: Action, count: int) -> str:
    if action in actions.CONFIRMING:
        return ngettext("{count} transfer confirmed", "{count} transfers confirmed", count).format(
            count=style.number(count)
        )
    forms = {
        Action.APPROVE: lambda: ngettext(
            "{count} transfer approved", "{count} transfers approved", count
        ),
        Action.REJECT: lambda: ngettext(
            "{count} transfer rejected", "{count} transfers rejected", count
        ),
        Action.CANCEL: lambda: ngettext(
            "{count} transfer cancelled", "{count} transfers cancelled", count
        ),
        Action.EDIT: lambda: ngettext(
            "{count} transfer changed", "{count} transfers changed", count
        ),
    }
    return forms[action]().format(count=style.number(count))


def _refusal(rows: pd.DataFrame, message: str) -> str:
    """Return why the ledger refused: in the reader's language where the state tells it."""
    states = set(rows["state"]) if "state" in rows else set()
    if len(states) == 1:
        words = sentences.way_out(states.pop())
        if words:
            return _("This was refused. {why}").format(why=words)
    return message


def request_of(wanted: Sequence[Decision | Undo]) -> str:
    """Return one name for the same wishes of the same reader, however often they click."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    context = get_script_run_ctx(suppress_warning=True)
    digest = hashlib.sha256((context.session_id if context else "").encode())
    for one in wanted:
        digest.update(repr(one).encode())
    return digest.hexdigest()[:32]
