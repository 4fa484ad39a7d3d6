"""A block's stock on every path, by expiry: what arrives, what leaves first, what is thrown away.

Stock is cumulated by expiry, so that first expired, first out is one subtraction for all levels.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from optimization.block import Array, Block, expiry_on_arrival
from optimization.network import AFTER_DAYS, MAIN, NEVER, Ints, Truths

Due = list[tuple[Ints, Array, int]]
"""Cells, what reaches them (levels from the third on, cells, paths or 1), and that first level."""


class StockByExpiry:
    """The stock while a block runs, day by day; it begins with the lots that are there.

    ``levels`` is (levels, cells, paths), cumulated by expiry (:class:`~optimization.block.Block`);
    levels of days that are past are not kept up. ``wasted`` (cells, paths): units that expired.
    """

    def __init__(self, block: Block, paths: int) -> None:
        self.block = block
        count = len(block.thresholds) + 1 + int(block.has_fresh)
        self.levels = np.zeros((count, block.n_cells, paths), dtype=np.float32)
        self.wasted = np.zeros((block.n_cells, paths), dtype=np.float32)
        self.due: defaultdict[int, Due] = defaultdict(list)
        self.leaving = np.searchsorted(block.moves.day, np.arange(block.network.days + 1))
        self._lots()

    @property
    def total(self) -> Array:
        """(cells, paths) units, whenever they expire."""
        top: Array = self.levels[-1]
        return top

    def arrive(self, day: int) -> None:
        """Receive what is due that morning."""
        for due in self.due.pop(day, []):
            self._receive(*due, day)

    def arrive_late(self) -> None:
        """Receive what is due after the horizon."""
        for late in sorted(self.due):
            for due in self.due[late]:
                self._receive(*due, late)

    def dispatch(self, day: int, morning: Array) -> float:
        """Send the day's moves, what expires first leaving first; return units that were not there.

        :param morning: (cells,) mean stock, to which what arrives the same day is added.
        """
        block = self.block
        rows = slice(*self.leaving[day : day + 2])
        if rows.start == rows.stop:
            return 0.0
        starts = np.diff(block.origin[rows], prepend=-1) > 0
        origins, place = block.origin[rows][starts], np.cumsum(starts) - 1
        asked = np.bincount(place, weights=block.units[rows]).astype(np.float32)
        share = (block.units[rows] / np.where(asked > 0, asked, 1)[place]).astype(np.float32)
        expiry = self._born(rows)
        low = self._lowest(origins, expiry, self._past(day))
        left = np.minimum(self.levels[low:, origins], asked[:, None])
        for stock, lots in zip(self.levels[low:], left, strict=True):
            stock[origins] -= lots
        missing = asked - left[-1].mean(axis=1)
        if (left == left[..., :1]).all():
            left = left[..., :1]
        profile = left[:, place] * share[:, None]
        self._freshen(rows, expiry, profile, low)
        arrivals, destinations = block.arrival[rows], block.destination[rows]
        for arrival in np.unique(arrivals):
            which = np.flatnonzero(arrivals == arrival)
            cells = destinations[which]
            if arrival == day:
                self._receive(cells, profile[:, which], low, day)
                np.add.at(morning, cells, profile[-1, which].mean(axis=1))
            else:
                self.due[int(arrival)].append((cells, profile[:, which], low))
        return float(missing[missing > 1e-3].sum())

    def take(self, sold: Array, day: int) -> None:
        """Take out what is sold (cells, paths) that day, what expires first before the rest."""
        first = np.empty_like(sold)
        for stock in self.levels[self._past(day) :]:
            stock -= np.minimum(stock, sold, out=first)

    def spoil(self, day: int) -> Array | None:
        """Throw away what is on its last day; return it (cells, paths), None if nothing is."""
        level = self._past(day)
        if level == len(self.block.thresholds) or self.block.thresholds[level] != day:
            return None
        spoilt: Array = self.levels[level].copy()
        if not spoilt.any():
            return None
        self.wasted += spoilt
        for stock in self.levels[level:]:
            stock -= spoilt
        return spoilt

    def pooled(self, skus: int) -> Array:
        """(levels, skus, paths) what all mains hold after the horizon, by product."""
        block, levels = self.block, self.levels
        held = np.zeros((len(levels), skus, levels.shape[2]), dtype=np.float32)
        for level in range(self._past(block.network.days), len(levels)):
            block.mains_by_sku.add(levels[level, : block.mains], held[level])
        return held

    def usable(self, stock: Array, daily: Array) -> Array:
        """Return units (k, paths) that sell after the horizon before they spoil.

        :param stock: (levels, k, paths), cumulated; ``daily`` (k, paths): units that sell a day.
        """
        thresholds = self.block.thresholds
        last = self.block.network.days - 1
        used = np.zeros_like(daily)
        seen = np.zeros_like(daily)
        for level in np.flatnonzero(thresholds > last):
            used = np.minimum(used + stock[level] - seen, daily * int(thresholds[level] - last))
            seen = stock[level]
        result: Array = np.minimum(used + stock[-1] - seen, daily * AFTER_DAYS)
        return result

    def _lots(self) -> None:
        lots, rows = self.block.network.lots, self.block.lots
        cell, units = self.block.lot_cell, lots.units[rows]
        profile = self._dated(lots.expiry[rows], lots.fresh[rows], units.astype(np.float32))
        for day in np.unique(lots.day[rows]):
            which = np.flatnonzero(lots.day[rows] == day)
            if day < 0:
                self._receive(cell[which], profile[:, which], 0, int(day))
            else:
                self.due[int(day)].append((cell[which], profile[:, which], 0))

    def _dated(self, expiry: Ints, fresh: Truths, units: Array) -> Array:
        """(levels, k, 1) lots cumulated by expiry."""
        profile = np.empty((len(self.levels), len(expiry), 1), dtype=np.float32)
        by_then = expiry[None, :] <= self.block.thresholds[:, None]
        profile[: len(by_then)] = np.where(by_then, units, 0)[:, :, None]
        profile[-1] = units[:, None]
        if self.block.has_fresh:
            profile[-2] = np.where(fresh, 0, units)[:, None]
            profile[: len(by_then)] *= ~fresh[None, :, None]
        return profile

    def _receive(self, cells: Ints, profile: Array, low: int, day: int) -> None:
        """Put lots into stock; what expired on the way is waste.

        :param low: the level of the profile's first.
        """
        past = self._past(day)
        if past > low:
            spoilt, profile = profile[past - 1 - low], profile[past - low :]
            low = past
            if spoilt.any():
                profile = np.maximum(profile - spoilt, 0)
                np.add.at(self.wasted, cells, np.broadcast_to(spoilt, self.wasted[cells].shape))
        while len(cells):
            # Each cell once at a time.
            if np.bincount(cells).max() > 1:
                first = np.zeros(len(cells), dtype=bool)
                first[np.unique(cells, return_index=True)[1]] = True
                now, some = cells[first], profile[:, first]
                cells, profile = cells[~first], profile[:, ~first]
            else:
                now, some, cells = cells, profile, cells[:0]
            for stock, lots in zip(self.levels[low:], some, strict=True):
                stock[now] += lots

    def _born(self, rows: slice) -> Ints:
        """(moves,) the last day of sale of undated units that go to a front or store."""
        block = self.block
        network = block.network
        expiry = expiry_on_arrival(network, block.moves.sku[rows], block.arrival[rows])
        to_main = network.kind[network.destination[block.moves.lane[rows]]] == MAIN
        return np.where(to_main, NEVER, expiry)

    def _lowest(self, origins: Ints, expiry: Ints, past: int) -> int:
        """Return the lowest level to which anything that leaves belongs: those below hold nothing.

        :param expiry: (moves,) of what is undated.
        """
        tops = 1 + int(self.block.has_fresh)
        low, high = past, len(self.levels) - tops
        while low < high:
            middle = (low + high) // 2
            if self.levels[middle, origins].any():
                high = middle
            else:
                low = middle + 1
        born = int(np.searchsorted(self.block.thresholds, expiry.min()))
        return max(min(low, born), past) if self.block.has_fresh else low

    def _freshen(self, rows: slice, expiry: Ints, profile: Array, low: int) -> None:
        """Start the shelf life of undated units that reach a front or store."""
        block = self.block
        if not block.has_fresh:
            return
        undated = (profile[-1] - profile[-2]) * (expiry != NEVER)[:, None]
        by_then = expiry[None, :] <= block.thresholds[low:, None]
        profile[: len(by_then)] += by_then[:, :, None] * undated
        profile[-2] += undated

    def _past(self, day: int) -> int:
        """How many levels are of days before ``day``."""
        return int(np.searchsorted(self.block.thresholds, day))
