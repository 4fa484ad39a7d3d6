"""The queue of proposed transfers by trip, and people's decisions on them."""

from __future__ import annotations

import hashlib

import pandas as pd
import streamlit as st

from dashboard import (
    board_filters,
    deciding,
    decision_dialogs,
    first_visit,
    links,
    sentences,
    state,
    style,
    transfer_detail,
)
from dashboard.board import board
from dashboard.deciding import Wish
from dashboard.language import _, ngettext
from dashboard.words import word
from data.transitions import Action
from optimization.decided_trips import decided_trips

MOST_TRIPS = 200
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
    if trips.empty:
        st.info(_("No transfer passes these filters."), icon=":material/filter_alt_off:")
        _undo_button()
        return
    trip = _trips(trips, rows, currency)
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
    columns = st.columns(4)
    columns[0].metric(_("Waiting for a decision"), style.number(len(waiting)), border=True)
    columns[1].metric(
        _("Their expected gain"), style.money(waiting["expected_gain"].sum(), currency), border=True
    )
    columns[2].metric(_("Trips"), style.number(len(trips)), border=True)
    columns[3].metric(
        _("Vehicles and their cost"),
        f"{style.number(trips['vehicles'].sum())} · {style.money(trips['cost'].sum(), currency)}",
        border=True,
    )


def _key(prefix: str, names: pd.Series) -> str:
    # A selection is of positions: with other rows it must be another widget.
    return f"{prefix}_{hashlib.sha1(chr(10).join(names.astype(str)).encode()).hexdigest()[:12]}"


def _trips(trips: pd.DataFrame, rows: pd.DataFrame, currency: str) -> pd.Series | None:
    """Draw the trips and return the one selected."""
    st.subheader(_("Trips"), anchor=False)
    shown = trips.head(MOST_TRIPS).reset_index(drop=True)
    names = dict(zip(rows["origin"], rows["origin_name"], strict=True))
    names.update(zip(rows["destination"], rows["destination_name"], strict=True))
    table = pd.DataFrame(
        {
            "leaves": shown["dispatch_date"],
            "from": shown["origin"].map(names),
            "to": shown["destination"].map(names),
            "state": [
                _trip_state(int(waiting), int(approved), int(count))
                for waiting, approved, count in zip(
                    shown["waiting"], shown["approved"], shown["transfers"], strict=True
                )
            ],
            "vehicles": shown["vehicles"],
            "fill": 100 * shown["fill"],
            "cost": shown["cost"].round(),
            "gain": shown["gain"].round(),
            "lane": shown["lane"],
        }
    )
    keys = shown["lane"] + shown["dispatch_date"].dt.strftime("|%Y-%m-%d")
    event = st.dataframe(
        table,
        key=_key("trips", keys),
        hide_index=True,
        width="stretch",
        height=min(36 * (len(table) + 1) + 2, 330),
        on_select="rerun",
        selection_mode="single-row",
        selection_default=_asked_trip(keys, rows),
        column_config=_trip_columns(currency),
    )
    if len(trips) > len(shown):
        st.caption(
            _("The first {shown} of {all} trips are listed. Filter to see others.").format(
                shown=style.number(len(shown)), all=style.number(len(trips))
            )
        )
    chosen = list(event["selection"]["rows"])
    if not chosen or chosen[0] >= len(shown):
        links.keep("lane", "")
        links.keep("date", "")
        st.caption(_("Select a trip to see its transfers only."))
        return None
    trip = shown.iloc[chosen[0]]
    links.keep("lane", trip["lane"])
    links.keep("date", f"{trip['dispatch_date']:%Y-%m-%d}")
    return trip


def _trip_columns(currency: str) -> dict[str, object]:
    column = st.column_config
    return {
        "leaves": column.DateColumn(_("Leaves"), format="YYYY-MM-DD", width=96),
        "from": column.TextColumn(_("From")),
        "to": column.TextColumn(_("To")),
        "lane": column.TextColumn(_("Lane")),
        "state": column.TextColumn(_("State")),
        "vehicles": column.NumberColumn(_("Vehicles"), width=76),
        "fill": column.ProgressColumn(
            _("Fill"), min_value=0, max_value=100, format="%.0f%%", width=120
        ),
        "cost": column.NumberColumn(_("Cost"), format="localized", width=84, help=currency),
        "gain": column.NumberColumn(_("Gain"), format="localized", width=84, help=currency),
    }


def _trip_state(waiting: int, approved: int, count: int) -> str:
    if waiting == count:
        return _("{count} waiting").format(count=style.number(count))
    if waiting:
        return _("{waiting} of {count} waiting").format(
            waiting=style.number(waiting), count=style.number(count)
        )
    if approved:
        return _("decided, {count} go").format(count=style.number(approved))
    return _("decided, nothing goes")


def _asked_trip(keys: pd.Series, rows: pd.DataFrame) -> dict[str, dict[str, list[int]]] | None:
    """Return the selection that the address asks for: a trip, or the trip of a transfer."""
    lane, day = state.asked("lane"), state.asked("date")
    transfer = state.asked("transfer")
    if transfer and not lane:
        found = rows[rows["transfer"] == transfer]
        if len(found):
            lane = str(found["lane"].iloc[0])
            day = f"{found['dispatch_date'].iloc[0]:%Y-%m-%d}"
    position = keys[keys == f"{lane}|{day}"].index
    return {"selection": {"rows": [int(position[0])]}} if len(position) else None


def _of_trip(rows: pd.DataFrame, trip: pd.Series) -> pd.DataFrame:
    same = (rows["lane"] == trip["lane"]) & (rows["dispatch_date"] == trip["dispatch_date"])
    return rows[same]


def _transfers(rows: pd.DataFrame, trip: pd.Series | None, currency: str) -> None:
    """Draw the transfers, what can be done with them, and the one selected."""
    order = rows.sort_values(["dispatch_date", "expected_gain"], ascending=[True, False])
    shown = order.head(MOST_TRANSFERS).reset_index(drop=True)
    st.subheader(_heading(trip), anchor=False)
    bar = st.container(horizontal=True)
    selected = _table(shown, currency, one_trip=trip is not None)
    if len(order) > len(shown):
        st.caption(
            _(
                "The {shown} soonest and most valuable of {all} transfers are listed; "
                "buttons for all decide on every one of them."
            ).format(shown=style.number(len(shown)), all=style.number(len(order)))
        )
    with bar:
        _buttons(order, selected, trip, currency)
        _undo_button()
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


def _table(shown: pd.DataFrame, currency: str, *, one_trip: bool) -> pd.DataFrame:
    """Draw the rows with the reason beside each; return those selected."""
    reasons = shown.to_dict("records")
    table = pd.DataFrame(
        {
            "state": shown["state"].map(word),
            "product": shown["sku_name"],
            "leaves": shown["dispatch_date"],
            "to": shown["destination_name"],
            "cases": shown["cases"],
            "units": shown["units"],
            "gain": shown["expected_gain"].round(),
            "reason": [sentences.in_short(row, currency) for row in reasons],
            "by": shown["decided_by"],
            "sku": shown["sku"],
        }
    )
    if one_trip:
        table = table.drop(columns=["leaves", "to"])
    column = st.column_config
    asked = state.asked("transfer")
    position = shown.index[shown["transfer"] == asked] if asked else []
    event = st.dataframe(
        table,
        key=_key("transfers", shown["plan"] + shown["transfer"]),
        hide_index=True,
        width="stretch",
        height=min(36 * (len(table) + 1) + 2, 440),
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [int(position[0])]}} if len(position) else None,
        column_config={
            "state": column.TextColumn(_("State"), width=90),
            "product": column.TextColumn(_("Product")),
            "sku": column.TextColumn(_("Number"), width=80),
            "leaves": column.DateColumn(_("Leaves"), format="YYYY-MM-DD", width=96),
            "to": column.TextColumn(_("To")),
            "cases": column.NumberColumn(_("Cases"), width=66),
            "units": column.NumberColumn(_("Units"), format="localized", width=70),
            "gain": column.NumberColumn(_("Gain"), format="localized", width=74, help=currency),
            "reason": column.TextColumn(_("Why"), width="large"),
            "by": column.TextColumn(_("Decided by"), width=100),
        },
    )
    chosen = [row for row in event["selection"]["rows"] if row < len(shown)]
    return shown.iloc[chosen]


def _buttons(
    rows: pd.DataFrame, selected: pd.DataFrame, trip: pd.Series | None, currency: str
) -> None:
    """Draw what can be done: with the selected rows, else with all of the trip or filter."""
    target = selected if len(selected) else rows
    waiting = target[target["state"] == "proposed"]
    going = target[target["state"] == "approved"]
    scope = _scope(selected, trip)
    count = style.number(len(waiting))
    if (
        st.button(
            scope["approve"].format(count=count),
            type="primary",
            icon=":material/check:",
            disabled=waiting.empty,
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
        disabled=waiting.empty,
        key="reject",
    ):
        decision_dialogs.reject(waiting)
    if len(selected) == 1 and st.button(
        _("Change the cases…"),
        icon=":material/edit:",
        key="edit",
        disabled=selected["state"].iloc[0] not in ("proposed", "approved"),
    ):
        products = state.brand().products
        sku = selected["sku"].iloc[0]
        decision_dialogs.edit(
            selected, int(products.loc[products["sku"] == sku, "case_units"].iloc[0])
        )
    if len(selected) and len(going):
        st.button(
            ngettext("Cancel {count} approved", "Cancel {count} approved", len(going)).format(
                count=style.number(len(going))
            ),
            icon=":material/cancel:",
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


def _undo_button() -> None:
    st.button(
        _("Undo"),
        icon=":material/undo:",
        key="undo",
        disabled=not deciding.can_undo(),
        on_click=deciding.undo_last,
        help=_("Undo your last decision, whole."),
    )


main()
