"""The side bar: whose stock is shown, as of when, in which language, and who decides."""

from __future__ import annotations

import streamlit as st

from dashboard import state, style
from dashboard.language import _, language_switch
from data.errors import BadInput


def draw() -> None:
    """Draw what every page shows beside its content."""
    with st.sidebar:
        _brand()
        language_switch()
        _reader()


def _brand() -> None:
    try:
        brand = state.brand()
    except (BadInput, OSError):
        return
    st.markdown(f"**{style.plain(brand.settings.name)}**")
    st.caption(_("Sales known to {day}").format(day=style.date(brand.as_of, year=True)))
    if brand.settings.simulated:
        simulated_badge()


def simulated_badge() -> None:
    """Say that the brand's demand was made up."""
    st.badge(
        _("Simulated brand"),
        icon=":material/science:",
        color="orange",
        help=_("This brand's sales were simulated. No figure here is of a real business."),
    )


def _reader() -> None:
    if state.signed_in():
        st.caption(style.plain(state.who()))
        return
    st.text_input(
        _("Your name"),
        key="who",
        placeholder=_("shown beside your decisions"),
        max_chars=80,
        help=_(
            "There is no sign-in here: anyone who reaches this page can decide. "
            "Your name is kept with each of your decisions."
        ),
    )
