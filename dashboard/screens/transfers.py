"""The queue of proposed transfers by trip, and people's decisions on them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import (
    board_filters,
    deciding,
    decision_dialogs,
    first_visit,
    limits_panel,
    links,
    refusals,
    state,
    style,
    transfer_detail,
    transfer_tables,
    undoing,
)
from dashboard.board import as_csv, board
from dashboard.deciding import Wish
from dashboard.language import _, ngettext
from data.roles import Permission
from data.spreadsheet_cells import marked
from data.transitions import Action
from optimization.decided_trips import decided_trips

MOST_TRANSFERS = 300
ASK_FROM = 25  # approving so many transfers or more is asked once more


def main() -> None:
    """Draw the page."""
    st.title(_("Transfers"))
    first_visit.need_plan()
    rows = board()
    deciding.tell(rows)
    if rows.empty:
        st.info(_("The plan proposes nothing: no transfer is worth its cost."))
        return
    currency = state.brand().settings.currency
    filtered = _filtered(rows, currency)
    trips = _trips_of(rows, filtered)
    _summary(filtered, trips, currency)
    limits_panel.draw(currency)
    if trips.empty:
        st.info(_("No transfer passes these filters."), icon=":material/filter_alt_off:")
        with st.container(horizontal=True):
            st.button(
                _("Show all transfers"),
                icon=":material/filter_alt_off:",
                key="clear_filters",
                on_click=board_filters.clear,
            )
            _undo_button(rows, filtered)
        return
    trip = transfer_tables.choose_trip(trips, rows, currency)
    shown = filtered if trip is None else _of_trip(filtered, trip)
    _transfers(shown, trip, currency)


def _filtered(rows: pd.DataFrame, currency: str) -> pd.DataFrame:
    if links.asked_anew("transfer"):
        # A link to a transfer shows it whatever was filtered before.
        links.clear_widgets(*board_filters.NAMES)
    return board_filters.draw(rows, currency).rows(rows)


def _trips_of(rows: pd.DataFrame, filtered: pd.DataFrame) -> pd.DataFrame:
    """Return the trips of what is filtered; each is told whole, as it will leave."""
    keys = ["lane", "dispatch_date"]
    whole = rows.merge(filtered[keys].drop_duplicates(), on=keys)
    return decided_trips(whole, state.brand().lanes)


def _summary(filtered: pd.DataFrame, trips: pd.DataFrame, currency: str) -> None:
    waiting = filtered[filtered["state"] == "proposed"]
    boxes = st.container(horizontal=True)
    boxes.metric(
        _("Waiting for a decision"), style.number(len(waiting)), border=True, height="stretch"
    )
    boxes.metric(
        _("Their gain before vehicles"),
        style.money(waiting["expected_gain"].sum(), currency),
        border=True,
        height="stretch",
        help=_(
            "A transfer's gain is the expected profit that is missed if it alone is dropped and "
            "its trip still goes. Added up they differ from the gain of the whole plan."
        ),
    )
    boxes.metric(_("Trips"), style.number(len(trips)), border=True, height="stretch")
    boxes.metric(
        _("Vehicles and their cost"),
        f"{style.number(trips['vehicles'].sum())} · {style.money(trips['cost'].sum(), currency)}",
        border=True,
        height="stretch",
    )


def _of_trip(rows: pd.DataFrame, trip: pd.Series) -> pd.DataFrame:
    same = (rows["lane"] == trip["lane"]) & (rows["dispatch_date"] == trip["dispatch_date"])
    found: pd.DataFrame = rows[same]
    return found


def _transfers(rows: pd.DataFrame, trip: pd.Series | None, currency: str) -> None:
    """Draw the transfers, what can be done with them, and the one selected."""
    order = rows.sort_values(["dispatch_date", "expected_gain"], ascending=[True, False])
    shown = order.head(MOST_TRANSFERS).reset_index(drop=True)
    st.subheader(_heading(trip), anchor=False)
    bar = st.container(horizontal=True)
    selected = transfer_tables.choose_transfers(shown, currency, one_trip=trip is not None)
    if len(order) > len(shown):
        st.caption(
            _(
                "The {shown} soonest and most valuable of {all} transfers are listed; "
                "buttons for all decide on every one of them."
            ).format(shown=style.number(len(shown)), all=style.number(len(order)))
        )
    with bar:
        _buttons(order, selected, trip, currency)
        _undo_button(board(), selected)
        st.download_button(
            _("Download as CSV"),
            lambda: marked(as_csv(order)),
            file_name="nearfield-transfers.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="transfers_csv",
        )
        if state.may(Permission.DECIDE):
            deciding.ask_name("transfers")
    if len(selected) == 1:
        links.keep("transfer", selected["transfer"].iloc[0])
        with st.container(border=True):
            transfer_detail.draw(selected.iloc[0], currency)
    else:
        links.keep("transfer", "")


def _heading(trip: pd.Series | None) -> str:
    if trip is None:
        return _("Transfers of all trips")
    return _("Transfers of the trip on {day}").format(day=style.date(trip["dispatch_date"]))


def _buttons(
    rows: pd.DataFrame, selected: pd.DataFrame, trip: pd.Series | None, currency: str
) -> None:
    """Draw what can be done: with the selected rows, else with all of the trip or filter."""
    target = selected if len(selected) else rows
    waiting = target[target["state"] == "proposed"]
    going = target[target["state"] == "approved"]
    scope = _scope(selected, trip)
    barred = not state.may(Permission.DECIDE)
    why = refusals.without(Permission.DECIDE)
    count = style.number(len(waiting))
    if (
        st.button(
            scope["approve"].format(count=count),
            type="primary",
            icon=":material/check:",
            disabled=waiting.empty or barred,
            help=why,
            key="approve",
            on_click=_approve if len(waiting) < ASK_FROM else None,
            args=(waiting,) if len(waiting) < ASK_FROM else None,
        )
        and len(waiting) >= ASK_FROM
    ):
        trips = len(waiting[["lane", "dispatch_date"]].drop_duplicates())
        decision_dialogs.approve_many(waiting, trips, currency)
    if st.button(
        scope["reject"].format(count=count),
        icon=":material/close:",
        disabled=waiting.empty or barred,
        help=why,
        key="reject",
    ):
        decision_dialogs.reject(waiting)
    if len(selected) == 1 and st.button(
        _("Change the cases…"),
        icon=":material/edit:",
        key="edit",
        disabled=barred or selected["state"].iloc[0] not in ("proposed", "approved"),
    ):
        products = state.brand().products
        sku = selected["sku"].iloc[0]
        decision_dialogs.edit(
            selected, int(products.loc[products["sku"] == sku, "case_units"].iloc[0])
        )
    one = selected["state"].iloc[0] if len(selected) == 1 else ""
    if one in decision_dialogs.CONFIRMED_BY_HAND and st.button(
        _("Confirm…"),
        icon=":material/fact_check:",
        key="confirm_one",
        disabled=not state.may(Permission.CONFIRM),
        help=refusals.without(Permission.CONFIRM),
    ):
        decision_dialogs.confirm(selected)
    if len(selected) and len(going):
        st.button(
            ngettext("Cancel {count} approved", "Cancel {count} approved", len(going)).format(
                count=style.number(len(going))
            ),
            icon=":material/cancel:",
            disabled=barred,
            key="cancel",
            on_click=_cancel,
            args=(going,),
        )


def _scope(selected: pd.DataFrame, trip: pd.Series | None) -> dict[str, str]:
    if len(selected):
        return {
            "approve": _("Approve the selected ({count})"),
            "reject": _("Reject the selected ({count})…"),
        }
    if trip is not None:
        return {
            "approve": _("Approve the whole trip ({count})"),
            "reject": _("Reject the whole trip ({count})…"),
        }
    return {"approve": _("Approve all ({count})"), "reject": _("Reject all ({count})…")}


def _approve(rows: pd.DataFrame) -> None:
    deciding.decide(rows, Wish(Action.APPROVE))


def _cancel(rows: pd.DataFrame) -> None:
    deciding.decide(rows, Wish(Action.CANCEL))


def _undo_button(rows: pd.DataFrame, selected: pd.DataFrame) -> None:
    """Draw what undoes: the selected, where they can be, else the reader's last decision."""
    undoable = selected[selected["undoable"]] if len(selected) else selected
    barred = not state.may(Permission.DECIDE) or not deciding.has_name()
    if len(undoable):
        st.button(
            _("Undo the selected ({count})").format(count=style.number(len(undoable))),
            icon=":material/undo:",
            key="undo_selected",
            disabled=barred,
            on_click=undoing.undo_rows,
            args=(undoable,),
            help=_("Each is then as it was before its last decision."),
        )
        return
    request = undoing.last_request(rows)
    st.button(
        _("Undo"),
        icon=":material/undo:",
        key="undo",
        disabled=request is None or barred,
        on_click=undoing.undo_request,
        args=(request,),
        help=_("Undo your last decision, whole."),
    )


main()
