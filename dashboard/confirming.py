"""What the warehouse says it dispatched and received: a file is looked at, then taken in whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd
import streamlit as st

from dashboard import actions, deciding, refusals, state, style
from dashboard.confirmation_preview import KNOWN, NEW, REFUSED, preview
from dashboard.fault_sentences import told
from dashboard.language import _, ngettext
from dashboard.words import word
from data.confirmation_files import read_confirmations
from data.confirmations import Confirmation
from data.errors import BadInput, Failure
from data.roles import Permission

TOLD: Final = "handover_told"
"""The session key of how it ended: words, and whether well."""


def draw(names: Mapping[str, str], places: Mapping[str, str]) -> None:
    """Draw where a file is given, and what it would change.

    :param names: of products by their number; ``places``: of locations.
    """
    st.subheader(_("Confirmations of the warehouse"))
    st.write(
        _(
            "What was dispatched and received, as the filled-in export (CSV, Excel) or as JSON. "
            "The same file twice changes nothing the second time."
        )
    )
    file = st.file_uploader(
        _("A file of confirmations"),
        type=["csv", "xlsx", "json"],
        key="confirmations",
        disabled=not state.may(Permission.CONFIRM),
        help=refusals.without(Permission.CONFIRM),
    )
    if file is None:
        return
    try:
        confirmations = read_confirmations(file.getvalue())
    except BadInput as refused:
        st.error(_("The file was not taken: it has faults."), icon=":material/error:")
        st.code(told(refused), language=None, wrap_lines=True)
        return
    if not confirmations:
        st.info(_("No row of this file has a status yet: nothing is confirmed."))
        return
    _preview(confirmations, names, places)


def _preview(
    confirmations: tuple[Confirmation, ...], names: Mapping[str, str], places: Mapping[str, str]
) -> None:
    shown = preview(state.ledger(), confirmations)
    counts = {name: int((shown["outcome"] == name).sum()) for name in (NEW, KNOWN, REFUSED)}
    st.write(
        _("{new} new, {known} known already, {refused} that cannot be.").format(
            new=style.number(counts[NEW]),
            known=style.number(counts[KNOWN]),
            refused=style.number(counts[REFUSED]),
        )
    )
    outcomes = {NEW: _("will be taken"), KNOWN: _("known already"), REFUSED: _("cannot be")}
    order = {REFUSED: 0, NEW: 1, KNOWN: 2}
    shown = shown.sort_values("outcome", key=lambda codes: codes.map(order), kind="stable")
    st.dataframe(
        pd.DataFrame(
            {
                "outcome": shown["outcome"].map(outcomes),
                "row": shown["row"],
                "product": shown["sku"].map(names).fillna(shown["sku"]),
                "to": shown["destination"].map(places).fillna(shown["destination"]),
                "now": [word(code) if code else _("not in the ledger") for code in shown["state"]],
                "status": [word(code) for code in shown["status"]],
                "cases": shown["cases"],
                "transfer": shown["transfer"],
            }
        ),
        hide_index=True,
        width="stretch",
        height=style.table_height(len(shown), 330),
        column_config={
            "outcome": st.column_config.TextColumn(_("Outcome"), width=110),
            "row": st.column_config.NumberColumn(_("Row"), width=60),
            "product": _("Product"),
            "to": _("To"),
            "now": st.column_config.TextColumn(_("Now"), width=100),
            "status": st.column_config.TextColumn(_("The file says"), width=100),
            "cases": st.column_config.NumberColumn(_("Cases"), width=66),
            "transfer": _("Transfer"),
        },
    )
    st.button(
        ngettext(
            "Take in {count} confirmation", "Take in {count} confirmations", counts[NEW]
        ).format(count=style.number(counts[NEW])),
        type="primary",
        key="confirm",
        disabled=not counts[NEW]
        or bool(counts[REFUSED])
        or not deciding.has_name()
        or not state.may(Permission.CONFIRM),
        on_click=_confirm,
        args=(confirmations,),
    )
    if counts[REFUSED]:
        st.caption(_("All of a file is taken, or nothing: correct the rows that cannot be."))
    deciding.ask_name("confirm")


def _confirm(confirmations: tuple[Confirmation, ...]) -> None:
    try:
        done = actions.confirm(confirmations)
    except (BadInput, Failure) as refused:
        allowed = state.person().may(Permission.CONFIRM)
        text = told(refused) if allowed else refusals.without(Permission.CONFIRM, always=True)
        st.session_state[TOLD] = (text, False)
        return
    text = ngettext(
        "{count} transfer confirmed; {known} rows were known already.",
        "{count} transfers confirmed; {known} rows were known already.",
        done.changed,
    )
    st.session_state[TOLD] = (
        text.format(count=style.number(done.changed), known=style.number(done.known)),
        True,
    )
