"""What needs a decision first."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import (
    brand_names,
    first_visit,
    headline,
    items,
    running,
    sidebar,
    state,
    still_missed,
    style,
    trust_panel,
)
from dashboard.board import board
from dashboard.language import _, ngettext
from data import Brand
from optimization import outlook
from optimization.plan import Plan

MOST_TRIPS = 6


def main() -> None:
    """Draw the page."""
    plan = first_visit.need_plan()
    brand = state.brand()
    _heading(plan, brand)
    waiting = _waiting(plan)
    headline.draw(plan, brand, len(waiting))
    _to_hand_over()
    left, right = st.columns(2, gap="large")
    with left:
        _trips(plan, brand, waiting)
    with right:
        still_missed.draw_series(plan, brand)
    left, right = st.columns(2, gap="large")
    with left:
        headline.draw_gain(plan)
        headline.draw_bought(plan, brand)
    with right:
        still_missed.draw_days(plan)
        still_missed.draw_regions(plan, brand)
    trust_panel.draw(plan, brand)


def _heading(plan: Plan, brand: Brand) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(_("Overview"), width="content")
        if brand.settings.simulated:
            sidebar.simulated_badge()
    ends = plan.as_of + pd.Timedelta(days=plan.horizon_days)
    st.caption(
        _("{brand} · plan for {first} to {last} · sales known to {day}").format(
            brand=style.plain(brand.settings.name),
            first=style.date(plan.as_of + pd.Timedelta(days=1)),
            last=style.date(ends),
            day=style.date(brand.as_of, year=True),
        )
    )
    if plan.as_of != brand.as_of:
        st.warning(
            _("This plan is as of {day}; the sales have moved on. Plan again.").format(
                day=style.date(plan.as_of, year=True)
            ),
            icon=":material/update:",
        )
        running.button("plan", _("Forecast and plan again"))
    running.watch("plan", elsewhere=True)


def _to_hand_over() -> None:
    """Say what is approved and the warehouse does not know yet, soonest first."""
    rows = board()
    untold = rows[(rows["state"] == "approved") & (rows["exported"] == "")]
    if untold.empty:
        return
    st.page_link(
        "screens/handover.py",
        label=ngettext(
            "{count} approved transfer waits to be handed over; the first leaves {day}",
            "{count} approved transfers wait to be handed over; the first leaves {day}",
            len(untold),
        ).format(
            count=style.number(len(untold)),
            day=style.plain(style.date(untold["dispatch_date"].min())),
        ),
        icon=":material/outbox:",
    )


def _waiting(plan: Plan) -> pd.Series:
    """Return the names of the plan's transfers that wait for a decision."""
    rows = board()
    here = (rows["state"] == "proposed") & (rows["plan"] == state.plan_id())
    return rows.loc[here, "transfer"]


def _trips(plan: Plan, brand: Brand, waiting: pd.Series) -> None:
    st.subheader(
        _("Trips waiting for a decision"),
        help=_("Beside each: what its transfers are expected to gain, before its vehicles."),
    )
    trips = outlook.waiting_trips(plan, brand.lanes, waiting)
    if trips.empty:
        st.success(_("Nothing waits: every proposed transfer is decided."), icon=":material/check:")
        st.page_link("screens/transfers.py", label=_("See the transfers"))
        return
    names = brand_names.of_places(brand.locations)
    for trip in trips.head(MOST_TRIPS).to_dict("records"):
        items.draw(
            "screens/transfers.py",
            {"lane": str(trip["lane"]), "date": f"{trip['dispatch_date']:%Y-%m-%d}"},
            # The destination first: a phone cuts the end of a link.
            _("To {destination}, from {origin}").format(
                destination=names.get(trip["destination"], trip["destination"]),
                origin=names.get(trip["origin"], trip["origin"]),
            ),
            style.money(trip["gain"], brand.settings.currency),
            _trip_words(trip, brand.settings.currency),
            urgent=_("Leaves tomorrow: decide today.") if trip["days_left"] <= 1 else "",
        )
    rest = len(trips) - MOST_TRIPS
    if rest > 0:
        st.page_link(
            "screens/transfers.py",
            label=ngettext("{count} more trip", "{count} more trips", rest).format(
                count=style.number(rest)
            ),
            icon=":material/arrow_forward:",
        )


def _trip_words(trip: Mapping[Hashable, Any], currency: str) -> str:
    vehicles, transfers = int(trip["vehicles"]), int(trip["transfers"])
    parts = [
        style.date(trip["dispatch_date"]),
        ngettext("{count} vehicle for {money}", "{count} vehicles for {money}", vehicles).format(
            count=vehicles, money=style.money(trip["cost"], currency)
        ),
        _("{share} full").format(share=style.percent(trip["fill"])),
        ngettext("{count} transfer", "{count} transfers", transfers).format(count=transfers),
    ]
    return " · ".join(parts)


main()
