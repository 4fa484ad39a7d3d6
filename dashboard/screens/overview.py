"""What needs a decision first."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import brand_names, first_visit, running, sidebar, state, style, trust_panel
from dashboard.board import board
from dashboard.charts import at_risk as charts
from dashboard.language import _, ngettext
from data import Brand
from optimization import outlook
from optimization.plan import Plan

MOST_TRIPS = 6
MOST_PRODUCTS = 6
_INDENT = "&emsp;&emsp;"
"""Two wide spaces: what is said of an item stands under its words, not under its icon."""


def main() -> None:
    """Draw the page."""
    plan = first_visit.need_plan()
    brand = state.brand()
    _heading(plan, brand)
    _figures(plan, brand)
    left, right = st.columns(2, gap="large")
    with left:
        _trips(plan, brand)
    with right:
        _worst(plan, brand)
    left, right = st.columns(2, gap="large")
    with left:
        _risk_by_day(plan)
        _service(plan)
    with right:
        _risk_by_region(plan, brand)
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


def _figures(plan: Plan, brand: Brand) -> None:
    whole = plan.stockouts[["lost_money_without", "lost_money_with"]].sum()
    without, with_plan = float(whole.iloc[0]), float(whole.iloc[1])
    currency = brand.settings.currency
    before, after = _shares(plan)
    boxes = st.container(horizontal=True)
    boxes.metric(
        _("Money at risk"),
        style.money(with_plan, currency),
        _("{money} without the plan").format(money=style.money(without, currency)),
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        help=_(
            "Expected profit missed over the horizon because a region's own stock does not "
            "serve the whole demand."
        ),
    )
    boxes.metric(
        _("Gain of the plan"),
        style.money(plan.gain, currency),
        _("{money} if nothing is moved").format(money=style.money(plan.doing_nothing, currency)),
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        help=_(
            "Expected profit with the plan above that of moving nothing, both measured on "
            "fresh sample paths of demand."
        ),
    )
    boxes.metric(
        _("Served near or mid"),
        style.percent(after["near"] + after["mid"], 1),
        _("{share} without the plan").format(share=style.percent(before["near"] + before["mid"], 1))
        if before
        else None,
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        help=_("Share of demand served from the shoppers' own region: in half an hour or four."),
    )
    waiting = _waiting(plan)
    boxes.metric(
        _("Waiting for a decision"),
        style.number(len(waiting)),
        _("of {count} transfers").format(count=style.number(len(plan.transfers))),
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
    )
    _to_hand_over()


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


def _shares(plan: Plan) -> tuple[dict[str, float], dict[str, float]]:
    """Return the shares of the fields doing nothing (empty where not known) and with the plan."""
    before = plan.details.get("service_doing_nothing")
    return (outlook.shares(before) if before else {}), outlook.shares(plan.service)


def _waiting(plan: Plan) -> pd.Series:
    """Return the names of the plan's transfers that wait for a decision."""
    rows = board()
    here = (rows["state"] == "proposed") & (rows["plan"] == state.plan_id())
    return rows.loc[here, "transfer"]


def _trips(plan: Plan, brand: Brand) -> None:
    st.subheader(_("Trips waiting for a decision"))
    trips = outlook.waiting_trips(plan, brand.lanes, _waiting(plan))
    if trips.empty:
        st.success(_("Nothing waits: every proposed transfer is decided."), icon=":material/check:")
        st.page_link("screens/transfers.py", label=_("See the transfers"))
        return
    names = brand_names.of_places(brand.locations)
    for trip in trips.head(MOST_TRIPS).to_dict("records"):
        _row(
            "screens/transfers.py",
            {"lane": str(trip["lane"]), "date": f"{trip['dispatch_date']:%Y-%m-%d}"},
            f"{_name(names, trip['origin'])} → {_name(names, trip['destination'])}",
            style.money(trip["gain"], brand.settings.currency),
            _trip_words(trip),
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


def _trip_words(trip: Mapping[Hashable, Any]) -> str:
    vehicles, transfers = int(trip["vehicles"]), int(trip["transfers"])
    parts = [
        style.date(trip["dispatch_date"]),
        ngettext("{count} vehicle", "{count} vehicles", vehicles).format(count=vehicles),
        _("{share} full").format(share=style.percent(trip["fill"])),
        ngettext("{count} transfer", "{count} transfers", transfers).format(count=transfers),
    ]
    return " · ".join(parts)


def _name(names: dict[str, str], key: object) -> str:
    return names.get(str(key)) or str(key)


def _row(
    page: str, query: dict[str, str], title: str, amount: str, words: str, *, urgent: str = ""
) -> None:
    """Draw one item: a link with its filter, the money at stake, and what is to be known.

    :param urgent: why it is marked; "" where it is not.
    """
    item = st.container(gap="xxsmall")
    first = item.container(
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
        gap="small",
    )
    first.page_link(
        page,
        label=style.plain(title),
        icon=":material/priority_high:" if urgent else ":material/chevron_right:",
        help=urgent or None,
        query_params=query,
    )
    first.markdown(f"**{style.plain(amount)}**", width="content")
    item.caption(f"{_INDENT}{style.plain(words)}")


def _worst(plan: Plan, brand: Brand) -> None:
    st.subheader(_("Still at risk with the plan"))
    rows = outlook.worst(plan.stockouts, MOST_PRODUCTS)
    if rows.empty:
        st.success(_("No product is expected to run short."), icon=":material/check:")
        return
    regions = brand_names.of_regions(brand.regions)
    products = brand_names.of_products(brand.products)
    soon = plan.as_of + pd.Timedelta(days=2)
    for row in rows.to_dict("records"):
        first = (
            _("likely short from {day}").format(day=style.date(row["first_day"]))
            if pd.notna(row["first_day"])
            else _("short on no single day")
        )
        without = style.money(row["lost_money_without"], brand.settings.currency)
        _row(
            "screens/forecasts.py",
            {"region": str(row["region"]), "sku": str(row["sku"])},
            f"{_name(regions, row['region'])} · {_name(products, row['sku'])}",
            style.money(row["lost_money_with"], brand.settings.currency),
            f"{first} · " + _("{money} without the plan").format(money=without),
            urgent=_("Short within two days.") if row["first_day"] <= soon else "",
        )


def _risk_by_day(plan: Plan) -> None:
    st.subheader(_("Money at risk by day"))
    style.show(charts.by_day(outlook.at_risk(plan.stockouts, ["date"]), plan.currency))


def _risk_by_region(plan: Plan, brand: Brand) -> None:
    st.subheader(_("Money at risk by region"))
    names = brand_names.of_regions(brand.regions)
    risk = outlook.at_risk(plan.stockouts, ["region"])
    style.show(charts.by_region(risk, names, plan.currency))
    if len(risk) > charts.MOST_REGIONS:
        st.caption(
            _("The {count} of {all} regions with most at risk without the plan.").format(
                count=style.number(charts.MOST_REGIONS), all=style.number(len(risk))
            )
        )


def _service(plan: Plan) -> None:
    st.subheader(_("Where demand is served from"))
    before, after = _shares(plan)
    cases = {_("without the plan"): before} if before else {}
    style.show(charts.service({**cases, _("with the plan"): after}))
    if before and after["lost"] > before["lost"]:
        st.caption(
            _(
                "A plan maximises profit, not the demand served: stock that is near sells to more "
                "of those who ask, so what is scarce is used up sooner and more demand is lost."
            )
        )


main()
