"""What changes against the last plan: its price while a plan is chosen, and its measure after.

People have read the last plan, and some of it is being made ready. A unit more or less on an arc,
product and day than it said counts ``churn_price``; vehicles and days that it did not reach do
not count. The price steers the choice and is booked nowhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimization.network import Floats, Ints, Moves, Network

if TYPE_CHECKING:
    from optimization.draft import Draft
    from optimization.options import Arcs, Options


def cases_of_last(network: Network, arcs: Arcs, arc: Ints, sku: Ints, day: Ints) -> Ints:
    """Return the cases that the last plan had for each arc, product and day."""
    last = network.last
    key = _key(network, arcs.of_lane[last.lane], last.sku, last.day)
    keys, place = np.unique(key, return_inverse=True)
    total = np.bincount(place, weights=last.cases, minlength=len(keys)).astype(np.int64)
    wanted = _key(network, arc, sku, day)
    if not len(keys):
        return np.zeros(len(wanted), dtype=np.int64)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, total[at], 0)


def churn_of_changing(options: Options, cases: Ints, rows: Ints, units: Floats) -> Floats:
    """(rows,) money by which the price of churn rises with that many more units (or fewer)."""
    if not options.churn_price:
        return np.zeros(len(rows))
    case = options.case_units[rows]
    away = (cases[rows] - options.last[rows]) * case
    change: Floats = np.abs(away + units) - np.abs(away)
    return change * options.churn_price * options.counts[rows]


def churn_by_option(options: Options, cases: Ints) -> Floats:
    """(options,) money of the departure of these cases from the last plan."""
    away = np.abs(cases - options.last) * options.case_units * options.counts
    money: Floats = away * options.churn_price
    return money


def draft_of_last(draft: Draft) -> Draft:
    """Return the draft of what the last plan said, with the vehicles that it needs."""
    from optimization.vehicles import choose_fleet

    last = draft.copy()
    last.cases[:] = last.options.last
    arcs = last.options.arcs
    load = np.maximum(last.load() - arcs.free_m3, 0)
    for day in range(last.network.days):
        arc = np.flatnonzero(load[:, day] > 0)
        worth = np.full(len(arc), 1e12)
        fleet, _, _ = choose_fleet(last.network, arcs, arc, day, load[arc, day], worth)
        lanes = arcs.lanes[arc]
        known = lanes >= 0
        last.fleet[lanes[known], day] += fleet[known]
    return last


def measured(network: Network, arcs: Arcs, every: Moves) -> dict[str, float] | None:
    """Compare a plan with the last one, over the days that both reach; None without a last one.

    :param every: the plan's moves, approved ones included.
    :returns: ``last_units`` and ``units`` of both, ``kept_units`` on the same arc, product and
        day, ``changed_units`` more or fewer there, ``unchanged_share``: kept of the larger of both.
    """
    last = network.last
    if not len(last):
        return None
    day = int(last.day.max())
    frames = []
    for name, moves in (("last", last), ("now", every.where(every.day <= day))):
        key = _key(network, arcs.of_lane[moves.lane], moves.sku, moves.day)
        frames.append(pd.Series(network.units(moves)).groupby(key).sum().rename(name))
    both = pd.concat(frames, axis=1).fillna(0.0)
    kept = float(both.min(axis=1).sum())
    total = both.sum()
    return {
        "last_units": float(total["last"]),
        "units": float(total["now"]),
        "kept_units": kept,
        "changed_units": float((both["last"] - both["now"]).abs().sum()),
        "unchanged_share": kept / max(float(total.max()), 1e-9),
    }


def _key(network: Network, arc: Ints, sku: Ints, day: Ints) -> Ints:
    key: Ints = (arc * len(network.skus) + sku) * network.days + day
    return key
