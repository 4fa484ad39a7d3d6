"""Rows of the relaxation that make stock spoil: what reaches its date is sold or wasted."""

from __future__ import annotations

import numpy as np

from optimization.cell_columns import CellColumns
from optimization.linear_rows import Part, Rows
from optimization.network import MAIN, NEVER, Floats, Ints


def add_spoiling(model: Rows, cells: CellColumns, hub: Ints) -> None:
    """What was on its last day by t has been sold or is waste: Z_t + W_t >= that.

    Left out for fronts that feed stores (what leaves takes the oldest along) and for products
    with dated stock at a main (it keeps its date, whenever it comes).

    :param hub: rows of these fronts.
    """
    days = cells.network.days
    rows = _spoiling(cells, hub)
    if not len(rows):
        return
    life = cells.network.shelf_life[cells.sku[rows]]
    grid = cells.grid()
    gone, came = _known(cells, rows)
    back = np.where(np.isfinite(life), life, days + 1)
    before = np.arange(days)[None, :] - back.astype(np.int64)[:, None] + 1
    has = before >= 0
    number = np.arange(len(rows) * days).reshape(len(rows), days)
    arrived = grid[rows[:, None], np.maximum(before, 0)]
    least = gone - np.where(has, np.take_along_axis(came, np.maximum(before, 0), axis=1), 0)
    parts: list[Part] = [
        (number, cells.at_z + grid[rows], 1.0),
        (number, cells.at_w + grid[rows], 1.0),
        (number[has], cells.at_q + arrived[has], -1.0),
    ]
    model.add(parts, least.ravel(), np.inf, number.size)


def _spoiling(cells: CellColumns, hub: Ints) -> Ints:
    """Rows whose stock may spoil within the horizon, but those that are left out."""
    network, lots = cells.network, cells.network.lots
    life = network.shelf_life[cells.sku]
    may = (np.isfinite(life) & (life <= network.days)) | cells.dated
    may[hub] = False
    keeps = (network.kind[network.cell_location[lots.cell]] == MAIN) & (lots.expiry < NEVER)
    may &= ~np.isin(cells.sku, network.cell_sku[lots.cell[keeps]])
    return np.flatnonzero(may)


def _known(cells: CellColumns, rows: Ints) -> tuple[Floats, Floats]:
    """(rows, days) units of lots that expired by each day, and of those that came by it."""
    network, lots = cells.network, cells.network.lots
    gone, came = (np.zeros((len(network.cell_sku), network.days)) for _ in range(2))
    spoils = lots.expiry < network.days
    np.add.at(gone, (lots.cell[spoils], lots.expiry[spoils]), lots.units[spoils])
    np.add.at(came, (lots.cell, np.maximum(lots.day, 0)), lots.units)
    gone, came = (np.cumsum(x, axis=1)[cells.base.cells[rows]] for x in (gone, came))
    return gone, came
