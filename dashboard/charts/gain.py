"""What the gain of a plan is made of: what it earns more, what it costs more, what is left."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from dashboard import style
from dashboard.language import _
from dashboard.words import word

LEAST = 0.002
"""Share of the largest part below which a part is not drawn: its bar would be a line."""


def gain_chart(parts: Mapping[str, float], currency: str) -> alt.LayerChart | alt.FacetChart:
    """Draw each part from where the one before ended, and the gain from nothing.

    :param parts: kind to the money that it adds, below 0 where it takes away, as of
        :func:`optimization.outlook.gain_parts`.
    """
    colours = style.palette()
    rows = gain_rows(parts)
    rows["label"] = [
        ("+" if money > 0 else "") + style.money(money, currency) for money in rows["money"]
    ]
    rows["colour"] = [
        colours.after if whole else colours.warn if money < 0 else colours.good
        for whole, money in zip(rows["whole"], rows["money"], strict=True)
    ]
    low, high = float(rows["left"].min()), float(rows["right"].max())
    base = alt.Chart(rows).encode(
        y=alt.Y("name:N", sort=list(rows["name"]), title=None),
        tooltip=[
            alt.Tooltip("name:N", title=_("Part")),
            alt.Tooltip("label:N", title=_("Against moving nothing")),
        ],
    )
    x = alt.X(
        "left:Q",
        axis=style.money_axis(currency, tickCount=4),
        scale=alt.Scale(domain=[low, high + 0.2 * (high - low)], nice=False),
    )
    bars = base.mark_bar(height=16).encode(
        x=x, x2="right:Q", color=alt.Color("colour:N", scale=None)
    )
    words = base.mark_text(align="left", dx=6, color=colours.ink).encode(
        x="right:Q", text="label:N"
    )
    return alt.layer(bars, words).properties(height=alt.Step(26))


def gain_rows(parts: Mapping[str, float]) -> pd.DataFrame:
    """Return a row a part, in order, then the gain.

    :returns: name (in words), money, left and right (where its bar begins and ends, left <=
        right), whole (whether it is the gain).
    """
    largest = max((abs(money) for money in parts.values()), default=0.0)
    rows, at = [], 0.0
    for kind, money in parts.items():
        if abs(money) > LEAST * largest:
            rows.append((_words(kind), money, min(at, at + money), max(at, at + money), False))
        at += money
    rows.append((_("gain"), at, min(at, 0.0), max(at, 0.0), True))
    return pd.DataFrame(rows, columns=["name", "money", "left", "right", "whole"])


def _words(kind: str) -> str:
    # The same code is a limit elsewhere, and has other words there.
    return word("handling_cost" if kind == "handling" else kind)
