"""What drivers and events do to demand, and how sure that is, for what the reader chose."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import kept_effects, sentences, state, style
from dashboard.charts.effects import effect_chart
from dashboard.forecast_details import Choice
from dashboard.language import _, ngettext
from data import Brand
from forecasting.calendar import EVENTS
from forecasting.effects import CLEAR

MOST_EVENTS = 16
"""Events drawn, those that do most."""


def draw(brand: Brand, choice: Choice) -> None:
    """Draw the effects in the pool of series to which the choice belongs."""
    file = state.workspace().effects
    written = file.stat().st_mtime_ns if file.is_file() else 0
    effects = _read(str(file), written, brand, brand.version)
    if effects is None:
        st.caption(
            _(
                "What drivers do is worked out with a forecast of the engine nearfield, for up to "
                "10,000 series. There is nothing for these tables yet."
            )
        )
        return
    pool = of_pool(effects, brand, choice)
    _drivers(pool[pool["kind"] == "driver"])
    _events(pool[pool["kind"] == "event"])
    if pool.empty:
        return
    size = int(pool["series"].iloc[0])
    st.caption(
        ngettext(
            "Learnt from {count} series with stock, all else held alike.",
            "Learnt from {count} series with stock, all else held alike.",
            size,
        ).format(count=style.number(size))
        + " "
        + _(
            "Lines are 95% intervals; they allow for series that err together. "
            "What is pale cannot be told from no effect."
        )
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def _read(path: str, written: int, _brand: Brand, version: str) -> pd.DataFrame | None:
    return kept_effects.read(Path(path), _brand)


def of_pool(effects: pd.DataFrame, brand: Brand, choice: Choice) -> pd.DataFrame:
    """Return the effects in the pool of what was chosen: a product's is its category's.

    :param effects: as of :func:`forecasting.driver_effects`.
    """
    category = choice.category
    if choice.sku:
        products = brand.products
        category = str(products.loc[products["sku"].astype(str) == choice.sku, "category"].item())
    return effects[(effects["region"] == choice.region) & (effects["category"] == category)]


def in_words(rows: pd.DataFrame) -> pd.DataFrame:
    """Return effects as the chart draws them, in the reader's language, the largest first.

    :param rows: of one pool, as of :func:`forecasting.driver_effects`.
    """
    rows = rows.iloc[np.argsort(-rows["effect"].abs().to_numpy(), kind="stable")]
    low, high = (np.expm1(rows["effect"] + side * CLEAR * rows["sd"]) for side in (-1, 1))
    is_event = rows["kind"] == "event"
    table = pd.DataFrame(
        {
            "name": [
                event_name(name) if event else _per(name, per)
                for name, event, per in zip(rows["name"], is_event, rows["per"], strict=True)
            ],
            "change": rows["change"],
            "low": low,
            "high": high,
            "clear": rows["sign"] != 0,
        }
    )
    table["label"] = [
        _signed(change) if clear else _("not distinguishable from zero")
        for change, clear in zip(table["change"], table["clear"], strict=True)
    ]
    table["span"] = [
        _("{low} to {high}").format(low=_signed(low), high=_signed(high))
        for low, high in zip(table["low"], table["high"], strict=True)
    ]
    return table.reset_index(drop=True)


def _drivers(rows: pd.DataFrame) -> None:
    st.markdown(f"**{_('Drivers')}**")
    if rows.empty:
        st.caption(_("This brand has no drivers whose values are known ahead."))
        return
    style.show(effect_chart(in_words(rows)), width="stretch", key="effects_drivers")
    st.caption(
        _(
            "What demand changes by when a driver rises by as much as it usually varies: the "
            "number behind its name."
        )
    )


def _events(rows: pd.DataFrame) -> None:
    if rows.empty:
        return
    st.markdown(f"**{_('Events')}**")
    table = in_words(rows)
    style.show(effect_chart(table.head(MOST_EVENTS)), width="stretch", key="effects_events")
    rest = len(table) - MOST_EVENTS
    if rest > 0:
        st.caption(
            ngettext(
                "{count} more that does less is not drawn.",
                "{count} more that do less are not drawn.",
                rest,
            ).format(count=style.number(rest))
        )


def _per(name: str, per: float) -> str:
    return f"{name} +{per:.2g}" if np.isfinite(per) else name


def _signed(share: float) -> str:
    text = style.percent(share, 1 if abs(share) < 0.1 else 0)
    return f"+{text}" if share > 0 else text


_PARTS: Mapping[str, Callable[[], str]] = {
    "presale": lambda: _("{event}: presale"),
    "opening": lambda: _("{event}: opening"),
    "run_up": lambda: _("{event}: run-up"),
    "rush": lambda: _("{event}: stocking up"),
    "before": lambda: _("{event}: days before"),
    "eve": lambda: _("{event}: eve"),
    "after": lambda: _("{event}: days after"),
}
_WINDOW = re.compile(rf"(.+)_({'|'.join(_PARTS)})")


def event_name(code: str) -> str:
    """Return an event of the regression in words: its name and which of its days.

    >>> event_name("double11_eve"), event_name("livestream#2")
    ('Double 11: eve', 'livestream (2)')
    """
    name, _mark, again = code.partition("#")
    window = _WINDOW.fullmatch(name)
    # A brand's own event may end as a window does: only those of the calendar have windows.
    if window and window[1] in EVENTS:
        text = _PARTS[window[2]]().format(event=sentences.event(window[1]))
    else:
        text = sentences.event(name)
    return f"{text} ({again})" if again else text
