"""A range of a network's products as a network of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimization.network import Lots, Moves, Network


def product_part(network: Network, first: int, stop: int) -> tuple[Network, slice]:
    """Return the network of products ``first`` … ``stop`` - 1, and where its series are.

    Places, lanes and days stay as they are; what only couples products stays too.
    """
    series = slice(*(int(x) for x in np.searchsorted(network.series_sku, [first, stop])))
    cells = slice(*(int(x) for x in np.searchsorted(network.cell_sku, [first, stop])))
    skus = slice(first, stop)
    lots = network.lots
    own = (lots.cell >= cells.start) & (lots.cell < cells.stop)
    serves = network.cell_series[cells]
    lane, sku = np.divmod(network.barred_keys, max(len(network.skus), 1))
    barred = (sku >= first) & (sku < stop)
    part = replace(
        network,
        skus=network.skus[skus],
        unit_m3=network.unit_m3[skus],
        case_units=network.case_units[skus],
        price=network.price[skus],
        margin=network.margin[skus],
        shelf_life=network.shelf_life[skus],
        series_region=network.series_region[series],
        series_sku=network.series_sku[series] - first,
        series_weight=network.series_weight[series],
        cell_location=network.cell_location[cells],
        cell_sku=network.cell_sku[cells] - first,
        cell_series=np.where(serves >= 0, serves - series.start, -1),
        receives=network.receives[cells],
        max_units=network.max_units[cells],
        lots=Lots(
            cell=lots.cell[own] - cells.start,
            day=lots.day[own],
            units=lots.units[own],
            expiry=lots.expiry[own],
            fresh=lots.fresh[own],
        ),
        facts=_moves_of(network.facts, first, stop),
        last=_moves_of(network.last, first, stop),
        barred_keys=lane[barred] * (stop - first) + sku[barred] - first,
        barred_until=network.barred_until[barred],
    )
    return part, series


def _moves_of(moves: Moves, first: int, stop: int) -> Moves:
    own = moves.where((moves.sku >= first) & (moves.sku < stop))
    return Moves(own.lane, own.sku - first, own.day, own.cases)
