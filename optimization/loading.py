"""From a draft's cases by arc to transfers by lane, in vehicles that hold them whole."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimization.draft import Draft
from optimization.network import Ints, Moves, Network
from optimization.options import vehicle_money


def load_vehicles(draft: Draft) -> tuple[Moves, Ints]:
    """Put each option's cases on its arc's lanes, large cases first; cut the draft to what goes in.

    Cases that no vehicle has room for are left behind, and vehicles that stay empty too.

    :returns: the moves, and the option of each.
    """
    network, options = draft.network, draft.options
    facts = network.volume(network.facts)
    room = (draft.fleet + network.vehicles(facts)) * network.vehicle_m3[:, None] - facts
    rows = np.flatnonzero(draft.cases)
    rows = rows[np.argsort(-options.case_m3[rows], kind="stable")]
    placed: list[tuple[int, int, int, int, int]] = []
    draft.cases = draft.cases.copy()
    for row in rows:
        left, day = int(draft.cases[row]), int(options.day[row])
        lanes = options.arcs.lanes[options.arc[row]]
        for lane in lanes[lanes >= 0]:
            if left and network.open[lane, day]:
                fits = int(np.floor(room[lane, day] / options.case_m3[row] + 1e-9))
                count = min(left, fits)
                if count > 0:
                    room[lane, day] -= count * options.case_m3[row]
                    placed.append((int(lane), int(options.sku[row]), day, count, int(row)))
                    left -= count
        draft.cases[row] -= left
    table = np.array(placed, dtype=np.int64).reshape(-1, 5)
    order = np.lexsort((table[:, 1], table[:, 0], table[:, 2]))
    moves = Moves(*table[order, :4].T)
    needed = network.vehicles(network.volume(moves) + facts) - network.vehicles(facts)
    draft.fleet = np.minimum(draft.fleet, needed)
    return moves, table[order, 4]


def transfer_rows(network: Network, moves: Moves, status: str) -> pd.DataFrame:
    """Return moves as rows of a plan's transfers; gain, reason and name are not in it."""
    units = network.units(moves)
    dates = network.dates
    dispatch = dates[moves.day]
    arrive = dispatch + pd.to_timedelta(network.lead[moves.lane], unit="D")
    return pd.DataFrame(
        {
            "lane": network.lanes[moves.lane],
            "origin": network.locations[network.origin[moves.lane]],
            "destination": network.locations[network.destination[moves.lane]],
            "sku": network.skus[moves.sku],
            "dispatch_date": dispatch,
            "arrive_date": arrive,
            "cases": moves.cases,
            "units": units,
            "m3": units * network.unit_m3[moves.sku],
            "status": status,
        }
    )


def trip_rows(network: Network, moves: Moves) -> pd.DataFrame:
    """Return the trips of moves (facts included): see ``optimization.plan_tables.TRIPS``."""
    load = network.volume(moves)
    lane, day = np.nonzero(load > 0)
    order = np.lexsort((lane, day))
    lane, day = lane[order], day[order]
    vehicles = network.vehicles(load)[lane, day]
    return pd.DataFrame(
        {
            "lane": network.lanes[lane],
            "dispatch_date": network.dates[day],
            "vehicles": vehicles,
            "m3": load[lane, day],
            "fill": load[lane, day] / (vehicles * network.vehicle_m3[lane]),
            "cost": vehicles * network.vehicle_cost[lane],
            "co2_kg": vehicles * network.co2_kg[lane],
        }
    )


def cost_shares(
    network: Network, moves: Moves, every: Moves
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(moves,) each move's share, by volume, of its trip's money for vehicles."""
    load = network.volume(every)
    money = network.vehicles(load) * vehicle_money(network)[:, None]
    own = network.units(moves) * network.unit_m3[moves.sku]
    at = (moves.lane, moves.day)
    return np.asarray(own / np.maximum(load[at], 1e-12) * money[at], dtype=np.float64)
