"""English and Chinese: which one a reader sees, and every sentence in it.

Sentences are written in English in the code, as ``_("Trips waiting for a decision")``; the
catalogues in ``dashboard/locale`` hold the Chinese. ``dashboard/catalogue.py`` finds new
sentences and compiles the catalogues.
"""

from __future__ import annotations

import gettext
from functools import cache
from pathlib import Path
from typing import Literal

Language = Literal["en", "zh"]

LANGUAGES: dict[Language, str] = {"en": "English", "zh": "中文"}
"""The languages, each by the name that its readers call it."""

CATALOGUES: dict[Language, str] = {"en": "en", "zh": "zh_CN"}
"""The catalogue folder of each language."""

LOCALE_FOLDER = Path(__file__).parent / "locale"
DOMAIN = "nearfield"
SESSION_KEY = "language"
QUERY_KEY = "lang"


def _(sentence: str) -> str:
    """Return an English sentence of the code in the reader's language."""
    return catalogue(language()).gettext(sentence)


def ngettext(one: str, many: str, count: int) -> str:
    """Return the form of a sentence that fits a count, in the reader's language."""
    return catalogue(language()).ngettext(one, many, count)


@cache
def catalogue(chosen: Language) -> gettext.NullTranslations:
    """Return the sentences of one language; English where a catalogue is missing."""
    return gettext.translation(
        DOMAIN, localedir=LOCALE_FOLDER, languages=[CATALOGUES[chosen]], fallback=True
    )


def language() -> Language:
    """Return the reader's language; English outside a running page."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    if get_script_run_ctx(suppress_warning=True) is None:
        return "en"
    chosen = st.session_state.get(SESSION_KEY)
    if chosen in LANGUAGES:
        return _known(chosen)
    return first_language(st.query_params.get(QUERY_KEY), st.context.locale)


def first_language(asked: str | None, browser: str | None) -> Language:
    """Choose the language of a first visit: the link's, else the browser's, else English.

    >>> first_language(None, "zh-TW"), first_language("en", "zh-CN"), first_language("xx", None)
    ('zh', 'en', 'en')
    """
    for wish in (asked, browser):
        start = (wish or "").lower().replace("_", "-").split("-")[0]
        if start in LANGUAGES:
            return _known(start)
    return "en"


def _known(code: str) -> Language:
    return "zh" if code == "zh" else "en"


def language_switch() -> None:
    """Draw the switch; the choice holds for the session and is kept in the link."""
    import streamlit as st

    if SESSION_KEY not in st.session_state:
        st.session_state[SESSION_KEY] = language()
    st.segmented_control(
        _("Language"),
        options=list(LANGUAGES),
        format_func=lambda code: LANGUAGES[code],
        key=SESSION_KEY,
        required=True,
        label_visibility="collapsed",
    )
    if st.query_params.get(QUERY_KEY) != language():
        st.query_params[QUERY_KEY] = language()
