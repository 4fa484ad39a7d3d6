"""A location's stock over the horizon against its storage."""

from __future__ import annotations

import math

import altair as alt
import pandas as pd

from dashboard import style
from dashboard.language import _


def stock_chart(days: pd.DataFrame, storage_m3: float, *, height: int = 230) -> alt.LayerChart:
    """Draw the volume in storage each morning, what arrives, and the limit.

    :param days: date, m3 (after the morning's arrivals), arrives_m3, leaves_m3
        (:meth:`optimization.stock_outlook.StockOutlook.by_location`, one location).
    :param storage_m3: the limit; infinite where there is none.
    """
    colours = style.palette()
    names = [_("In storage"), _("Arrives"), _("Leaves")]
    scale = alt.Scale(domain=names, range=[colours.line, colours.mid, colours.far])
    colour = alt.Color(
        "series:N", scale=scale, legend=alt.Legend(title=None, orient="bottom", symbolOpacity=1)
    )
    x = alt.X("date:T", axis=style.date_axis(tickCount="day"), scale=alt.Scale(padding=14))
    axis = style.number_axis(_("m³"))
    tips = [
        alt.Tooltip("date:T", title=_("Day"), format=style.date_format()),
        alt.Tooltip("m3:Q", title=names[0], format=",.2f"),
        alt.Tooltip("arrives_m3:Q", title=names[1], format=",.2f"),
        alt.Tooltip("leaves_m3:Q", title=names[2], format=",.2f"),
    ]
    half = days.assign(series=names[0])
    area = (
        alt.Chart(half)
        .mark_area(opacity=0.25, interpolate="step", line={"strokeWidth": 2})
        .encode(x=x, y=alt.Y("m3:Q", axis=axis), color=colour)
    )
    bars = [
        alt.Chart(days.assign(series=name))
        .mark_bar(size=7, xOffset=shift)
        .encode(x=x, y=alt.Y(f"{column}:Q", axis=axis), color=colour)
        for column, name, shift in (("arrives_m3", names[1], -4), ("leaves_m3", names[2], 4))
    ]
    reader = alt.Chart(days).mark_rule(strokeWidth=14, opacity=0).encode(x="date:T", tooltip=tips)
    layers: list[alt.Chart] = [area, *bars, reader]
    if math.isfinite(storage_m3):
        limit = pd.DataFrame({"m3": [storage_m3], "name": [_("storage limit")]})
        rule = alt.Chart(limit).encode(y="m3:Q")
        layers.append(rule.mark_rule(color=colours.bad, strokeDash=[5, 3]))
        layers.append(
            rule.mark_text(color=colours.bad, align="left", dy=-6, dx=4, fontSize=11).encode(
                x=alt.value(0), text="name:N"
            )
        )
    return alt.LayerChart(layer=layers).properties(height=height)
