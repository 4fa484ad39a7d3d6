"""A region's stock against the demand that adds up day by day."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard import style
from dashboard.language import _


def cover_chart(days: pd.DataFrame, *, height: int = 300) -> alt.LayerChart:
    """Draw cumulated demand as a band that rises into the stock that is there for it.

    :param days: date, c05, c50, c95, stock_without, stock_with
        (:class:`optimization.region_cover.RegionCover`).
    """
    colours = style.palette()
    names = [_("Demand so far, median and 90% band"), _("Stock as it is"), _("Stock with the plan")]
    scale = alt.Scale(domain=names, range=[colours.line, colours.before, colours.mid])
    colour = alt.Color(
        "series:N",
        scale=scale,
        legend=alt.Legend(title=None, orient="bottom", labelLimit=320, symbolOpacity=1, columns=2),
    )
    x = alt.X("date:T", axis=style.date_axis(tickCount="day"))
    axis = style.number_axis(_("Units, added up"))
    demand = alt.Chart(days.assign(series=names[0]))
    band = demand.mark_area(opacity=0.22).encode(
        x=x, y=alt.Y("c05:Q", axis=axis), y2="c95:Q", color=colour
    )
    median = demand.mark_line().encode(x=x, y=alt.Y("c50:Q", axis=axis), color=colour)
    steps = [
        alt.Chart(days.assign(series=name))
        .mark_line(interpolate="step-after", strokeWidth=2.5, strokeDash=dash)
        .encode(x=x, y=alt.Y(f"{column}:Q", axis=axis), color=colour)
        for column, name, dash in (
            ("stock_without", names[1], [5, 3]),
            ("stock_with", names[2], [1, 0]),
        )
    ]
    tips = (
        alt.Chart(days)
        .mark_rule(strokeWidth=14, opacity=0)
        .encode(
            x="date:T",
            tooltip=[
                alt.Tooltip("date:T", title=_("Day"), format=style.date_format()),
                alt.Tooltip("c50:Q", title=_("Demand so far, median"), format=",.0f"),
                alt.Tooltip("c95:Q", title=_("Demand so far, 95%"), format=",.0f"),
                alt.Tooltip("stock_without:Q", title=names[1], format=",.0f"),
                alt.Tooltip("stock_with:Q", title=names[2], format=",.0f"),
            ],
        )
    )
    return alt.LayerChart(layer=[band, *steps, median, tips]).properties(height=height)
