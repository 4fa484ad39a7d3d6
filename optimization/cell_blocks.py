"""The cells of fronts and stores in blocks of one shelf life, ready to be priced."""

from __future__ import annotations

import numpy as np

from optimization.appraisal import Appraisal
from optimization.network import (
    FAR,
    MID,
    NEAR,
    STORE,
    Floats,
    Ints,
    Network,
)
from optimization.options import Arcs, Options
from optimization.path_sales import Wanted
from optimization.priced_cells import PricedCells
from optimization.priced_mains import Mains, money_unsold

_ROWS = 512
"""Cells of a block, so that its arrays fit the processor's cache."""


def cell_blocks(
    network: Network, options: Options, base: Appraisal, mains: Mains
) -> list[PricedCells]:
    """Cut the cells into blocks of products with one shelf life."""
    row = base.row_of_cell[options.cell]
    sku = network.cell_sku[base.cells]
    number = np.where(network.cell_kind[base.cells] == STORE, NEAR, MID)
    sells = network.money.conversion[number] > 0
    reached = np.zeros(len(sku), dtype=bool)
    reached[row] = True
    rows = np.flatnonzero(reached & sells & (base.unmet.sum(axis=(0, 2)) > 0))
    life = mains.life
    order = rows[np.lexsort((rows, sku[rows], life[sku[rows]]))]
    result: list[PricedCells] = []
    start = 0
    ends = np.flatnonzero(np.diff(sku[order], append=-1)) + 1
    for index, end in enumerate(ends):
        last = index == len(ends) - 1
        if (
            last
            or ends[index + 1] - start > _ROWS
            or life[sku[order[end]]] != life[sku[order[start]]]
        ):
            result.append(_block(network, options, base, mains, order[start:end], number))
            start = int(end)
    return result


def _block(
    network: Network,
    options: Options,
    base: Appraisal,
    mains: Mains,
    rows: Ints,
    number: Ints,
) -> PricedCells:
    sku = network.cell_sku[base.cells[rows]]
    skus, product = np.unique(sku, return_inverse=True)
    hold = network.unit_m3[sku] * network.money.holding
    life = int(mains.life[sku[0]])
    floor = money_unsold(network, sku, np.arange(network.days)[:, None], mains.life[sku])
    at = np.full(len(base.cells), -1)
    at[rows] = np.arange(len(rows))
    own = np.flatnonzero(at[base.row_of_cell[options.cell]] >= 0)
    own = own[options.arrival[own] < network.days]
    cell = at[base.row_of_cell[options.cell[own]]]
    rank = way_at_destination(options.arcs)[options.arc[own]]
    shape = (int(rank.max(initial=0)) + 1, network.days, len(rows))
    money, room = np.full(shape, np.inf), np.zeros(shape)
    main = np.zeros((shape[0], len(rows)), dtype=np.int64)
    where = (rank, options.arrival[own], cell)
    # A far sale at a loss is spared by a sale nearer, and by stock that is not there, at most.
    loss = np.minimum(network.profit[FAR], 0)
    money[where] = options.landed[own] + loss[options.sku[own]]
    price = least_room_price(options.arcs)[options.arc[own]]
    room[where] = price * network.unit_m3[options.sku[own]]
    origin = network.cell_location[options.origin_cell[own]]
    main[rank, cell] = np.searchsorted(mains.place, origin)
    conversion = network.money.conversion
    kind = number[rows]
    ratio = conversion[FAR] / conversion[kind]
    profit = network.profit[kind, sku] - ratio * loss[sku]
    top = np.zeros(len(skus))
    np.maximum.at(top, product, profit)
    return PricedCells(
        wanted=Wanted(base.unmet[:, rows], base.after_sold[rows], hold.astype(np.float32), life),
        place=network.cell_location[base.cells[rows]],
        product=product,
        profit=profit,
        ratio=ratio,
        money=money,
        room=room,
        main=main,
        floor=floor.astype(np.float32)[:, :, None],
        sku=skus,
        far=np.maximum(network.profit[FAR, skus], 0),
        top=top,
        stock=mains.stock[:, skus],
        least=mains.least[:, skus],
        left=mains.left[skus],
        short=mains.short[skus],
    )


def least_room_price(arcs: Arcs) -> Floats:
    """(arcs,) the least money per m³ in a full vehicle on any day, 0 where none ever leaves."""
    least = arcs.price.min(axis=1, initial=np.inf)
    return np.where(np.isfinite(least), least, 0.0)


def way_at_destination(arcs: Arcs) -> Ints:
    """(arcs,) number of each arc among those that end where it ends."""
    order = np.argsort(arcs.destination, kind="stable")
    starts = np.flatnonzero(np.diff(arcs.destination[order], prepend=-1))
    sizes = np.diff(np.append(starts, len(order)))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(starts, sizes)
    return rank
