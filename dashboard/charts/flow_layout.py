"""Where the boxes and ribbons of a flow diagram (sankey) stand."""

from __future__ import annotations

import numpy as np
import pandas as pd

GAP = 0.02
"""Room between two boxes of a column, as a share of the height, while it lasts."""

BOX = 0.012
"""Width of a box, as a share of the distance of two columns."""

STEPS = 24
"""Points along a ribbon."""

_COLUMN = {"main": 0, "front": 1, "store": 2}


def largest_flows(flows: pd.DataFrame, most: int, rest: str) -> pd.DataFrame:
    """Keep the destinations with the largest flows; put the others together.

    :param flows: origin, origin_kind, destination, destination_kind, weight (> 0).
    :param most: destinations of each kind that keep their name, >= 1.
    :param rest: name of the others, with ``{count}``.
    :returns: the same columns, one row for each pair.
    """
    total = flows.groupby(["destination_kind", "destination"], sort=True)["weight"].sum()
    rank = total.groupby(level=0).rank(method="first", ascending=False)
    small = rank[rank > most]
    counts = small.groupby(level=0).size()
    named = {destination: rest.format(count=counts[kind]) for kind, destination in small.index}
    kept = flows.assign(
        destination=flows["destination"].map(named).fillna(flows["destination"]),
        origin=flows["origin"].map(named).fillna(flows["origin"]),
    )
    keys = ["origin", "origin_kind", "destination", "destination_kind"]
    return kept.groupby(keys, sort=True)["weight"].sum().reset_index()


def place_boxes(flows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give every location its box and every flow its ends.

    Columns go from mains over fronts to stores. What moves sideways or back ends in a second
    box one column to the right, so that no ribbon runs backwards.

    :param flows: origin, origin_kind, destination, destination_kind, weight (> 0).
    :returns: boxes (location, kind, column, weight, low, high; low and high from 0, the bottom,
        to 1) and the flows with from_column, to_column, from_low, from_high, to_low, to_high.
    """
    flows = flows.reset_index(drop=True).copy()
    flows["from_column"] = flows["origin_kind"].map(_COLUMN)
    flows["to_column"] = np.maximum(
        flows["destination_kind"].map(_COLUMN), flows["from_column"] + 1
    )
    boxes = _sized(flows)
    widest = boxes.groupby("column").size().max()
    gap = min(GAP, 0.4 / max(widest - 1, 1))
    heaviest = boxes.groupby("column")["weight"].sum().max()
    scale = (1 - gap * (widest - 1)) / heaviest
    boxes = _stacked(boxes, scale, gap)
    bottom = boxes.set_index(["column", "location"])["high"]
    ranks = boxes.set_index(["column", "location"])["high"]
    _lay_ends(flows, "from", "origin", "to", "destination", bottom, ranks, scale)
    _lay_ends(flows, "to", "destination", "from", "origin", bottom, ranks, scale)
    return boxes, flows


def _sized(flows: pd.DataFrame) -> pd.DataFrame:
    """One row a box; it is as high as the larger of what comes in and what goes out."""
    out = flows.groupby(["from_column", "origin", "origin_kind"])["weight"].sum()
    into = flows.groupby(["to_column", "destination", "destination_kind"])["weight"].sum()
    out.index.names = into.index.names = ["column", "location", "kind"]
    weight = pd.concat([out, into], axis=1).max(axis=1)
    return weight.rename("weight").reset_index()


def _stacked(boxes: pd.DataFrame, scale: float, gap: float) -> pd.DataFrame:
    """Stack each column, the heaviest on top, centred."""
    boxes = boxes.sort_values(
        ["column", "weight", "location"], ascending=[True, False, True], ignore_index=True
    )
    size = boxes["weight"] * scale
    below = (size + gap).groupby(boxes["column"]).cumsum() - gap
    whole = below.groupby(boxes["column"]).transform("max")
    boxes["low"] = (1 + whole) / 2 - below
    boxes["high"] = boxes["low"] + size
    return boxes


def _lay_ends(
    flows: pd.DataFrame,
    end: str,
    place: str,
    other: str,
    other_place: str,
    top: pd.Series,
    ranks: pd.Series,
    scale: float,
) -> None:
    """Lay the ends of the flows along their boxes, in the order of where they lead."""
    far = ranks.reindex(pd.MultiIndex.from_frame(flows[[f"{other}_column", other_place]]))
    order = flows.assign(far=far.to_numpy()).sort_values("far", ascending=False, kind="stable")
    used = (order["weight"] * scale).groupby([order[f"{end}_column"], order[place]]).cumsum()
    at = top.reindex(pd.MultiIndex.from_frame(flows[[f"{end}_column", place]])).to_numpy()
    flows[f"{end}_low"] = at - used.reindex(flows.index)
    flows[f"{end}_high"] = flows[f"{end}_low"] + flows["weight"] * scale


def ribbons(flows: pd.DataFrame) -> pd.DataFrame:
    """Return the outline of every flow, :data:`STEPS` points each, as columns x, low, high.

    :param flows: as :func:`place_boxes` returns them; the other columns are kept.
    """
    along = np.linspace(0.0, 1.0, STEPS)
    eased = along * along * (3 - 2 * along)
    count = len(flows)
    long = flows.loc[flows.index.repeat(STEPS)].reset_index(names="flow")
    along, eased = np.tile(along, count), np.tile(eased, count)
    start, stop = long["from_column"] + BOX, long["to_column"] - BOX
    long["x"] = start + (stop - start) * along
    for edge in ("low", "high"):
        begin, end = long[f"from_{edge}"], long[f"to_{edge}"]
        long[edge] = begin + (end - begin) * eased
    return long
