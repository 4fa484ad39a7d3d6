"""What one more unit is worth, exactly, wherever and whenever it comes: from one simulation.

Under lost sales, units that are added to a cell lie on top of its stock: they sell what the cell
could not serve (``unmet``), in order, and nothing else changes there. So the gain of any number
of added units, on any day, follows from the paths of one run, without another run
(:mod:`optimization.added_units`); and so does the loss of taking units away, from the stock that
was left over (``spare``, :mod:`optimization.removed_units`), and what the mains lose or gain by
them (:mod:`optimization.main_units`). What a served unit is worth takes its way on into account:
it would have gone to the next field, and there it either was lost, or was sold, drawing on stock
that may be missed later.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.block import Array, Block, Cut, cuts
from optimization.evaluation import Draw
from optimization.lasting_lots import LastingLots
from optimization.network import (
    FAR,
    MAIN,
    MID,
    NEAR,
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

    def surplus(self) -> Floats:
        """(cells,) mean units of fronts and stores that nobody buys in time; 0 at mains."""
        left = np.maximum(self.spare[-1] - self.spoilt[-1] - self.after_sold, 0)
        unsold = left + self.spoilt.sum(axis=0)
        result = np.zeros(len(self.row_of_cell))
        result[self.cells] = unsold.mean(axis=1, dtype=np.float64)
        return result


def far_profit(network: Network) -> Floats:
    """(skus,) what a unit sold far counts: its profit, at its series' mean weight."""
    count = np.bincount(network.series_sku, minlength=len(network.skus))
    total = np.bincount(network.series_sku, network.series_weight, len(network.skus))
    weight = np.divide(total, count, out=np.ones(len(count)), where=count > 0)
    result: Floats = network.profit[FAR] * weight
    return result


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
