"""Rows of the relaxation that state limits: handling, storage, vehicles, the assortment's room."""

from __future__ import annotations

import numpy as np

from optimization.cell_columns import CellColumns
from optimization.linear_rows import Part, Rows
from optimization.network import Floats, Ints


def add_limits(model: Rows, cells: CellColumns) -> None:
    """Handling, storage, and the number of vehicles: what couples products."""
    _handling(model, cells)
    _storage(model, cells)
    _vehicles(model, cells)


def add_room_for_products(model: Rows, cells: CellColumns) -> None:
    """No more of a product than the assortment lets a place hold."""
    network, base = cells.network, cells.base
    held = base.morning[base.cells]
    few = np.flatnonzero(np.isfinite(network.max_units[base.cells]))
    units = np.maximum(network.max_units[base.cells[few], None], held[few] * (1 + 1e-6))
    rows = np.arange(few.size * network.days).reshape(len(few), network.days)
    _morning(model, cells, few, rows, np.ones(len(few)), units.ravel())


def _handling(model: Rows, cells: CellColumns) -> None:
    network, options = cells.network, cells.options
    handling = np.repeat(network.handling_units[:, None], network.days, axis=1)
    lots, facts = network.lots, network.facts
    came = np.zeros_like(handling)
    dated = lots.day >= 0
    np.add.at(came, (network.cell_location[lots.cell[dated]], lots.day[dated]), lots.units[dated])
    arrival = facts.day + network.lead[facts.lane]
    inside = arrival < network.days
    ends = network.destination[facts.lane]
    np.add.at(came, (ends[inside], arrival[inside]), network.units(facts)[inside])
    at = network.cell_location[options.cell] * network.days + options.arrival
    room = np.maximum(handling - came, 0).ravel()
    model.add([(at, np.arange(len(options)), 1.0)], -np.inf, room, room.size)


def _storage(model: Rows, cells: CellColumns) -> None:
    network, base = cells.network, cells.base
    place = network.cell_location[base.cells]
    volume = network.unit_m3[cells.sku]
    alone = np.zeros((len(network.locations), network.days))
    np.add.at(alone, place, base.morning[base.cells] * volume[:, None])
    # What stands there without proposals is no fault of theirs.
    most = np.maximum(network.storage_m3[:, None], alone * (1 + 1e-6))
    target = place[:, None] * network.days + np.arange(network.days)
    limited = np.flatnonzero(np.isfinite(network.storage_m3[place]))
    _morning(model, cells, limited, target[limited], volume[limited], most.ravel())


def _vehicles(model: Rows, cells: CellColumns) -> None:
    network, options = cells.network, cells.options
    trips = options.arc * network.days + options.day
    size = np.zeros_like(options.arcs.price)
    vehicles = network.open * network.max_vehicles * network.vehicle_m3[:, None]
    np.add.at(size, options.arcs.of_lane, vehicles)
    per_unit = network.unit_m3[options.sku]
    most = (size + options.arcs.free_m3).ravel()
    model.add([(trips, np.arange(len(options)), per_unit)], -np.inf, most, most.size)


def _morning(
    model: Rows, cells: CellColumns, rows: Ints, target: Ints, weight: Floats, most: Floats
) -> None:
    """Stock after the morning's arrivals, before dispatches: Q_t + D_t - Z_(t-1) - W_(t-1).

    :param target: (rows, days) row of the programme to which each adds; ``weight``: (rows,) by
        which; ``most``: the limits of these rows.
    """
    grid, options = cells.grid()[rows], cells.options
    weights = np.broadcast_to(weight[:, None], grid.shape)
    parts: list[Part] = [
        (target, cells.at_q + grid, weights),
        (target[:, 1:], cells.at_z + grid[:, :-1], -weights[:, 1:]),
        (target[:, 1:], cells.at_w + grid[:, :-1], -weights[:, 1:]),
    ]
    place = np.full(cells.rows, -1)
    place[rows] = np.arange(len(rows))
    origin = cells.base.row_of_cell[options.origin_cell]
    hub = np.flatnonzero((origin >= 0) & (place[np.maximum(origin, 0)] >= 0))
    at = place[origin[hub]]
    parts.append((target[at, options.day[hub]], hub, weight[at]))
    model.add(parts, -np.inf, most, len(most))
