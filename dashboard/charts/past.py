"""Past forecasts against what was sold on their days."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard import style
from dashboard.language import _


def past_chart(days: pd.DataFrame, *, height: int = 260) -> alt.LayerChart:
    """Draw what sold over the band and median that had been forecast.

    :param days: date, origin, units, q05, q50, q95, one row a day.
    """
    colours = style.palette()
    names = [_("Sold"), _("Median forecast before"), _("90% band")]
    scale = alt.Scale(domain=names, range=[colours.ink, colours.line, colours.band + "40"])
    colour = alt.Color(
        "series:N",
        scale=scale,
        legend=alt.Legend(title=None, orient="bottom", labelLimit=320, columns=2),
    )
    x = alt.X("date:T", axis=style.date_axis())
    axis = style.number_axis(_("Units a day"))
    y = alt.Y("units:Q", axis=axis)
    base = {name: alt.Chart(days.assign(series=name)) for name in names}
    band = (
        base[names[2]]
        .mark_area()
        .encode(x=x, y=alt.Y("q05:Q", axis=axis), y2="q95:Q", color=colour)
    )
    median = (
        base[names[1]]
        .mark_line(strokeWidth=2)
        .encode(x=x, y=alt.Y("q50:Q", axis=axis), color=colour)
    )
    sold = (
        base[names[0]]
        .mark_line(strokeWidth=1.2, point=alt.OverlayMarkDef(size=18))
        .encode(x=x, y=y, color=colour)
    )
    tips = (
        alt.Chart(days)
        .mark_rule(strokeWidth=10, opacity=0)
        .encode(
            x="date:T",
            tooltip=[
                alt.Tooltip("date:T", title=_("Day"), format=style.date_format()),
                alt.Tooltip("units:Q", title=names[0], format=",.1f"),
                alt.Tooltip("q50:Q", title=names[1], format=",.1f"),
                alt.Tooltip("q05:Q", title="5%", format=",.1f"),
                alt.Tooltip("q95:Q", title="95%", format=",.1f"),
                alt.Tooltip("origin:T", title=_("Forecast made on"), format=style.date_format()),
            ],
        )
    )
    return alt.LayerChart(layer=[band, median, sold, tips]).properties(height=height)
