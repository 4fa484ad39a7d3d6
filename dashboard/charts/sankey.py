"""What flows from where to where, as ribbons between boxes."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard import brand_names, style
from dashboard.charts.flow_layout import BOX, place_boxes, ribbons
from dashboard.language import _
from dashboard.words import word

SELECTION = "location"
"""Name of the selection: a click on a box."""


def has_room(boxes: pd.DataFrame, needed: float) -> list[bool]:
    """Return which boxes can be named without names touching; the heaviest go first.

    :param boxes: column, weight, middle.
    :param needed: least distance of two names in a column, in units of ``middle``.
    """
    column, middle = boxes["column"].tolist(), boxes["middle"].tolist()
    named: dict[int, list[float]] = {}
    fits = [False] * len(boxes)
    for place in (-boxes["weight"].to_numpy()).argsort(kind="stable"):
        others = named.setdefault(column[place], [])
        if all(abs(middle[place] - other) >= needed for other in others):
            others.append(middle[place])
            fits[place] = True
    return fits


def sankey_chart(flows: pd.DataFrame, unit: str, *, height: int = 520) -> alt.LayerChart:
    """Draw planned flows; a click on a box selects its location.

    :param flows: origin, origin_kind, destination, destination_kind (main, front or store),
        weight (> 0), and names to show: origin_name, destination_name.
    :param unit: what the weights count, in words.
    """
    colours = style.palette()
    boxes, laid = place_boxes(flows)
    names = brand_names.of_ends(flows)
    boxes["name"] = boxes["location"].map(names)
    boxes["kind_name"] = boxes["kind"].map(word)
    boxes["left"], boxes["right"] = boxes["column"] - BOX, boxes["column"] + BOX
    boxes["middle"] = (boxes["low"] + boxes["high"]) / 2
    boxes["roomy"] = has_room(boxes, 13 / height)
    last = int(boxes["column"].max())
    kinds = alt.Scale(
        domain=["main", "front", "store"], range=[colours.main, colours.front, colours.store]
    )
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.02, last + 0.02], nice=False))
    y = alt.Y("low:Q", axis=None, scale=alt.Scale(domain=[0, 1]))
    picked = alt.selection_point(name=SELECTION, fields=["location"], on="click", toggle=False)
    hovered = alt.selection_point(name="hovered", fields=["flow"], on="pointerover", empty=False)
    flow = (
        alt.Chart(ribbons(laid))
        .mark_area(interpolate="linear")
        .encode(
            x=x,
            y=y,
            y2="high:Q",
            detail="flow:N",
            color=alt.Color("destination_kind:N", scale=kinds, legend=None),
            opacity=alt.condition(hovered, alt.value(0.62), alt.value(0.26)),
            tooltip=[
                alt.Tooltip("origin_name:N", title=_("From")),
                alt.Tooltip("destination_name:N", title=_("To")),
                alt.Tooltip("weight:Q", title=unit, format=",.1f"),
            ],
        )
        .add_params(hovered)
    )
    box = (
        alt.Chart(boxes)
        .mark_rect(cornerRadius=1, cursor="pointer")
        .encode(
            x=alt.X("left:Q"),
            x2="right:Q",
            y=y,
            y2="high:Q",
            color=alt.Color("kind:N", scale=kinds, legend=None),
            opacity=alt.condition(picked, alt.value(1.0), alt.value(0.4)),
            tooltip=[
                alt.Tooltip("name:N", title=_("Location")),
                alt.Tooltip("kind_name:N", title=_("Kind")),
                alt.Tooltip("weight:Q", title=unit, format=",.1f"),
            ],
        )
        .add_params(picked)
    )
    labels = [
        alt.Chart(boxes)
        .transform_filter(f"datum.roomy && datum.column {test} {last}")
        .mark_text(
            align="left" if shift > 0 else "right",
            dx=shift,
            fontSize=12,
            limit=170,
            color=colours.ink,
        )
        .encode(x=f"{edge}:Q", y="middle:Q", text="name:N")
        for test, shift, edge in (("<", 6, "right"), ("==", -6, "left"))
    ]
    return alt.LayerChart(layer=[flow, box, *labels]).properties(height=height)
