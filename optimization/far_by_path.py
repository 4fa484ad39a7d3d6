"""Far sales are wanted and there on each path, not only in the mean: rows by groups of paths.

In each group, far + c_far · forward <= c_far · wanted; far <= stock - what leaves; and fronts and
stores serve no more than without proposals and the units that come on top.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.cell_columns import CellColumns
from optimization.far_groups import FarGroups
from optimization.known_flows import KnownFlows
from optimization.linear_rows import Part, Rows
from optimization.network import FAR, MAIN, Floats, Ints


@dataclass(frozen=True, eq=False)
class FarByPath:
    """The columns of far sales by product and group of paths; :meth:`add` states their rows.

    :param at_sent: the first column of units that leave the mains, by product; ``at_eased``: of
        demand that what comes to fronts and stores can serve; ``at_far``: of units sold far, by
        product and group; ``at_forward``: of demand served by fronts and stores, likewise;
        ``end``: the first column of what follows.
    """

    cells: CellColumns
    groups: FarGroups
    at_sent: int
    at_eased: int
    at_far: int
    at_forward: int
    end: int

    @classmethod
    def of(cls, cells: CellColumns, groups: FarGroups, first: int) -> FarByPath:
        """Lay out the columns from ``first`` on."""
        skus, sizes = len(cells.network.skus), groups.wanted.size
        starts = np.cumsum([first, skus, skus, sizes, sizes])
        return cls(cells, groups, *(int(x) for x in starts))

    def add(self, model: Rows, flows: KnownFlows, at_days: int, at_after: int) -> None:
        """Add the rows.

        :param at_days: the first column of far sales by series and day; ``at_after``: of those
            after the horizon, by series.
        """
        self._moved(model)
        self._in_each_group(model, self._stock(flows))
        self._in_the_mean(model, at_days, at_after)

    def _grid(self) -> Ints:
        """(skus, groups) numbers."""
        return np.arange(self.groups.wanted.size).reshape(self.groups.wanted.shape)

    def _stock(self, flows: KnownFlows) -> Floats:
        """(skus,) units that all mains have by the end without proposals."""
        network = self.cells.network
        mains = network.cell_kind == MAIN
        stock = np.zeros(len(network.skus))
        held = (flows.comes - flows.leaves).sum(axis=1) + flows.late
        np.add.at(stock, network.cell_sku[mains], held[mains])
        return stock

    def _moved(self, model: Rows) -> None:
        """What leaves the mains, and the demand that units at fronts and stores can serve."""
        options, cells = self.cells.options, self.cells
        skus = len(cells.network.skus)
        sku = np.arange(skus)
        out, to = np.flatnonzero(options.from_main), np.flatnonzero(~options.to_main)
        serves = cells.conversion[cells.base.row_of_cell[options.cell[to]]]
        sent: list[Part] = [(sku, self.at_sent + sku, -1.0), (options.sku[out], out, 1.0)]
        model.add(sent, -np.inf, 0, skus)
        eased: list[Part] = [
            (sku, self.at_eased + sku, -1.0),
            (options.sku[to], to, 1 / serves),
        ]
        model.add(eased, 0, 0, skus)

    def _in_each_group(self, model: Rows, stock: Floats) -> None:
        """Far sales are there and wanted; fronts and stores serve what comes on top at most."""
        options, groups, grid = self.cells.options, self.groups, self._grid()
        far, forward = self.at_far + grid, self.at_forward + grid
        each = np.arange(len(grid))[:, None]
        conversion = self.cells.network.money.conversion[FAR]
        back = np.flatnonzero(options.to_main)
        room = np.repeat(stock, grid.shape[1])
        parts: list[Part] = [
            (grid, far, 1.0),
            (grid, self.at_sent + each, 1.0),
            (grid[options.sku[back]], back[:, None], -1.0),
        ]
        model.add(parts, -np.inf, room, grid.size)
        wanted = conversion * groups.wanted.ravel()
        model.add([(grid, far, 1.0), (grid, forward, conversion)], -np.inf, wanted, grid.size)
        parts = [(grid, forward, 1.0), (grid, self.at_eased + each, -1.0)]
        model.add(parts, -np.inf, groups.forward.ravel(), grid.size)

    def _in_the_mean(self, model: Rows, at_days: int, at_after: int) -> None:
        """The groups' mean is what cells serve, and what is sold far, over all days."""
        cells, network, weight = self.cells, self.cells.network, self.groups.weight[None, :]
        grid, conversion = self._grid(), network.money.conversion[FAR]
        skus, each = len(grid), np.arange(len(grid))[:, None]
        serving = cells.serving
        last, ratio = cells.grid()[serving, -1], 1 / cells.conversion[serving]
        parts: list[Part] = [
            (each, self.at_forward + grid, -weight),
            (cells.sku[serving], cells.at_z + last, ratio),
            (cells.sku[serving], cells.at_after + serving, ratio),
        ]
        model.add(parts, -np.inf, 0, skus)
        series = np.arange(len(network.series_sku))
        days = np.arange(len(series) * network.days)
        parts = [
            (each, self.at_far + grid, -weight),
            (network.series_sku[days // network.days], at_days + days, conversion),
            (network.series_sku, at_after + series, conversion),
        ]
        model.add(parts, -np.inf, 0, skus)
