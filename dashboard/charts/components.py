"""What a forecast is made of: trend, week, year, events and drivers, in units."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard import style
from dashboard.language import _

PARTS: tuple[str, ...] = ("trend", "weekly", "yearly", "events", "drivers")


def part_names() -> dict[str, str]:
    """Return the parts in the reader's language, in the order in which they are drawn."""
    return {
        "trend": _("Trend"),
        "weekly": _("Week"),
        "yearly": _("Year"),
        "events": _("Events"),
        "drivers": _("Drivers"),
    }


def moving_parts(components: pd.DataFrame) -> list[str]:
    """Return the parts that say something here: the trend, and what is ever above a millionth."""
    return [
        part
        for part in PARTS
        if part == "trend" or float(components[part].abs().max() or 0.0) > 1e-6
    ]


def component_chart(
    components: pd.DataFrame, part: str, as_of: pd.Timestamp, *, height: int = 110
) -> alt.LayerChart:
    """Draw one part on its own scale; the parts add up to the fitted mean.

    :param components: date and the column ``part``, one row a day; not empty.
    :param part: one of :data:`PARTS`.
    :param as_of: the last day whose sales are known; days after it are forecast.
    """
    colours = style.palette()
    frame = components[["date", part]].rename(columns={part: "units"})
    base = alt.Chart(frame).encode(
        x=alt.X("date:T", axis=style.date_axis()),
        y=alt.Y(
            "units:Q",
            axis=style.number_axis(None, tickCount=3, minExtent=42),
            scale=alt.Scale(zero=part != "trend"),
        ),
    )
    if part == "trend":
        shape = base.mark_line(color=colours.line, strokeWidth=1.8)
    else:
        shape = base.mark_area(
            color=colours.band, opacity=0.35, line={"color": colours.line, "strokeWidth": 1.2}
        )
    tips = (
        alt.Chart(frame)
        .mark_rule(strokeWidth=8, opacity=0)
        .encode(
            x="date:T",
            tooltip=[
                alt.Tooltip("date:T", title=_("Day"), format=style.date_format()),
                alt.Tooltip("units:Q", title=part_names()[part], format="+,.2f"),
            ],
        )
    )
    now = pd.DataFrame({"date": [as_of + pd.Timedelta(hours=12)]})
    rule = alt.Chart(now).mark_rule(strokeDash=[3, 3], strokeWidth=1).encode(x="date:T")
    title = alt.TitleParams(part_names()[part], fontSize=12, offset=4)
    return alt.LayerChart(layer=[shape, rule, tips]).properties(height=height, title=title)
