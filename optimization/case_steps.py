"""Passes of steps in whole cases over all cells, within every limit that couples products."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from optimization.filling import Filling
from optimization.network import Floats, Ints, Truths

Stop = Callable[[], bool]

STEPS = (2.0, 1.0, 0.5, 0.2, 0.07, 0.02)
"""Days of demand that a step moves, from rough to fine; never less than a case."""
_WORTH = 1e-3
"""Money below which a step is not taken."""


def fill(
    filling: Filling,
    rows: Ints | None = None,
    steps: Sequence[float] = STEPS,
    stop: Stop = lambda: False,
    passes: int = 30,
) -> None:
    """Take steps until none gains.

    :param rows: cells to begin with; default: all. What they touch follows.
    :param steps: days of demand of each round.
    :param passes: at most, a round.
    """
    stock = filling.filler.stock
    daily = stock.demand[: stock.days].mean(axis=(0, 2))
    start = np.arange(len(stock)) if rows is None else rows
    profit = filling.product_profit()
    done = np.zeros(len(stock), dtype=bool)
    touched = np.zeros(len(stock), dtype=bool)
    for days in steps:
        step = np.maximum(np.floor(daily * days / filling.case), 1).astype(np.int64)
        # A cell whose step was one case already is only looked at again if it was touched.
        active = np.zeros(len(stock), dtype=bool)
        active[start] = True
        active &= ~done | touched
        touched[:] = False
        shy = np.zeros(len(profit), dtype=bool)
        for _ in range(passes):
            if stop() or not active.any():
                break
            changed, shy = _pass(filling, np.flatnonzero(active), step, profit, shy)
            touched |= changed
            active = changed
        done |= step == 1


def _pass(
    filling: Filling, rows: Ints, step: Ints, profit: Floats, shy: Truths
) -> tuple[Truths, Truths]:
    """Take every cell's best step; returns which cells to look at again and shy products.

    A product whose steps together did not gain takes them back and is shy: it takes its best
    alone in the next pass.

    :param profit: (skus,) kept up to date.
    """
    stock = filling.filler.stock
    left = filling.mains_left()
    more = filling.gains(rows, step[rows], left)
    less = filling.gains(rows, -step[rows], left)
    best_more, best_less = more.max(axis=1), less.max(axis=1)
    adds = best_more >= best_less
    column = np.where(adds, more.argmax(axis=1), less.argmax(axis=1))
    gain = np.maximum(best_more, best_less)
    good = gain > _WORTH
    again = np.zeros(len(stock), dtype=bool)
    if not good.any():
        return again, shy
    rows, column, gain, adds = rows[good], column[good], gain[good], adds[good]
    signed = np.where(adds, step[rows], -step[rows])
    density = gain / (np.abs(signed) * filling.volume[rows])
    order = np.lexsort((rows, -density))
    order = order[_first_of_shy(stock.sku[rows[order]], shy)]
    order = order[
        ~adds[order] | admit(filling, rows[order], column[order], signed[order], adds[order])
    ]
    rows, column, signed = rows[order], column[order], signed[order]
    before = filling.cases[rows].copy()
    after = before.copy()
    after[np.arange(len(rows)), column] += signed
    filling.put(rows, after)
    if filling.short is not None:
        again[rows] = True
        return again, shy
    reached = filling.product_profit()
    worse = reached < profit
    back = worse[stock.sku[rows]]
    filling.put(rows[back], before[back])
    profit[~worse] = reached[~worse]
    moved = np.zeros(len(profit), dtype=bool)
    moved[stock.sku[rows]] = True
    again = moved[stock.sku]
    # Shy and again worse: leave the product alone at this step.
    again &= ~(shy & worse)[stock.sku]
    return again, worse & moved & ~shy


def trim(filling: Filling) -> None:
    """Take out of overfull trips the cases that are worth least by volume."""
    while True:
        load = filling.loads()
        over = load > filling.slots.room + 1e-6
        if not over.any():
            return
        inside = filling.has & over[filling.slot] & (filling.cases > 0)
        rows = np.flatnonzero(inside.any(axis=1))
        # About a quarter of what is too much at a time, in pieces of a tenth of each cell's cases.
        step = np.maximum(filling.cases[rows].max(axis=1) // 10, 1)
        gain = filling.gains(rows, -step, filling.mains_left())
        density = np.where(inside[rows], gain / (step * filling.volume[rows])[:, None], -np.inf)
        column = density.argmax(axis=1)
        best = density[np.arange(len(rows)), column]
        slot = filling.slot[rows, column]
        order = np.lexsort((rows, -best))
        order = order[np.isfinite(best[order])]
        m3 = (step * filling.volume[rows])[order]
        group = slot[order]
        # Up to the first that suffices.
        wanted = np.maximum((load - filling.slots.room)[group] * 0.34, 1e-9)
        earlier = _before(group, m3)
        order = order[earlier < wanted]
        after = filling.cases[rows[order]].copy()
        after[np.arange(len(order)), column[order]] -= step[order]
        filling.put(rows[order], np.maximum(after, 0))


def _before(group: Ints, size: Floats) -> Floats:
    """Sum of the sizes that come before each row in its group."""
    order = np.argsort(group, kind="stable")
    total = np.cumsum(size[order]) - size[order]
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    result = np.empty(len(group))
    result[order] = total - np.repeat(total[starts], np.diff(np.append(starts, len(order))))
    return result


def _first_of_shy(sku: Ints, shy: Truths) -> Truths:
    """Of products that are shy only the first row."""
    first = np.zeros(len(sku), dtype=bool)
    first[np.unique(sku, return_index=True)[1]] = True
    result: Truths = first | ~shy[sku]
    return result


def admit(filling: Filling, rows: Ints, column: Ints, cases: Ints, adds: Truths) -> Truths:
    """Which additions fit within all limits, taken in order; those that come first go first.

    :param rows, column, cases: of each step; ``adds``: those that are additions.
    """
    network, stock, slots = filling.filler.network, filling.filler.stock, filling.slots
    fits = adds.copy()
    slot = filling.slot[rows, column]
    location = stock.location[rows]
    units = cases * filling.case[rows]
    m3 = cases * filling.volume[rows]
    load = filling.loads()
    fits &= _within(slot, m3, (slots.room - load)[slot], fits)
    fits &= _mains(filling, rows, column, units, fits)
    arrival = filling.arrival[rows, column]
    place_day = location * stock.days + arrival
    if np.isfinite(network.handling_units).any():
        received = np.zeros((len(network.locations), stock.days))
        np.add.at(
            received,
            (stock.location[:, None], filling.arrival),
            filling.cases * filling.case[:, None],
        )
        room = network.handling_units[location] - received[location, arrival]
        fits &= _within(place_day, units, room, fits)
    if np.isfinite(network.storage_m3).any():
        stands = np.zeros((len(network.locations), stock.days))
        unit = network.unit_m3[stock.sku][:, None]
        np.add.at(stands, stock.location, filling.run.morning * unit)
        # What is added may stand until the end: room is the least from the arrival on.
        room = network.storage_m3[:, None] - stands
        room = np.minimum.accumulate(room[:, ::-1], axis=1)[:, ::-1]
        fits &= _within(location, m3, room[location, arrival], fits)
    most = network.max_units[stock.cell[rows]]
    if np.isfinite(most).any():
        fits &= filling.run.morning[rows].max(axis=1) + units <= most + 1e-6
    return fits


def _mains(filling: Filling, rows: Ints, column: Ints, units: Floats, fits: Truths) -> Truths:
    """Whether mains can spare the units on every day from the dispatch on."""
    mains, stock = filling.filler.mains, filling.filler.stock
    skus = mains.free.shape[1]
    out = filling.leaving()
    if filling.taken is not None:
        out = np.maximum(out, filling.taken)
    left = mains.free.copy()
    starts = np.flatnonzero(np.diff(stock.sku, prepend=-1))
    if len(starts):
        left[:, stock.sku[starts]] -= np.add.reduceat(out, starts, axis=1)
    if filling.taken is not None:
        # A cell may always take what it has a right to.
        left = left[:, stock.sku[rows]] + np.maximum(filling.taken - filling.leaving(), 0)[:, rows]
        left = np.minimum.accumulate(left[:, :, ::-1], axis=2)[:, :, ::-1]
        main = filling.main[rows, column]
        room = left[main, np.arange(len(rows)), filling.day[rows, column]]
        return _within(main * skus + stock.sku[rows], units, room, fits)
    left = np.minimum.accumulate(left[:, :, ::-1], axis=2)[:, :, ::-1]
    main, sku = filling.main[rows, column], stock.sku[rows]
    return _within(main * skus + sku, units, left[main, sku, filling.day[rows, column]], fits)


def _within(group: Ints, size: Floats, room: Floats, counts: Truths) -> Truths:
    """Whether the sizes so far in each group (of rows that count) stay within each row's room."""
    order = np.argsort(group, kind="stable")
    taken = np.where(counts, size, 0)[order]
    total = np.cumsum(taken)
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    base = np.repeat(total[starts] - taken[starts], np.diff(np.append(starts, len(order))))
    inside = np.empty(len(group), dtype=bool)
    inside[order] = total - base <= room[order] + 1e-6
    return inside
