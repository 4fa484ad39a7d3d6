"""One place: its stock and storage over the horizon, what comes and what goes."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from dashboard import brand_names, links, style
from dashboard.charts.stock import stock_chart
from dashboard.language import _
from dashboard.words import word
from data import Brand
from optimization.stock_outlook import MOST_COVER, StockOutlook

MOST_ROWS = 200


def draw(
    brand: Brand,
    location: str,
    going: pd.DataFrame,
    outlook: StockOutlook,
    by_location: pd.DataFrame,
) -> None:
    """Draw a place.

    :param going: rows of the board that may still go.
    """
    place = brand.locations[brand.locations["location"] == location].iloc[0]
    days = by_location[by_location["location"] == location]
    into, out = going[going["destination"] == location], going[going["origin"] == location]
    if days.empty:
        st.caption(_("Nothing is held here and nothing is planned for it."))
        return
    limit = float(place["storage_m3"])
    _figures(days, into, out, limit)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**{_('Storage over the horizon')}**")
        style.show(stock_chart(days, limit), width="stretch", key="stock")
        st.caption(
            _(
                "At mean demand, with every transfer that is proposed or approved; what spoils "
                "is not taken out."
            )
        )
    with right:
        st.markdown(f"**{_('Products, the least cover first')}**")
        _products(brand, outlook.of(location))
    first, second = st.columns(2, gap="large")
    with first:
        _moves(_("Comes in"), into, "origin")
    with second:
        _moves(_("Goes out"), out, "destination")


def _figures(days: pd.DataFrame, into: pd.DataFrame, out: pd.DataFrame, limit: float) -> None:
    cover = float(days["cover_days"].iloc[0])
    boxes = st.container(horizontal=True)
    boxes.metric(
        _("Units in stock"), style.compact(days["units"].iloc[0]), border=True, height="stretch"
    )
    boxes.metric(
        _("Days of cover"),
        f"{style.number(MOST_COVER)}+" if cover >= MOST_COVER else style.number(cover, 1),
        border=True,
        height="stretch",
    )
    most = float(days["m3"].max())
    boxes.metric(
        _("Most storage used"),
        style.percent(most / limit) if math.isfinite(limit) else f"{style.number(most, 1)} m³",
        border=True,
        height="stretch",
        help=None if math.isfinite(limit) else _("Its storage is unlimited."),
    )
    boxes.metric(
        _("Transfers in and out"),
        f"{style.number(len(into))} · {style.number(len(out))}",
        border=True,
        height="stretch",
    )


def _products(brand: Brand, rows: pd.DataFrame) -> None:
    names = brand_names.of_products(brand.products)
    shown = rows.head(MOST_ROWS)
    table = pd.DataFrame(
        {
            "product": shown["sku"].map(names),
            "units": shown["units"].round(),
            "cover": shown["cover_days"].round(1),
            "short": shown["short_from"],
            "arrives": shown["arrives"].round(),
            "leaves": shown["leaves"].round(),
        }
    )
    column = st.column_config
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        height=290,
        placeholder="",
        column_config={
            "product": column.TextColumn(_("Product")),
            "units": column.NumberColumn(_("Units"), format="localized", width=70),
            "cover": column.NumberColumn(_("Days of cover"), format="%.1f", width=80),
            "short": column.DateColumn(_("Short from"), format="YYYY-MM-DD", width=96),
            "arrives": column.NumberColumn(_("Arrives"), format="localized", width=70),
            "leaves": column.NumberColumn(_("Leaves"), format="localized", width=70),
        },
    )
    if len(rows) > len(shown):
        st.caption(
            _("{shown} of {all} products are listed.").format(
                shown=style.number(len(shown)), all=style.number(len(rows))
            )
        )


def _moves(title: str, rows: pd.DataFrame, other: str) -> None:
    st.markdown(f"**{style.plain(title)}**")
    if rows.empty:
        st.caption(_("No transfer."))
        return
    shown = rows.sort_values(["dispatch_date", "expected_gain"], ascending=[True, False])
    shown = shown.head(MOST_ROWS)
    table = pd.DataFrame(
        {
            "product": shown["sku_name"],
            "units": shown["units"].round(),
            "leaves": shown["dispatch_date"],
            "arrives": shown["arrive_date"],
            "place": shown[f"{other}_name"],
            "state": shown["state"].map(word),
            "open": [links.link("transfers", transfer=str(name)) for name in shown["transfer"]],
        }
    )
    column = st.column_config
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        height=min(36 * (len(table) + 1) + 2, 290),
        column_config={
            "leaves": column.DateColumn(_("Leaves"), format="YYYY-MM-DD", width=96),
            "arrives": column.DateColumn(_("Arrives"), format="YYYY-MM-DD", width=96),
            "place": column.TextColumn(_("From") if other == "origin" else _("To")),
            "product": column.TextColumn(_("Product")),
            "units": column.NumberColumn(_("Units"), format="localized", width=66),
            "state": column.TextColumn(_("State"), width=86),
            "open": column.LinkColumn(_("Link"), display_text=_("open"), width=60),
        },
    )
    if len(rows) > len(shown):
        st.caption(
            _("{shown} of {all} transfers are listed.").format(
                shown=style.number(len(shown)), all=style.number(len(rows))
            )
        )
