"""Filters of the board, kept in the address."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboard import links, style
from dashboard.language import _
from dashboard.words import word

STATES = ("proposed", "approved", "rejected", "dispatched", "received", "cancelled")
NAMES = ("dispatch", "origin", "destination", "category", "state", "gain")


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the board is shown; "" stands for all.

    :param state: ``proposed`` and so on; "" for all.
    :param least_gain: transfers below this expected gain are left out, >= 0.
    """

    dispatch: str = links.ALL
    origin: str = links.ALL
    destination: str = links.ALL
    category: str = links.ALL
    state: str = links.ALL
    least_gain: float = 0.0

    def rows(self, board: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of the board that pass."""
        keep = pd.Series(True, index=board.index)
        for column in ("origin", "destination", "category", "state"):
            wanted = getattr(self, column)
            if wanted:
                keep &= board[column] == wanted
        if self.dispatch:
            keep &= board["dispatch_date"] == pd.Timestamp(self.dispatch)
        if self.least_gain > 0:
            keep &= board["expected_gain"] >= self.least_gain
        return board[keep]


def draw(board: pd.DataFrame, currency: str) -> Filters:
    """Draw the filters and return what they say."""
    days = {f"{day:%Y-%m-%d}": style.date(day) for day in sorted(board["dispatch_date"].unique())}
    origins = _names(board, "origin")
    destinations = _names(board, "destination")
    categories = {name: name for name in sorted(board["category"].unique()) if name}
    states = {code: word(code) for code in STATES}
    with st.container(horizontal=True):
        dispatch = _choice("dispatch", _("Dispatch"), days, _("Every day"))
        origin = _choice("origin", _("From"), origins, _("Everywhere"))
        destination = _choice("destination", _("To"), destinations, _("Everywhere"))
        category = _choice("category", _("Category"), categories, _("All categories"))
        state = _choice("state", _("State"), states, _("All states"))
        links.follow_number("gain", 0.0)
        gain = st.number_input(
            _("Least gain, {currency}").format(currency=style.plain(currency)),
            min_value=0.0,
            step=10.0,
            format="%.0f",
            key="gain",
        )
        links.keep("gain", f"{gain:g}" if gain else "")
    return Filters(dispatch, origin, destination, category, state, float(gain))


def clear() -> None:
    """Let everything pass again."""
    for name in NAMES:
        st.session_state[name] = 0.0 if name == "gain" else links.ALL


def _names(board: pd.DataFrame, end: str) -> dict[str, str]:
    pairs = board[[end, f"{end}_name"]].drop_duplicates().sort_values(f"{end}_name")
    return dict(zip(pairs[end], pairs[f"{end}_name"], strict=True))


def _choice(name: str, label: str, options: dict[str, str], everything: str) -> str:
    return links.choose(name, label, options, everything, lambda code: options.get(code, code))
