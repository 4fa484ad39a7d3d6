"""What a plan is worth: lost-sales simulation on sample paths, added up over the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimization.block import Array, Cut, cuts
from optimization.grouping import Rows
from optimization.network import Floats, Moves, Network
from optimization.simulation import simulate
from optimization.threads import spread

Draw = Callable[[Rows], Array]
"""Demand paths (days, series, paths) for some of the series."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The expected outcome of moves, means over paths.

    :param profit: expected profit over the horizon, with the value of what is left.
    :param error: standard error of ``profit`` over paths (products independent).
    :param money: sales, end_value, and the costs vehicles, moving, handling, holding, waste,
        co2; sales + end_value - costs = profit.
    :param by_sku: (skus,) sales + end_value - holding - waste.
    :param served: (3, series, days) units of demand near, mid, far; ``lost`` (series, days).
    :param short: (series, days) probability that near and mid do not serve the day's demand.
    :param missed: (series, days) profit missed against serving all of the day's demand from the
        region's nearest own field.
    :param morning: (cells, days) stock after the morning's arrivals, before dispatches.
    :param night: (cells, days) stock at the close of the day.
    :param undelivered: units of the moves that could not leave for want of stock.
    """

    profit: float
    error: float
    money: dict[str, float]
    by_sku: Floats
    served: Array
    lost: Array
    short: Array
    missed: Array
    morning: Array
    night: Array
    undelivered: float

    @property
    def service(self) -> dict[str, float]:
        """Expected units of demand over the horizon by field: near, mid, far, lost."""
        near, mid, far = self.served.sum(axis=(1, 2), dtype=np.float64)
        lost = float(self.lost.sum(dtype=np.float64))
        return {"near": float(near), "mid": float(mid), "far": float(far), "lost": lost}


def evaluate(network: Network, moves: Moves, draw: Draw) -> Evaluation:
    """Evaluate moves (the network's facts are added) under lost sales.

    Memory is bounded: products run in blocks, paths are drawn block by block.

    :param draw: ``problem.common`` or ``problem.fresh``.
    :raises ValueError: a move goes where the product can neither be nor be sold.
    """
    every = require_cells(network, moves) + network.facts
    series, cells = len(network.series_sku), len(network.cell_sku)
    days, skus = network.days, len(network.skus)
    served = np.zeros((3, series, days), dtype=np.float32)
    lost, short, earned, mean = (np.zeros((series, days), dtype=np.float32) for _ in range(4))
    morning, night = (np.zeros((cells, days), dtype=np.float32) for _ in range(2))
    money, by_sku = np.zeros((4, skus)), np.zeros(skus)
    # The draw tells how many paths there are; blocks are sized for that many.
    paths = draw(slice(0, 1)).shape[2] if series else 1

    def run(cut: Cut) -> tuple[float, float]:
        block = cut.block()
        demand = draw(block.series) if series else np.zeros((days, 0, paths), dtype=np.float32)
        result = simulate(block, demand)
        means = result.means
        assert means is not None
        rows, products = block.series, slice(block.first, block.stop)
        served[:, rows], lost[rows], short[rows] = means.served, means.lost, means.short
        earned[rows], mean[rows] = means.earned, demand.mean(axis=2).T
        morning[block.cell], night[block.cell] = result.morning, means.night
        money[:, products] = means.money
        by_sku[products] = result.profit.mean(axis=1, dtype=np.float64)
        variance = float(result.profit.var(axis=1, dtype=np.float64).sum())
        return variance / paths, result.undelivered

    sums = spread(run, cuts(network, every, paths))
    variance, undelivered = (sum(one[number] for one in sums) for number in range(2))
    moving = network.moving_costs(every)
    sales, end_value, holding, waste = money.sum(axis=1)
    return Evaluation(
        profit=float(by_sku.sum() - sum(moving.values())),
        error=float(np.sqrt(variance)),
        money={
            "sales": float(sales),
            "end_value": float(end_value),
            **moving,
            "holding": float(holding),
            "waste": float(waste),
        },
        by_sku=by_sku,
        served=served,
        lost=lost,
        short=short,
        missed=np.maximum(own_profit(network)[:, None] * mean - earned, 0).astype(np.float32),
        morning=morning,
        night=night,
        undelivered=float(undelivered),
    )


def own_profit(network: Network) -> Floats:
    """(series,) profit of a unit of demand served from the region's nearest own field."""
    worth = network.profit * network.money.conversion[:, None]
    field = np.full(len(network.series_sku), 1)
    has = network.cell_series >= 0
    field[network.cell_series[has & (network.cell_kind == 2)]] = 0
    result: Floats = np.maximum(worth[field, network.series_sku], 0)
    return result


def require_cells(network: Network, moves: Moves) -> Moves:
    """Return the moves, or raise ValueError where one starts or ends without a cell."""
    for ends in (network.origin, network.destination):
        if len(moves) and (network.cells(ends[moves.lane], moves.sku) < 0).any():
            raise ValueError("moves: expected locations where the product can be")
    return moves
