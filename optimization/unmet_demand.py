"""Demand that a region's own stock does not serve under a plan, and the limit that stopped it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from optimization.appraisal import Appraisal
from optimization.block import Array
from optimization.draft import Draft
from optimization.evaluation import Evaluation
from optimization.limit_values import limit_values
from optimization.limits import what_stops
from optimization.network import MAIN, Floats, Ints, Names, Network, Truths
from optimization.plan_tables import STOCKOUTS, UNMET, empty

MOST_ROWS = 1000
"""Rows of unmet demand in a plan: the dearest; the totals are of all."""
_LEAST_UNITS = 0.05


def unmet_demand(
    draft: Draft, appraisal: Appraisal, before: Array, outcome: Evaluation, margin: float
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the rows (see ``UNMET``), and the totals of all series.

    :param before: (cells, days) morning stock without proposals.
    :param outcome: the plan's evaluation.
    """
    network = draft.network
    units = (outcome.served[2] + outcome.lost).sum(axis=1, dtype=np.float64)
    value = outcome.missed.sum(axis=1, dtype=np.float64)
    totals: dict[str, Any] = {"unmet_units": float(units.sum()), "unmet_value": float(value.sum())}
    order = np.argsort(-value, kind="stable")
    series = order[units[order] > _LEAST_UNITS][:MOST_ROWS]
    if not len(series):
        return empty(UNMET), totals
    code, place, worth, dear = _codes(draft, appraisal, before, outcome, series, margin)
    totals["limits"] = dear
    names = np.append(network.locations, "")
    frame = pd.DataFrame(
        {
            "region": network.regions[network.series_region[series]],
            "location": names[place],
            "sku": network.skus[network.series_sku[series]],
            "units": units[series],
            "value": value[series],
            "constraint": code,
            "limit_value": worth,
        }
    )
    return frame, totals


def _codes(
    draft: Draft,
    appraisal: Appraisal,
    before: Array,
    outcome: Evaluation,
    series: Ints,
    margin: float,
) -> tuple[Names, Ints, Floats, list[dict[str, Any]]]:
    """The limit of each series, the location where it binds (-1: none in particular), its worth.

    Last, the dearest limits of all.
    """
    network, options = draft.network, draft.options
    own = network.cell_series[options.cell]
    wanted = np.zeros(len(network.series_sku), dtype=bool)
    wanted[series] = True
    rows = np.flatnonzero((own >= 0) & wanted[own])
    code = _without_options(network, draft)[series]
    place = np.full(len(series), -1)
    worth = np.full(len(series), np.nan)
    if not len(rows):
        return code, place, worth, []
    binding = what_stops(draft, appraisal, before, rows, margin)
    # Of a series' options the most valuable next case tells what stops it.
    order = np.lexsort((-binding.value, own[rows]))
    chosen = order[np.unique(own[rows[order]], return_index=True)[1]]
    number = np.full(len(network.series_sku), -1)
    number[own[rows[chosen]]] = chosen
    found = number[series]
    has = found >= 0
    code[has] = binding.code[found[has]]
    place[has] = network.cell_location[options.cell[rows[found[has]]]]
    early = _missed_early(draft, outcome, rows, own)[series]
    code[has & early] = "lead_time"
    each, dear = limit_values(draft, appraisal, rows, binding)
    worth[has & ~early] = each[found[has & ~early]]
    waiting = _waits_for_departure(network, draft)[np.maximum(place, 0)]
    code[has & early & waiting] = "departure"
    return code, place, worth, dear


def _missed_early(draft: Draft, outcome: Evaluation, rows: Ints, own: Ints) -> Truths:
    """(series,) whether most of the missed profit falls before anything can arrive."""
    first = np.full(len(outcome.missed), draft.network.days)
    np.minimum.at(first, own[rows], draft.options.arrival[rows])
    total = np.cumsum(np.pad(outcome.missed, ((0, 0), (1, 0))), axis=1)
    before = np.take_along_axis(total, first[:, None], axis=1)[:, 0]
    early: Truths = before > total[:, -1] / 2
    return early


def _waits_for_departure(network: Network, draft: Draft) -> Truths:
    """(locations,) whether no lane to it leaves on the first day on which it could."""
    arcs = draft.options.arcs
    leaves = np.zeros(len(network.locations), dtype=bool)
    np.logical_or.at(leaves, arcs.destination, arcs.open[:, 0])
    return ~leaves


def _without_options(network: Network, draft: Draft) -> Names:
    """(series,) the code where nothing could be proposed at all."""
    code = np.full(len(network.series_sku), "no_lane", dtype=object)
    served = np.zeros(len(network.locations), dtype=bool)
    arcs = draft.options.arcs
    served[arcs.destination] = True
    opened = np.zeros_like(served)
    opened[arcs.destination[arcs.open.any(axis=1)]] = True
    forward = (network.cell_series >= 0) & (network.cell_kind != MAIN)
    place = network.cell_location
    for mask, name in (
        (served[place], "departure"),
        (opened[place], "main_stock"),
        (opened[place] & _has_stock(network), "rejected"),
        (served[place] & ~network.receives, "assortment"),
    ):
        code[network.cell_series[forward & mask]] = name
    return code


def _has_stock(network: Network) -> Truths:
    """(cells,) whether any main has the cell's product."""
    stock: Floats = np.zeros(len(network.skus))
    lots = network.lots
    main = network.cell_kind[lots.cell] == MAIN
    np.add.at(stock, network.cell_sku[lots.cell[main]], lots.units[main])
    result: Truths = stock[network.cell_sku] >= network.case_units[network.cell_sku]
    return result


def stockouts(network: Network, without: Evaluation, outcome: Evaluation) -> pd.DataFrame:
    """Return risk by region, product and day without and with the proposals; see ``STOCKOUTS``."""
    count, days = len(network.series_sku), network.days
    if not count:
        return empty(STOCKOUTS)
    frame = pd.DataFrame(
        {
            "region": np.repeat(network.regions[network.series_region], days),
            "sku": np.repeat(network.skus[network.series_sku], days),
            "date": np.tile(network.dates.to_numpy(), count),
        }
    )
    for name, values in (
        ("probability", "short"),
        ("lost_units", "lost"),
        ("lost_money", "missed"),
    ):
        for when, run in (("without", without), ("with", outcome)):
            frame[f"{name}_{when}"] = getattr(run, values).ravel().astype(np.float64)
    return frame
