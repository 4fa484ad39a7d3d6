"""One item of a list: a link with its filter, what is at stake, and what is to be known."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard import style

_INDENT = "&emsp;&emsp;"
"""Two wide spaces: what is said of an item stands under its words, not under its icon."""


def draw(
    page: str, query: Mapping[str, str], title: str, amount: str, words: str, *, urgent: str = ""
) -> None:
    """Draw one item.

    :param query: the filter that the page opens with.
    :param urgent: why it is marked; "" where it is not.
    """
    item = st.container(gap="xxsmall")
    item.page_link(
        page,
        label=style.plain(title),
        icon=":material/priority_high:" if urgent else ":material/chevron_right:",
        help=urgent or None,
        query_params=dict(query),
    )
    # In one line, which a narrow window breaks between words: never the amount under another item.
    item.markdown(f"{_INDENT}**{style.plain(amount)}** :gray[:small[· {style.plain(words)}]]")
