"""The side bar: whose stock is shown, as of when, in which language, and who decides."""

from __future__ import annotations

import streamlit as st

from dashboard import own_name, refusals, sign_in, state, style
from dashboard.language import _, language_switch
from data.errors import BadInput
from data.roles import Person


def draw() -> None:
    """Draw what every page shows beside its content."""
    with st.sidebar:
        _brand()
        language_switch()
        _reader()


def draw_stranger(reader: Person) -> None:
    """Draw what somebody sees who has no role in the brand: nothing of it."""
    language_switch()
    st.title(_("You have no role here"))
    st.write(
        _("You are signed in as {who}. Ask an admin of the brand to give you a role.").format(
            who=style.plain(reader.name)
        )
    )
    sign_in.sign_out_button()


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
    reader = st.session_state.get(state.READER)
    if state.signed_in() and isinstance(reader, Person):
        roles = ", ".join(refusals.role(role) for role in sorted(reader.roles))
        st.caption(f"{style.plain(reader.name)}  \n{style.plain(roles)}")
        sign_in.sign_out_button()
        return
    own_name.bring()
    st.text_input(
        _("Your name"),
        key=own_name.KEY,
        placeholder=_("shown beside your decisions"),
        max_chars=own_name.LONGEST,
        help=_(
            "There is no sign-in here: anyone who reaches this page can decide. "
            "Your name is kept with each of your decisions and, in this browser, for your next "
            "visit."
        ),
    )
    st.caption(_("No sign-in: anyone who reaches this page can decide."))
    own_name.keep()
