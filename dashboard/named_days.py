"""Named days: what is drawn of them, and which ones ahead no day of the history has shown."""

from __future__ import annotations

from collections.abc import Hashable

import pandas as pd
import streamlit as st

from dashboard import sentences, style
from dashboard.language import _
from data import Brand
from forecasting.calendar import china_events, china_holidays
from forecasting.fallback import UNSEEN

NEAR = pd.Timedelta(days=30)
"""How far from its own days a holiday moves demand, at most."""


def own_events(brand: Brand, region: str, category: str) -> pd.DataFrame:
    """Return the rows of the brand's own events that concern a region and category; "": any."""
    concerns = [
        (not regions or not region or region in regions)
        and (not categories or not category or category in categories)
        for regions, categories in zip(
            brand.events["regions"], brand.events["categories"], strict=True
        )
    ]
    rows: pd.DataFrame = brand.events[pd.Series(concerns, dtype=bool, index=brand.events.index)]
    return rows


def named_days(own: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    """Return what a chart of these days names: name, starts, ends, provisional.

    :param own: of the brand, as of :func:`own_events`; the calendar's follow.
    """
    calendar = _calendar(first, last)
    calendar = calendar[calendar["event"] != "makeup_workday"]
    calendar = calendar.assign(name=calendar["event"].map(sentences.event))
    own = own.assign(name=own["event"], provisional=False)
    columns = ["name", "starts", "ends", "provisional"]
    both = pd.concat([calendar[columns], own[columns]], ignore_index=True)
    # What is still to come is named first, should there be no room for every name.
    return both.sort_values("ends", ascending=False, kind="stable", ignore_index=True)


@st.cache_resource(max_entries=32, show_spinner=False)
def _calendar(first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    return china_events(first, last)


def unseen(brand: Brand, own: pd.DataFrame, last: pd.Timestamp) -> pd.DataFrame:
    """Return the events ahead that no day of the history has shown, in order.

    China's are told apart by the windows that forecasts know.

    :param own: of the brand, as of :func:`own_events`.
    :param last: of the forecast's days, which begin on the day after the as-of day.
    :returns: name (in the reader's language), starts, ends: its first and last day ahead.
    """
    first, ahead = brand.dates[0], brand.as_of + pd.Timedelta(days=1)
    seen = set(china_holidays(first, brand.as_of)["holiday"])
    coming = china_holidays(ahead, last)
    coming = coming[~coming["holiday"].isin(seen)]
    rows = [
        (sentences.event(str(code)), *_days_of(str(code), days["ds"]))
        for code, days in coming.groupby("event", sort=False)
    ]
    # As forecasts know them: the same name with another scope is another event.
    for (name, *_scope), days in own.groupby(["event", "regions", "categories"], sort=False):
        past = (days["starts"] <= brand.as_of) & (days["ends"] >= first)
        here = days[(days["starts"] <= last) & (days["ends"] >= ahead)]
        if len(here) and not past.any():
            rows.append(
                (str(name), max(here["starts"].min(), ahead), min(here["ends"].max(), last))
            )
    found = pd.DataFrame(rows, columns=["name", "starts", "ends"])
    return found.sort_values("starts", kind="stable", ignore_index=True)


def _days_of(code: str, days: pd.Series) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the days by which people know an event: a holiday's own, else those ahead.

    :param days: those ahead on which it moves demand; before a holiday people stock up.
    """
    first, last = days.min(), days.max()
    near = _calendar(first - NEAR, last + NEAR)
    near = near[(near["event"] == code) & (near["kind"] == "holiday")]
    if near.empty:
        return first, last
    own = near.loc[(near["day"] - first).abs().idxmin()]
    return own["starts"], own["ends"]


def told(events: pd.DataFrame) -> str:
    """Tell which days ahead the history does not know, each with its dates; plain text."""
    if events.empty:
        return sentences.flag(UNSEEN)
    listed = style.listed(_named(event) for event in events.to_dict("records"))
    return _(
        "The days ahead hold what the history does not know, so its effect is not in here: "
        "{events}."
    ).format(events=listed)


def _named(event: dict[Hashable, pd.Timestamp]) -> str:
    starts, ends = (style.date(event[end], weekday=False) for end in ("starts", "ends"))
    days = starts if starts == ends else f"{starts} – {ends}"
    return _("{event} ({days})").format(event=event["name"], days=days)
