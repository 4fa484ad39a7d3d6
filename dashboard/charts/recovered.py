"""Sales on days without stock, and the demand that was recovered on top of them."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard import style
from dashboard.language import _


def recovered_chart(days: pd.DataFrame, *, height: int = 240) -> alt.Chart:
    """Draw each day's sales and what stock kept from being sold, stacked.

    :param days: date, sales, recovered (units), one row a day.
    """
    colours = style.palette()
    names = {"sales": _("Sold"), "recovered": _("Wanted, but out of stock")}
    long = days.melt("date", list(names), var_name="part", value_name="units")
    long["part"] = long["part"].map(names)
    scale = alt.Scale(domain=list(names.values()), range=[colours.band, colours.out])
    chart: alt.Chart = (
        alt.Chart(long)
        .mark_bar(size=4)
        .encode(
            x=alt.X("date:T", axis=style.date_axis()),
            y=alt.Y("units:Q", axis=style.number_axis(_("Units a day")), stack=True),
            color=alt.Color("part:N", scale=scale, legend=alt.Legend(title=None, orient="bottom")),
            order=alt.Order("part:N", sort="descending"),
            tooltip=[
                alt.Tooltip("date:T", title=_("Day"), format=style.date_format()),
                alt.Tooltip("part:N", title=" "),
                alt.Tooltip("units:Q", title=_("Units"), format=",.1f"),
            ],
        )
        .properties(height=height)
    )
    return chart
