"""Dialogs in which transfers are decided; what is typed stays until it is done."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from dashboard import deciding, sentences, state, style
from dashboard.deciding import Wish, decide
from dashboard.language import _, ngettext
from data.decisions import Change
from data.transitions import Action, Reason, refusal

SEEN = "dialog_versions"
ASKED = "dialog_asked_name"
CONFIRMED_BY_HAND = {
    "approved": (Action.DISPATCH, Action.RECEIVE),
    "dispatched": (Action.RECEIVE,),
    "received": (Action.CORRECT,),
}
"""What can be confirmed of a transfer in each state."""


def reject(rows: pd.DataFrame) -> None:
    """Ask why these proposals are rejected, and until when that stands."""
    _forget()
    _titled(_("Reject"), _reject)(rows)


def approve_many(rows: pd.DataFrame, trips: int, currency: str) -> None:
    """Ask once more before many proposals are approved together."""
    _forget()
    _titled(_("Approve"), _approve_many)(rows, trips, currency)


def edit(row: pd.DataFrame, case_units: int) -> None:
    """Ask for another number of cases, and show what it does before it is done.

    :param row: one row of the board, proposed or approved.
    """
    _forget()
    _titled(_("Change the cases"), _edit)(row, case_units)


def confirm(row: pd.DataFrame) -> None:
    """Ask what was dispatched or received, or what is right.

    :param row: one row of the board, in a state of :data:`CONFIRMED_BY_HAND`.
    """
    _forget()
    _titled(_("Confirm"), _confirm)(row)


def _forget() -> None:
    st.session_state.pop(SEEN, None)
    st.session_state.pop(ASKED, None)


def _titled(title: str, body):  # type: ignore[no-untyped-def]
    # Made at the click: a decorator would fix the title in the language of the first reader.
    return st.dialog(title, width="medium")(body)


def _reject(rows: pd.DataFrame) -> None:
    st.markdown(style.plain(_what(rows)))
    reason = st.selectbox(
        _("Why?"),
        [reason.value for reason in Reason],
        format_func=sentences.rejection,
        index=None,
        placeholder=_("Choose a reason"),
        key="reject_reason",
    )
    text = st.text_area(
        _("In your words"),
        max_chars=2000,
        key="reject_text",
        help=_("Needed where the reason is another one."),
    )
    last = rows["dispatch_date"].max()
    until = st.date_input(
        _("It stands until"),
        value=last.date(),
        min_value=last.date(),
        format="YYYY-MM-DD",
        key="reject_until",
        help=_("The next plans do not propose this product on this lane up to this day."),
    )
    ready = bool(reason) and (reason != Reason.OTHER or bool(text.strip()))
    if st.button(
        ngettext("Reject {count} transfer", "Reject {count} transfers", len(rows)).format(
            count=style.number(len(rows))
        ),
        type="primary",
        disabled=not ready,
        key="reject_now",
    ):
        wish = Wish(
            Action.REJECT,
            reason=Reason(str(reason)),
            text=text.strip(),
            until=until if isinstance(until, date) else None,
        )
        _carry_out(rows, wish)
    _told(rows)


def _approve_many(rows: pd.DataFrame, trips: int, currency: str) -> None:
    st.markdown(
        style.plain(
            _("{transfers} on {trips}, {volume} m³, expected to bring {gain}.").format(
                transfers=_what(rows),
                trips=ngettext("{count} trip", "{count} trips", trips).format(
                    count=style.number(trips)
                ),
                volume=style.number(rows["m3"].sum(), 1),
                gain=style.money(rows["expected_gain"].sum(), currency),
            )
        )
    )
    if st.button(
        ngettext("Approve {count} transfer", "Approve {count} transfers", len(rows)).format(
            count=style.number(len(rows))
        ),
        type="primary",
        key="approve_now",
    ):
        _carry_out(rows, Wish(Action.APPROVE))
    _told(rows)


def _edit(row: pd.DataFrame, case_units: int) -> None:
    from dashboard import edit_effect

    one = row.iloc[0]
    st.markdown(
        style.plain(f"{one['sku_name']} · {one['origin_name']} → {one['destination_name']}")
    )
    cases = st.number_input(
        _("Cases of {units} units").format(units=style.number(case_units)),
        min_value=1,
        step=1,
        value=int(one["cases"]),
        key="edit_cases",
    )
    allowed = edit_effect.draw(row, int(cases))
    proposed = one["state"] == "proposed"
    label = (
        ngettext("Approve with {cases} case", "Approve with {cases} cases", int(cases))
        if proposed
        else ngettext("Change to {cases} case", "Change to {cases} cases", int(cases))
    )
    pressed = st.button(
        label.format(cases=style.number(cases)),
        type="primary",
        disabled=not allowed or (not proposed and int(cases) == int(one["cases"])),
        key="edit_now",
    )
    # The limits are checked again on the press itself: others may have decided meanwhile.
    if pressed and allowed:
        action = Action.APPROVE if proposed else Action.EDIT
        _carry_out(row, Wish(action, cases=int(cases)))
    _told(row)


def _confirm(row: pd.DataFrame) -> None:
    one = row.iloc[0]
    st.markdown(style.plain(_what(row)))
    names = {
        Action.DISPATCH.value: _("It was dispatched"),
        Action.RECEIVE.value: _("It was received"),
        Action.CORRECT.value: _("What was received is corrected"),
    }
    codes = [action.value for action in CONFIRMED_BY_HAND[str(one["state"])]]
    action = Action(
        str(st.radio(_("What happened?"), codes, key="confirm_what", format_func=names.__getitem__))
    )
    received = one["received_cases"]
    cases = st.number_input(
        _("Cases"),
        min_value=1 if action is Action.DISPATCH else 0,
        step=1,
        value=int(one["cases"] if pd.isna(received) else received),
        key=f"confirm_cases_{action}",
        help=_("What really left or arrived; 0 if nothing arrived."),
    )
    text = st.text_input(_("In your words"), max_chars=2000, key="confirm_text")
    if st.button(_("Confirm"), type="primary", key="confirm_now"):
        _carry_out(row, Wish(action, cases=int(cases), text=text.strip()))
    _told(row)


def _what(rows: pd.DataFrame) -> str:
    if len(rows) == 1:
        one = rows.iloc[0]
        return f"{one['sku_name']} · {one['origin_name']} → {one['destination_name']}"
    return ngettext("{count} transfer", "{count} transfers", len(rows)).format(
        count=style.number(len(rows))
    )


def _carry_out(rows: pd.DataFrame, wish: Wish) -> None:
    """Decide on the versions seen; on success close the dialog, else leave it as it is."""
    seen: dict[tuple[str, str], int] = st.session_state.get(SEEN, {})
    current = rows.copy()
    if seen:
        keys = list(zip(rows["plan"], rows["transfer"], strict=True))
        current = current[[seen.get(key, 0) >= 0 for key in keys]].copy()
        current["version"] = [
            seen.get(key, version)
            for key, version in zip(
                zip(current["plan"], current["transfer"], strict=True),
                current["version"],
                strict=True,
            )
        ]
    if current.empty:
        return
    if decide(current, wish):
        st.session_state.pop(SEEN, None)
        st.rerun()
    changes = st.session_state.get(deciding.CHANGES, ())
    for change in changes:
        # What can still be done is tried on what stands now; the rest is left out (-1).
        possible = refusal(change.state, wish.action) is None
        seen[change.plan, change.transfer] = change.version if possible else -1
    st.session_state[SEEN] = seen


def _told(rows: pd.DataFrame) -> None:
    """Say inside the dialog what kept the decision from being done."""
    changes: tuple[Change, ...] = st.session_state.pop(deciding.CHANGES, ())
    if changes:
        deciding.tell_changes(changes, rows)
        left_out = sum(version < 0 for version in st.session_state.get(SEEN, {}).values())
        if left_out < len(rows):
            st.caption(_("Nothing you typed is lost. Press again to decide on what stands now."))
        else:
            st.caption(_("There is nothing left to decide here."))
    notice = st.session_state.get(deciding.NOTICE)
    if notice and not notice[1]:
        st.session_state.pop(deciding.NOTICE)
        st.error(style.plain(notice[0]), icon=":material/block:")
    if ASKED in st.session_state or not deciding.has_name():
        # Once asked it stays to the end: nothing moves between the name and the button.
        st.session_state[ASKED] = True
        deciding.ask_name("dialog", kept=True)


def currency() -> str:
    """Return the currency of the brand shown."""
    return state.brand().settings.currency
