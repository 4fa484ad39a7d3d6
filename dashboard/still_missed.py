"""What stays out of reach with the plan: how much, why, where and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from dashboard import brand_names, items, style
from dashboard.charts import missed as charts
from dashboard.language import _
from dashboard.words import word
from optimization import outlook

if TYPE_CHECKING:
    from data import Brand
    from optimization.plan import Plan

MOST_SERIES = 6
MOST_REASONS = 3
MORE = 1.02
"""Times the missed profit without the plan from which that with it counts as more."""
LEAST_SHARE = 0.01
"""Share of the missed profit from which a reason is told."""
NEARLY_ALL = 0.9
"""Share of the missed profit with a reason from which it is said of all: a plan has the dearest."""


def draw_series(plan: Plan, brand: Brand) -> None:
    """Draw how much is missed, why, and the series that miss the most."""
    st.subheader(_("Still missed with the plan"), help=_meaning())
    rows = outlook.worst(plan.stockouts, MOST_SERIES)
    if rows.empty:
        st.success(_("No product is expected to run short."), icon=":material/check:")
        return
    currency = brand.settings.currency
    st.caption(style.plain(in_short(plan, currency)))
    why = stops(plan, rows)
    names = brand_names.of_series(rows, brand)
    soon = plan.as_of + pd.Timedelta(days=2)
    for place, row in enumerate(rows.to_dict("records")):
        region, sku = str(row["region"]), str(row["sku"])
        words = [
            _("likely short from {day}").format(day=style.date(row["first_day"]))
            if pd.notna(row["first_day"])
            else _("short on no single day"),
            word(why[place]),
        ]
        items.draw(
            "screens/forecasts.py",
            {"region": region, "sku": sku},
            f"{names['region'].iloc[place]} · {names['name'].iloc[place]}",
            style.money(row["lost_money_with"], currency),
            " · ".join(filter(None, words)),
            urgent=_("Short within two days.") if row["first_day"] <= soon else "",
        )


def stops(plan: Plan, rows: pd.DataFrame) -> list[str]:
    """Return what stops more of each series, a code of the plan's limits; "" where it says none.

    :param rows: with region and sku.
    """
    codes = plan.unmet.drop_duplicates(["region", "sku"]).set_index(["region", "sku"])["constraint"]
    pairs = zip(rows["region"].astype(str), rows["sku"].astype(str), strict=True)
    return [str(codes.get(pair, "")) for pair in pairs]


def in_short(plan: Plan, currency: str) -> str:
    """Return how much profit is missed with the plan, and what stops it."""
    found = outlook.why_missed(plan)
    told = sum(found.values())
    why = style.listed(
        f"{word(code)} {style.percent(share / told)}"
        for code, share in list(found.items())[:MOST_REASONS]
        if share >= LEAST_SHARE * told
    )
    missed = style.money(plan.stockouts["lost_money_with"].sum(), currency)
    if not why:
        return _("{money} of profit in all").format(money=missed)
    if told >= NEARLY_ALL:
        return _("{money} of profit in all: {why}").format(money=missed, why=why)
    return _("{money} of profit in all; where most is missed: {why}").format(money=missed, why=why)


def draw_days(plan: Plan) -> None:
    """Draw missed profit by day, and what it is."""
    st.subheader(_("Missed profit by day"), help=_meaning())
    days = outlook.at_risk(plan.stockouts, ["date"])
    style.show(charts.by_day(days, plan.currency))


def draw_regions(plan: Plan, brand: Brand) -> None:
    """Draw missed profit by region."""
    st.subheader(_("Missed profit by region"))
    risk = outlook.at_risk(plan.stockouts, ["region"])
    names = brand_names.of_regions(brand.regions)
    style.show(charts.by_region(risk, names, plan.currency))
    if len(risk) > charts.MOST_REGIONS:
        st.caption(
            _("The {count} of {all} regions that miss most without the plan.").format(
                count=style.number(charts.MOST_REGIONS), all=style.number(len(risk))
            )
        )
    if (risk["lost_money_with"] > MORE * risk["lost_money_without"]).any():
        st.caption(
            _(
                "Days and regions may miss more with the plan than without it: stock that is "
                "scarce is on its way then, or earns more elsewhere or later. The gain counts all "
                "of it."
            )
        )


def _meaning() -> str:
    return _(
        "What serving every shopper at once from their own region would earn more, in these days, "
        "than what is expected to be sold."
    )
