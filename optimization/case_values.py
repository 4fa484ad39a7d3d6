"""Changes to a draft by the exact value of a case: add and take away."""

from __future__ import annotations

import numpy as np

from optimization.added_units import gain_of_adding
from optimization.appraisal import Appraisal
from optimization.block import Array
from optimization.churn import churn_of_changing
from optimization.draft import Draft, room_to_handle, room_to_store, stock_to_send
from optimization.main_units import cost_of_taking, gain_at_mains, gain_of_returning
from optimization.network import Floats, Ints
from optimization.removed_units import loss_of_removing
from optimization.threads import spread

_STEPS = (1, 2, 4, 8, 16, 32)
_TOGETHER = 8192
"""Options that are valued at once at most: memory stays bounded."""


def value_of_adding(draft: Draft, appraisal: Appraisal, rows: Ints, units: Floats) -> Floats:
    """(rows,) expected profit of that many more units of these options, vehicles aside."""
    return _value(draft, appraisal, rows, units, coming=True)


def value_of_keeping(draft: Draft, appraisal: Appraisal, rows: Ints, cases: Ints) -> Floats:
    """(rows,) expected profit lost if that many cases of these options do not go."""
    units = (cases * draft.options.case_units[rows]).astype(float)
    return _value(draft, appraisal, rows, units, coming=False)


def _value(draft: Draft, appraisal: Appraisal, rows: Ints, units: Floats, coming: bool) -> Floats:
    """Value at the destination, less what the origin loses and what moving costs."""
    options = draft.options
    value = -units * options.landed[rows]
    arrival = options.arrival[rows]
    cell = appraisal.row_of_cell[options.cell[rows]]
    from_main = options.from_main[rows]
    back = np.flatnonzero(options.to_main[rows])
    value[back] += gain_at_mains(appraisal, options.sku[rows[back]], arrival[back], units[back])

    def add(at: Ints) -> None:
        day = int(arrival[at[0]])
        if coming:
            life = options.life[rows[at]]
            money, sold = gain_of_adding(appraisal, cell[at], day, units[at], life)
        else:
            money, sold = loss_of_removing(appraisal, cell[at], day, units[at])
        value[at] += money.mean(axis=1, dtype=np.float64)
        origin = cost_of_taking if coming else gain_of_returning
        main = from_main[at]
        of = at[main]
        value[of] -= origin(appraisal, cell[of], options.day[rows[of]], units[of], sold[main])

    def add_all(part: list[Ints]) -> None:
        for at in part:
            add(at)

    spread(add_all, _by_day(np.where(options.to_main[rows], -1, arrival)))
    front = np.flatnonzero(~from_main)
    if len(front):
        value[front] -= _value_at_front(draft, appraisal, rows[front], units[front], coming)
    churn = churn_of_changing(options, draft.cases, rows, units if coming else -units)
    return value - churn if coming else value + churn


def _by_day(day: Ints) -> list[list[Ints]]:
    """Rows of each day but -1, cut so that no part has many more than some thousands in all."""
    order = np.argsort(day, kind="stable")
    order = order[np.searchsorted(day[order], 0) :]
    new_day = np.diff(day[order], prepend=-1) != 0
    part = np.arange(len(order)) // _TOGETHER
    starts = np.flatnonzero(new_day | (np.diff(part, prepend=-1) != 0))
    parts: list[list[Ints]] = [[] for _ in range(int(part.max(initial=-1)) + 1)]
    for first, end in zip(starts, np.append(starts, len(order))[1:], strict=True):
        parts[part[first]].append(order[first:end])
    return parts


def _value_at_front(
    draft: Draft, appraisal: Appraisal, rows: Ints, units: Floats, coming: bool
) -> Floats:
    """What the front that they leave from loses by them, or gains if they stay.

    They are promised from the last arrival before they leave, and not sold from then on.
    """
    options, network = draft.options, draft.network
    cell = options.origin_cell[rows]
    since = last_arrival(draft, cell, options.day[rows])
    row = appraisal.row_of_cell[cell]
    value = np.zeros(len(rows))
    for day in np.unique(since):
        at = np.flatnonzero(since == day)
        if coming:
            money, _ = loss_of_removing(appraisal, row[at], int(day), units[at], oldest=True)
        else:
            money, _ = gain_of_adding(appraisal, row[at], int(day), units[at])
        value[at] = money.mean(axis=1, dtype=np.float64)
    # Until they leave they stand there all the same.
    hold = network.unit_m3[options.sku[rows]] * network.money.holding
    return value + units * hold * (options.day[rows] - since)


def last_arrival(draft: Draft, cell: Ints, day: Ints) -> Ints:
    """Return the last day up to ``day`` on which something reaches each cell; 0 where none does."""
    network, options = draft.network, draft.options
    comes = np.zeros((len(network.cell_sku), network.days), dtype=bool)
    lots, facts = network.lots, network.facts
    comes[lots.cell, np.maximum(lots.day, 0)] = True
    arrival = facts.day + network.lead[facts.lane]
    to = network.cells(network.destination[facts.lane], facts.sku)
    comes[to[arrival < network.days], arrival[arrival < network.days]] = True
    going = np.flatnonzero(draft.cases)
    comes[options.cell[going], options.arrival[going]] = True
    latest = np.where(comes, np.arange(network.days), 0)
    result: Ints = np.maximum.accumulate(latest, axis=1)[cell, day]
    return result


def best_additions(draft: Draft, appraisal: Appraisal, rows: Ints) -> tuple[Ints, Floats]:
    """Return how many more cases of each option are worth it, alone, and what they bring."""
    count = np.zeros(len(rows), dtype=np.int64)
    value = np.zeros(len(rows))
    active = np.arange(len(rows))
    for step in _STEPS:
        units = (step * draft.options.case_units[rows[active]]).astype(float)
        gain = value_of_adding(draft, appraisal, rows[active], units)
        better = gain > value[active] + 1e-9
        active = active[better]
        if not len(active):
            break
        count[active], value[active] = step, gain[better]
    return count, value


def fill(
    draft: Draft, appraisal: Appraisal, before: Array, margin: float, cautious: bool = False
) -> int:
    """Add the most valuable cases that still fit, at most one option a cell; return how many.

    :param before: (cells, days) morning stock without proposals.
    :param cautious: at most one option a product: its cells share the mains' stock.
    """
    options, network = draft.options, draft.network
    room = draft.capacity() - draft.load()
    rows = np.flatnonzero(room[options.arc, options.day] >= options.case_m3)
    send = stock_to_send(draft)
    rows = rows[send[options.origin_cell[rows], options.day[rows]] >= options.case_units[rows]]
    if not len(rows):
        return 0
    count, value = best_additions(draft, appraisal, rows)
    keep = count > 0
    rows, count, value = rows[keep], count[keep], value[keep]
    density = value / (count * options.case_m3[rows])
    order = np.argsort(-density, kind="stable")
    rows, count = rows[order], count[order]
    once = options.sku if cautious else options.cell
    first = np.unique(once[rows], return_index=True)[1]
    first.sort()
    rows, count = rows[first], count[first]
    store, units_room = room_to_store(draft, appraisal.morning, before, margin)
    handle = room_to_handle(draft)
    units = options.case_units[rows].astype(float)
    place, arrival = network.cell_location[options.cell[rows]], options.arrival[rows]
    lane_day = options.arc[rows] * network.days + options.day[rows]
    if network.handling_at_origin:
        start = network.cell_location[options.origin_cell[rows]]
        leaving = handle[start, options.day[rows]]
        count = _within(start * network.days + options.day[rows], units, leaving, count)
    for group, amount, limit in (
        (lane_day, options.case_m3[rows], room[options.arc[rows], options.day[rows]]),
        (options.origin_cell[rows], units, send[options.origin_cell[rows], options.day[rows]]),
        (place * network.days + arrival, units, handle[place, arrival]),
        (place, options.case_m3[rows], store[place, arrival]),
        (options.cell[rows], units, units_room[options.cell[rows], arrival]),
    ):
        count = _within(group, amount, limit, count)
    draft.cases[rows] += count
    return int(count.sum())


def _within(group: Ints, amount: Floats, limit: Floats, count: Ints) -> Ints:
    """Cut counts so that, in order, each group's sum stays within its members' limits."""
    order = np.argsort(group, kind="stable")
    asked = (count * amount)[order].astype(float)
    before = np.cumsum(asked) - asked
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    sizes = np.diff(np.append(starts, len(order)))
    before -= np.repeat(before[starts], sizes)
    free = np.maximum(limit[order] - before, 0) / amount[order]
    most = np.floor(np.minimum(free, 1e12) + 1e-9)
    result = count.copy()
    result[order] = np.minimum(count[order], most.astype(np.int64))
    return result


def thin_out(draft: Draft, appraisal: Appraisal, cautious: bool = False) -> int:
    """Take away cases that cost more than they bring; return how many.

    :param cautious: at most one option a product, not one a cell.
    """
    rows = np.flatnonzero(draft.cases)
    taken = np.zeros(len(rows), dtype=np.int64)
    value = np.zeros(len(rows))
    active = np.arange(len(rows))
    for step in _STEPS:
        active = active[draft.cases[rows[active]] >= step]
        if not len(active):
            break
        loss = value_of_keeping(draft, appraisal, rows[active], np.full(len(active), step))
        better = loss < value[active] - 1e-9
        active = active[better]
        taken[active], value[active] = step, loss[better]
    # One option a cell: two that are each too much may not be too much together.
    order = np.argsort(value, kind="stable")
    order = order[taken[order] > 0]
    once = draft.options.sku if cautious else draft.options.cell
    first = np.unique(once[rows[order]], return_index=True)[1]
    chosen = order[first]
    draft.cases[rows[chosen]] -= taken[chosen]
    return int(taken[chosen].sum())
