"""Handing over to the warehouse: what waits, what was handed over, and what came back."""

from __future__ import annotations

import uuid
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import (
    actions,
    brand_names,
    confirming,
    deciding,
    first_visit,
    local_time,
    refusals,
    state,
    style,
)
from dashboard.confirming import TOLD
from dashboard.fault_sentences import told
from dashboard.language import _, ngettext
from data.errors import BadInput, Failure
from data.handover import Export, Line, list_exports, read_export, to_hand_over
from data.roles import Permission

EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HANDED: Final = "handed_over"
ASKED: Final = "handover_request"


def main() -> None:
    """Draw the page."""
    st.title(_("Hand over"))
    first_visit.need_plan()
    _tell()
    _waiting()
    _exports()
    confirming.draw(_names(), _places())


def _tell() -> None:
    told = st.session_state.pop(TOLD, None)
    if told:
        text, good = told
        draw = st.success if good else st.error
        draw(style.plain(text), icon=":material/check:" if good else ":material/block:")


def _names() -> dict[str, str]:
    return brand_names.of_products(state.brand().products)


def _places() -> dict[str, str]:
    return brand_names.of_places(state.brand().locations)


# --- what waits ------------------------------------------------------------------------------


def _waiting() -> None:
    lines = to_hand_over(state.ledger(), names=_names())
    st.subheader(_("Waiting to be handed over"))
    if not lines:
        if list_exports(state.ledger()).empty:
            st.info(_("Nothing waits: no transfer is approved yet."), icon=":material/check:")
        else:
            text = _("Nothing waits: what is approved has been handed over.")
            st.info(text, icon=":material/check:")
        st.page_link(
            "screens/transfers.py", label=_("See the transfers"), icon=":material/local_shipping:"
        )
        return
    days = sorted({line.dispatch_date for line in lines})
    column, rest = st.columns([1, 2], vertical_alignment="bottom")
    until = column.selectbox(
        _("Leaving up to and including"),
        days,
        index=len(days) - 1,
        format_func=style.date,
        key="handover_until",
    )
    chosen = [line for line in lines if line.dispatch_date <= str(until)]
    cancelled = sum(line.action == "cancel" for line in chosen)
    st.dataframe(_trips(chosen), hide_index=True, width="stretch", column_config=_trip_columns())
    if cancelled:
        st.caption(
            ngettext(
                "{count} transfer was cancelled after the warehouse was told: it is told again.",
                "{count} transfers were cancelled after the warehouse was told: it is told again.",
                cancelled,
            ).format(count=style.number(cancelled))
        )
    # One name for one press, however often it is sent.
    request = st.session_state.setdefault(ASKED, uuid.uuid4().hex)
    with rest.container(horizontal=True, horizontal_alignment="left"):
        st.button(
            ngettext(
                "Hand over {count} transfer", "Hand over {count} transfers", len(chosen)
            ).format(count=style.number(len(chosen))),
            type="primary",
            icon=":material/outbox:",
            key="hand_over",
            disabled=not state.may(Permission.HAND_OVER) or not deciding.has_name(),
            help=refusals.without(Permission.HAND_OVER)
            or _("From then on these cannot be undone, only cancelled."),
            on_click=_hand_over,
            args=(str(until), request),
        )
    deciding.ask_name("hand_over")


def _trips(lines: list[Line]) -> pd.DataFrame:
    frame = pd.DataFrame(
        [
            (line.dispatch_date, line.origin, line.destination, line.lane, line.cases, line.m3)
            for line in lines
        ],
        columns=["leaves", "from", "to", "lane", "cases", "m3"],
    )
    keys = ["leaves", "from", "to", "lane"]
    trips = frame.groupby(keys, as_index=False).agg(
        transfers=("cases", "size"), cases=("cases", "sum"), m3=("m3", "sum")
    )
    places = _places()
    for end in ("from", "to"):
        trips[end] = trips[end].map(places).fillna(trips[end])
    trips["leaves"] = pd.to_datetime(trips["leaves"])
    return trips[["leaves", "to", "cases", "transfers", "m3", "from", "lane"]]


def _trip_columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "leaves": column.DateColumn(_("Leaves"), format="YYYY-MM-DD", width=96),
        "from": column.TextColumn(_("From")),
        "to": column.TextColumn(_("To")),
        "transfers": column.NumberColumn(_("Transfers"), format="localized", width=84),
        "cases": column.NumberColumn(_("Cases"), format="localized", width=84),
        "m3": column.NumberColumn("m³", format="%.2f", width=84),
        "lane": column.TextColumn(_("Lane")),
    }


def _hand_over(until: str, request: str) -> None:
    try:
        export = actions.hand_over(until=until, names=_names(), request=request)
    except (BadInput, Failure) as refused:
        allowed = state.person().may(Permission.HAND_OVER)
        text = told(refused) if allowed else refusals.without(Permission.HAND_OVER, always=True)
        st.session_state[TOLD] = (text, False)
        return
    st.session_state.pop(ASKED, None)
    st.session_state[HANDED] = export.id
    text = ngettext(
        "Export {export}: {count} transfer is handed over. Download it below.",
        "Export {export}: {count} transfers are handed over. Download it below.",
        len(export.lines),
    )
    st.session_state[TOLD] = (
        text.format(export=export.id, count=style.number(len(export.lines))),
        True,
    )


# --- what was handed over --------------------------------------------------------------------


def _exports() -> None:
    st.subheader(_("Exports"))
    made = list_exports(state.ledger())
    if made.empty:
        st.caption(_("Nothing has been handed over yet."))
        return
    names = [str(name) for name in made["export"]]
    if st.session_state.pop(HANDED, None):
        st.session_state.pop("export", None)  # the new one is the first
    left, right = st.columns([3, 2], gap="large")
    with left:
        event = st.dataframe(
            made.assign(at=[local_time.moment(at) for at in made["at"]]),
            hide_index=True,
            width="stretch",
            height=style.table_height(len(made), 260),
            on_select="rerun",
            selection_mode="single-row",
            key=f"exports-{len(made)}",
            column_config={
                "export": st.column_config.TextColumn(_("Export"), width=90),
                "at": st.column_config.TextColumn(_("When"), width=150),
                "who": st.column_config.TextColumn(_("Who")),
                "count": st.column_config.NumberColumn(
                    _("Transfers"), format="localized", width=84
                ),
            },
        )
    rows = event["selection"]["rows"]
    chosen = names[rows[0]] if rows and rows[0] < len(names) else names[0]
    with right:
        _download(read_export(state.ledger(), chosen))


def _download(export: Export) -> None:
    st.markdown(f"**{style.plain(_('Export {export}').format(export=export.id))}**")
    st.caption(_("The same file each time, byte for byte, whatever is decided afterwards."))
    name = f"nearfield-{export.id}"
    with st.container(horizontal=True):
        for label, write, suffix, mime in (
            ("CSV", export.to_csv, "csv", "text/csv"),
            ("Excel", export.to_excel, "xlsx", EXCEL),
            ("JSON", export.to_json, "json", "application/json"),
        ):
            st.download_button(
                label,
                write,
                file_name=f"{name}.{suffix}",
                mime=mime,
                icon=":material/download:",
                key=f"download-{suffix}",
                on_click="ignore",
            )
    st.caption(
        _(
            "The Excel file has a pick list for each trip. Fill in the sheet “confirm”, or the "
            "last columns of the CSV, and bring it back below."
        )
    )


main()
