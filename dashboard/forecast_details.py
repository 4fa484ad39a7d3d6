"""Below the fan: stock against demand, what the forecast is made of, its numbers."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboard import forecast_at_risk, state, style
from dashboard.charts.components import component_chart, moving_parts
from dashboard.charts.cover import cover_chart
from dashboard.language import _
from data import Brand
from forecasting import DAILY_COLUMNS
from optimization.plan_tables import TRANSFERS, empty
from optimization.region_cover import region_cover


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader looks at; "" stands for all."""

    region: str
    category: str
    sku: str

    @property
    def is_series(self) -> bool:
        """Whether it is one product in one region."""
        return bool(self.region and self.sku)


def against_stock(
    brand: Brand, choice: Choice, expected: pd.DataFrame, skus: list[str] | None
) -> None:
    """Draw how long the region's stock lasts against the demand that adds up.

    :param skus: of the choice; None for all. Of several series the ones most at risk are offered.
    """
    if not choice.is_series:
        forecast_at_risk.draw(brand, choice.region, skus)
        return
    plan = state.plan()
    moves = empty(TRANSFERS) if plan is None else plan.transfers
    found = region_cover(brand, choice.region, choice.sku, expected, moves)
    horizon = len(expected)
    boxes = st.container(horizontal=True)
    boxes.metric(
        _("Stock in the region"),
        style.number(found.stock),
        border=True,
        height="stretch",
        help=_own_stock_help(),
    )
    boxes.metric(
        _("Days of cover as it is"),
        _day_range(found.high_days, found.median_days, horizon),
        border=True,
        height="stretch",
        help=_("The first number: if demand is high (95%). The second: at the median."),
    )
    boxes.metric(
        _("Days of cover with the plan"),
        _day_range(found.high_days_with, found.median_days_with, horizon),
        border=True,
        height="stretch",
    )
    style.show(cover_chart(found.days), width="stretch", key="cover")
    st.caption(
        _(
            "Where demand rises above a line of stock, the region's own stock is used up and "
            "shoppers are served from far or not at all."
        )
    )


def _own_stock_help() -> str:
    return _("At the region's front warehouses and stores at the close of the as-of day.")


def _day_range(low: int, high: int, horizon: int) -> str:
    if low >= horizon:
        return _("{days} or more").format(days=horizon)
    words = [str(low), str(high) if high < horizon else f"{horizon}+"]
    return (
        words[0]
        if words[0] == words[1]
        else _("{low} to {high}").format(low=words[0], high=words[1])
    )


def made_of(parts: pd.DataFrame, as_of: pd.Timestamp, span: int) -> None:
    """Draw the parts of the forecast, each on its own scale."""
    if parts.empty:
        st.caption(_("This forecast was made elsewhere and does not say what it is made of."))
        return
    recent = parts[parts["date"] > as_of - pd.Timedelta(days=span)]
    st.caption(_("Units a day. The parts add up to the forecast's mean, up to its floor at zero."))
    for part in moving_parts(recent):
        style.show(component_chart(recent, part, as_of), width="stretch", key=f"part_{part}")


def numbers(expected: pd.DataFrame, choice: Choice) -> None:
    """Draw the forecast as a table, to be downloaded."""
    names = {"date": _("Day"), "mean": _("Mean")}
    daily = [name for name in DAILY_COLUMNS if name in expected]
    st.dataframe(
        expected[["date", "mean", *daily]].round(1),
        hide_index=True,
        width="stretch",
        height=style.table_height(len(expected), 640),
        column_config={
            "date": st.column_config.DateColumn(names["date"], format="YYYY-MM-DD"),
            "mean": st.column_config.NumberColumn(names["mean"], format="localized"),
            **{
                column: st.column_config.NumberColumn(f"{int(column[1:])}%", format="localized")
                for column in daily
            },
        },
    )
    what = "-".join(part for part in (choice.region, choice.category, choice.sku) if part)
    st.download_button(
        _("Download as CSV"),
        expected.to_csv(index=False, date_format="%Y-%m-%d").encode("utf-8-sig"),
        file_name=f"forecast-{what or 'all'}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
