"""The reason for each transfer, as numbers and codes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from optimization.appraisal import Appraisal
from optimization.block import Array
from optimization.case_values import value_of_keeping
from optimization.draft import Draft
from optimization.evaluation import Draw
from optimization.limits import what_stops
from optimization.network import FAR, NEAR, STORE, Floats, Ints
from optimization.plan_tables import REASONS, empty
from optimization.problem import Problem
from optimization.removed_units import missed_without


def explain(
    problem: Problem,
    draft: Draft,
    appraisal: Appraisal,
    before: Array,
    draw: Draw,
    near: Array,
    margin: float,
) -> pd.DataFrame:
    """Return the reasons of the draft's options with cases, in their order; see ``REASONS``.

    :param before: (cells, days) morning stock without proposals.
    :param near: (series, days) expected demand served near, under the draft.
    """
    rows = np.flatnonzero(draft.cases)
    if not len(rows):
        return empty(REASONS).drop(columns=["transfer", "status", "cost_share"])
    options, network = draft.options, draft.network
    cell, arrival = options.cell[rows], options.arrival[rows]
    row = appraisal.row_of_cell[cell]
    units = (draft.cases * options.case_units)[rows].astype(float)
    comes = _coming(draft)
    stock = comes[cell, 0]
    by_then = comes[:, 1:].cumsum(axis=1)[cell, arrival] - units
    need = _Need(problem, draft, draw, near, cell)
    gain = value_of_keeping(draft, appraisal, rows, draft.cases[rows])
    back = options.to_main[rows]
    saved = _saved(appraisal, row, arrival, units, options.sku[rows])
    runs_out = np.where(back, network.days, _runs_out(appraisal, row, arrival, units))
    told = np.where(back, np.nan, 1.0)  # a main serves no demand of its own
    dates = np.append(network.dates.to_numpy(), np.datetime64("NaT", "ns"))
    covered = need.over(arrival, _next_arrival(comes, cell, arrival))
    return pd.DataFrame(
        {
            "stock": stock,
            "inbound": by_then,
            "cover_days": need.cover(stock + by_then) * told,
            "runs_out": dates[runs_out],
            "demand_q50": np.quantile(covered, 0.5, axis=1) * told,
            "demand_q90": np.quantile(covered, 0.9, axis=1) * told,
            "gain": gain,
            "saved_lost": saved[0],
            "saved_far": saved[1],
            "limited_by": what_stops(draft, appraisal, before, rows, margin).code,
        }
    )


def as_json(reasons: pd.DataFrame) -> list[str]:
    """Return each row as JSON text: dates as days, numbers rounded to what is read."""
    columns = [name for name in reasons.columns if name != "transfer"]
    texts = []
    for values in reasons[columns].itertuples(index=False, name=None):
        texts.append(json.dumps(dict(zip(columns, map(_plain, values), strict=True))))
    return texts


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if value is None or pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return float(f"{float(value):.6g}")


def _coming(draft: Draft) -> Floats:
    """(cells, days + 1) stock at the as-of close, then what comes each morning."""
    network, options = draft.network, draft.options
    comes = np.zeros((len(network.cell_sku), network.days + 1))
    np.add.at(comes, (network.lots.cell, network.lots.day + 1), network.lots.units)
    facts = network.facts
    arrival = facts.day + network.lead[facts.lane]
    inside = arrival < network.days
    to = network.cells(network.destination[facts.lane], facts.sku)
    np.add.at(comes, (to[inside], arrival[inside] + 1), network.units(facts)[inside])
    np.add.at(comes, (options.cell, options.arrival + 1), draft.cases * options.case_units)
    return comes


def _next_arrival(comes: Floats, cell: Ints, arrival: Ints) -> Ints:
    """The first later day on which something comes to the cell; the horizon where nothing does."""
    days = comes.shape[1] - 1
    later = comes[cell, 1:] > 0
    later &= np.arange(days)[None, :] > arrival[:, None]
    first: Ints = np.where(later.any(axis=1), later.argmax(axis=1), days)
    return first


class _Need:
    """Units that each cell is asked for, near demand first: what its shoppers would buy there."""

    def __init__(self, problem: Problem, draft: Draft, draw: Draw, near: Array, cell: Ints) -> None:
        network = problem.network
        self.days = network.days
        self.series = network.cell_series[cell]
        store = network.cell_kind[cell] == STORE
        field = np.where(store, NEAR, 1)
        scale = network.share[network.cell_location[cell]] * network.money.conversion[field]
        self.scale = np.where(self.series >= 0, scale, 0.0)
        # Mid is asked for what near does not serve.
        self.taken = np.where(store[:, None], 0.0, near[self.series])
        self.median = problem.demand.daily[self.series, :, 3]
        self.draw = draw

    def cover(self, stock: Floats) -> Floats:
        """Days that stock lasts at median demand, the horizon at most."""
        daily = np.maximum(self.median - self.taken, 0) * self.scale[:, None]
        total = np.cumsum(daily, axis=1)
        before = np.concatenate([np.zeros((len(total), 1)), total[:, :-1]], axis=1)
        part = np.where(daily > 0, (stock[:, None] - before) / np.where(daily > 0, daily, 1), 1.0)
        part = np.where((daily == 0) & (stock[:, None] < before - 1e-9), 0.0, part)
        result: Floats = np.clip(part, 0, 1).sum(axis=1)
        return result

    def over(self, first: Ints, until: Ints) -> Floats:
        """(k, paths) units asked for from day ``first`` to the day before ``until``."""
        series = np.unique(self.series[self.series >= 0])
        paths = self.draw(slice(0, 1)).shape[2] if len(series) else 1
        total = np.zeros((len(self.series), paths))
        for start in range(0, len(series), 4096):
            part = slice(int(series[start]), int(series[min(start + 4095, len(series) - 1)]) + 1)
            own = np.flatnonzero((self.series >= part.start) & (self.series < part.stop))
            demand = self.draw(part)[:, self.series[own] - part.start]
            for day in range(self.days):
                inside = ((first[own] <= day) & (day < until[own])) * self.scale[own]
                asked = np.maximum(demand[day] - self.taken[own, day, None], 0)
                total[own] += asked * inside[:, None]
        return total


def _saved(
    appraisal: Appraisal, row: Ints, arrival: Ints, units: Floats, sku: Ints
) -> tuple[Floats, Floats]:
    """Expected units within the horizon that would be lost, or served far, without each.

    What goes back to a main saves what far demand would lack from then on.
    """
    lost, far = np.zeros(len(row)), np.zeros(len(row))
    back = np.flatnonzero(row < 0)
    if len(back):
        used = np.minimum(units[back, None], appraisal.main_missed[arrival[back], sku[back]])
        lost[back] = used.mean(axis=1) / appraisal.network.money.conversion[FAR]
    for day in np.unique(arrival[row >= 0]):
        at = np.flatnonzero((arrival == day) & (row >= 0))
        for today, missed, _ in missed_without(appraisal, row[at], int(day), units[at]):
            if today == appraisal.network.days:
                continue
            short = appraisal.far_short[today, sku[at]]
            lost[at] += (missed * short).mean(axis=1)
            far[at] += (missed * ~short).mean(axis=1)
    return lost, far


def _runs_out(appraisal: Appraisal, row: Ints, arrival: Ints, units: Floats) -> Ints:
    """The first day on which the cell is likelier out of stock than not without the transfer.

    The number of days where there is none.
    """
    days = appraisal.network.days
    out = np.full(len(row), days)
    for day in np.unique(arrival):
        at = np.flatnonzero(arrival == day)
        chance = (appraisal.unmet[:days, row[at]] > 0).mean(axis=2)
        for today, missed, _ in missed_without(appraisal, row[at], int(day), units[at]):
            if today < days:
                short = (missed > 0) | (appraisal.unmet[today, row[at]] > 0)
                chance[today] = short.mean(axis=1)
        likely = chance > 0.5
        out[at] = np.where(likely.any(axis=0), likely.argmax(axis=0), days)
    return out
