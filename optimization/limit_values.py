"""What one more unit of a limit would be worth: a case of stock, an m³, a unit handled, a vehicle.

The value of the best case that the limit keeps out, by the exact value of a case on the common
paths. For a vehicle: what the best load of its volume would bring, less its money.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from optimization.appraisal import Appraisal
from optimization.case_values import best_additions
from optimization.draft import Draft, stock_to_send
from optimization.limits import Binding
from optimization.network import Floats, Ints
from optimization.options import vehicle_money

MOST_ROWS = 200
PER = {
    "main_stock": "case",
    "storage": "m3",
    "handling": "unit",
    "assortment": "case",
    "vehicle": "vehicle",
}
"""The unit of each limit that is priced."""


def limit_values(
    draft: Draft, appraisal: Appraisal, rows: Ints, binding: Binding
) -> tuple[Floats, list[dict[str, Any]]]:
    """Return (rows,) the worth of one more unit of what stops each option, and the dearest limits.

    :param rows: options; ``binding``: what stops each.
    :returns: NaN where nothing priced stops it; and, the dearest first, dicts with ``limit``,
        ``per`` (:data:`PER`), ``value`` and, where they apply, ``location``, ``sku``, ``lane``,
        ``date``.
    """
    options, network = draft.options, draft.network
    case, code = options.case_units[rows].astype(float), binding.code
    value = np.maximum(binding.value, 0)
    worth = np.full(len(rows), np.nan)
    for name, amount in (
        ("storage", options.case_m3[rows]),
        ("handling", case),
        ("assortment", np.ones(len(rows))),
    ):
        worth = np.where(code == name, value / amount, worth)
    # One more case at the origin is not taken from anyone.
    own = options.from_main[rows]
    row = appraisal.row_of_cell[options.origin_cell[rows]]
    there = np.where(
        own,
        appraisal.main_value[options.sku[rows]],
        appraisal.stock_value[options.day[rows], row],
    )
    worth = np.where(code == "main_stock", value + case * np.maximum(there, 0), worth)
    trip = options.arc[rows] * network.days + options.day[rows]
    full = np.unique(trip[code == "vehicle"])
    each, lane = _vehicle_worth(draft, appraisal, rows[np.isin(trip, full)], full)
    at = np.minimum(np.searchsorted(full, trip), max(len(full) - 1, 0))
    if len(full):
        worth = np.where(code == "vehicle", each[at], worth)
    carrier = lane[at] if len(full) else np.full(len(rows), -1)
    return worth, _dearest(draft, rows, code, worth, carrier)


def _vehicle_worth(
    draft: Draft, appraisal: Appraisal, rows: Ints, full: Ints
) -> tuple[Floats, Ints]:
    """(full,) worth of one more vehicle on each trip beyond its money, and the lane it runs on."""
    options, network = draft.options, draft.network
    send = stock_to_send(draft)[options.origin_cell[rows], options.day[rows]]
    rows = rows[send >= options.case_units[rows]]
    count, value = best_additions(draft, appraisal, rows)
    some = count > 0
    rows, count, value = rows[some], count[some], value[some]
    volume = count * options.case_m3[rows]
    trip = options.arc[rows] * network.days + options.day[rows]
    order = np.lexsort((-value / volume, trip))
    trip, value, volume = trip[order], value[order], volume[order]
    money = vehicle_money(network)
    free = np.maximum(draft.capacity() - draft.load(), 0)
    worth, carrier = np.zeros(len(full)), np.full(len(full), -1)
    for place, number in enumerate(full):
        arc, day = divmod(int(number), network.days)
        own = slice(*np.searchsorted(trip, [number, number + 1]))
        load = np.append(0.0, np.cumsum(volume[own]))
        brings = np.append(0.0, np.cumsum(value[own]))
        for lane in options.arcs.lanes[arc]:
            if lane < 0 or not network.open[lane, day]:
                continue
            net = (
                float(np.interp(free[arc, day] + network.vehicle_m3[lane], load, brings))
                - money[lane]
            )
            if carrier[place] < 0 or net > worth[place]:
                worth[place], carrier[place] = net, lane
    return np.maximum(worth, 0), carrier


def _dearest(
    draft: Draft, rows: Ints, code: Any, worth: Floats, carrier: Ints
) -> list[dict[str, Any]]:
    options, network = draft.options, draft.network
    kept = np.flatnonzero(np.nan_to_num(worth) > 0)
    option = rows[kept]
    end = network.locations[network.cell_location[options.cell[option]]]
    start = network.locations[network.cell_location[options.origin_cell[option]]]
    sku = network.skus[options.sku[option]]
    arrives = network.dates[options.arrival[option]].strftime("%Y-%m-%d")
    leaves = network.dates[options.day[option]].strftime("%Y-%m-%d")
    what = code[kept]
    lane = np.append(network.lanes, "")[carrier[kept]]
    frame = pd.DataFrame(
        {
            "limit": what,
            "per": [PER[name] for name in what],
            "value": worth[kept],
            "location": np.select(
                [what == "main_stock", what == "vehicle"], [start, ""], default=end
            ),
            "sku": np.where(np.isin(what, ["main_stock", "assortment"]), sku, ""),
            "lane": np.where(what == "vehicle", lane, ""),
            "date": np.select(
                [what == "vehicle", np.isin(what, ["storage", "handling"])],
                [leaves, arrives],
                default="",
            ),
        }
    )
    keys = ["limit", "location", "sku", "lane", "date"]
    best = frame.sort_values("value", ascending=False).drop_duplicates(keys).head(MOST_ROWS)
    return [
        {str(name): value for name, value in row.items() if value != ""}
        for row in best.to_dict("records")
    ]
