"""Below the fan: how good the forecast has been, and what was wanted on days without stock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from dashboard import brand_names, past_forecasts, style
from dashboard.charts.past import past_chart
from dashboard.charts.recovered import recovered_chart
from dashboard.forecast_details import Choice
from dashboard.language import _, ngettext
from forecasting.past_accuracy import PastAccuracy, past_accuracy
from forecasting.totals import rows_of

if TYPE_CHECKING:
    from data import Brand
    from forecasting import Forecast

LONGEST_TABLE = 200


def how_good(choice: Choice, skus: list[str] | None) -> None:
    """Compare past forecasts of what was chosen with what sold."""
    found = _accuracy(choice, tuple(skus or ()), past_forecasts.past()[2])
    if found is None:
        st.caption(
            _(
                "No past forecast can be compared yet. Each night's forecast is kept and compared "
                "when its days have come; `nearfield backtest --keep` fills in nights before."
            )
        )
        return
    boxes = st.container(horizontal=True)
    boxes.metric(
        _("Off by, as a share of sales"),
        style.percent(found.wape, 1),
        border=True,
        height="stretch",
        help=_("The sum of the days' errors over the sum of their sales (WAPE)."),
    )
    boxes.metric(
        _("Too much (+) or too little (−)"), _signed(found.bias), border=True, height="stretch",
        help=_("Over all days together; errors in both directions cancel out."),
    )  # fmt: skip
    boxes.metric(
        _("Days within the 90% band"),
        style.percent(found.cover90),
        border=True,
        height="stretch",
    )
    boxes.metric(_("Days compared"), style.number(found.days), border=True, height="stretch")
    style.show(past_chart(found.daily), width="stretch", key="past")
    st.caption(
        ngettext(
            "{count} past forecast, each made without knowing the days that it is compared with. "
            "Days on which stock ran out do not tell what was wanted and are left out.",
            "{count} past forecasts, each made without knowing the days that it is compared with. "
            "Days on which stock ran out do not tell what was wanted and are left out.",
            found.nights,
        ).format(count=style.number(found.nights))
    )


@st.cache_resource(max_entries=48, show_spinner=False)
def _accuracy(choice: Choice, skus: tuple[str, ...], version: str) -> PastAccuracy | None:
    rows, together, _key = past_forecasts.past()
    return past_accuracy(rows[rows_of(rows, choice.region or None, skus or None)], together)


def recovered(brand: Brand, forecast: Forecast, choice: Choice, skus: list[str] | None) -> None:
    """Tell how much was wanted on days on which stock ran out, by day and by product."""
    days = _recovered(brand, forecast, brand.version)
    days = days[rows_of(days, choice.region or None, skus)]
    lost = float((days["demand"] - days["sales"]).sum())
    if days.empty or lost <= 0:
        st.caption(_("Stock was never out here: sales tell what was wanted."))
        return
    boxes = st.container(horizontal=True)
    boxes.metric(
        _("Days with stock running out"),
        style.number(len(days)),
        border=True,
        height="stretch",
    )
    boxes.metric(
        _("Sold on them"),
        style.compact(float(days["sales"].sum())),
        border=True,
        height="stretch",
    )
    boxes.metric(
        _("Wanted beyond that"),
        style.compact(lost),
        border=True,
        height="stretch",
        help=_("An estimate from what is usual on such days and from what sold until then."),
    )
    by_day = days.assign(recovered=days["demand"] - days["sales"])
    by_day = by_day.groupby("date", as_index=False)[["sales", "recovered"]].sum()
    style.show(recovered_chart(by_day), width="stretch", key="recovered")
    if not choice.is_series:
        _recovered_table(brand, days)


@st.cache_resource(max_entries=2, show_spinner=False)
def _recovered(_brand: Brand, _forecast: Forecast, version: str) -> pd.DataFrame:
    from forecasting.recovery import recovered_demand

    return recovered_demand(_brand, _forecast)


def _recovered_table(brand: Brand, days: pd.DataFrame) -> None:
    from forecasting.recovery import recovered_by_series

    table = recovered_by_series(days).head(LONGEST_TABLE)
    shown = brand_names.of_series(table, brand).assign(
        days=table["days"],
        sales=table["sales"].round(1),
        recovered=table["recovered"].round(1),
    )
    number = st.column_config.NumberColumn
    st.dataframe(
        shown,
        hide_index=True,
        width="stretch",
        height=style.table_height(len(shown), 380),
        column_config={
            "region": st.column_config.TextColumn(_("Region")),
            "name": st.column_config.TextColumn(_("Product")),
            "days": number(_("Days out of stock"), format="localized"),
            "sales": number(_("Sold on them"), format="localized"),
            "recovered": number(_("Wanted beyond that"), format="localized"),
        },
    )


def _signed(share: float) -> str:
    return ("+" if share > 0 else "") + style.percent(share, 1)
