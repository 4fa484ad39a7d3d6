"""What shoppers buy, from which field, and what they do not buy, without and with the plan."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from dashboard import style
from dashboard.language import _
from dashboard.words import word

FIELDS = ("near", "mid", "far", "not_bought")


def bought_chart(shares: Mapping[str, Mapping[str, float]]) -> alt.LayerChart | alt.FacetChart:
    """Draw the share of demand that is bought from each field, one bar a case.

    :param shares: case (as shown) to field to share, as of :func:`optimization.outlook.bought`.
    """
    colours = style.palette()
    rows = pd.DataFrame(
        [
            {"case": case, "field": word(field), "share": of[field], "order": place}
            for case, of in shares.items()
            for place, field in enumerate(FIELDS)
        ]
    )
    rows["label"] = [style.percent(share, 1) for share in rows["share"]]
    rows["short"] = [style.percent(share) if share >= 0.05 else "" for share in rows["share"]]
    base = alt.Chart(rows).encode(
        y=alt.Y("case:N", sort=list(shares), title=None),
        x=alt.X(
            "share:Q",
            stack="zero",
            axis=alt.Axis(title=None, format=".0%", tickCount=5),
            scale=alt.Scale(domain=[0, 1]),
        ),
        order="order:Q",
        tooltip=[
            alt.Tooltip("case:N", title=_("Case")),
            alt.Tooltip("field:N", title=_("Field")),
            alt.Tooltip("label:N", title=_("Share of demand")),
        ],
    )
    bars = base.mark_bar(height=26, cornerRadiusEnd=0).encode(
        color=alt.Color(
            "field:N",
            title=None,
            sort=[word(field) for field in FIELDS],
            scale=alt.Scale(
                domain=[word(field) for field in FIELDS],
                range=[colours.near, colours.mid, colours.far, colours.before],
            ),
        )
    )
    words = base.mark_text(align="right", dx=-6, color=colours.ground, fontWeight=600).encode(
        text="short:N"
    )
    return alt.layer(bars, words).properties(height=alt.Step(38))
