"""Where stock stands, what is planned to flow, and where it will not be enough."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import brand_names, first_visit, links, location_detail, state, style, what_if_panel
from dashboard.board import board
from dashboard.charts.flow_layout import largest_flows
from dashboard.charts.network_map import SELECTION as MAP_SELECTION
from dashboard.charts.network_map import network_map
from dashboard.charts.sankey import SELECTION, sankey_chart
from dashboard.language import _
from dashboard.words import word
from data import Brand
from optimization import Plan
from optimization.decided_trips import GOES
from optimization.network_view import judge_cover, planned_flows, region_risk
from optimization.stock_outlook import MOST_COVER, StockOutlook, stock_outlook

MOST_DESTINATIONS = 24
EVERY_DAY = "all"
RINGS = ("cover", "risk")


def main() -> None:
    """Draw the page."""
    st.title(_("Network"))
    plan = first_visit.need_plan()
    brand = state.brand()
    rows = board()
    going = rows[rows["state"].isin(GOES)]
    outlook = _outlook(brand, plan, going, (brand.version, state.plan_id(), _stamp(going)))
    mapped = brand.locations[brand.locations[["lat", "lon"]].notna().all(axis=1)]
    has_map = len(mapped) >= 2
    left, right = st.columns([3, 1.3], vertical_alignment="bottom")
    with left:
        day = _choose_day(plan)
    with right:
        ring = _choose_ring() if has_map else ""  # only places on a map have rings
    flows = planned_flows(brand, going, day)
    picked = _map(brand, plan, outlook, flows, day, ring) if has_map else _sankey(flows)
    _place(brand, picked, going, outlook)
    what_if_panel.draw(brand, plan)


def _stamp(going: pd.DataFrame) -> str:
    """Return what changes when the transfers do."""
    return f"{len(going)}-{int(going['version'].sum())}"


@st.cache_resource(max_entries=2, show_spinner=False)
def _outlook(
    _brand: Brand, _plan: Plan, _going: pd.DataFrame, key: tuple[str, str, str]
) -> tuple[StockOutlook, pd.DataFrame]:
    """Return where stock will stand, whole and by location; kept until something changes."""
    forecast = state.forecast()
    assert forecast is not None, "a plan is made from a forecast"
    found = stock_outlook(_brand, forecast.frame, _going)
    return found, found.by_location()


def _choose_day(plan: Plan) -> pd.Timestamp | None:
    days = pd.date_range(plan.as_of + pd.Timedelta(days=1), periods=plan.horizon_days)
    options = [EVERY_DAY, *(f"{day:%Y-%m-%d}" for day in days)]
    links.follow("day", options)
    chosen = st.select_slider(
        _("Day"),
        options,
        key="day",
        format_func=lambda code: _("All days") if code == EVERY_DAY else style.date(code),
    )
    links.keep("day", "" if chosen == EVERY_DAY else chosen)
    return None if chosen == EVERY_DAY else pd.Timestamp(chosen)


def _choose_ring() -> str:
    links.follow("ring", RINGS)
    st.session_state.setdefault("ring", "cover")
    names = {"cover": _("Days of cover"), "risk": _("Expected stockouts")}
    ring = st.segmented_control(
        _("Colour of the rings"),
        RINGS,
        key="ring",
        format_func=lambda code: names[code],
        required=True,
    )
    links.keep("ring", "" if ring == "cover" else ring)
    return str(ring)


def _map(
    brand: Brand,
    plan: Plan,
    outlook: tuple[StockOutlook, pd.DataFrame],
    flows: pd.DataFrame,
    day: pd.Timestamp | None,
    ring: str,
) -> str | None:
    """Draw the map and return the place that was clicked."""
    first = plan.as_of + pd.Timedelta(days=1)
    places = _judged(brand, plan, outlook[1], day or first, ring)
    known = set(places["location"])
    drawn = flows[flows["origin"].isin(known) & flows["destination"].isin(known)]
    title = _("Days of cover") if ring == "cover" else _("Expected stockouts")
    event = style.show(
        network_map(places, drawn.assign(weight=drawn["m3"]), _("m³"), title),
        width="stretch",
        key="map",
        on_select="rerun",
        selection_mode=MAP_SELECTION,
    )
    _legend(ring, day or first)
    left_out = len(brand.locations) - len(places)
    if left_out:
        st.caption(
            _("{count} places have no coordinates and are not on the map.").format(
                count=style.number(left_out)
            )
        )
    return _picked(event, MAP_SELECTION)


def _judged(
    brand: Brand, plan: Plan, by_location: pd.DataFrame, day: pd.Timestamp, ring: str
) -> pd.DataFrame:
    """Return the places with coordinates, each with its ring and what it stands for."""
    places = brand.locations[["location", "name", "kind", "region", "lat", "lon"]]
    places = places[places[["lat", "lon"]].notna().all(axis=1)].astype(
        {"location": "str", "region": "str"}
    )
    if ring == "cover":
        that_day = by_location[by_location["date"] == day].set_index("location")
        cover = places["location"].map(that_day["cover_days"])
        ring_codes = judge_cover(cover.fillna(MOST_COVER)).where(cover.notna(), "none")
        notes = [_cover_note(days) for days in cover]
    else:
        forecast = state.forecast()
        assert forecast is not None, "a plan is made from a forecast"
        risk = region_risk(plan.stockouts, forecast.frame, day).set_index("region")
        ring_codes = places["region"].map(risk["judged"]).fillna("none")
        notes = [
            _risk_note(chance, money, brand.settings.currency)
            for chance, money in zip(
                places["region"].map(risk["probability"]),
                places["region"].map(risk["lost_money"]),
                strict=True,
            )
        ]
    return places.assign(ring=ring_codes, note=notes)


def _cover_note(days: float) -> str:
    if pd.isna(days):
        return _("nothing here")
    if days >= MOST_COVER:
        return _("more than {days} days").format(days=style.number(MOST_COVER))
    return _("{days} days").format(days=style.number(days, 1))


def _risk_note(chance: float, money: float, currency: str) -> str:
    if pd.isna(chance):
        return _("serves no region")
    return _("{share} of demand meets a stockout · {money} of profit missed").format(
        share=style.percent(chance, 1), money=style.money(money, currency)
    )


def _legend(ring: str, day: pd.Timestamp) -> None:
    if ring == "cover":
        words = [_("4 days or more"), _("2 to 4 days"), _("under 2 days")]
        what = _("Stock on the morning of {day} over the mean demand of a day.")
    else:
        words = [_("up to 5%"), _("5 to 15%"), _("over 15%")]
        what = _("Chance that the region's own stock is not enough on {day}, weighted by demand.")
    marks = " ".join(
        f":{name}-badge[{style.plain(text)}]"
        for name, text in zip(("green", "orange", "red"), words, strict=True)
    )
    st.markdown(marks)  # a caption would make them pale
    st.caption(
        style.plain(what.format(day=style.date(day)))
        + " "
        + _("Squares are main warehouses. Drag to move, shift and wheel to zoom, click a place.")
    )


def _sankey(flows: pd.DataFrame) -> str | None:
    """Draw flows without a map and return the place that was clicked."""
    busy = flows[flows["m3"] > 0]
    if busy.empty:
        st.info(_("Nothing is planned to leave that day."), icon=":material/inventory_2:")
        return None
    names = brand_names.of_ends(busy)
    largest = largest_flows(
        busy.assign(weight=busy["m3"])[
            ["origin", "origin_kind", "destination", "destination_kind", "weight"]
        ],
        MOST_DESTINATIONS,
        _("{count} other places"),
    )
    for end in ("origin", "destination"):
        largest[f"{end}_name"] = largest[end].map(names).fillna(largest[end])
    event = style.show(
        sankey_chart(largest, _("m³")),
        width="stretch",
        key="sankey",
        on_select="rerun",
        selection_mode=SELECTION,
    )
    st.caption(_("The places have no coordinates, so flows are drawn without a map. Click a box."))
    return _picked(event, SELECTION)


def _picked(event: object, name: str) -> str | None:
    try:
        points = event["selection"][name]  # type: ignore[index]
    except (KeyError, TypeError):
        return None
    return str(points[0]["location"]) if points else None


def _place(
    brand: Brand,
    picked: str | None,
    going: pd.DataFrame,
    outlook: tuple[StockOutlook, pd.DataFrame],
) -> None:
    """Choose a place, by click or by name, and show how it stands."""
    places = brand.locations.astype({"location": "str", "name": "str"})
    names = brand_names.of_places(places)
    if picked in names and picked != st.session_state.get("picked"):
        st.session_state["location"] = picked
    st.session_state["picked"] = picked
    links.follow("location", names)
    kinds = dict(zip(places["location"], places["kind"].astype(str), strict=True))
    chosen = st.selectbox(
        _("Place"),
        list(names),
        index=None,
        key="location",
        placeholder=_("Click a place above or choose one"),
        format_func=lambda code: f"{names[code]} · {word(kinds[code])}",
    )
    links.keep("location", chosen)
    if chosen:
        location_detail.draw(brand, str(chosen), going, *outlook)


main()
