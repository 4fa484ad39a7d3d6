"""A dynamic programme over stock levels for every forward cell at once, given prices.

A cell may be sent stock every morning at a price a unit that changes by day; it meets independent
demand each day, loses what it cannot serve and pays for what stands overnight. The best that it can
earn if it may look at its stock each morning is found backwards over the days,

    V(t, s) = max over y ≥ s of  E[ p·min(y, D) − h·(y − D)⁺ + V(t+1, (y − D)⁺) ] − q(t)·(y − s)

for all cells at once, on a grid of levels of each cell's own. Three things only ever raise it:

- demand of a day is put on the grid by averaging over strata, so that each stratum's mean is a
  grid point: fewer risks, the same mean (Jensen's inequality, sales being concave in demand);
- a case is a whole number of grid steps, or, where it is less than a step, stock may be sent in
  any quantity (whose best is on the grid, all kinks being there);
- beyond the top of the grid stock earns what it earns in the last step.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from optimization.demand import Array
from optimization.network import Floats, Ints

LEVELS = 64
MOST = 16
"""Most grid steps of demand on a day."""


@dataclass(frozen=True, eq=False)
class StockProgramme:
    """Cells sorted by ``stride``; all arrays in that order, ``order`` (k,) the rows they came from.

    :param step: (k,) units of one grid step; ``stride``: steps of one case, 1 where any quantity.
    :param chance: (stages, MOST + 1, k) probability of demand of that many steps; the last stage
        stands for the days after the horizon.
    :param sales: (stages, LEVELS + 1, k) expected units sold from a level.
    :param holding: (k,) money a unit and night.
    """

    order: Ints
    step: Array
    stride: Ints
    chance: Array
    sales: Array
    holding: Array

    def solve(self, price: Floats, cost: Floats, storage: Floats | None = None) -> Solution:
        """Solve for prices.

        :param price: (k,) money a unit sold. :param cost: (days, k) money a unit sent, inf where
            nothing can arrive. :param storage: (days, k) money a unit of the morning's stock.
        """
        price = np.maximum(price[self.order], 0).astype(np.float32)
        cost = cost[:, self.order].astype(np.float32)
        stages, levels = len(self.sales), LEVELS + 1
        level = (np.arange(levels, dtype=np.float32)[:, None] * self.step[None, :]).astype(
            np.float32
        )
        value = price * self.sales[-1]
        target = np.zeros((stages - 1, levels, len(price)), dtype=np.int16)
        beyond = np.zeros(len(price))
        night = self.holding * level
        for day in range(stages - 2, -1, -1):
            value = self._expected(value - night, self.chance[day])
            value += price * self.sales[day]
            if storage is not None:
                value -= storage[day][self.order].astype(np.float32) * level
            finite = np.isfinite(cost[day])
            paid = np.where(finite, cost[day], 0) * level
            best = value - paid
            top = (best[-1] - best[-2]) * finite / self.step
            beyond += np.maximum(top, 0)
            best[:, ~finite] = -np.inf
            self._largest(best, target[day])
            # Where nothing can arrive, stay.
            target[day][:, ~finite] = np.arange(levels, dtype=np.int16)[:, None]
            chosen = np.take_along_axis(value - paid, target[day].astype(np.int64), axis=0)
            value = np.where(finite, chosen + paid, value)
        return Solution(self, value[0].astype(np.float64), beyond, target)

    def _expected(self, value: Array, chance: Array) -> Array:
        """Expectation of ``value`` after demand: levels fall, not below 0."""
        result: Array = chance[0] * value
        scratch = np.empty_like(value)
        for steps in range(1, MOST + 1):
            np.multiply(value[:-steps], chance[steps], out=scratch[steps:])
            result[steps:] += scratch[steps:]
        # Levels below the demand sell out.
        out = 1 - np.cumsum(chance[:-1], axis=0)
        result[:MOST] += out * value[0]
        return result

    def _largest(self, value: Array, target: np.ndarray) -> None:
        """Write, for each level, the level at or above it, whole cases away, with most value."""
        levels = len(value)
        bounds = np.flatnonzero(np.diff(self.stride, prepend=-1, append=-1))
        for first, last in pairwise(bounds):
            stride = int(self.stride[first])
            rows = -(-levels // stride)
            padded = np.full((rows * stride, last - first), -np.inf, dtype=np.float32)
            padded[:levels] = value[:, first:last]
            shaped = padded.reshape(rows, stride, last - first)[::-1]
            running = np.maximum.accumulate(shaped, axis=0)
            place = np.arange(rows * stride, dtype=np.int16).reshape(rows, stride, 1)[::-1]
            own = np.where(shaped >= running, place, np.int16(32000))
            nearest = np.minimum.accumulate(own, axis=0)[::-1].reshape(rows * stride, last - first)
            target[:, first:last] = nearest[:levels]


@dataclass(frozen=True, eq=False)
class Solution:
    """What the programme finds, in its order of cells.

    :param value: (k,) money from an empty cell on; ``beyond`` (k,) money a unit that stock beyond
        the grid might add (0 where the grid reaches far enough).
    :param target: (days, levels, k) level to fill up to.
    """

    programme: StockProgramme
    value: Floats
    beyond: Floats
    target: np.ndarray

    def sent(self) -> tuple[Floats, Floats, Floats]:
        """Expected units in the given order: sent (days, k), sold (k,), morning stock (days, k)."""
        own = self.programme
        days, levels, count = self.target.shape
        state = np.zeros((levels, count), dtype=np.float32)
        state[0] = 1
        sent, morning = np.zeros((days, count)), np.zeros((days, count))
        sold = np.zeros(count)
        index = np.arange(levels, dtype=np.float32)[:, None]
        column = np.arange(count)[None, :]
        for day in range(days):
            to = self.target[day].astype(np.int64)
            sent[day] = ((to - index) * state).sum(axis=0) * own.step
            flat = np.bincount(
                (to * count + column).ravel(), weights=state.ravel(), minlength=levels * count
            )
            state = flat.reshape(levels, count).astype(np.float32)
            morning[day] = (state * index).sum(axis=0) * own.step
            sold += (state * own.sales[day]).sum(axis=0)
            state = _after(state, own.chance[day])
        sold += (state * own.sales[-1]).sum(axis=0)
        back = np.empty(count, dtype=np.int64)
        back[own.order] = np.arange(count)
        return sent[:, back], sold[back], morning[:, back]

    def values(self) -> Floats:
        """(k,) money, in the given order of cells."""
        result = np.empty(len(self.value))
        result[self.programme.order] = self.value
        return result


def _after(state: Array, chance: Array) -> Array:
    result: Array = chance[0] * state
    for steps in range(1, MOST + 1):
        moved = chance[steps] * state
        result[:-steps] += moved[steps:]
        result[0] += moved[:steps].sum(axis=0)
    return result


def stock_programme(demand: Array, case: Floats, holding: Array) -> StockProgramme:
    """Make the programme of cells.

    :param demand: (stages, k, paths) units asked of new stock each day, and after the horizon.
    :param case: (k,) units a case.
    """
    stages, count = demand.shape[:2]
    ordered = np.sort(demand, axis=2)
    daily = ordered[:-1].mean(axis=(0, 2))
    wanted = np.maximum(daily / 2, ordered[:, :, -1].max(axis=0) / MOST)
    wanted = np.maximum(wanted, ordered.mean(axis=2).sum(axis=0) * 1.35 / LEVELS)
    wanted = np.maximum(wanted, 1e-6)
    strides = np.minimum(np.floor(case / wanted), 16).astype(np.int64)
    loose = case < wanted
    step = np.where(loose, wanted, case / np.maximum(strides, 1))
    stride = np.where(loose, 1, np.maximum(strides, 1))
    order = np.argsort(stride, kind="stable")
    step, stride, ordered = step[order], stride[order], ordered[:, order]
    chance = np.stack([_on_grid(ordered[stage], step) for stage in range(stages)])
    levels = np.arange(LEVELS + 1, dtype=np.float32)
    sales = np.zeros((stages, LEVELS + 1, count), dtype=np.float32)
    for steps in range(1, MOST + 1):
        sales += chance[:, None, steps] * np.minimum(levels, steps)[None, :, None]
    sales *= step.astype(np.float32)
    return StockProgramme(
        order=order,
        step=step.astype(np.float32),
        stride=stride,
        chance=np.ascontiguousarray(chance.astype(np.float32)),
        sales=sales,
        holding=holding[order].astype(np.float32),
    )


def _on_grid(ordered: Array, step: Floats) -> Array:
    """(MOST + 1, k) chances of strata whose means are 0, 1, 2 … steps.

    :param ordered: (k, paths) equally likely demands, increasing, at most MOST steps.
    """
    count, paths = ordered.shape
    sums = np.concatenate([np.zeros((count, 1)), np.cumsum(ordered, axis=1, dtype=np.float64)], 1)
    steps = np.asarray(step, dtype=np.float64)
    at, total = np.zeros(count), np.zeros(count)
    chance = np.zeros((MOST + 1, count), dtype=np.float32)
    index = np.arange(paths + 1)[None, :]
    row = np.arange(count)
    for number in range(MOST + 1):
        mean = steps * number
        if number == MOST:
            reach = np.full(count, float(paths))
        else:
            excess = sums - total[:, None] - mean[:, None] * (index - at[:, None])
            fits = (excess <= 1e-9) & (index >= at[:, None])
            last = np.where(fits.any(axis=1), paths - fits[:, ::-1].argmax(axis=1), -1)
            inside = np.clip(last, 0, paths - 1)
            slope = ordered[row, inside] - mean
            extra = np.where(slope > 1e-12, -excess[row, inside] / np.maximum(slope, 1e-12), 1.0)
            reach = np.where(last == paths, paths, last + np.clip(extra, 0, 1))
            reach = np.where(last < 0, at, reach)
            reach = np.maximum(reach, at)
        chance[number] = (reach - at) / paths
        floor = np.minimum(np.floor(reach).astype(np.int64), paths - 1)
        total = sums[row, floor] + (reach - floor) * ordered[row, floor]
        at = reach
    return chance
