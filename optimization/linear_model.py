"""The linear relaxation of a plan on common paths: its optimum bounds every plan's profit there.

Everything is an expectation over the paths. Cumulated sales of a cell, Z_t, are at most
E min(C_t, Q_t) for its cumulated demand C_t and supply Q_t: a concave function of Q_t, of which
tangents are taken, so that the model never says less than a plan can earn. Further: what a day
sells is at most what the day wants; what expired was sold or wasted; holding is paid for Q - Z - W;
far sales and what leaves share the mains' stock; cases and vehicles are divisible, a vehicle's
money is paid per m³ at the cheapest lane's rate. The days after the horizon are one more period.
See docs/optimization.md for the equations and for why each row holds for every plan.
"""

from __future__ import annotations

import numpy as np

from optimization.appraisal import Appraisal
from optimization.cell_columns import CellColumns
from optimization.evaluation import Draw
from optimization.far_by_path import FarByPath
from optimization.far_groups import far_groups
from optimization.known_flows import KnownFlows
from optimization.limit_rows import add_limits, add_room_for_products
from optimization.linear_rows import Part, Rows
from optimization.linear_solver import LinearProgramme
from optimization.network import AFTER_DAYS, FAR, MAIN, Floats, Ints, Network
from optimization.options import Arcs, Options
from optimization.sales_tangents import SLOPES, sales_tangents
from optimization.simulation import rate_after
from optimization.spoiling_rows import add_spoiling
from optimization.useful_volume import useful_price, useful_volume


def linear_programme(
    network: Network,
    options: Options,
    base: Appraisal,
    draw: Draw,
    coupled: bool = True,
    price: Floats | None = None,
) -> LinearProgramme:
    """Build the relaxation; x begins with the units of each option.

    :param base: the run without proposals.
    :param draw: the common paths.
    :param coupled: with the limits that couple products (handling, storage, vehicles). Without
        them the bound is weaker where they bind, and the programme falls apart by product.
    :param price: (arcs, days) money per m³, where the network is a part of a larger one: then
        what the parts share (:func:`shared_money`) is not in the programme's constant.
    """
    if price is not None:
        return Relaxation(network, options, base, draw, price).build(coupled, 0.0)
    arcs = options.arcs
    price = useful_price(network, arcs, useful_volume(network, options, base))
    shared = shared_money(network, arcs, price)
    return Relaxation(network, options, base, draw, price).build(coupled, shared)


def shared_money(network: Network, arcs: Arcs, price: Floats) -> float:
    """Money for room in approved trips, which costs nothing, less what approved moves cost."""
    free = float((arcs.free_m3 * np.where(np.isfinite(arcs.price), price, 0.0)).sum())
    return free - sum(network.moving_costs(network.facts).values())


class Relaxation:
    """The relaxation's columns and rows; :func:`linear_programme` builds it."""

    slopes: tuple[float, ...] = SLOPES

    def __init__(
        self, network: Network, options: Options, base: Appraisal, draw: Draw, price: Floats
    ) -> None:
        self.network, self.options, self.price, self.draw = network, options, price, draw
        self.days, self.series = network.days, len(network.series_sku)
        self.cells = CellColumns.of(network, options, base)
        self.flows = KnownFlows.of(network)
        self.model = Rows()
        self.at_mains: list[int] = []
        self.columns = self._far_columns(self.cells.end)

    def _far_columns(self, first: int) -> int:
        """Lay out the columns of far sales from ``first`` on; return where they end."""
        self.at_far, self.at_far_after = first, first + self.series * self.days
        groups = far_groups(self.network, self.cells.base, self.draw)
        self.by_path = FarByPath.of(self.cells, groups, self.at_far_after + self.series)
        return self.by_path.end

    def build(self, coupled: bool, constant: float) -> LinearProgramme:
        """Build it; ``coupled`` as in :func:`linear_programme`."""
        self._supply()
        self._sales()
        add_spoiling(self.model, self.cells, self.hub)
        self._afterwards()
        self._mains()
        self._far_by_path()
        add_room_for_products(self.model, self.cells)
        if coupled:
            add_limits(self.model, self.cells)
        entries = [np.concatenate(part) for part in zip(*self.model.entries, strict=True)]
        from scipy.sparse import csr_matrix

        shape = (self.model.count, self.columns)
        matrix = csr_matrix((entries[2], (entries[0], entries[1])), shape=shape)
        gain, upper = self._objective()
        low, high = np.concatenate(self.model.low), np.concatenate(self.model.high)
        # Rows that bind nothing: a limit that is infinite, or nothing to limit.
        binds = (np.isfinite(low) | np.isfinite(high)) & (np.diff(matrix.indptr) > 0)
        matrix, self.kept = matrix[binds], np.flatnonzero(binds)
        return LinearProgramme(
            gain=gain,
            upper=upper,
            low=low[binds],
            high=high[binds],
            indptr=matrix.indptr.astype(np.int64),
            indices=matrix.indices.astype(np.int64),
            values=matrix.data,
            constant=constant,
        )

    def _objective(self) -> tuple[Floats, Floats]:
        """Money of each column, and its upper bound."""
        network, options, cells = self.network, self.options, self.cells
        gain, upper = np.zeros(self.columns), np.full(self.columns, np.inf)
        per_unit = network.unit_m3[options.sku]
        price = self.price[options.arc, options.day]
        gain[: len(options)] = -(options.landed + price * per_unit)
        grid = cells.grid()
        hold = network.unit_m3[cells.sku] * network.money.holding
        profit = network.profit[cells.field, cells.sku]
        gain[cells.at_q + grid] = -hold[:, None]
        gain[cells.at_z + grid] = hold[:, None]
        gain[cells.at_w + grid] = hold[:, None]
        gain[cells.at_z + grid[:, -1]] += profit
        gain[cells.at_w + grid[:, -1]] -= network.price[cells.sku] * network.money.waste_share
        gain[cells.at_after : cells.end] = profit
        self._far_gain(gain)
        life = np.minimum(network.shelf_life[cells.sku], AFTER_DAYS)
        after = np.append(self._after(), 0.0)
        most = cells.conversion * cells.share * after[cells.serves] * life
        upper[cells.at_after : cells.end] = np.where(cells.share > 0, most, 0.0)
        never = np.isinf(network.shelf_life[cells.sku]) & ~cells.dated
        upper[cells.at_w + grid[never]] = 0.0
        return gain, upper

    def _far_gain(self, gain: Floats) -> None:
        """Set what far sales earn."""
        network = self.network
        far = network.profit[FAR, network.series_sku] * network.money.conversion[FAR]
        gain[self.at_far : self.at_far_after] = np.repeat(far, self.days)
        gain[self.at_far_after : self.at_far_after + self.series] = far

    def _after(self) -> Floats:
        """(series,) mean units a day after the horizon, on the paths."""
        rates = [rate_after(self.draw(part)) for part in self._parts()]
        return np.concatenate(rates or [np.zeros(0)])

    def _parts(self) -> list[slice]:
        return [slice(a, min(a + 2048, self.series)) for a in range(0, self.series, 2048)]

    def _supply(self) -> None:
        """Q_t = Q_(t-1) + what comes - what leaves."""
        cells, options = self.cells, self.options
        grid, base = cells.grid(), cells.base
        row = base.row_of_cell[options.cell]
        origin = base.row_of_cell[options.origin_cell]
        hub = np.flatnonzero(origin >= 0)
        number = np.arange(len(options))
        to = np.flatnonzero(row >= 0)
        parts: list[Part] = [
            (grid, cells.at_q + grid, 1.0),
            (grid[:, 1:], cells.at_q + grid[:, :-1], -1.0),
            (grid[row[to], options.arrival[to]], to, -1.0),
            (grid[origin[hub], options.day[hub]], number[hub], 1.0),
        ]
        known = (self.flows.comes[base.cells] - self.flows.leaves[base.cells]).ravel()
        self.model.add(parts, known, known, grid.size)
        self.hub = np.unique(origin[hub])

    def _sales(self) -> None:
        """What is sold was there, was wanted by then, and was wanted that day."""
        cells, grid = self.cells, self.cells.grid()
        z, q, w = cells.at_z + grid, cells.at_q + grid, cells.at_w + grid
        self.model.add([(grid, z, 1.0), (grid, w, 1.0), (grid, q, -1.0)], -np.inf, 0, grid.size)
        later = grid[:, 1:]
        rows = np.arange(later.size).reshape(later.shape)
        for at in self._never_falls():
            steps: list[Part] = [(rows, at + later, 1.0), (rows, at + grid[:, :-1], -1.0)]
            self.model.add(steps, 0, np.inf, rows.size)
        slopes, intercepts, wanted = sales_tangents(cells, self.draw, self._parts(), self.slopes)
        for slope, intercept in zip(slopes, intercepts, strict=True):
            self.model.add(
                [(grid, z, 1.0), (grid, q, -slope)], -np.inf, intercept.ravel(), grid.size
            )
        self._wanted_that_day(z, wanted)

    def _wanted_that_day(self, z: Ints, wanted: Floats) -> None:
        """No cell sells more than the day wants of it, nor do a series' cells and far together.

        :param z: (rows, days) columns of cumulated sales; ``wanted``: (series, days).
        """
        cells = self.cells
        days_of = wanted if self.series else np.zeros((1, self.days))
        own = cells.conversion[:, None] * cells.share[:, None] * days_of[cells.serves]
        own = np.where(cells.share[:, None] > 0, own, 0.0)
        alone = np.flatnonzero(cells.share < 1)
        some = np.arange(alone.size * self.days).reshape(len(alone), self.days)
        steps: list[Part] = [(some, z[alone], 1.0), (some[:, 1:], z[alone, :-1], -1.0)]
        self.model.add(steps, -np.inf, own[alone].ravel(), some.size)
        number = np.arange(self.series * self.days).reshape(self.series, self.days)
        serving = cells.serving
        each = 1 / cells.conversion[serving, None]
        day = number[cells.serves[serving]]
        parts: list[Part] = [
            *self._far_of_day(number),
            (day, z[serving], each),
            (day[:, 1:], z[serving, :-1], -each),
        ]
        self.model.add(parts, -np.inf, wanted.ravel(), number.size)

    def _never_falls(self) -> tuple[int, ...]:
        """Columns by day that have rows of not falling."""
        return self.cells.at_z, self.cells.at_w

    def _far_of_day(self, number: Ints) -> list[Part]:
        """Entries of far sales in the rows (series, days) of what a day wants."""
        return [(number, self.at_far + number, 1.0)]

    def _afterwards(self) -> None:
        """Stock that is left sells in the days after, near and mid before far."""
        cells, grid, number = self.cells, self.cells.grid(), np.arange(self.cells.rows)
        parts: list[Part] = [
            (number, cells.at_after + number, 1.0),
            (number, cells.at_q + grid[:, -1], -1.0),
            (number, cells.at_z + grid[:, -1], 1.0),
            (number, cells.at_w + grid[:, -1], 1.0),
        ]
        self.model.add(parts, -np.inf, self.flows.late[cells.base.cells], cells.rows)
        serving, series = cells.serving, np.arange(self.series)
        parts = [
            *self._far_of_after(series),
            (cells.serves[serving], cells.at_after + serving, 1 / cells.conversion[serving]),
        ]
        self.model.add(parts, -np.inf, self._after() * AFTER_DAYS, self.series)

    def _far_of_after(self, series: Ints) -> list[Part]:
        """Entries of far sales in the rows (series,) of what the days after want."""
        return [(series, self.at_far_after + series, 1.0)]

    def _mains(self) -> None:
        """What leaves a main was there; far sales and what leaves share what all mains have."""
        network, options, flows = self.network, self.options, self.flows
        mains = network.cell_kind == MAIN
        stock = np.cumsum(flows.comes - flows.leaves, axis=1)
        later = np.zeros(self.days, dtype=bool)
        changes = (flows.comes[mains, 1:] > 0) | (flows.leaves[mains, 1:] > 0)
        later[:-1] = changes.any(axis=0)
        place = np.full(len(network.cell_sku), -1)
        place[mains] = np.arange(mains.sum())
        number = np.arange(len(options))
        for day in [*np.flatnonzero(later), self.days - 1]:
            gone = np.flatnonzero(options.from_main & (options.day <= day))
            back = np.flatnonzero(options.to_main & (options.arrival <= day))
            parts: list[Part] = [
                (place[options.origin_cell[gone]], number[gone], 1.0),
                (place[options.cell[back]], number[back], -1.0),
            ]
            self.at_mains.append(self.model.count)
            self.model.add(parts, -np.inf, stock[mains, day], int(mains.sum()))
            total = np.zeros(len(network.skus))
            np.add.at(total, network.cell_sku[mains], stock[mains, day])
            if day == self.days - 1:
                np.add.at(total, network.cell_sku[mains], flows.late[mains])
            self._pool(int(day), gone, back, total)

    def _pool(self, day: int, gone: Ints, back: Ints, total: Floats) -> None:
        """Far sales and what leaves by ``day`` share the ``total`` (skus,) of all mains."""
        network, options = self.network, self.options
        conversion = network.money.conversion[FAR]
        far = np.arange(self.series * self.days)
        sold = far[far % self.days <= day]
        sku = network.series_sku[sold // self.days]
        parts: list[Part] = [
            (options.sku[gone], gone, 1.0),
            (options.sku[back], back, -1.0),
            (sku, self.at_far + sold, conversion),
        ]
        if day == self.days - 1:
            after = np.arange(self.series)
            parts.append((network.series_sku, self.at_far_after + after, conversion))
        self.model.add(parts, -np.inf, total, len(network.skus))

    def _far_by_path(self) -> None:
        """Bound far sales path by path, too."""
        self.by_path.add(self.model, self.flows, self.at_far, self.at_far_after)
