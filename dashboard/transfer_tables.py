"""The tables of trips and transfers; a row that is selected is in the address."""

from __future__ import annotations

import hashlib
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import brand_names, links, sentences, state, style
from dashboard.language import _
from dashboard.words import word

MOST_TRIPS = 200


def choose_trip(trips: pd.DataFrame, rows: pd.DataFrame, currency: str) -> pd.Series | None:
    """Draw the trips and return the one selected.

    :param trips: :func:`optimization.decided_trips.decided_trips`.
    :param rows: the board, for the names of places and to find the trip of a linked transfer.
    """
    st.subheader(_("Trips"), anchor=False)
    shown = trips.head(MOST_TRIPS).reset_index(drop=True)
    names = brand_names.of_ends(rows)
    table = pd.DataFrame(
        {
            "leaves": shown["dispatch_date"],
            "to": shown["destination"].map(names),
            "gain": shown["gain"].round(),
            "state": [
                _trip_state(int(waiting), int(approved), int(count))
                for waiting, approved, count in zip(
                    shown["waiting"], shown["approved"], shown["transfers"], strict=True
                )
            ],
            "from": shown["origin"].map(names),
            "fill": 100 * shown["fill"],
            "vehicles": shown["vehicles"],
            "cost": shown["cost"].round(),
            "lane": shown["lane"],
        }
    )
    keys = shown["lane"] + shown["dispatch_date"].dt.strftime("|%Y-%m-%d")
    event = st.dataframe(
        table,
        key=_key("trips", keys),
        hide_index=True,
        width="stretch",
        height=style.table_height(len(table), 330),
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
    chosen = _selected(event, len(shown))
    if not chosen:
        links.keep("lane", "")
        links.keep("date", "")
        st.caption(_("Select a trip to see its transfers only."))
        return None
    trip: pd.Series = shown.iloc[chosen[0]]
    links.keep("lane", trip["lane"])
    links.keep("date", f"{trip['dispatch_date']:%Y-%m-%d}")
    return trip


def _trip_columns(currency: str) -> dict[str, Any]:
    column = st.column_config
    return {
        "leaves": column.DateColumn(_("Leaves"), format="YYYY-MM-DD", width=88),
        "from": column.TextColumn(_("From")),
        "to": column.TextColumn(_("To")),
        "lane": column.TextColumn(_("Lane")),
        "state": column.TextColumn(_("State"), width=108),
        "vehicles": column.NumberColumn(_("Vehicles"), width=72),
        "fill": column.ProgressColumn(
            _("Fill"), min_value=0, max_value=100, format="%.0f%%", width=104
        ),
        "cost": column.NumberColumn(_money(_("Cost"), currency), format="localized", width=76),
        "gain": column.NumberColumn(_money(_("Gain"), currency), format="localized", width=76),
    }


def _money(name: str, currency: str) -> str:
    return f"{name} {style.currency_sign(currency)}"


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


def _asked_trip(keys: pd.Series, rows: pd.DataFrame) -> Any:
    """Return the selection that the address asks for: a trip, or the trip of a transfer."""
    lane, day = state.asked("lane"), state.asked("date")
    transfer = state.asked("transfer")
    if transfer and not lane:
        found = rows[rows["transfer"] == transfer]
        if len(found):
            lane = str(found["lane"].iloc[0])
            day = f"{found['dispatch_date'].iloc[0]:%Y-%m-%d}"
    return _selection(keys == f"{lane}|{day}")


def choose_transfers(shown: pd.DataFrame, currency: str, *, one_trip: bool) -> pd.DataFrame:
    """Draw the rows with the reason beside each; return those selected."""
    reasons = shown.to_dict("records")
    table = pd.DataFrame(
        {
            "product": shown["sku_name"],
            "to": shown["destination_name"],
            "cases": shown["cases"],
            "gain": shown["expected_gain"].round(),
            "leaves": shown["dispatch_date"],
            "state": shown["state"].map(word),
            "reason": [sentences.in_short(row) for row in reasons],
            "units": shown["units"],
            "by": shown["decided_by"],
            "sku": shown["sku"],
        }
    )
    if one_trip:
        table = table.drop(columns=["leaves", "to"])
    column = st.column_config
    asked = state.asked("transfer")
    event = st.dataframe(
        table,
        key=_key("transfers", shown["plan"] + shown["transfer"]),
        hide_index=True,
        width="stretch",
        height=style.table_height(len(table), 440),
        on_select="rerun",
        selection_mode="multi-row",
        selection_default=_selection(shown["transfer"] == asked),
        column_config={
            "state": column.TextColumn(_("State"), width=78),
            "product": column.TextColumn(_("Product")),
            "sku": column.TextColumn(_("Number"), width=80),
            "leaves": column.DateColumn(_("Leaves"), format="YYYY-MM-DD", width=88),
            "to": column.TextColumn(_("To")),
            "cases": column.NumberColumn(_("Cases"), format="localized", width=58),
            "units": column.NumberColumn(_("Units"), format="localized", width=70),
            "gain": column.NumberColumn(_money(_("Gain"), currency), format="localized", width=74),
            "reason": column.TextColumn(_("Why"), width="large"),
            "by": column.TextColumn(_("Decided by"), width=100),
        },
    )
    chosen: pd.DataFrame = shown.iloc[_selected(event, len(shown))]
    return chosen


def _key(prefix: str, names: pd.Series) -> str:
    # A selection is of positions: with other rows it must be another widget.
    return f"{prefix}_{hashlib.sha1(chr(10).join(names.astype(str)).encode()).hexdigest()[:12]}"


def _selection(asked: pd.Series) -> Any:
    """Return the first row that is asked for as a table's first selection; None where none is."""
    rows = [place for place, here in enumerate(asked) if here][:1]
    return {"selection": {"rows": rows}} if rows else None


def _selected(event: Any, count: int) -> list[int]:
    return [row for row in event["selection"]["rows"] if row < count]
