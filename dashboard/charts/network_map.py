"""A map of places, lanes and what is planned to flow on them; nothing is loaded for it."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from dashboard import style
from dashboard.charts.place_names import middle_of, name_layers
from dashboard.charts.projection import Albers, land
from dashboard.language import _
from dashboard.words import word

SELECTION = "location"
"""Name of the selection: a click on a place."""

MARGIN = 1.22
"""How much more than the places the map shows."""

MOST_NAMES = 45
STEPS = 16
"""Points along a flow."""

_LEAST_SPAN = 0.02
"""Radians that a map shows at least (about 130 km), so that one city is not a point."""


def network_map(
    places: pd.DataFrame, flows: pd.DataFrame, unit: str, ring_title: str, *, height: int = 620
) -> alt.LayerChart:
    """Draw the network; drag to move it, shift and wheel to zoom, click a place to select it.

    :param places: location, name, kind (main, front or store), lat, lon, ring (a code of
        :func:`ring_scale`), note (text of the tooltip); one row a place with coordinates.
    :param flows: origin, destination, weight (> 0 planned; 0: a lane without flow), both ends
        among the places.
    :param unit: what the weights count, in words.
    :param ring_title: what the rings tell, in words.
    """
    projection = Albers.around(places["lat"], places["lon"])
    places = places.copy()
    places["x"], places["y"] = projection.project(places["lat"], places["lon"])
    places["kind_name"] = places["kind"].map(word)
    x, y = _scales(places)
    layers = [
        _land(projection, x, y),
        *_lanes(places, flows, unit, x, y),
        *_places(places, ring_title, x, y),
        *_names(places, x, y, height),
    ]
    move = alt.selection_interval(
        name="move", bind="scales", zoom="wheel![event.shiftKey]", encodings=["x", "y"]
    )
    layers[0] = layers[0].add_params(move)
    return alt.LayerChart(layer=layers).properties(height=height)


def ring_scale() -> alt.Scale:
    """Return the colours of the rings by code: good, warn, bad, none."""
    colours = style.palette()
    return alt.Scale(
        domain=["good", "warn", "bad", "none"],
        range=[colours.good, colours.warn, colours.bad, colours.grid],
    )


def _scales(places: pd.DataFrame) -> tuple[alt.X, alt.Y]:
    """Axes on which a step is as long to the east as to the north, whatever the page's width."""
    middle = middle_of(places)
    span = _span(places)
    step = f"max({span[0]}/width, {span[1]}/height)"
    across, up = (
        alt.Scale(
            domainMin=alt.ExprRef(expr=f"{mid} - {side}/2*{step}"),
            domainMax=alt.ExprRef(expr=f"{mid} + {side}/2*{step}"),
            nice=False,
            zero=False,
        )
        for mid, side in zip(middle, ("width", "height"), strict=True)
    )
    return alt.X("x:Q", axis=None, scale=across), alt.Y("y:Q", axis=None, scale=up)


def _span(places: pd.DataFrame) -> tuple[float, float]:
    """Return what the map shows from west to east and from south to north, at least."""
    east, north = (
        max(float(places[axis].max() - places[axis].min()), _LEAST_SPAN) * MARGIN
        for axis in ("x", "y")
    )
    return east, north


def _land(projection: Albers, x: alt.X, y: alt.Y) -> alt.Chart:
    colours = style.palette()
    coast = land().copy()
    coast["x"], coast["y"] = projection.project(coast["lat"], coast["lon"])
    coast["order"] = np.arange(len(coast))
    drawn: alt.Chart = (
        alt.Chart(coast[["ring", "x", "y", "order"]].round(4))
        .mark_line(
            filled=True, clip=True, fill=colours.grid, fillOpacity=0.6, stroke=None, tooltip=None
        )
        .encode(x=x, y=y, detail="ring:N", order="order:Q")
    )
    return drawn


def _lanes(
    places: pd.DataFrame, flows: pd.DataFrame, unit: str, x: alt.X, y: alt.Y
) -> list[alt.Chart]:
    """Draw idle lanes as thin lines and planned flows as trails that taper where they lead."""
    at = places.set_index("location")[["x", "y", "name"]]
    ends = flows.join(at.add_prefix("from_"), on="origin").join(
        at.add_prefix("to_"), on="destination"
    )
    ends = ends.dropna(subset=["from_x", "to_x"]).reset_index(drop=True)
    colours = style.palette()
    idle, busy = ends[ends["weight"] <= 0], ends[ends["weight"] > 0]
    drawn = []
    if not idle.empty:
        drawn.append(
            alt.Chart(idle[["from_x", "from_y", "to_x", "to_y"]])
            .mark_rule(clip=True, strokeWidth=0.7, color=colours.quiet, opacity=0.35)
            .encode(
                x=alt.X("from_x:Q", axis=None, scale=x["scale"]),
                y=alt.Y("from_y:Q", axis=None, scale=y["scale"]),
                x2="to_x:Q",
                y2="to_y:Q",
            )
        )
    if not busy.empty:
        drawn.append(_trails(busy, unit, x, y))
    return drawn


def _trails(ends: pd.DataFrame, unit: str, x: alt.X, y: alt.Y) -> alt.Chart:
    colours = style.palette()
    along = np.tile(np.linspace(0, 1, STEPS), len(ends))
    long = ends.loc[ends.index.repeat(STEPS)].reset_index(names="flow")
    east, north = long["to_x"] - long["from_x"], long["to_y"] - long["from_y"]
    # A slight bend keeps the way there apart from the way back.
    bend = 0.07 * 4 * along * (1 - along)
    long["x"] = long["from_x"] + east * along - north * bend
    long["y"] = long["from_y"] + north * along + east * bend
    long["order"] = along
    long["width"] = long["weight"] * (1 - 0.7 * along)
    columns = ["flow", "x", "y", "order", "width", "weight", "from_name", "to_name"]
    drawn: alt.Chart = (
        alt.Chart(long[columns].round({"x": 5, "y": 5, "order": 3, "width": 4}))
        .mark_trail(clip=True, color=colours.line, opacity=0.5)
        .encode(
            x=x,
            y=y,
            detail="flow:N",
            order="order:Q",
            size=alt.Size(
                "width:Q",
                scale=alt.Scale(type="sqrt", domain=[0, long["weight"].max()], range=[0.8, 9]),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("from_name:N", title=_("From")),
                alt.Tooltip("to_name:N", title=_("To")),
                alt.Tooltip("weight:Q", title=unit, format=",.1f"),
            ],
        )
    )
    return drawn


def _places(places: pd.DataFrame, ring_title: str, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    colours = style.palette()
    kinds = ["main", "front", "store"]
    shown = places[
        ["location", "name", "kind", "kind_name", "x", "y", "ring", "note", "lat", "lon"]
    ].copy()
    shown["rank"] = shown["kind"].map(dict(zip(kinds, range(3), strict=True)))
    shown = shown.sort_values("rank", ascending=False, kind="stable")
    picked = alt.selection_point(name=SELECTION, fields=["location"], on="click", toggle=False)
    base = alt.Chart(shown).encode(x=x, y=y)
    shape = alt.Shape(
        "kind:N",
        scale=alt.Scale(domain=kinds, range=["square", "circle", "circle"]),
        legend=None,
    )
    dim = alt.condition(picked, alt.value(1.0), alt.value(0.35))
    rings = base.mark_point(clip=True, filled=False, strokeWidth=3).encode(
        size=_size(kinds, 1.9),
        shape=shape,
        stroke=alt.Stroke("ring:N", scale=ring_scale(), legend=None),
        opacity=dim,
    )
    points = base.mark_point(
        filled=True, clip=True, cursor="pointer", stroke=colours.ground, strokeWidth=1.2
    ).encode(
        size=_size(kinds, 1.0),
        shape=shape,
        fill=alt.value(colours.ink),  # the ring alone carries a colour that judges
        opacity=dim,
        tooltip=[
            alt.Tooltip("name:N", title=_("Location")),
            alt.Tooltip("kind_name:N", title=_("Kind")),
            alt.Tooltip("note:N", title=ring_title),
        ],
    )
    return [rings, points.add_params(picked)]


def _size(kinds: list[str], times: float) -> alt.Size:
    sizes = [times * size for size in (300, 190, 60)]
    return alt.Size("kind:N", scale=alt.Scale(domain=kinds, range=sizes), legend=None)


def _names(places: pd.DataFrame, x: alt.X, y: alt.Y, height: int) -> list[alt.Chart]:
    """Name mains, then fronts, where there is room."""
    named = [places[places["kind"] == kind] for kind in ("main", "front")]
    return name_layers(pd.concat(named).head(MOST_NAMES), places, x, y, _span(places), height)
