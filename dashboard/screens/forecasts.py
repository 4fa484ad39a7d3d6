"""What is expected to be asked for, where and when, and how sure that is."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import (
    brand_names,
    first_visit,
    forecast_details,
    forecast_effects,
    forecast_overrides,
    forecast_record,
    links,
    named_days,
    past_forecasts,
    sentences,
    state,
    style,
)
from dashboard.charts.fan import fan_chart
from dashboard.forecast_details import Choice
from dashboard.language import _, ngettext
from data import Brand
from forecasting import Forecast, totals
from forecasting.coherent import Together, expected_total
from forecasting.fallback import UNSEEN

ALL = ""
SPANS: dict[str, int] = {"8w": 56, "6m": 182, "1y": 365, "all": 100_000}  # days


def main() -> None:
    """Draw the page."""
    st.title(_("Forecasts"))
    forecast = first_visit.need_forecast()
    brand = state.brand()
    choice = _choose(brand, forecast)
    _past, together, key = past_forecasts.past()
    history, expected, parts = _frames(brand, forecast, choice, key, together)
    if expected.empty:
        st.info(
            _("There is no forecast for this product here: it has not been sold in this region."),
            icon=":material/search_off:",
        )
        return
    own = named_days.own_events(brand, choice.region, _category(brand, choice))
    unseen = named_days.unseen(brand, own, expected["date"].max())
    _say_what_is_special(forecast, choice, unseen)
    _figures(history, expected)
    shown = _span(history)
    as_of = brand.as_of
    recent = history[history["date"] > as_of - pd.Timedelta(days=shown)]
    events = named_days.named_days(own, recent["date"].min(), expected["date"].max())
    skus = _skus(brand, choice)
    rows = totals.rows_of(forecast.frame, choice.region or None, skus)
    planned = forecast_overrides.planned(brand, forecast, rows)
    fan = fan_chart(recent, expected, events, as_of, planned=planned)
    style.show(fan, width="stretch", key="fan")
    _say_what_is_drawn(choice, events, together is not None)
    part = _part()
    if part == "stock":
        forecast_details.against_stock(brand, choice, expected, skus)
    elif part == "parts":
        forecast_details.made_of(parts, as_of, shown)
    elif part == "effects":
        forecast_effects.draw(brand, choice)
    elif part == "record":
        forecast_record.how_good(choice, skus)
    elif part == "recovered":
        forecast_record.recovered(brand, forecast, choice, skus)
    elif part == "overrides":
        forecast_overrides.draw(brand, forecast, choice)
    else:
        forecast_details.numbers(expected, choice)


def _part() -> str:
    """Return what is shown below the fan; only that is drawn."""
    names = {
        "stock": _("Against stock"),
        "parts": _("What it is made of"),
        "effects": _("What moves demand"),
        "record": _("How good it has been"),
        "recovered": _("What was recovered"),
        "overrides": _("Overrides"),
        "numbers": _("Numbers"),
    }
    links.follow("part", names)
    st.session_state.setdefault("part", "stock")
    chosen = st.segmented_control(
        _("Details"),
        list(names),
        key="part",
        format_func=lambda code: names[code],
        required=True,
        label_visibility="collapsed",
    )
    links.keep("part", "" if chosen == "stock" else chosen)
    return str(chosen)


def _choose(brand: Brand, forecast: Forecast) -> Choice:
    """Draw the selectors; what they say is in the address."""
    regions = brand_names.of_regions(brand.regions)
    products = brand.products.assign(sku=brand.products["sku"].astype(str))
    categories = sorted(name for name in products["category"].unique() if name)
    choices = st.container(horizontal=True)
    links.follow("region", regions)
    links.follow("category", categories)
    with choices:
        region = st.selectbox(
            _("Region"),
            [ALL, *regions],
            key="region",
            format_func=lambda code: _titled(code, regions, _("All regions")),
        )
    with choices:
        category = st.selectbox(
            _("Category"),
            [ALL, *categories],
            key="category",
            format_func=lambda code: code or _("All categories"),
            disabled=not categories,
        )
    # A link to a product stands above a category that does not hold it.
    asked = st.query_params.get("sku", ALL)
    rows = products if not category else products[products["category"] == category]
    if asked and asked not in set(rows["sku"]) and asked in set(products["sku"]):
        rows = products
    names = brand_names.of_products(rows)
    links.follow("sku", names)
    if st.session_state.get("sku") not in (None, ALL, *names):
        st.session_state["sku"] = ALL
    with choices:
        sku = st.selectbox(
            _("Product"),
            [ALL, *names],
            key="sku",
            format_func=lambda code: _titled(code, names, _("All products")),
            help=_("Type a part of the name or the number to search."),
        )
    for name, value in (("region", region), ("category", category), ("sku", sku)):
        links.keep(name, value)
    return Choice(region or ALL, category or ALL, sku or ALL)


def _category(brand: Brand, choice: Choice) -> str:
    """Return the category looked at: the chosen product's, where only that is chosen."""
    products = brand.products
    of = products.loc[products["sku"].astype(str) == choice.sku, "category"]
    return choice.category or (str(of.iloc[0]) if len(of) else "")


def _titled(code: str, names: dict[str, str], everything: str) -> str:
    if not code:
        return everything
    name = names.get(code, "")
    return code if not name or name == code else f"{name} · {code}"


@st.cache_resource(max_entries=48, show_spinner=False)
def _frames(
    _brand: Brand, _forecast: Forecast, choice: Choice, version: str, _together: Together | None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return history, forecast and parts of what was chosen; kept by brand and choice."""
    skus = _skus(_brand, choice)
    region = choice.region or None
    return (
        totals.sales_history(_brand, region, skus),
        expected_total(_forecast, _brand, region, skus, _together),
        totals.parts_of(_forecast, region, skus),
    )


def _skus(brand: Brand, choice: Choice) -> list[str] | None:
    """Return the products chosen; None for all."""
    if choice.sku:
        return [choice.sku]
    if not choice.category:
        return None
    products = brand.products
    return list(products.loc[products["category"] == choice.category, "sku"].astype(str))


def _say_what_is_special(forecast: Forecast, choice: Choice, unseen: pd.DataFrame) -> None:
    rows = forecast.series[
        totals.rows_of(forecast.series, choice.region or None, [choice.sku] if choice.sku else None)
    ]
    if (rows["flag"] == UNSEEN).any():
        # The days ahead are the same for every series: one notice, not one a series.
        st.info(style.plain(named_days.told(unseen)), icon=":material/event_busy:")
    flagged = rows[(rows["flag"] != "") & (rows["flag"] != UNSEEN)]
    if flagged.empty:
        return
    if choice.is_series:
        why = sentences.flag(str(flagged["flag"].iloc[0]))
        st.warning(style.plain(why), icon=":material/flag:")
    else:
        st.caption(
            ":material/flag: "
            + ngettext(
                "{count} of {all} series here is not an ordinary fit; choose it to see why.",
                "{count} of {all} series here are not ordinary fits; choose one to see why.",
                len(flagged),
            ).format(count=style.number(len(flagged)), all=style.number(len(rows)))
        )


def _figures(history: pd.DataFrame, expected: pd.DataFrame) -> None:
    days = len(expected)
    last = totals.last_days(history, days)
    ahead = float(expected["mean"].sum())
    boxes = st.container(horizontal=True)
    boxes.metric(
        _("Units expected, next {days} days").format(days=days),
        style.compact(ahead),
        border=True,
        height="stretch",
    )
    boxes.metric(
        _("Units sold, last {days} days").format(days=days),
        style.compact(last.units),
        border=True,
        height="stretch",
    )
    boxes.metric(
        _("Expected against sold"),
        _change(last.change_to(ahead)) if last.units else "–",
        border=True,
        height="stretch",
    )
    boxes.metric(
        _("Hours in stock, last {days} days").format(days=days),
        style.percent(last.availability),
        border=True,
        height="stretch",
        help=_("Where stock ran out, sales are less than what was asked for."),
    )


def _change(share: float) -> str:
    return ("+" if share > 0 else "") + style.percent(share)


def _span(history: pd.DataFrame) -> int:
    names = {
        "8w": _("8 weeks"),
        "6m": _("6 months"),
        "1y": _("1 year"),
        "all": _("All"),
    }
    known = len(history)
    offered = [code for code in SPANS if code == "all" or SPANS[code] < known]
    links.follow("span", offered)
    if st.session_state.get("span") not in (None, *offered):
        st.session_state["span"] = offered[0]
    st.session_state.setdefault("span", "6m" if "6m" in offered else offered[0])
    chosen = st.segmented_control(
        _("History shown"),
        offered,
        key="span",
        format_func=lambda code: names[code],
        required=True,
        label_visibility="collapsed",
    )
    links.keep("span", chosen)
    return SPANS[str(chosen)]


def _say_what_is_drawn(choice: Choice, events: pd.DataFrame, learnt: bool) -> None:
    text = _(
        "Half of all days should fall into the 50% band, nine in ten into the 90% band. "
        "Shaded red: days on which the region's own stock ran out."
    )
    if not choice.is_series:
        text += " " + (
            _("Bands of a total are as wide as its series' errors went together in the past.")
            if learnt
            else _("Bands of a total assume that its series' errors go together as is usual.")
        )
    if events["provisional"].any():
        text += " " + _("Pale events are provisional: their days off are not announced yet.")
    st.caption(text)


main()
