"""Names beside the places of a map, each where it covers no other name and no other place."""

from __future__ import annotations

from collections.abc import Iterator

import altair as alt
import pandas as pd

from dashboard import style

FONT_SIZE = 11.5
LONGEST = 190
"""Pixels at which a name is cut: "广州黄埔主仓 Guangzhou main" is whole."""

NARROW = 760
"""Width of the map, in pixels, under which names have less room."""

_WIDTHS = {"wide": 900, "narrow": 350}  # a map is taken for one of these
_HALF_MARK, _HALF_LINE = 11, 7
# side: pixels to the east, to the south, and how the name is set there
_SIDES = {
    "above": (0, -18, "center"),
    "below": (0, 19, "center"),
    "right": (15, 0, "left"),
    "left": (-15, 0, "right"),
    # Places of one city stand on each other's sides: the corners, then further off.
    "above right": (11, -17, "left"),
    "above left": (-11, -17, "right"),
    "below right": (11, 18, "left"),
    "below left": (-11, 18, "right"),
    "far above": (0, -34, "center"),
    "far below": (0, 35, "center"),
    "far right": (32, 0, "left"),
    "far left": (-32, 0, "right"),
    "far above right": (11, -34, "left"),
    "far above left": (-11, -34, "right"),
    "far below right": (11, 35, "left"),
    "far below left": (-11, 35, "right"),
}

_Box = tuple[float, float, float, float]  # west, east, top, bottom


def place_names(
    east: pd.Series, south: pd.Series, names: pd.Series, width: float, height: float
) -> list[str]:
    """Return for each place, in order, the side on which its name fits; "" where none is free.

    :param east: of the place on the map, in pixels; ``south`` likewise, from its upper edge.
    :param width: of the map in pixels; ``height`` likewise: no name reaches out of it.
    """
    taken: list[_Box] = [
        (x - _HALF_MARK, x + _HALF_MARK, y - _HALF_MARK, y + _HALF_MARK)
        for x, y in zip(east, south, strict=True)
    ]
    sides = []
    for x, y, name in zip(east, south, names, strict=True):
        for side, box in _boxes(x, y, _length(str(name))):
            inside = box[0] >= 0 and box[1] <= width and box[2] >= 0 and box[3] <= height
            if inside and not any(_touch(box, other) for other in taken):
                taken.append(box)
                sides.append(side)
                break
        else:
            sides.append("")
    return sides


def _length(name: str) -> float:
    return min(FONT_SIZE * sum(1.0 if ord(letter) > 0x2E80 else 0.56 for letter in name), LONGEST)


def _boxes(x: float, y: float, length: float) -> Iterator[tuple[str, _Box]]:
    for side, (dx, dy, align) in _SIDES.items():
        west = x + dx - {"center": length / 2, "left": 0.0, "right": length}[align]
        yield side, (west, west + length, y + dy - _HALF_LINE, y + dy + _HALF_LINE)


def _touch(one: _Box, other: _Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def middle_of(places: pd.DataFrame) -> tuple[float, float]:
    """Return the middle of the map that shows these places (x, y)."""
    east, north = ((float(places[axis].min() + places[axis].max())) / 2 for axis in ("x", "y"))
    return east, north


def name_layers(
    named: pd.DataFrame,
    places: pd.DataFrame,
    x: alt.X,
    y: alt.Y,
    span: tuple[float, float],
    height: int,
) -> list[alt.Chart]:
    """Return the layers that name places.

    :param named: x, y (north), name; the first keep their names where there is not room for all.
    :param places: all places on the map (x, y).
    :param span: what the map shows from west to east and from south to north at least, in the
        unit of ``x`` and ``y``.
    :param height: of the map in pixels.
    """
    colours = style.palette()
    rows = named[["x", "y", "name"]].copy()
    middle = middle_of(places)
    for kind, width in _WIDTHS.items():
        step = max(span[0] / width, span[1] / height)
        rows[kind] = place_names(
            width / 2 + (rows["x"] - middle[0]) / step,
            height / 2 - (rows["y"] - middle[1]) / step,
            rows["name"],
            width,
            height,
        )
        for number, part in enumerate(("dx", "dy", "align")):
            offset = {side: where[number] for side, where in _SIDES.items()}
            rows[f"{kind}_{part}"] = rows[kind].map(offset).fillna("center" if number == 2 else 0)
    layers = []
    for halo in (True, False):
        text = alt.Chart(rows).mark_text(
            clip=True,
            align=_by_width("_align"),
            dx=_by_width("_dx"),
            dy=_by_width("_dy"),
            baseline="middle",
            fontSize=FONT_SIZE,
            fontWeight=500,
            limit=LONGEST,
            color=colours.ground if halo else colours.ink,
            stroke=colours.ground if halo else None,
            strokeWidth=3 if halo else 0,
            opacity=alt.expr(f"{_by_width('').expr} === '' ? 0 : {0.8 if halo else 1}"),
        )
        layers.append(text.encode(x=x, y=y, text="name:N"))
    return layers


def _by_width(part: str) -> alt.ExprRef:
    return alt.ExprRef(expr=f"(width < {NARROW} ? datum.narrow{part} : datum.wide{part})")
