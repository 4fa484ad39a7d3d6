"""Deep links: what a page shows is in its address, so that it can be shared.

A widget that is kept in the address has one key, the name of the query parameter, and codes of
the data as options (never words of a language). Call :func:`follow` before it is drawn and
:func:`keep` after::

    follow("region", regions)
    region = st.selectbox(_("Region"), regions, key="region", format_func=name)
    keep("region", region)
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboard.language import QUERY_KEY, language

_KEPT = "link:"


def follow(name: str, options: Collection[str]) -> None:
    """Let the address choose a widget's value, once, if it names one of the options."""
    asked = st.query_params.get(name)
    if asked is None or _is_followed(name, asked):
        return
    st.session_state[_KEPT + name] = asked
    if asked in options:
        st.session_state[name] = asked


def follow_several(name: str, options: Collection[str]) -> None:
    """Let the address choose the values of a widget with several of them."""
    asked = st.query_params.get_all(name)
    if not asked or _is_followed(name, asked):
        return
    st.session_state[_KEPT + name] = asked
    st.session_state[name] = [value for value in asked if value in options]


def follow_number(name: str, least: float) -> None:
    """Let the address choose a number, if it is one and at least ``least``."""
    asked = st.query_params.get(name)
    if asked is None or _is_followed(name, asked):
        return
    st.session_state[_KEPT + name] = asked
    try:
        value = float(asked)
    except ValueError:
        return
    if least <= value < float("inf"):
        st.session_state[name] = value


def keep(name: str, value: Any) -> None:
    """Put a widget's value into the address; nothing, an empty text and an empty list leave it."""
    text: str | list[str]
    text = [str(item) for item in value] if isinstance(value, list | tuple) else str(value or "")
    st.session_state[_KEPT + name] = text
    if not text:
        st.query_params.pop(name, None)
    elif _current(name, text) != text:
        st.query_params[name] = text


ALL = ""
"""The option of :func:`choose` that chooses everything."""


def choose(
    name: str,
    label: str,
    options: Collection[str],
    everything: str,
    in_words: Callable[[str], str] = str,
) -> str:
    """Draw a select box that is kept in the address, with everything first.

    :param everything: what that is called. ``in_words``: an option in words.
    :returns: the option, or :data:`ALL`.
    """
    follow(name, options)
    if st.session_state.get(name) not in (None, ALL, *options):
        st.session_state[name] = ALL
    chosen = st.selectbox(
        label,
        [ALL, *options],
        key=name,
        format_func=lambda code: in_words(code) if code else everything,
    )
    keep(name, chosen)
    return str(chosen or ALL)


def asked_anew(name: str) -> bool:
    """Return whether the address names something that the page has not put there itself."""
    asked = st.query_params.get(name)
    return asked is not None and asked != st.session_state.get(_KEPT + name)


def clear_widgets(*names: str) -> None:
    """Forget what widgets were set to, unless the address says it."""
    for name in names:
        if name not in st.query_params:
            st.session_state.pop(name, None)


def link(page: str, **parameters: str | None) -> str:
    """Return a link to a page of this dashboard, relative to it, in the reader's language."""
    known = {name: value for name, value in parameters.items() if value}
    return f"{page}?{urlencode({**known, QUERY_KEY: language()})}"


def _is_followed(name: str, asked: str | list[str]) -> bool:
    # What is in the address may be what we put there; but a widget forgets its value when the
    # reader leaves its page, and then the address speaks again.
    return name in st.session_state and asked == st.session_state.get(_KEPT + name)


def _current(name: str, like: str | list[str]) -> str | list[str] | None:
    if isinstance(like, list):
        return st.query_params.get_all(name)
    return st.query_params.get(name)
