"""What stops one more case: each option's limit, one of ``plan_tables.LIMITS``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.appraisal import Appraisal
from optimization.block import Array
from optimization.case_values import value_of_adding
from optimization.draft import Draft, room_to_handle, room_to_store, stock_to_send
from optimization.network import Floats, Ints, Names


@dataclass(frozen=True, eq=False)
class Binding:
    """For each option asked about: the code of its limit and the value of one more case."""

    code: Names
    value: Floats


def what_stops(
    draft: Draft, appraisal: Appraisal, before: Array, rows: Ints, margin: float
) -> Binding:
    """Say what stops one more case of each of these options.

    :param before: (cells, days) morning stock without proposals.

    A case that brings nothing is stopped by ``economics``, or by ``case`` where one unit would
    bring something. Otherwise the first limit that has no room for it: the stock of its origin,
    handling, storage, what the place may hold of it, the vehicles.
    """
    options, network = draft.options, draft.network
    case = options.case_units[rows].astype(float)
    value = value_of_adding(draft, appraisal, rows, case)
    single = value_of_adding(draft, appraisal, rows, np.ones(len(rows)))
    room = draft.capacity() - draft.load()
    send = stock_to_send(draft)
    store, units_room = room_to_store(draft, appraisal.morning, before, margin)
    handle = room_to_handle(draft)
    place, arrival = network.cell_location[options.cell[rows]], options.arrival[rows]
    if network.handling_at_origin:
        start = network.cell_location[options.origin_cell[rows]]
        handled = np.minimum(handle[place, arrival], handle[start, options.day[rows]])
    else:
        handled = handle[place, arrival]
    short = {
        "main_stock": send[options.origin_cell[rows], options.day[rows]] < case - 1e-6,
        "handling": handled < case - 1e-6,
        "storage": store[place, arrival] < options.case_m3[rows] - 1e-9,
        "assortment": units_room[options.cell[rows], arrival] < case - 1e-6,
        "vehicle": room[options.arc[rows], options.day[rows]] < options.case_m3[rows] - 1e-9,
    }
    worthless = np.where(single > 0, "case", "economics")
    conditions = [value <= 0, *short.values()]
    code = np.select(conditions, [worthless, *short.keys()], default="economics")
    return Binding(code.astype(object), value)
