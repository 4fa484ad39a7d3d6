"""What one more unit is worth, exactly, wherever and whenever it comes: from one simulation.

Under lost sales, units that are added to a cell lie on top of its stock: they sell what the cell
could not serve (``unmet``), in order, and nothing else changes there. So the gain of any number
of added units, on any day, follows from the paths of one run, without another run; and so does
the loss of taking units away, from the stock that was left over (``spare``). What a served unit
is worth takes its way on into account: it would have gone to the next field, and there it either
was lost, or was sold, drawing on stock that may be missed later.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from optimization.block import Array, Block, Cut, cuts
from optimization.evaluation import Draw
from optimization.lasting_lots import LastingLots
from optimization.network import (
    AFTER_DAYS,
    FAR,
    MAIN,
    MID,
    NEAR,
    STORE,
    Floats,
    Ints,
    Moves,
    Network,
    Truths,
)
from optimization.outcome import Detail
from optimization.simulation import simulate
from optimization.threads import spread


@dataclass(frozen=True, eq=False)
class Appraisal:
    """A run of moves on common paths and what changes would add to it.

    ``rows`` count the cells of fronts and stores, in order; day ``days`` stands for the days
    after the horizon.

    :param moves: what was run: moves and facts. ``profit``: of them, with what moves costs.
    :param by_sku: (skus,) sales + end value - holding - waste.
    :param row_of_cell: (cells,) row, -1 for mains. ``cells``: (rows,) the other way round.
    :param unmet: (days + 1, rows, paths) units that were wanted and not there.
    :param worth: (days + 1, rows, paths) gain of selling one of them, before its costs.
    :param spare: (days, rows, paths) units left over after sales, free to go; ``spoilt``: those
        of them that expired that night.
    :param stock_value: (days, rows) mean value of one more unit at the start of the day's sales.
    :param main_value: (skus,) mean value of one more unit at the mains.
    :param morning: (cells, days) mean stock after arrivals, before dispatches.
    :param after_sold: (rows, paths) units that are sold in the days after the horizon.
    :param far_short: (days + 1, skus, paths) whether the mains cannot serve all far demand;
        ``ran_out``: on that day or later.
    :param main_short: (skus, paths) units that they lack for it over all days; ``main_left``:
        units that they have to spare.
    :param lasting: what at fronts and stores lasts beyond each night.
    :param main_spoilt: (days, skus, paths) units that expire at them that night or later;
        ``main_missed``: units that they lack for far demand on that day or later.
    """

    network: Network
    moves: Moves
    profit: float
    by_sku: Floats
    row_of_cell: Ints
    cells: Ints
    unmet: Array
    worth: Array
    spare: Array
    spoilt: Array
    stock_value: Array
    main_value: Floats
    morning: Array
    after_sold: Array
    far_short: Truths
    ran_out: Truths
    main_short: Array
    main_left: Array
    main_spoilt: Array
    main_missed: Array
    lasting: LastingLots

    def gain_of_adding(
        self, rows: Ints, day: int, units: Floats, life: Floats | None = None
    ) -> tuple[Array, Array]:
        """Return the gain of units that arrive on the morning of ``day``, (rows, paths).

        Sales less holding and waste; what it costs to bring them is not in it.

        :param life: (rows,) days that they can be sold; default: the product's shelf life.
        :returns: the gain, and the units of these that sell.
        """
        network = self.network
        sku = network.cell_sku[self.cells[rows]]
        life = network.shelf_life[sku] if life is None else life
        hold = (network.unit_m3[sku] * network.money.holding).astype(np.float32)[:, None]
        waste = (network.price[sku] * network.money.waste_share).astype(np.float32)[:, None]
        days, paths = network.days, self.unmet.shape[2]
        extra = np.repeat(units.astype(np.float32)[:, None], paths, axis=1)
        total, sold = np.zeros_like(extra), np.zeros_like(extra)
        spoils = bool((life <= days - day).any())
        now, worth = np.empty_like(extra), np.empty_like(extra)
        for today in range(day, days + 1):
            _take(self.unmet[today], rows, now)
            if today == days:
                now = self._unmet_in_time(rows, now, extra, life - (days - day))
            np.minimum(extra, now, out=now)
            sold += now
            total += np.multiply(_take(self.worth[today], rows, worth), now, out=worth)
            if today == days:
                break
            extra -= now
            total -= np.multiply(extra, hold, out=now)
            if spoils:
                old = np.flatnonzero(life <= today - day + 1)
                if len(old):
                    kept = np.minimum(extra[old], self._gave_way(rows[old], today))
                    total[old] -= (extra[old] - kept) * waste[old]
                    extra[old] = kept
        return total, sold

    def lay_on_top(
        self, rows: Ints, day: int, extra: Array, unmet: Array, life: Floats | None = None
    ) -> tuple[Array, Array]:
        """Sell ``extra`` (rows, paths) units from ``day`` on against ``unmet``.

        :param life: (rows,) days that they can be sold; default: the product's shelf life.
        :returns: the gain (rows, paths), and what is still unmet (a new array).
        """
        network = self.network
        sku = network.cell_sku[self.cells[rows]]
        life = (network.shelf_life[sku] if life is None else life)[:, None]
        hold = (network.unit_m3[sku] * network.money.holding).astype(np.float32)[:, None]
        waste = (network.price[sku] * network.money.waste_share).astype(np.float32)[:, None]
        extra, rest = extra.copy(), unmet.copy()
        total = np.zeros(extra.shape, dtype=np.float32)
        days = network.days
        spoils = bool((life <= days - day).any())
        for today in range(day, days):
            sold = np.minimum(extra, rest[today])
            rest[today] -= sold
            total += sold * self.worth[today, rows]
            extra -= sold
            total -= extra * hold
            if spoils:
                last = np.equal(life[:, 0], today - day + 1)
                if last.any():
                    total[last] -= extra[last] * waste[last]
                    extra[last] = 0
        share = after_share(life, days - day)
        sold = np.minimum(extra, self.unmet_after(rows, rest[days], share))
        rest[days] -= sold
        total += sold * self.worth[days, rows]
        return total, rest

    def _gave_way(self, rows: Ints, night: int) -> Array:
        """(rows, paths) units sold by that night that would have lasted longer."""
        there = self.spare[night, rows] - self.spoilt[night, rows]
        gave: Array = np.maximum(self.lasting.beyond[night, rows][:, None] - there, 0)
        return gave

    def _unmet_in_time(self, rows: Ints, unmet: Array, extra: Array, life: Floats) -> Array:
        """(rows, paths) of ``extra`` units what sells after the horizon.

        They last as long as the longest of what is there, as far as that gives way to them.

        :param life: (rows,) days after the horizon in which they could be sold themselves.
        """
        own = np.clip(life, 0, AFTER_DAYS)
        daily = (self.unmet[-1, rows] + self.after_sold[rows]) / AFTER_DAYS
        lasting = np.minimum(
            extra, self._gave_way(rows, self.network.days - 1) + own[:, None] * daily
        )
        longest = np.maximum(own, self.lasting.longest[rows]) / AFTER_DAYS
        share = longest.astype(np.float32)[:, None]
        result: Array = np.minimum(lasting, self.unmet_after(rows, unmet, share))
        return result.astype(np.float32)

    def unmet_after(self, rows: Ints, rest: Array, share: Array) -> Array:
        """(rows, paths) units that are unmet in the first ``share`` of the days after the horizon.

        What is there sells day by day until it is gone: what is unmet comes after that.

        :param rest: (rows, paths) units that are unmet in all of these days.
        """
        wanted = self.unmet[-1, rows] + self.after_sold[rows]
        unmet: Array = np.maximum(rest - (1 - share) * wanted, 0)
        return unmet

    def loss_of_removing(
        self, rows: Ints, day: int, units: Floats, oldest: bool = False
    ) -> tuple[Array, Array]:
        """Return the loss when units that arrive on ``day`` do not come, (rows, paths).

        Sales less the holding that is saved; what it costs to bring them is not in it.

        :param oldest: units that leave on ``day`` instead: those that expire first.
        :returns: the loss, and the units of these that would have sold while the mains were short
            then or later: their shoppers now ask far in vain.
        """
        network = self.network
        sku = network.cell_sku[self.cells[rows]]
        hold = (network.unit_m3[sku] * network.money.holding).astype(np.float32)[:, None]
        waste = (network.price[sku] * network.money.waste_share).astype(np.float32)[:, None]
        total = np.zeros((len(rows), self.unmet.shape[2]), dtype=np.float32)
        left = np.repeat(units[:, None], total.shape[1], axis=1).astype(np.float32)
        sold = np.zeros_like(total)
        for today, missed, spoilt in self.missed_without(rows, day, units, oldest):
            total += missed * self.worth[today, rows]
            sold += missed * self.ran_out[today, sku]
            if today < network.days:
                left -= missed
                total -= left * hold + spoilt * waste
                left -= spoilt
        return total, sold

    def cost_of_taking(self, rows: Ints, day: Ints, units: Floats, sold: Array) -> Floats:
        """Return the profit that the mains lose when units leave for these rows and sell there.

        What sells near or mid is not asked for far. Where the mains run out by the end, every
        unit that leaves is missed; elsewhere those beyond what would be left over. What would
        have expired there is never missed: it leaves first.

        :param day: (rows,) day of dispatch.
        """
        sku, relief = self._relief(rows, sold)
        short, left = self.main_short[sku], self.main_left[sku]
        asked = units[:, None]
        saved = np.minimum(self.main_spoilt[day, sku], asked)
        kept = np.maximum(asked - relief - left, 0)
        missed = np.maximum(np.where(short > 0, asked, kept) - saved, 0)
        cost = missed.mean(axis=1, dtype=np.float64) * far_profit(self.network)[sku]
        cost -= saved.mean(axis=1, dtype=np.float64) * self._waste(sku)
        return np.asarray(cost)

    def gain_of_returning(self, rows: Ints, day: Ints, units: Floats, sold: Array) -> Floats:
        """Return the profit that the mains gain when units stay, by row.

        :param day: (rows,) day of dispatch.
        :param sold: (rows, paths) as :meth:`loss_of_removing` returns it.
        """
        sku, relief = self._relief(rows, sold)
        short, spoils = self.main_short[sku], self.main_spoilt[day, sku] > 0
        asked = units[:, None]
        used = np.where((short > 0) & ~spoils, np.minimum(asked, short + relief), 0)
        gain = used.mean(axis=1, dtype=np.float64) * far_profit(self.network)[sku]
        gain -= np.where(spoils, asked, 0).mean(axis=1, dtype=np.float64) * self._waste(sku)
        return np.asarray(gain)

    def gain_at_mains(self, sku: Ints, day: Ints, units: Floats) -> Floats:
        """Return the gain of units that reach the mains on ``day``: far sales not missed."""
        used = np.minimum(units[:, None], self.main_missed[day, sku])
        gain: Floats = used.mean(axis=1, dtype=np.float64) * far_profit(self.network)[sku]
        return gain

    def surplus(self) -> Floats:
        """(cells,) mean units of fronts and stores that nobody buys in time; 0 at mains."""
        left = np.maximum(self.spare[-1] - self.spoilt[-1] - self.after_sold, 0)
        unsold = left + self.spoilt.sum(axis=0)
        result = np.zeros(len(self.row_of_cell))
        result[self.cells] = unsold.mean(axis=1, dtype=np.float64)
        return result

    def _waste(self, sku: Ints) -> Floats:
        """(k,) money lost on a unit of these products that expires."""
        money: Floats = self.network.price[sku] * self.network.money.waste_share
        return money

    def _relief(self, rows: Ints, sold: Array) -> tuple[Ints, Array]:
        """The rows' products, and the units that far demand is less for what they sell."""
        network = self.network
        cell = self.cells[rows]
        conversion = network.money.conversion
        field = np.where(network.cell_kind[cell] == STORE, NEAR, MID)
        ratio = conversion[FAR] / np.maximum(conversion[field], 1e-9)
        return network.cell_sku[cell], sold * ratio.astype(np.float32)[:, None]

    def missed_without(
        self, rows: Ints, day: int, units: Floats, oldest: bool = False
    ) -> Iterator[tuple[int, Array, Array]]:
        """Yield what changes, day by day, if units that arrive on ``day`` do not come.

        :param oldest: they are what expires first there, not what arrives on ``day``.
        :returns: the day, the units that are missed on it, and the units that do not spoil then,
            both (rows, paths). First to come is first to go: what does not come spoils less from
            the day on which it would have expired.
        """
        network = self.network
        paths, days = self.unmet.shape[2], network.days
        life = network.shelf_life[network.cell_sku[self.cells[rows]]]
        taken = np.repeat(units[:, None], paths, axis=1).astype(np.float32)
        missing = np.zeros((len(rows), paths), dtype=np.float32)
        for today in range(day, days):
            lacking = np.maximum(missing, taken - self.spare[today, rows])
            old = ((today >= day + life - 1) | oldest).astype(np.float32)[:, None]
            spoilt = np.minimum(taken - lacking, self.spoilt[today, rows] * old)
            yield today, lacking - missing, spoilt
            missing = lacking
            taken -= spoilt
        # After the horizon units are missed unless more were left than could be sold.
        left = self.spare[-1, rows] - self.spoilt[-1, rows]
        sold = self.after_sold[rows]
        unsold = np.maximum(left - sold, 0)
        lost = np.clip(taken - missing - unsold, 0, sold)
        yield days, lost, np.zeros_like(missing)


def _take(values: Array, rows: Ints, out: Array) -> Array:
    """Copy rows of ``values`` (all, paths) to ``out``, and return it."""
    return values.take(rows, axis=0, out=out, mode="clip")


def far_profit(network: Network) -> Floats:
    """(skus,) what a unit sold far counts: its profit, at its series' mean weight."""
    count = np.bincount(network.series_sku, minlength=len(network.skus))
    total = np.bincount(network.series_sku, network.series_weight, len(network.skus))
    weight = np.divide(total, count, out=np.ones(len(count)), where=count > 0)
    result: Floats = network.profit[FAR] * weight
    return result


def after_share(life: Floats, days_left: int) -> Array:
    """Share of the days after the horizon in which units that arrive so late can still sell."""
    usable = np.clip(life - days_left, 0, AFTER_DAYS) / AFTER_DAYS
    share: Array = usable.astype(np.float32)
    return share


def appraise(network: Network, moves: Moves, draw: Draw) -> Appraisal:
    """Run moves (and the network's facts) and return what changes would be worth.

    :param draw: common paths; all are kept in memory, (days, fronts' and stores' cells, paths)
        three times.
    """
    every = moves + network.facts
    forward = np.flatnonzero(network.cell_kind != MAIN)
    row_of_cell = np.full(len(network.cell_sku), -1, dtype=np.int64)
    row_of_cell[forward] = np.arange(len(forward))
    days, skus = network.days, len(network.skus)
    paths = draw(slice(0, 1)).shape[2] if len(network.series_sku) else 1
    shape = (len(forward), paths)
    unmet, worth = (np.zeros((days + 1, *shape), dtype=np.float32) for _ in range(2))
    spare, spoilt = (np.zeros((days, *shape), dtype=np.float32) for _ in range(2))
    after_sold = np.zeros(shape, dtype=np.float32)
    stock_value = np.zeros((days, len(forward)), dtype=np.float32)
    morning = np.zeros((len(network.cell_sku), days), dtype=np.float32)
    by_sku, main_value = np.zeros(skus), np.zeros(skus)
    far_short = np.zeros((days + 1, skus, paths), dtype=bool)
    main_short, main_left = (np.zeros((skus, paths), dtype=np.float32) for _ in range(2))
    main_spoilt, main_missed = (np.zeros((days, skus, paths), np.float32) for _ in range(2))
    none = np.zeros((days, 0, paths), dtype=np.float32)

    def run(cut: Cut) -> None:
        block = cut.block()
        demand = draw(block.series) if len(network.series_sku) else none
        rows = slice(*np.searchsorted(forward, [block.cell.min(), block.cell.max() + 1]))
        products = slice(block.first, block.stop)
        far_missed = np.zeros((days + 1, block.stop - block.first, paths), dtype=np.float32)
        detail = Detail(
            unmet=unmet[:, rows],
            spare=spare[:, rows],
            spoilt=spoilt[:, rows],
            after_sold=after_sold[rows],
            main_spoilt=main_spoilt[:, products],
            far_missed=far_missed,
            main_left=main_left[products],
        )
        outcome = simulate(block, demand, detail)
        _from_then_on(detail.main_spoilt)
        main_value[products] = _worth(block, detail, worth[:, rows], stock_value[:, rows])
        morning[block.cell] = outcome.morning
        by_sku[products] = outcome.profit.mean(axis=1, dtype=np.float64)
        far_short[:, products] = far_missed > 0
        main_short[products] = far_missed.sum(axis=0)
        _from_then_on(far_missed)
        main_missed[:, products] = far_missed[:days]

    spread(run, cuts(network, every, paths))
    return Appraisal(
        network=network,
        moves=every,
        profit=float(by_sku.sum() - sum(network.moving_costs(every).values())),
        by_sku=by_sku,
        row_of_cell=row_of_cell,
        cells=forward,
        unmet=unmet,
        worth=worth,
        spare=spare,
        spoilt=spoilt,
        stock_value=stock_value,
        main_value=main_value,
        morning=morning,
        after_sold=after_sold,
        far_short=far_short,
        ran_out=np.logical_or.accumulate(far_short[::-1], axis=0)[::-1],
        main_short=main_short,
        main_left=main_left,
        main_spoilt=main_spoilt,
        main_missed=main_missed,
        lasting=LastingLots.of(network, every, row_of_cell),
    )


def _from_then_on(units: Array) -> None:
    """Turn units of each day (days, rows, paths) into those of that day or later, in place."""
    for day in range(len(units) - 2, -1, -1):
        units[day] += units[day + 1]


def _worth(block: Block, detail: Detail, worth: Array, stock_value: Array) -> Floats:
    """Fill in the worth of unmet units and the mean value of stock; return that of main stock.

    :param detail: of the block, ``main_spoilt`` of that night or later.
    :param worth: (days + 1, fronts' and stores' cells, paths); ``stock_value`` (days, cells).
    :returns: (skus,).
    """
    network = block.network
    conversion = network.money.conversion.astype(np.float32)
    profit = network.profit[:, block.first : block.stop].astype(np.float32)
    gone = detail.main_spoilt
    ran_out = np.logical_or.accumulate(detail.far_missed[::-1] > 0, axis=0)[::-1]
    # A unit of demand passed on to far earns nothing where the mains run out by the end:
    # there it only takes from another, unless what it takes would have expired.
    ran_out[:-1] &= gone <= 0
    far = np.where(ran_out, np.float32(0), conversion[FAR] * profit[FAR][None, :, None])
    products = slice(block.first, block.stop)
    waste = (network.price * network.money.waste_share)[products, None]
    worth_there = np.where(gone[0] > 0, -waste, ran_out[0] * far_profit(network)[products, None])
    main: Floats = worth_there.mean(axis=1, dtype=np.float64)
    sku = block.cell_sku[block.mains :]
    hold = (network.unit_m3[sku] * network.money.holding).astype(np.float32)[:, None]
    weight = network.series_weight[block.series].astype(np.float32)[:, None]
    passed: Array | None = None
    for number in (MID, NEAR):
        cells = block.fields[number]
        if not len(cells) or conversion[number] <= 0:
            continue
        at = cells.cell
        own = profit[number][sku[at] - block.first, None] * weight[cells.series]
        on_to_far = np.zeros((0, 0), dtype=np.float32)
        feeds = number == MID and len(block.fields[NEAR]) > 0
        if feeds:
            on_to_far = np.ones((block.n_series, 1), dtype=np.float32)
            cells.by_series.add(-cells.share, on_to_far)
            np.maximum(on_to_far, 0, out=on_to_far)
            mixed = np.zeros((len(far), block.n_series, far.shape[2]), dtype=np.float32)
        value = np.zeros((1, 1), dtype=np.float32)
        for day in range(len(far) - 1, -1, -1):
            beyond = far[day, block.series_sku] * weight if passed is None else passed[day]
            onward = beyond[cells.series]
            gain = own - onward / conversion[number]
            short = detail.unmet[day, at] > 0
            if feeds:
                gets = np.where(short, onward, conversion[MID] * (own - value))
                cells.by_series.add(gets * cells.share, mixed[day])
                mixed[day] += beyond * on_to_far
            kept = value - hold[at] if day < len(far) - 1 else value
            value = np.where(short, gain, kept)
            worth[day, at] = gain
            if day < len(stock_value):
                stock_value[day, at] = value.mean(axis=1)
        if feeds:
            passed = mixed
    return main
