"""What the figures of the overview rest on: data, forecast, plan, and who may decide."""

from __future__ import annotations

import streamlit as st

from dashboard import headline, named_days, state, style
from dashboard.language import _, ngettext
from dashboard.words import word
from data import Brand
from data.errors import BadForecast
from optimization.plan import Plan


def draw(plan: Plan, brand: Brand) -> None:
    """Draw what the figures above rest on."""
    st.subheader(_("What this rests on"))
    data, forecast, made, local = st.columns(4, gap="medium")
    with data:
        repairs = sum(repair.count for repair in brand.report.repairs)
        st.page_link("screens/data.py", label=_("Data"), icon=":material/table_chart:")
        st.caption(
            _("No fault, nothing repaired")
            if not repairs
            else ngettext(
                "No fault; {count} repair made while reading",
                "No fault; {count} repairs made while reading",
                repairs,
            ).format(count=style.number(repairs))
        )
    with forecast:
        _forecast_flags(brand)
    with made:
        st.page_link("screens/runs.py", label=_("Plan"), icon=":material/history:")
        share = headline.least_share(plan)
        bound = (
            headline.no_share(plan)
            if share is None
            else _("at least {share} of the possible gain").format(share=style.percent(share))
        )
        st.caption(style.plain(f"{word(plan.status)} · {bound}"))
    with local:
        if not state.signed_in():
            st.page_link("screens/people.py", label=_("No sign-in"), icon=":material/lock_open:")
            st.caption(_("Anyone who reaches this page can decide."))
        else:
            st.page_link("screens/audit.py", label=_("Audit"), icon=":material/fact_check:")
            st.caption(_("Everybody signs in; every decision has its name."))


def _forecast_flags(brand: Brand) -> None:
    st.page_link("screens/forecasts.py", label=_("Forecast"), icon=":material/show_chart:")
    try:
        forecast = state.forecast()
    except BadForecast:
        st.caption(_("The last forecast does not fit the brand any more"))
        return
    if forecast is None:
        st.caption(_("No forecast yet"))
        return
    flagged, total = forecast.unfitted, len(forecast.series)
    st.caption(
        ngettext(
            "{flagged} of {count} series is flagged",
            "{flagged} of {count} series are flagged",
            flagged,
        ).format(flagged=style.number(flagged), count=style.number(total))
    )
    if forecast.meets_unseen:
        last = forecast.frame["date"].max()
        st.caption(style.plain(named_days.told(named_days.unseen(brand, brand.events, last))))
