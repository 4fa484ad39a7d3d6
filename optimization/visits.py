"""First trips: for each front and store the days of visit that bring most, and what to bring.

Every arc tries review patterns: a visit every k days, k = 1 to 7, in each phase, and none. Given
the visits, each product's quantity is a newsvendor's for the days until the next visit: sorted
over the common paths, the last unit for which the chance-weighted worth of selling it in time,
plus what it saves the next visit otherwise, exceeds what it costs to bring. Cases are rounded to
the better side, and each visit is laid on top of those before (:mod:`optimization.added_units`), so
that the gain of a pattern is exact on the common paths; vehicles are whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.added_units import after_share, lay_on_top, unmet_after
from optimization.appraisal import Appraisal
from optimization.block import Array
from optimization.draft import Draft
from optimization.network import Floats, Ints, Network, Truths
from optimization.options import Arcs
from optimization.vehicles import choose_fleet

LONGEST = 7
_ROWS = 4096


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Product × arc: what is the same for all days."""

    arc: Ints
    row: Ints
    case: Floats
    case_m3: Floats
    unit_cost: Floats
    """Handling, moving and the value of the stock at its origin, per unit."""
    most: Floats
    """Units that the origin can send in all."""


def plan_visits(draft: Draft, appraisal: Appraisal, arcs: Ints, send: Floats) -> Floats:
    """Give each of these arcs its best visits; at most one arc for each destination.

    :param arcs: arcs without cases yet.
    :param send: (cells, days) units that each origin can still send.
    :returns: (options,) expected gain per unit of what was chosen, before vehicles.
    """
    gain = np.zeros(len(draft.options))
    options = draft.options
    calendar = options.arcs.open[arcs]
    keys = np.concatenate([options.arcs.lead[arcs, None], calendar], axis=1)
    _, group = np.unique(keys, axis=0, return_inverse=True)
    for number in range(int(group.max(initial=-1)) + 1):
        same = arcs[group == number]
        chosen = np.isin(options.arc, same)
        # Blocks of whole arcs keep the arrays of one pattern in the processor's cache.
        sizes = np.bincount(options.arc[chosen], minlength=len(options.arcs.origin))[same]
        part = np.cumsum(sizes) // (_ROWS * max(draft.network.days, 1))
        for block in np.unique(part):
            _Visits(draft, appraisal, same[part == block], send).choose(gain)
    return gain


class _Visits:
    """Arcs with one lead and calendar, all patterns tried at once for all of their products."""

    def __init__(self, draft: Draft, appraisal: Appraisal, arcs: Ints, send: Floats) -> None:
        self.draft, self.appraisal, self.arcs = draft, appraisal, arcs
        options, network = draft.options, draft.network
        self.network: Network = network
        self.where = np.flatnonzero(np.isin(options.arc, arcs))
        key = options.arc[self.where] * len(network.skus) + options.sku[self.where]
        _, first, self.pair = np.unique(key, return_index=True, return_inverse=True)
        one = self.where[first]
        sku, origin = options.sku[one], options.origin_cell[one]
        value = np.where(
            options.from_main[one],
            appraisal.main_value[sku],
            appraisal.stock_value.mean(axis=0)[np.maximum(appraisal.row_of_cell[origin], 0)],
        )
        self.pairs = _Pairs(
            arc=np.searchsorted(arcs, options.arc[one]),
            row=appraisal.row_of_cell[options.cell[one]],
            case=options.case_units[one].astype(float),
            case_m3=options.case_m3[one],
            unit_cost=options.landed[one] + value,
            most=np.maximum(send[origin].max(axis=1), 0),
        )
        self.cell_sku = sku
        # Which option is this pair on this day; -1: none.
        self.option = np.full((len(one), network.days), -1, dtype=np.int64)
        self.option[self.pair, options.day[self.where]] = self.where
        self.life = np.repeat(network.shelf_life[sku, None], network.days, axis=1)
        self.life[self.pair, options.day[self.where]] = options.life[self.where]

    def choose(self, gain: Floats) -> None:
        """Try every pattern and keep the best of each arc in the draft."""
        if not len(self.pairs.row):
            return
        days, arcs = self.network.days, self.draft.options.arcs
        open_days = np.flatnonzero(arcs.open[self.arcs[0]])
        best = np.zeros(len(self.arcs))
        kept = np.zeros((len(self.pairs.row), days), dtype=np.int64)
        kept_gain = np.zeros((len(self.pairs.row), days))
        fleet = np.zeros((len(self.arcs), arcs.lanes.shape[1], days), dtype=np.int64)
        tried: set[tuple[int, ...]] = set()
        for every in range(1, LONGEST + 1):
            for phase in range(every):
                visits = _visit_days(open_days, every, phase)
                if not visits or visits in tried:
                    continue
                tried.add(visits)
                cases, each, trips, net = self._try(visits)
                better = net > best + 1e-9
                best[better] = net[better]
                rows = better[self.pairs.arc]
                kept[rows], kept_gain[rows] = cases[rows], each[rows]
                fleet[better] = trips[better]
        self._keep(kept, kept_gain, fleet, gain)

    def _keep(self, cases: Ints, each: Floats, fleet: Ints, gain: Floats) -> None:
        rows, day = np.nonzero(cases)
        option = self.option[rows, day]
        self.draft.cases[option] = cases[rows, day]
        gain[option] = each[rows, day]
        lanes = self.draft.options.arcs.lanes[self.arcs]
        for place in range(lanes.shape[1]):
            known = lanes[:, place] >= 0
            self.draft.fleet[lanes[known, place]] += fleet[known, place]

    def _try(self, visits: tuple[int, ...]) -> tuple[Ints, Floats, Ints, Floats]:
        """Return (pairs, days) cases and gain per unit, (arcs, types, days) vehicles, arcs' net."""
        network, pairs = self.network, self.pairs
        arcs: Arcs = self.draft.options.arcs
        lead = int(arcs.lead[self.arcs[0]])
        rest = self.appraisal.unmet[:, pairs.row]
        cases = np.zeros((len(pairs.row), network.days), dtype=np.int64)
        each = np.zeros((len(pairs.row), network.days))
        trips = np.zeros((len(self.arcs), arcs.lanes.shape[1], network.days), dtype=np.int64)
        net = np.zeros(len(self.arcs))
        left = pairs.most.copy()
        for number, day in enumerate(visits):
            arrival = day + lead
            last = number == len(visits) - 1
            until = network.days + 1 if last else visits[number + 1] + lead
            price = arcs.price[self.arcs, day][pairs.arc]
            may, life = self.option[:, day] >= 0, self.life[:, day]
            count = self._quantity(rest, arrival, until, price, may, left, life)
            some = np.flatnonzero(count)
            units = count[some] * pairs.case[some]
            extra = np.repeat(units[:, None], rest.shape[2], axis=1).astype(np.float32)
            money, after = lay_on_top(
                self.appraisal, pairs.row[some], arrival, extra, rest[:, some], self.life[some, day]
            )
            value = money.mean(axis=1, dtype=np.float64)
            rest[:, some] = after
            left[some] -= units
            value -= units * pairs.unit_cost[some]
            cases[:, day] = count
            each[some, day] = value / units
            volume = np.bincount(
                pairs.arc[some], weights=count[some] * pairs.case_m3[some], minlength=len(self.arcs)
            )
            total = np.bincount(pairs.arc[some], weights=value, minlength=len(self.arcs))
            beyond = np.maximum(volume - arcs.free_m3[self.arcs, day], 0)
            # What is left behind is the least worth: between the price of room and the average.
            density = total / np.maximum(volume, 1e-9)
            worth = np.maximum((density + arcs.price[self.arcs, day]) / 2, 0)
            fleet, cost, lost = choose_fleet(network, arcs, self.arcs, day, beyond, worth)
            trips[:, :, day] = fleet
            net += total - cost - lost
        return cases, each, trips, net

    def _quantity(
        self,
        rest: Array,
        arrival: int,
        until: int,
        price: Floats,
        may: Truths,
        left: Floats,
        life: Floats,
    ) -> Ints:
        """(pairs,) cases to bring on one visit; ``until``: the day of the next arrival."""
        network, pairs = self.network, self.pairs
        days = network.days
        spoils = arrival + life < until
        need, value = self._need(rest, arrival, until, life)
        cost = pairs.unit_cost + price * pairs.case_m3 / pairs.case
        hold = network.unit_m3[self.cell_sku] * network.money.holding
        waste = network.price[self.cell_sku] * network.money.waste_share
        # What is not sold by the next visit saves that visit a unit, less the holding so far.
        keep = np.where(until > days, 0.0, cost - hold * (until - arrival))
        keep = np.where(spoils & (arrival + life < days), -waste, keep)
        order = np.argsort(need, axis=1)
        need = np.take_along_axis(need, order, axis=1)
        value = np.take_along_axis(value, order, axis=1)
        paths = need.shape[1]
        above = np.cumsum(value[:, ::-1], axis=1)[:, ::-1] - value
        margin = (above + keep[:, None] * np.arange(1, paths + 1)) / paths - cost[:, None]
        enough = margin <= 0
        place = np.where(enough.any(axis=1), enough.argmax(axis=1), paths - 1)
        wanted = np.take_along_axis(need, place[:, None], axis=1)[:, 0]
        wanted = np.where(value.mean(axis=1) <= cost, 0, np.minimum(wanted, left))
        low = np.floor(wanted / pairs.case + 1e-9)
        high = np.where((low + 1) * pairs.case <= left, low + 1, low)
        profit = [_expected(need, value, keep, cost, n * pairs.case) for n in (low, high)]
        count = np.where(profit[1] > profit[0], high, low)
        count = np.where(np.maximum(*profit) > 0, count, 0)
        return np.where(may, count, 0).astype(np.int64)

    def _need(self, rest: Array, arrival: int, until: int, life: Floats) -> tuple[Array, Array]:
        """(pairs, paths) unmet units in the window and their mean worth."""
        worth = self.appraisal.worth
        need = np.zeros(rest.shape[1:], dtype=np.float32)
        money = np.zeros_like(need)
        for today in range(arrival, min(until, self.network.days)):
            unmet = rest[today] * (today < arrival + life).astype(np.float32)[:, None]
            need += unmet
            money += unmet * worth[today, self.pairs.row]
        if until > self.network.days:
            share = after_share(life[:, None], self.network.days - arrival)
            unmet = unmet_after(self.appraisal, self.pairs.row, rest[-1], share)
            need += unmet
            money += unmet * worth[-1, self.pairs.row]
        value = np.divide(money, need, out=np.zeros_like(money), where=need > 0)
        return need, value


def _expected(need: Array, value: Array, keep: Floats, cost: Floats, units: Floats) -> Floats:
    """Expected profit of bringing ``units`` to a window, by pair."""
    sold = np.minimum(need, units[:, None])
    profit: Floats = (sold * value + (units[:, None] - sold) * keep[:, None]).mean(axis=1)
    return profit - cost * units


def _visit_days(open_days: Ints, every: int, phase: int) -> tuple[int, ...]:
    """Visits every so many days; where a lane does not depart, on the next day it does."""
    visits: list[int] = []
    last = int(open_days[-1]) if len(open_days) else -1
    for due in range(phase, last + 1, every):
        later = open_days[open_days >= due]
        if len(later) and (not visits or later[0] > visits[-1]):
            visits.append(int(later[0]))
    return tuple(visits)
