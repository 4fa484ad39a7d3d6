"""What each branch is credited with, by the field that served it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from dashboard import style
from dashboard.language import _

MOST_BRANCHES = 20


def by_branch_chart(
    locations: pd.DataFrame, measure: str, fields: Mapping[str, str], amount: str
) -> Any:
    """Draw one bar a branch, the largest first, parted by field.

    :param locations: branch, field and the measure, as
        :meth:`data.credit.CreditStatement.by_location` gives them.
    :param fields: near, mid and far in words, in the order of the bar.
    :param amount: what is drawn and in which unit, in words.
    """
    colours = style.palette()
    rows = locations.groupby(["branch", "field"], as_index=False, sort=False)[measure].sum()
    largest = rows.groupby("branch")[measure].sum().sort_values(ascending=False)
    largest = largest.head(MOST_BRANCHES)
    rows = rows[rows["branch"].isin(largest.index)]
    rows = rows.assign(
        amount=rows[measure],
        shown=[style.number(value) for value in rows[measure]],
        field_name=rows["field"].map(fields),
        order=rows["field"].map({name: place for place, name in enumerate(fields)}),
    )
    return (
        alt.Chart(rows[["branch", "amount", "shown", "field_name", "order"]])
        .mark_bar(height=16, cornerRadiusEnd=0)
        .encode(
            y=alt.Y("branch:N", sort=list(largest.index), title=None),
            x=alt.X(
                "amount:Q", stack="zero", axis=style.number_axis(amount, tickCount=5, grid=True)
            ),
            color=alt.Color(
                "field_name:N",
                title=None,
                sort=list(fields.values()),
                scale=alt.Scale(
                    domain=list(fields.values()), range=[colours.near, colours.mid, colours.far]
                ),
            ),
            order="order:Q",
            tooltip=[
                alt.Tooltip("branch:N", title=_("Branch")),
                alt.Tooltip("field_name:N", title=_("Field")),
                alt.Tooltip("shown:N", title=amount),
            ],
        )
        .properties(height=alt.Step(24))
    )
