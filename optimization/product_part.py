"""Some of a network's products as a network of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimization.evaluation import Draw
from optimization.network import Ints, Lots, Moves, Network


@dataclass(frozen=True, eq=False)
class ProductPart:
    """Some products of a network.

    :param network: of these products alone.
    :param number: (skus,) of the whole's products in it, -1 for those that are not.
    :param series: which of the whole's series are its own; ``cells`` likewise.
    """

    network: Network
    number: Ints
    series: Ints
    cells: Ints

    def moves_of(self, moves: Moves) -> Moves:
        """Return the whole's moves of its products, under its own numbers."""
        return _numbered(moves, self.number)

    def draw_of(self, draw: Draw) -> Draw:
        """Return the paths of its own series among those of the whole's."""
        return lambda rows: draw(self.series[rows])


def product_part(network: Network, products: Ints) -> ProductPart:
    """Return these products of a network as a network of their own.

    Places, lanes and days stay as they are; what only couples products stays too.

    :param products: increasing, each once.
    """
    number = np.full(len(network.skus), -1, dtype=np.int64)
    number[products] = np.arange(len(products))
    series = np.flatnonzero(number[network.series_sku] >= 0)
    cells = np.flatnonzero(number[network.cell_sku] >= 0)
    row_of_series = np.full(len(network.series_sku) + 1, -1, dtype=np.int64)
    row_of_series[series] = np.arange(len(series))
    row_of_cell = np.full(len(network.cell_sku), -1, dtype=np.int64)
    row_of_cell[cells] = np.arange(len(cells))
    lots = network.lots
    own = row_of_cell[lots.cell] >= 0
    lane, sku = np.divmod(network.barred_keys, max(len(network.skus), 1))
    barred = number[sku] >= 0
    part = replace(
        network,
        skus=network.skus[products],
        unit_m3=network.unit_m3[products],
        case_units=network.case_units[products],
        price=network.price[products],
        margin=network.margin[products],
        shelf_life=network.shelf_life[products],
        series_region=network.series_region[series],
        series_sku=number[network.series_sku[series]],
        series_weight=network.series_weight[series],
        cell_location=network.cell_location[cells],
        cell_sku=number[network.cell_sku[cells]],
        cell_series=row_of_series[network.cell_series[cells]],
        receives=network.receives[cells],
        max_units=network.max_units[cells],
        lots=Lots(
            cell=row_of_cell[lots.cell[own]],
            day=lots.day[own],
            units=lots.units[own],
            expiry=lots.expiry[own],
            fresh=lots.fresh[own],
        ),
        facts=_numbered(network.facts, number),
        last=_numbered(network.last, number),
        barred_keys=lane[barred] * len(products) + number[sku[barred]],
        barred_until=network.barred_until[barred],
    )
    return ProductPart(part, number, series, cells)


def _numbered(moves: Moves, number: Ints) -> Moves:
    own = moves.where(number[moves.sku] >= 0)
    return Moves(own.lane, number[own.sku], own.day, own.cases)
