"""Below the fan of many series: those of which stock falls shortest, to be chosen."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import brand_names, state, still_missed, style
from dashboard.language import _
from dashboard.words import word
from data import Brand
from optimization.outlook import worst
from optimization.plan import Plan

MOST_SERIES = 12


def draw(brand: Brand, region: str, skus: list[str] | None) -> None:
    """Draw the series that miss the most profit even with the plan; a click chooses one.

    :param region: "" for all; ``skus``: None for all.
    """
    plan = state.plan()
    if plan is None:
        st.caption(_("Choose a region and a product to compare demand with its stock."))
        return
    stockouts = plan.stockouts
    if region:
        stockouts = stockouts[stockouts["region"] == region]
    if skus is not None:
        stockouts = stockouts[stockouts["sku"].isin(skus)]
    rows = worst(stockouts, MOST_SERIES)
    if rows.empty:
        st.caption(_("No product is expected to run short."))
        return
    st.caption(
        _(
            "The series that miss the most profit even with the plan. Select a row to compare its "
            "demand with its stock."
        )
    )
    chosen = _table(brand, plan, rows)
    if chosen is not None:
        # The selectors above are drawn already: they follow the address when drawn again.
        st.query_params["region"] = str(chosen["region"])
        st.query_params["sku"] = str(chosen["sku"])
        st.rerun()


def _table(brand: Brand, plan: Plan, rows: pd.DataFrame) -> pd.Series | None:
    table = brand_names.of_series(rows, brand).assign(
        first=rows["first_day"],
        missed=rows["lost_money_with"].round(),
        why=[word(code) for code in still_missed.stops(plan, rows)],
    )
    column = st.column_config
    currency = style.currency_sign(brand.settings.currency)
    event = st.dataframe(
        table,
        key="at_risk",
        hide_index=True,
        width="stretch",
        height=style.table_height(len(table), 440),
        on_select="rerun",
        selection_mode="single-row",
        placeholder="–",
        column_config={
            "region": column.TextColumn(_("Region")),
            "name": column.TextColumn(_("Product")),
            "first": column.DateColumn(
                _("Likely short from"),
                format="YYYY-MM-DD",
                help=_("The first day that is more likely short than not under the plan."),
            ),
            "missed": column.NumberColumn(
                _("Missed profit, {currency}").format(currency=currency),
                format="localized",
            ),
            "why": column.TextColumn(_("What stops it"), width="medium"),
        },
    )
    picked = [row for row in event["selection"]["rows"] if row < len(rows)]
    return rows.iloc[picked[0]] if picked else None
