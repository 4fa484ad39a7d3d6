"""Named days as bars above a chart, each on a row where it overlaps no other."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt
import numpy as np
import pandas as pd

from dashboard import style
from dashboard.language import _

MOST_ROWS = 4
ROW_HEIGHT = 17


def assign_rows(spans: Iterable[tuple[pd.Timestamp, pd.Timestamp]], rows: int) -> list[int]:
    """Give each span (start, end) the first row that is free; -1 where none is.

    Spans are taken in the order given, so that the ones named first keep their place.

    >>> day = pd.Timestamp
    >>> assign_rows([(day(2025, 1, 1), day(2025, 1, 3)), (day(2025, 1, 2), day(2025, 1, 4))], 2)
    [0, 1]
    """
    taken: list[list[tuple[pd.Timestamp, pd.Timestamp]]] = [[] for _row in range(rows)]
    found = []
    for start, end in spans:
        place = -1
        for row, others in enumerate(taken):
            if all(end < other_start or start > other_end for other_start, other_end in others):
                others.append((start, end))
                place = row
                break
        found.append(place)
    return found


def event_layers(
    events: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp
) -> list[alt.LayerChart | alt.Chart]:
    """Return the layers to add to a chart over days; they stand above it.

    :param events: name (to be shown), starts, ends, provisional (bool); more columns are left.
    :param first: first day of the chart; events are cut to its days.
    :param last: last day of the chart.
    """
    frame = events.loc[(events["starts"] <= last) & (events["ends"] >= first)].copy()
    if frame.empty:
        return []
    colours = style.palette()
    half = pd.Timedelta(hours=12)
    frame["from"] = frame["starts"].where(frame["starts"] >= first, first) - half
    frame["to"] = frame["ends"].where(frame["ends"] <= last, last) + half
    # A name needs room: a rough width of each letter, as a share of the days shown.
    width = (last - first) / 110
    letters = frame["name"].map(lambda name: sum(1.9 if ord(c) > 0x2E80 else 1.0 for c in name))
    length = letters * width
    # Near the end of the days a name is written towards the left.
    frame["left"] = frame["from"] + length <= last + half
    begins = frame["from"].where(frame["left"], frame["to"] - length)
    reach = (frame["from"] + length).where(frame["left"], frame["to"])
    spans = zip(begins.combine(frame["from"], min), reach.combine(frame["to"], max), strict=True)
    frame["row"] = assign_rows(spans, MOST_ROWS)
    frame = frame.assign(begins=begins, reach=reach)[frame["row"] >= 0]
    frame["anchor"] = frame["from"].where(frame["left"], frame["to"])
    frame["room"] = _room(frame).dt.total_seconds() / (last - first).total_seconds()
    frame["state"] = [
        _("provisional: not announced yet") if p else "" for p in frame["provisional"]
    ]
    frame["bar"] = -ROW_HEIGHT * frame["row"] - 3
    frame["words"] = frame["bar"] - 2
    named = frame[["name", "starts", "ends", "provisional", "state"]]
    drawn = ["from", "to", "anchor", "bar", "words", "left", "room"]
    base = alt.Chart(named.join(frame[drawn])).encode(
        x=alt.X("from:T"),
        tooltip=[
            alt.Tooltip("name:N", title=_("Event")),
            alt.Tooltip("starts:T", title=_("From"), format=style.date_format()),
            alt.Tooltip("ends:T", title=_("To"), format=style.date_format()),
            alt.Tooltip("state:N", title=_("State")),
        ],
    )
    # The strip stands above the chart, in pixels, apart from the chart's own scale.
    shade = base.mark_rect(color=colours.event, opacity=0.07).encode(x2="to:T")
    bar = base.mark_rule(
        color=colours.event,
        strokeWidth=3,
        y=alt.expr("datum.bar"),
        opacity=alt.expr("datum.provisional ? 0.45 : 0.95"),
    ).encode(x2="to:T")
    words = base.mark_text(
        color=colours.event,
        baseline="bottom",
        fontSize=11,
        align=alt.expr("datum.left ? 'left' : 'right'"),
        # On a narrow page a name is cut rather than written across its neighbour.
        limit=alt.expr("max(1, datum.room * width - 4)"),
        y=alt.expr("datum.words"),
    ).encode(x=alt.X("anchor:T"), text="name:N")
    return [shade, bar, words]


def _room(frame: pd.DataFrame) -> pd.Series:
    """Return the time over which each name may be written: to its neighbour's on the same row."""
    room = pd.Series(pd.Timedelta(days=100_000), index=frame.index)
    for _row, names in frame.sort_values("begins").groupby("row"):
        one, other = names.iloc[:-1], names.iloc[1:]
        begins, reach = other["begins"].to_numpy(), one["reach"].to_numpy()
        # Two that are written towards each other part in the middle.
        part = np.where(
            other["left"], begins, np.where(one["left"], reach + (begins - reach) / 2, reach)
        )
        to_right = part - one["anchor"].to_numpy()
        to_left = other["anchor"].to_numpy() - part
        room[one.index[one["left"]]] = to_right[one["left"].to_numpy()]
        room[other.index[~other["left"]]] = to_left[~other["left"].to_numpy()]
    return room
