"""What drivers and events do to demand: a point and its interval each."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard import style
from dashboard.language import _

ROOM = 0.3
"""Space for the words right of the longest interval, as a share of the effects' range."""


def effect_chart(rows: pd.DataFrame) -> alt.LayerChart:
    """Draw effects one below the other; those whose sign is open are pale.

    :param rows: name (for people), change, low, high (shares of demand), clear (whether the sign
        is beyond doubt), label and span (effect and interval in words), in the order to draw.
    """
    colours = style.palette()
    names = list(rows["name"])
    colour = alt.condition("datum.clear", alt.value(colours.line), alt.value(colours.before))
    percent = alt.Axis(title=_("Change of demand"), format=".0%", tickCount=6, grid=True)
    # The words behind the last interval need room too.
    least, most = min(rows["low"].min(), 0.0), max(rows["high"].max(), 0.0)
    scale = alt.Scale(domain=[least, most + ROOM * (most - least)], nice=True)
    base = alt.Chart(rows).encode(
        y=alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelLimit=260)),
        tooltip=[
            alt.Tooltip("name:N", title=_("What")),
            alt.Tooltip("label:N", title=_("Effect")),
            alt.Tooltip("span:N", title=_("95% interval")),
        ],
    )
    zero = (
        alt.Chart(pd.DataFrame({"change": [0.0]}))
        .mark_rule(color=colours.quiet, strokeDash=[3, 3])
        .encode(x="change:Q")
    )
    interval = base.mark_rule(strokeWidth=3).encode(
        x=alt.X("low:Q", axis=percent, scale=scale), x2="high:Q", color=colour
    )
    point = base.mark_point(filled=True, size=60, opacity=1).encode(x="change:Q", color=colour)
    words = base.mark_text(align="left", dx=8, color=colours.quiet, fontSize=12).encode(
        x="high:Q", text="label:N"
    )
    return alt.LayerChart(layer=[zero, interval, point, words]).properties(height=alt.Step(24))
