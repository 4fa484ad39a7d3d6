"""Profit that is missed for want of stock in a region, without and with the plan."""

from __future__ import annotations

import json
from collections.abc import Mapping

import altair as alt
import pandas as pd

from dashboard import style
from dashboard.language import _

MOST_REGIONS = 14
"""Regions shown; the others follow on the forecasts page."""


def by_day(risk: pd.DataFrame, currency: str) -> alt.LayerChart | alt.FacetChart:
    """Draw missed profit by day.

    :param risk: as of :func:`optimization.outlook.at_risk`, by date.
    """
    without, with_plan = _("without the plan"), _("with the plan")
    lines = risk.rename(columns={"lost_money_without": without, "lost_money_with": with_plan}).melt(
        "date", [without, with_plan], var_name="case", value_name="money"
    )
    lines["label"] = [style.money(value, currency) for value in lines["money"]]
    base = alt.Chart(lines).encode(
        x=alt.X("date:T", axis=style.date_axis()),
        y=alt.Y(
            "money:Q",
            stack=None,
            axis=style.money_axis(currency, tickCount=4),
        ),
        color=alt.Color("case:N", title=None, scale=_cases(without, with_plan)),
        tooltip=[
            alt.Tooltip("date:T", title=_("Day"), format=style.date_format()),
            alt.Tooltip("case:N", title=_("Case")),
            alt.Tooltip("label:N", title=_("Missed profit")),
        ],
    )
    layers = (base.mark_area(opacity=0.25, line=False), base.mark_line(point=True))
    return alt.layer(*layers).properties(height=210)


def by_region(
    risk: pd.DataFrame, names: Mapping[str, str], currency: str
) -> alt.LayerChart | alt.FacetChart:
    """Draw missed profit by region: a bar without the plan, a narrower one with it upon it.

    :param risk: as of :func:`optimization.outlook.at_risk`, by region.
    :param names: of the regions, for people.
    """
    rows = risk.head(MOST_REGIONS).assign(
        name=lambda frame: [names.get(region, region) for region in frame["region"]],
        without=lambda frame: [
            style.money(value, currency) for value in frame["lost_money_without"]
        ],
        with_plan=lambda frame: [
            style.money(value, currency) for value in frame["lost_money_with"]
        ],
    )
    without, with_plan = _("without the plan"), _("with the plan")
    tooltip = [
        alt.Tooltip("name:N", title=_("Region")),
        alt.Tooltip("without:N", title=without),
        alt.Tooltip("with_plan:N", title=with_plan),
    ]
    colour = alt.Color("case:N", title=None, scale=_cases(without, with_plan))
    place = alt.Y("name:N", sort=list(rows["name"]), title=None)
    base = alt.Chart(rows).encode(y=place, tooltip=tooltip, color=colour)
    axis = style.money_axis(currency, tickCount=4, grid=True)
    bars = [
        base.transform_calculate(case=json.dumps(case, ensure_ascii=False))
        .mark_bar(height=height)
        .encode(x=alt.X(f"{amount}:Q", axis=axis))
        for case, amount, height in (
            (without, "lost_money_without", 14),
            (with_plan, "lost_money_with", 8),
        )
    ]
    return alt.layer(*bars).properties(height=alt.Step(22))


def _cases(without: str, with_plan: str) -> alt.Scale:
    colours = style.palette()
    return alt.Scale(domain=[without, with_plan], range=[colours.before, colours.after])
