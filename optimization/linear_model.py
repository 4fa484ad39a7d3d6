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
import numpy.typing as npt

from optimization.appraisal import Appraisal
from optimization.block import Array
from optimization.evaluation import Draw
from optimization.far_groups import far_groups
from optimization.linear_rows import Part, Rows
from optimization.linear_solver import LinearProgramme
from optimization.network import (
    AFTER_DAYS,
    FAR,
    MAIN,
    MID,
    NEAR,
    NEVER,
    STORE,
    Floats,
    Ints,
    Network,
)
from optimization.options import Arcs, Options
from optimization.simulation import rate_after
from optimization.useful_volume import useful_price, useful_volume

SLOPES = (0.95, 0.8, 0.6, 0.4, 0.2, 0.05)
"""Slopes of the tangents to E min(C, Q): the chances that demand exceeds supply there."""


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
        self.network, self.options, self.base, self.price = network, options, base, price
        self.days, self.rows = network.days, len(base.cells)
        self.series = len(network.series_sku)
        self.sku = network.cell_sku[base.cells]
        self.near = (network.cell_kind[base.cells] == STORE).astype(np.int64)
        self.number = np.where(self.near == 1, NEAR, MID)
        self.conversion = network.money.conversion[self.number]
        self.serves = network.cell_series[base.cells]
        self.share = np.where(
            (self.serves >= 0) & (self.conversion > 0),
            network.share[network.cell_location[base.cells]],
            0.0,
        )
        self.draw = draw
        size, moves = self.rows * self.days, len(options)
        spans = np.cumsum([0, moves, size, size, size, self.rows])
        self.at_q, self.at_z, self.at_w, self.at_after, end = (int(x) for x in spans[1:])
        self.model = Rows()
        self.at_mains: list[int] = []
        self.columns = self._far_columns(end)

    def _far_columns(self, first: int) -> int:
        """Lay out the columns of far sales from ``first`` on; return where they end."""
        self.at_far, self.at_far_after = first, first + self.series * self.days
        self.groups = far_groups(self.network, self.base, self.draw)
        skus, sizes = len(self.network.skus), self.groups.wanted.size
        self.at_sent, self.at_eased, self.at_far_group, self.at_forward, end = (
            int(x) for x in np.cumsum([self.at_far_after + self.series, skus, skus, sizes, sizes])
        )
        return end

    def build(self, coupled: bool, constant: float) -> LinearProgramme:
        """Build it; ``coupled`` as in :func:`linear_programme`."""
        self._supply()
        self._sales()
        self._spoiling()
        self._afterwards()
        self._mains()
        self._far_by_path()
        self._room_for_products()
        if coupled:
            self._limits()
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

    def _grid(self) -> Ints:
        """(rows, days) numbers of row-days."""
        return np.arange(self.rows * self.days).reshape(self.rows, self.days)

    def _objective(self) -> tuple[Floats, Floats]:
        network, options = self.network, self.options
        gain, upper = np.zeros(self.columns), np.full(self.columns, np.inf)
        per_unit = network.unit_m3[options.sku]
        price = self.price[options.arc, options.day]
        gain[: len(options)] = -(options.landed + price * per_unit)
        grid = self._grid()
        hold = network.unit_m3[self.sku] * network.money.holding
        profit = network.profit[self.number, self.sku]
        gain[self.at_q + grid] = -hold[:, None]
        gain[self.at_z + grid] = hold[:, None]
        gain[self.at_w + grid] = hold[:, None]
        gain[self.at_z + grid[:, -1]] += profit
        gain[self.at_w + grid[:, -1]] -= network.price[self.sku] * network.money.waste_share
        gain[self.at_after : self.at_after + self.rows] = profit
        self._far_gain(gain)
        life = np.minimum(network.shelf_life[self.sku], AFTER_DAYS)
        after = np.append(self._after(), 0.0)
        most = self.conversion * self.share * after[self.serves] * life
        upper[self.at_after : self.at_after + self.rows] = np.where(self.share > 0, most, 0.0)
        never = np.isinf(network.shelf_life[self.sku]) & ~self._dated()
        upper[self.at_w + grid[never]] = 0.0
        return gain, upper

    def _far_gain(self, gain: Floats) -> None:
        """Set what far sales earn."""
        network = self.network
        far = network.profit[FAR, network.series_sku] * network.money.conversion[FAR]
        gain[self.at_far : self.at_far_after] = np.repeat(far, self.days)
        gain[self.at_far_after : self.at_far_after + self.series] = far

    def _dated(self) -> npt.NDArray[np.bool_]:
        """(rows,) cells that hold or get stock with a date."""
        lots = self.network.lots
        dated = np.zeros(len(self.network.cell_sku), dtype=bool)
        dated[lots.cell[lots.expiry < self.days]] = True
        return dated[self.base.cells]

    def _after(self) -> Floats:
        """(series,) mean units a day after the horizon, on the paths."""
        rates = [rate_after(self.draw(part)) for part in self._parts()]
        return np.concatenate(rates or [np.zeros(0)])

    def _parts(self) -> list[slice]:
        return [slice(a, min(a + 2048, self.series)) for a in range(0, self.series, 2048)]

    def _known(self) -> tuple[Floats, Floats]:
        """(rows, days) units that come and leave without any proposal; day 0 has the stock."""
        network, base = self.network, self.base
        comes = np.zeros((len(network.cell_sku), self.days))
        lots, facts = network.lots, network.facts
        np.add.at(comes, (lots.cell, np.maximum(lots.day, 0)), lots.units)
        leaves = np.zeros_like(comes)
        units, arrival = network.units(facts), facts.day + network.lead[facts.lane]
        origin = network.cells(network.origin[facts.lane], facts.sku)
        np.add.at(leaves, (origin, facts.day), units)
        inside = arrival < self.days
        to = network.cells(network.destination[facts.lane], facts.sku)
        np.add.at(comes, (to[inside], arrival[inside]), units[inside])
        self.comes, self.leaves = comes, leaves
        return comes[base.cells], leaves[base.cells]

    def _supply(self) -> None:
        """Q_t = Q_(t-1) + what comes - what leaves."""
        comes, leaves = self._known()
        grid, options = self._grid(), self.options
        row = self.base.row_of_cell[options.cell]
        origin = self.base.row_of_cell[options.origin_cell]
        hub = np.flatnonzero(origin >= 0)
        number = np.arange(len(options))
        to = np.flatnonzero(row >= 0)
        parts: list[Part] = [
            (grid, self.at_q + grid, 1.0),
            (grid[:, 1:], self.at_q + grid[:, :-1], -1.0),
            (grid[row[to], options.arrival[to]], to, -1.0),
            (grid[origin[hub], options.day[hub]], number[hub], 1.0),
        ]
        known = (comes - leaves).ravel()
        self.model.add(parts, known, known, grid.size)
        self.known, self.hub = np.cumsum(comes - leaves, axis=1), np.unique(origin[hub])

    def _sales(self) -> None:
        """What is sold was there, was wanted by then, and was wanted that day."""
        grid = self._grid()
        z, q, w = self.at_z + grid, self.at_q + grid, self.at_w + grid
        self.model.add([(grid, z, 1.0), (grid, w, 1.0), (grid, q, -1.0)], -np.inf, 0, grid.size)
        later = grid[:, 1:]
        rows = np.arange(later.size).reshape(later.shape)
        for at in self._never_falls():
            steps: list[Part] = [(rows, at + later, 1.0), (rows, at + grid[:, :-1], -1.0)]
            self.model.add(steps, 0, np.inf, rows.size)
        slopes, intercepts, wanted = self._tangents()
        for slope, intercept in zip(slopes, intercepts, strict=True):
            self.model.add(
                [(grid, z, 1.0), (grid, q, -slope)], -np.inf, intercept.ravel(), grid.size
            )
        if not self.series:
            wanted = np.zeros((1, self.days))
        own = self.conversion[:, None] * self.share[:, None] * wanted[self.serves]
        own = np.where(self.share[:, None] > 0, own, 0.0)
        alone = np.flatnonzero(self.share < 1)
        some = np.arange(alone.size * self.days).reshape(len(alone), self.days)
        steps = [(some, z[alone], 1.0), (some[:, 1:], z[alone, :-1], -1.0)]
        self.model.add(steps, -np.inf, own[alone].ravel(), some.size)
        cells = np.arange(self.series * self.days).reshape(self.series, self.days)
        serving = np.flatnonzero(self.share > 0)
        each = 1 / self.conversion[serving, None]
        day = cells[self.serves[serving]]
        parts: list[Part] = [
            *self._far_of_day(cells),
            (day, z[serving], each),
            (day[:, 1:], z[serving, :-1], -each),
        ]
        self.model.add(parts, -np.inf, wanted[: self.series].ravel(), cells.size)

    def _never_falls(self) -> tuple[int, ...]:
        """Columns by day that have rows of not falling."""
        return self.at_z, self.at_w

    def _far_of_day(self, cells: Ints) -> list[Part]:
        """Entries of far sales in the rows (series, days) of what a day wants."""
        return [(cells, self.at_far + cells, 1.0)]

    def _tangents(self) -> tuple[tuple[float, ...], Array, Floats]:
        """Slopes, (slopes, rows, days) intercepts of tangents, (series, days) mean demand.

        On P equally likely values v of demand, E min(v, Q) has at Q = v_(k) a tangent of slope
        1 - k / P that meets Q = 0 at the sum of the k smallest values over P.
        """
        paths = self.draw(slice(0, min(1, self.series))).shape[2] if self.series else 1
        places = np.unique([round((1 - slope) * paths) for slope in self.slopes])
        places = places[(places > 0) & (places < paths)]
        intercepts = np.zeros((len(places), self.rows, self.days), dtype=np.float32)
        wanted = np.zeros((self.series, self.days))
        order = np.argsort(self.serves, kind="stable")
        for part in self._parts():
            total = np.cumsum(self.draw(part), axis=0, dtype=np.float64)
            wanted[part] = np.diff(total.mean(axis=2), axis=0, prepend=0).T
            total.sort(axis=2)
            least = np.cumsum(total, axis=2)[:, :, places - 1] / paths
            rows = order[slice(*np.searchsorted(self.serves[order], [part.start, part.stop]))]
            scale = (self.conversion * self.share)[rows]
            chosen = least[:, self.serves[rows] - part.start] * scale[None, :, None]
            intercepts[:, rows] = chosen.transpose(2, 1, 0)
        return tuple(1 - places / paths), intercepts, wanted

    def _spoiling(self) -> None:
        """What was on its last day by t has been sold or is waste: Z_t + W_t >= that.

        Left out for fronts that feed stores (what leaves takes the oldest along) and for products
        with dated stock at a main (it keeps its date, whenever it comes).
        """
        network, lots = self.network, self.network.lots
        life = network.shelf_life[self.sku]
        may = (np.isfinite(life) & (life <= self.days)) | self._dated()
        may[self.hub] = False
        keeps = (network.kind[network.cell_location[lots.cell]] == MAIN) & (lots.expiry < NEVER)
        may &= ~np.isin(self.sku, network.cell_sku[lots.cell[keeps]])
        rows = np.flatnonzero(may)
        if not len(rows):
            return
        grid = self._grid()
        gone, came = (np.zeros((len(network.cell_sku), self.days)) for _ in range(2))
        spoils = lots.expiry < self.days
        np.add.at(gone, (lots.cell[spoils], lots.expiry[spoils]), lots.units[spoils])
        np.add.at(came, (lots.cell, np.maximum(lots.day, 0)), lots.units)
        gone, came = (np.cumsum(x, axis=1)[self.base.cells[rows]] for x in (gone, came))
        back = np.where(np.isfinite(life[rows]), life[rows], self.days + 1)
        before = np.arange(self.days)[None, :] - back.astype(np.int64)[:, None] + 1
        has = before >= 0
        number = np.arange(len(rows) * self.days).reshape(len(rows), self.days)
        arrived = grid[rows[:, None], np.maximum(before, 0)]
        least = gone - np.where(has, np.take_along_axis(came, np.maximum(before, 0), axis=1), 0)
        parts: list[Part] = [
            (number, self.at_z + grid[rows], 1.0),
            (number, self.at_w + grid[rows], 1.0),
            (number[has], self.at_q + arrived[has], -1.0),
        ]
        self.model.add(parts, least.ravel(), np.inf, number.size)

    def _afterwards(self) -> None:
        """Stock that is left sells in the days after, near and mid before far."""
        grid, number = self._grid(), np.arange(self.rows)
        facts, network = self.network.facts, self.network
        arrival = facts.day + network.lead[facts.lane]
        late = np.zeros(len(network.cell_sku))
        to = network.cells(network.destination[facts.lane], facts.sku)
        np.add.at(late, to[arrival >= self.days], network.units(facts)[arrival >= self.days])
        parts: list[Part] = [
            (number, self.at_after + number, 1.0),
            (number, self.at_q + grid[:, -1], -1.0),
            (number, self.at_z + grid[:, -1], 1.0),
            (number, self.at_w + grid[:, -1], 1.0),
        ]
        self.model.add(parts, -np.inf, late[self.base.cells], self.rows)
        serving = np.flatnonzero(self.share > 0)
        series = np.arange(self.series)
        parts = [
            *self._far_of_after(series),
            (self.serves[serving], self.at_after + serving, 1 / self.conversion[serving]),
        ]
        self.model.add(parts, -np.inf, self._after() * AFTER_DAYS, self.series)
        self.late = late

    def _far_of_after(self, series: Ints) -> list[Part]:
        """Entries of far sales in the rows (series,) of what the days after want."""
        return [(series, self.at_far_after + series, 1.0)]

    def _mains(self) -> None:
        """What leaves a main was there; far sales and what leaves share what all mains have."""
        network, options = self.network, self.options
        mains = network.cell_kind == MAIN
        stock = np.cumsum(self.comes - self.leaves, axis=1)
        later = np.zeros(self.days, dtype=bool)
        changes = (self.comes[mains, 1:] > 0) | (self.leaves[mains, 1:] > 0)
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
                np.add.at(total, network.cell_sku[mains], self.late[mains])
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
        """Far sales are wanted and there on each path, not only in the mean: by groups of paths.

        In each group, far + c_far · forward <= c_far · wanted; far <= stock - what leaves; and
        fronts and stores serve no more than without proposals and the units that come on top.
        """
        network, options, groups = self.network, self.options, self.groups
        skus, size = groups.wanted.shape
        grid = np.arange(skus * size).reshape(skus, size)
        far, forward = self.at_far_group + grid, self.at_forward + grid
        sku, each = np.arange(skus), np.arange(skus)[:, None]
        mains = network.cell_kind == MAIN
        stock = np.zeros(skus)
        held = (self.comes - self.leaves).sum(axis=1) + self.late
        np.add.at(stock, network.cell_sku[mains], held[mains])
        conversion = network.money.conversion[FAR]
        out, back = np.flatnonzero(options.from_main), np.flatnonzero(options.to_main)
        to = np.flatnonzero(~options.to_main)
        serves = self.conversion[self.base.row_of_cell[options.cell[to]]]
        sent: list[Part] = [
            (sku, self.at_sent + sku, -1.0),
            (options.sku[out], out, 1.0),
        ]
        self.model.add([*sent], -np.inf, 0, skus)
        self.model.add(
            [(sku, self.at_eased + sku, -1.0), (options.sku[to], to, 1 / serves)], 0, 0, skus
        )
        room = np.repeat(stock, size)
        comes_back = grid[options.sku[back]]
        parts: list[Part] = [
            (grid, far, 1.0),
            (grid, self.at_sent + each, 1.0),
            (comes_back, back[:, None], -1.0),
        ]
        self.model.add(parts, -np.inf, room, grid.size)
        wanted = conversion * groups.wanted.ravel()
        self.model.add([(grid, far, 1.0), (grid, forward, conversion)], -np.inf, wanted, grid.size)
        self.model.add(
            [(grid, forward, 1.0), (grid, self.at_eased + each, -1.0)],
            -np.inf,
            groups.forward.ravel(),
            grid.size,
        )
        serving = np.flatnonzero(self.share > 0)
        last, ratio = self._grid()[serving, -1], 1 / self.conversion[serving]
        parts = [
            (each, forward, -groups.weight[None, :]),
            (self.sku[serving], self.at_z + last, ratio),
            (self.sku[serving], self.at_after + serving, ratio),
        ]
        self.model.add(parts, -np.inf, 0, skus)
        days, series = np.arange(self.series * self.days), np.arange(self.series)
        parts = [
            (each, far, -groups.weight[None, :]),
            (network.series_sku[days // self.days], self.at_far + days, conversion),
            (network.series_sku, self.at_far_after + series, conversion),
        ]
        self.model.add(parts, -np.inf, 0, skus)

    def _limits(self) -> None:
        """Handling, storage, and the number of vehicles: what couples products."""
        network, options, base = self.network, self.options, self.base
        number = np.arange(len(options))
        place = network.cell_location[base.cells]
        handling = np.repeat(network.handling_units[:, None], self.days, axis=1)
        lots, facts = network.lots, network.facts
        came = np.zeros_like(handling)
        dated = lots.day >= 0
        np.add.at(
            came, (network.cell_location[lots.cell[dated]], lots.day[dated]), lots.units[dated]
        )
        arrival = facts.day + network.lead[facts.lane]
        inside = arrival < self.days
        ends = network.destination[facts.lane]
        np.add.at(came, (ends[inside], arrival[inside]), network.units(facts)[inside])
        at = network.cell_location[options.cell] * self.days + options.arrival
        room = np.maximum(handling - came, 0).ravel()
        self.model.add([(at, number, 1.0)], -np.inf, room, room.size)
        volume = network.unit_m3[self.sku]
        alone = np.zeros((len(network.locations), self.days))
        np.add.at(alone, place, base.morning[base.cells] * volume[:, None])
        most = np.maximum(network.storage_m3[:, None], alone * (1 + 1e-6))
        cells = place[:, None] * self.days + np.arange(self.days)
        limited = np.flatnonzero(np.isfinite(network.storage_m3[place]))
        self._morning(limited, cells[limited], volume[limited], most.ravel())
        trips = options.arc * self.days + options.day
        size = np.zeros_like(options.arcs.price)
        vehicles = network.open * network.max_vehicles * network.vehicle_m3[:, None]
        np.add.at(size, options.arcs.of_lane, vehicles)
        per_unit = network.unit_m3[options.sku]
        most = (size + options.arcs.free_m3).ravel()
        self.model.add([(trips, number, per_unit)], -np.inf, most, most.size)

    def _room_for_products(self) -> None:
        """No more of a product than the assortment lets a place hold."""
        network, base = self.network, self.base
        held = base.morning[base.cells]
        few = np.flatnonzero(np.isfinite(network.max_units[base.cells]))
        units = np.maximum(network.max_units[base.cells[few], None], held[few] * (1 + 1e-6))
        rows = np.arange(few.size * self.days).reshape(len(few), self.days)
        self._morning(few, rows, np.ones(len(few)), units.ravel())

    def _morning(self, rows: Ints, target: Ints, weight: Floats, most: Floats) -> None:
        """Stock after the morning's arrivals, before dispatches: Q_t + D_t - Z_(t-1) - W_(t-1)."""
        grid, options = self._grid()[rows], self.options
        weights = np.broadcast_to(weight[:, None], grid.shape)
        parts: list[Part] = [
            (target, self.at_q + grid, weights),
            (target[:, 1:], self.at_z + grid[:, :-1], -weights[:, 1:]),
            (target[:, 1:], self.at_w + grid[:, :-1], -weights[:, 1:]),
        ]
        place = np.full(self.rows, -1)
        place[rows] = np.arange(len(rows))
        origin = self.base.row_of_cell[options.origin_cell]
        hub = np.flatnonzero((origin >= 0) & (place[np.maximum(origin, 0)] >= 0))
        at = place[origin[hub]]
        parts.append((target[at, options.day[hub]], hub, weight[at]))
        self.model.add(parts, -np.inf, most, len(most))
