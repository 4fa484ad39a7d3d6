"""What else could have been done instead of each transfer, and by how much it loses.

For each transfer alone, the rest of the plan as it is: the same cases on the lane's next
departure; from another origin; on another lane from the same origin; or not at all. Another lane's
dispatch is the first that arrives no sooner than the transfer does. What a delay costs is exact on
the common paths but for perishable lots that overlap; vehicles are whole on both trips; stock at
another origin counts by the value of one unit of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimization.added_units import lay_on_top
from optimization.appraisal import Appraisal, far_profit
from optimization.draft import Draft, stock_to_send
from optimization.network import Floats, Ints, Moves, Network
from optimization.options import vehicle_money
from optimization.removed_units import missed_without


@dataclass(frozen=True, eq=False)
class _Choice:
    """Moves (rows of the plan's) with another lane and day each."""

    move: Ints
    lane: Ints
    day: Ints

    def where(self, kept: Ints) -> _Choice:
        return _Choice(self.move[kept], self.lane[kept], self.day[kept])


def alternatives(
    draft: Draft, appraisal: Appraisal, moves: Moves, gain: Floats, facts: Moves
) -> pd.DataFrame:
    """Return one row a move, with columns of :data:`optimization.plan_tables.REASONS`.

    :param gain: (moves,) profit lost if it alone does not go, its vehicle aside.
    """
    comparing = _Comparing(draft, appraisal, moves, facts)
    network = draft.network
    later, later_at = comparing.best(comparing.next_departures())
    lanes = comparing.other_lanes()
    same = network.origin[lanes.lane] == network.origin[moves.lane[lanes.move]]
    origin, origin_at = comparing.best(lanes.where(np.flatnonzero(~same)))
    vehicle, vehicle_at = comparing.best(lanes.where(np.flatnonzero(same)))
    dates = np.append(network.dates.to_numpy(), np.datetime64("NaT", "ns"))
    places = np.append(network.locations, "")
    names = np.append(network.lanes, "")
    starts = np.append(network.origin, -1)
    return pd.DataFrame(
        {
            "nothing": gain - comparing.saved,
            "later": later,
            "later_date": dates[np.where(later_at.day < 0, network.days, later_at.day)],
            "other_origin": origin,
            "other_origin_name": places[starts[origin_at.lane]],
            "other_vehicle": vehicle,
            "other_vehicle_lane": names[vehicle_at.lane],
        }
    )


class _Comparing:
    def __init__(self, draft: Draft, appraisal: Appraisal, moves: Moves, facts: Moves) -> None:
        self.draft, self.appraisal, self.moves = draft, appraisal, moves
        self.network: Network = draft.network
        network = self.network
        self.load = network.volume(moves + facts)
        self.money = vehicle_money(network)
        self.units = network.units(moves)
        self.m3 = self.units * network.unit_m3[moves.sku]
        here = self._vehicles(moves.lane, moves.day, np.zeros(len(moves)))
        self.saved = here - self._vehicles(moves.lane, moves.day, -self.m3)
        self.send = stock_to_send(draft)
        self.option = self._options(moves.lane, moves.sku, moves.day)

    def next_departures(self) -> _Choice:
        """The same lane on its next open day."""
        moves = self.moves
        return self._open(np.arange(len(moves)), moves.lane, moves.day + 1)

    def other_lanes(self) -> _Choice:
        """Other lanes to the same destination, each to arrive no sooner than the move does."""
        network, moves = self.network, self.moves
        ends = pd.DataFrame({"end": network.destination, "other": np.arange(len(network.lanes))})
        rows = pd.DataFrame(
            {
                "move": np.arange(len(moves)),
                "lane": moves.lane,
                "end": network.destination[moves.lane],
                "arrival": moves.day + network.lead[moves.lane],
            }
        ).merge(ends, on="end")
        rows = rows[rows["lane"] != rows["other"]]
        other = rows["other"].to_numpy(np.int64)
        first = np.maximum(rows["arrival"].to_numpy(np.int64) - network.lead[other], 0)
        return self._open(rows["move"].to_numpy(np.int64), other, first)

    def best(self, choice: _Choice) -> tuple[Floats, _Choice]:
        """(moves,) the least loss, NaN where there is no choice, and where it is (-1: nowhere)."""
        count = len(self.moves)
        loss = self._loss(choice)
        least = np.full(count, np.nan)
        at = _Choice(np.arange(count), np.full(count, -1), np.full(count, -1))
        kept = np.flatnonzero(np.isfinite(loss))
        kept = kept[np.lexsort((choice.lane[kept], loss[kept], choice.move[kept]))]
        first = kept[np.unique(choice.move[kept], return_index=True)[1]]
        move = choice.move[first]
        least[move], at.lane[move], at.day[move] = (
            loss[first],
            choice.lane[first],
            choice.day[first],
        )
        return least, at

    def _open(self, move: Ints, lane: Ints, first: Ints) -> _Choice:
        """Each lane's first open day from ``first`` on, where it is an option with stock."""
        network = self.network
        days = np.arange(network.days)
        later = network.open[lane] & (days[None, :] >= first[:, None])
        choice = _Choice(move, lane, later.argmax(axis=1)).where(np.flatnonzero(later.any(axis=1)))
        option = self._options(choice.lane, self.moves.sku[choice.move], choice.day)
        there = self.draft.options.origin_cell[option]
        own = there == self.draft.options.origin_cell[self.option[choice.move]]
        enough = self.send[there, choice.day] >= self.units[choice.move] - 1e-6
        return choice.where(np.flatnonzero((option >= 0) & (own | enough)))

    def _loss(self, choice: _Choice) -> Floats:
        options, network = self.draft.options, self.network
        move = choice.move
        now = self.option[move]
        then = self._options(choice.lane, self.moves.sku[move], choice.day)
        units = self.units[move]
        loss = self._delay(options.cell[now], options.arrival[now], options.arrival[then], units)
        loss += units * (options.landed[then] - options.landed[now])
        loss += units * (self._stock_value(then) - self._stock_value(now))
        here = self._vehicles(choice.lane, choice.day, np.zeros(len(move)))
        loss += self._vehicles(choice.lane, choice.day, self.m3[move]) - here - self.saved[move]
        count = np.ceil((self.load[choice.lane, choice.day] + self.m3[move]) / self._size(choice))
        return np.where(count > network.max_vehicles, np.nan, loss)

    def _size(self, choice: _Choice) -> Floats:
        return self.network.vehicle_m3[choice.lane]

    def _stock_value(self, option: Ints) -> Floats:
        """Money per unit of stock at the origin, by option."""
        options, appraisal = self.draft.options, self.appraisal
        row = appraisal.row_of_cell[options.origin_cell[option]]
        front = appraisal.stock_value[options.day[option], row]
        result: Floats = np.where(row < 0, appraisal.main_value[options.sku[option]], front)
        return result

    def _delay(self, cell: Ints, day: Ints, later: Ints, units: Floats) -> Floats:
        """What is lost when units reach a cell later."""
        appraisal = self.appraisal
        row = appraisal.row_of_cell[cell]
        loss = np.zeros(len(cell))
        back = np.flatnonzero(row < 0)
        if len(back):
            sku = self.network.cell_sku[cell[back]]
            missed = appraisal.main_missed
            asked = units[back, None]
            used = np.minimum(asked, missed[day[back], sku])
            used = used - np.minimum(asked, missed[later[back], sku])
            loss[back] = used.mean(axis=1) * far_profit(self.network)[sku]
        delayed = np.flatnonzero((row >= 0) & (later > day))
        pair = day * self.network.days + later
        for number in np.unique(pair[delayed]):
            at = delayed[pair[delayed] == number]
            first, last = divmod(int(number), self.network.days)
            loss[at] = loss_of_delay(appraisal, row[at], first, last, units[at])
        return loss

    def _vehicles(self, lane: Ints, day: Ints, more: Floats) -> Floats:
        """Money for a trip's vehicles with that much more m³."""
        load = np.maximum(self.load[lane, day] + more, 0)
        count = np.ceil(load / self.network.vehicle_m3[lane] - 1e-9)
        result: Floats = count * self.money[lane]
        return result

    def _options(self, lane: Ints, sku: Ints, day: Ints) -> Ints:
        """The option of each lane's arc, product and day; -1 where there is none."""
        options = self.draft.options
        return options.find(options.arcs.of_lane[lane], sku, day)


def loss_of_delay(appraisal: Appraisal, rows: Ints, day: int, later: int, units: Floats) -> Floats:
    """(rows,) profit lost when units reach fronts or stores on ``later`` instead of ``day``."""
    network = appraisal.network
    sku = network.cell_sku[appraisal.cells[rows]]
    hold = (network.unit_m3[sku] * network.money.holding)[:, None]
    shape = (len(rows), appraisal.unmet.shape[2])
    loss, missed_so_far = np.zeros(shape), np.zeros(shape, dtype=np.float32)
    left = np.repeat(units[:, None], shape[1], axis=1)
    for today, missed, spoilt in missed_without(appraisal, rows, day, units):
        if today >= later:
            break
        loss += missed * appraisal.worth[today, rows]
        missed_so_far += missed
        left = left - missed
        loss -= left * hold
        left = left - spoilt
    # What the earlier ones would have sold in between is still there when they come later.
    gain, _ = lay_on_top(appraisal, rows, later, missed_so_far, appraisal.unmet[:, rows])
    result: Floats = (loss - gain).mean(axis=1, dtype=np.float64)
    return result
