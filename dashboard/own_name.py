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

KEY = "who"
"""The session key of the name given."""

COOKIE = "nearfield_name"
LONGEST = 80
_KEPT, _CHANGED = "who:kept", "who:changed"

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


def given() -> str:
    """Return the name that the reader gives; "" where they give none."""
    return cleaned(str(st.session_state.get(KEY) or ""))


def cleaned(name: str) -> str:
    """Return a name without what cannot be printed, at most :data:`LONGEST` letters long.

    >>> cleaned("  Li\\tWei\\n")
    'LiWei'
    """
    return "".join(letter for letter in name if letter.isprintable()).strip()[:LONGEST]


@cache
def _keeper() -> Any:
    return st.components.v2.component("nearfield_own_name", js=_SCRIPT)
