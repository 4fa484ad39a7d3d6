"""The name that a reader gives where nobody signs in: kept in their browser, for the next visit.

It is a label beside decisions and proves nothing: anyone may give any name. It is kept in a cookie
of the page's own address and not in the link, for a link is shared and would bring the name along.
Where people sign in it is neither read nor kept.
"""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import unquote

import streamlit as st

from dashboard.language import _

KEY = "who"
"""The session key of the name given."""

COOKIE = "nearfield_name"
LONGEST = 80
_KEPT, _CHANGED, _ELSEWHERE = "who:kept", "who:changed", "who:elsewhere"

# The name comes as data, never as code. Lax: the cookie is not sent with requests of other sites,
# and is there when a link is followed to here.
_SCRIPT = """
export default function ({ data }) {
  const age = data.name ? 31536000 : 0;
  const value = encodeURIComponent(data.name);
  document.cookie = `${data.cookie}=${value}; path=/; max-age=${age}; SameSite=Lax`;
}
"""


def restore() -> None:
    """Take the name of the last visit, at the first run of a session."""
    if _KEPT in st.session_state:
        return
    st.session_state[_KEPT] = name = cleaned(unquote(st.context.cookies.get(COOKIE, "")))
    if name and KEY not in st.session_state:
        st.session_state[KEY] = name


def keep() -> None:
    """Have the browser keep the name as it is now, once it has been changed."""
    if given() != st.session_state.get(_KEPT, ""):
        st.session_state[_CHANGED] = True
    if st.session_state.get(_CHANGED):
        _keeper()(data={"name": given(), "cookie": COOKIE}, key="own_name", height=0)


def ask(place: str, *, kept: bool = False) -> None:
    """Ask for the name beside what needs it: the side bar is shut on phones and behind dialogs.

    :param place: tells this field from others.
    :param kept: the field stays once it has its answer, so that nothing moves under a click.
    """
    if given() and not kept:
        return
    key = f"{KEY}:{place}"
    st.text_input(
        _("Your name"),
        key=key,
        placeholder=_("Your name, shown beside your decisions"),
        max_chars=LONGEST,
        label_visibility="collapsed",
        width=300,
        on_change=_take,
        args=(key,),
    )


def _take(key: str) -> None:
    # Not at once into the side bar's field: a dialog runs alone, and until the side bar is drawn
    # again the browser tells at every click that its field is empty.
    st.session_state[_ELSEWHERE] = st.session_state[key]


def bring() -> None:
    """Put a name that was given elsewhere into the side bar's field, before it is drawn."""
    name = st.session_state.pop(_ELSEWHERE, None)
    if name is not None:
        st.session_state[KEY] = name


def given() -> str:
    """Return the name that the reader gives; "" where they give none."""
    return cleaned(str(st.session_state.get(_ELSEWHERE) or st.session_state.get(KEY) or ""))


def cleaned(name: str) -> str:
    """Return a name without what cannot be printed, at most :data:`LONGEST` letters long.

    >>> cleaned("  Li\\tWei\\n")
    'LiWei'
    """
    return "".join(letter for letter in name if letter.isprintable()).strip()[:LONGEST]


@cache
def _keeper() -> Any:
    return st.components.v2.component("nearfield_own_name", js=_SCRIPT)
