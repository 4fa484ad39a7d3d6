"""Changing the trips of all places at once, and keeping what gains.

In each sweep every place tries one change: a trip less, a smaller or a larger vehicle, a trip more,
a day earlier or later, another main. Cells are refilled at fixed prices of main stock, with every
cell's present share of it reserved, so that places do not touch each other and any mixture of old
and new is a plan; each place keeps what is better. Prices are renewed after every sweep, from the
paths on which the mains run out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from optimization.case_steps import fill, trim
from optimization.filling import Filler, Filling
from optimization.network import Floats, Ints, Truths
from optimization.slots import Slots, make_slots

Change = tuple[str, int, int]
"""What to do, to which slot (or link), and on which day or step."""

_TURNS = (("drop", "size"), ("add",), ("shift", "switch"))
"""Kinds of change take turns: guesses of one kind do not compare with those of another."""
REFILL = (0.7, 0.2, 0.06)


@dataclass(eq=False)
class TripPlan:
    """Trips with whole vehicles, filled.

    :param step: (slots,) of each link's ladder.
    """

    filling: Filling
    step: Ints

    @property
    def costs(self) -> Floats:
        """(slots,) money of vehicles."""
        ladder, slots = self.filling.filler.links.ladder, self.filling.slots
        return np.array(
            [ladder[link].cost[step] for link, step in zip(slots.link, self.step, strict=True)]
        ).reshape(-1)

    @property
    def profit(self) -> float:
        """Money on the common paths."""
        return float(self.filling.product_profit().sum() - self.costs.sum())


def whole_vehicles(filling: Filling) -> TripPlan:
    """Take the cheapest vehicles that hold each trip; empty trips are left out."""
    links, slots = filling.filler.links, filling.slots
    loads = filling.loads()
    step = np.array(
        [
            int(links.ladder[k].step(np.array([m]))[0])
            for k, m in zip(slots.link, loads, strict=True)
        ],
        dtype=np.int64,
    ).reshape(-1)
    return _with_steps(filling, np.flatnonzero(loads > 1e-9), step)


def _with_steps(filling: Filling, keep: Ints, step: Ints) -> TripPlan:
    links, old = filling.filler.links, filling.slots
    room = np.array([links.ladder[old.link[k]].volume[step[k]] for k in keep]).reshape(-1)
    slots = make_slots(links, old.link[keep], old.day[keep], room)
    step_of = {int(key): int(value) for key, value in zip(old.key, step, strict=True)}
    new = carried(filling, slots)
    return TripPlan(new, np.array([step_of[int(key)] for key in slots.key], dtype=np.int64))


def carried(
    filling: Filling,
    slots: Slots,
    moved: dict[int, int] | None = None,
    short: np.ndarray | None = None,
    taken: Floats | None = None,
) -> Filling:
    """Put the cases of a plan into other slots; what has no slot any more stays behind.

    :param moved: key of a new slot -> key of the old one whose cases it takes.
    """
    new = Filling(filling.filler, slots, short=short, taken=taken)
    column_of = {int(key): number for number, key in enumerate(filling.slots.key)}
    first_old = np.searchsorted(filling.slots.location, filling.filler.stock.location)
    first_new = np.searchsorted(slots.location, filling.filler.stock.location)
    cases = np.zeros_like(new.cases)
    for number, key in enumerate(slots.key):
        source = column_of.get((moved or {}).get(int(key), int(key)))
        if source is None:
            continue
        rows = np.flatnonzero(filling.filler.stock.location == slots.location[number])
        cases[rows, number - first_new[rows]] = filling.cases[rows, source - first_old[rows]]
    cases = np.where(new.has, cases, 0)
    changed = np.flatnonzero(cases.any(axis=1))
    new.put(changed, cases[changed])
    return new


@dataclass(eq=False)
class Improver:
    """Sweeps of changes.

    :param stop: whether time is up. :param tried: changes in vain, by place.
    """

    filler: Filler
    stop: Callable[[], bool] = lambda: False
    tried: dict[int, set[Change]] = field(default_factory=dict)
    sweeps: int = 0

    def sweep(self, plan: TripPlan) -> TripPlan | None:
        """Try one change a place; None where no place has one left."""
        chosen = self._choose(plan)
        if not chosen:
            return None
        short = plan.filling.main_short()
        trial = self._trial(plan, chosen, short)
        stock = self.filler.stock
        places = len(self.filler.network.kind)

        def value(of: TripPlan) -> Floats:
            cells = np.bincount(
                stock.location, weights=of.filling.cell_values(short), minlength=places
            )
            paid = np.bincount(of.filling.slots.location, weights=of.costs, minlength=places)
            return np.asarray(cells - paid, dtype=np.float64)

        gain = value(trial) - value(plan)
        better = [place for place in chosen if gain[place] > 0.5]
        for place in chosen:
            if place not in better:
                self.tried.setdefault(place, set()).add(chosen[place])
        better.sort(key=lambda place: -gain[place])
        before = plan.profit
        while better:
            mixed = self._mixture(plan, trial, better)
            if mixed.profit > before:
                for place in better:
                    self.tried.pop(place, None)
                return mixed
            for place in better[len(better) // 2 :]:
                self.tried.setdefault(place, set()).add(chosen[place])
            better = better[: len(better) // 2]
        return plan

    def _choose(self, plan: TripPlan) -> dict[int, Change]:
        """Choose the most promising untried change of each place."""
        turn = _TURNS[self.sweeps % len(_TURNS)]
        self.sweeps += 1
        best: dict[int, tuple[bool, float, Change]] = {}
        for score, place, change in self._changes(plan):
            if change in self.tried.get(place, ()):
                continue
            rank = (change[0] in turn, score)
            if place not in best or rank > best[place][:2]:
                best[place] = (*rank, change)
        return {place: entry[2] for place, entry in sorted(best.items())}

    def _changes(self, plan: TripPlan) -> list[tuple[float, int, Change]]:
        """Every change with a guess of its gain; keys tell slots apart whatever their number."""
        filling, links = plan.filling, self.filler.links
        slots, costs, loads = filling.slots, plan.costs, filling.loads()
        found: list[tuple[float, int, Change]] = []
        worth = slot_values(plan)
        taken = set(slots.key.tolist())
        for number, key in enumerate(slots.key.tolist()):
            place, link = int(slots.location[number]), int(slots.link[number])
            day, step = int(slots.day[number]), int(plan.step[number])
            ladder = links.ladder[link]
            density = worth[number] / max(loads[number], 1e-9)
            found.append((costs[number] - worth[number], place, ("drop", key, step)))
            if step > 1:
                saved = costs[number] - ladder.cost[step - 1]
                cut = max(loads[number] - ladder.volume[step - 1], 0)
                found.append((saved - 0.6 * density * cut, place, ("size", key, step - 1)))
            full = loads[number] > 0.9 * slots.room[number]
            if full and step + 1 < len(ladder.cost):
                extra = ladder.volume[step + 1] - ladder.volume[step]
                paid = ladder.cost[step + 1] - costs[number]
                found.append((0.6 * density * extra - paid, place, ("size", key, step + 1)))
            for shift in (-1, 1):
                to = day + shift
                inside = 0 <= to < links.open.shape[1] and links.open[link, to]
                if inside and link * 1024 + to not in taken:
                    found.append((-costs[number] * 0.5, place, ("shift", key, to)))
            for other in np.flatnonzero(links.destination == place):
                to = day + int(links.lead[link] - links.lead[other])
                inside = 0 <= to < links.open.shape[1] and links.open[other, to]
                if other != link and inside and int(other) * 1024 + to not in taken:
                    guess = costs[number] - links.ladder[other].cost[1] - 0.2 * worth[number]
                    found.append((guess, place, ("switch", key, int(other) * 1024 + to)))
        return found + self._additions(plan, taken)

    def _additions(self, plan: TripPlan, taken: set[int]) -> list[tuple[float, int, Change]]:
        """A trip more, guessed from what a day's demand more would gain on each arrival day."""
        links, stock = self.filler.links, self.filler.stock
        potential = self._potential(plan)
        found: list[tuple[float, int, Change]] = []
        for link in range(len(links)):
            place = int(links.destination[link])
            for day in np.flatnonzero(links.open[link]):
                key = link * 1024 + int(day)
                arrival = int(day + links.lead[link])
                if key in taken or arrival >= stock.days:
                    continue
                gain, m3 = potential[place, arrival]
                step = int(links.ladder[link].step(np.array([m3 * 0.8]))[0])
                step = max(step, 1)
                guess = gain - links.ladder[link].cost[step]
                found.append((guess, place, ("add", key, step)))
        return found

    def _potential(self, plan: TripPlan) -> Floats:
        """(places, days, 2) money and m³ of a few days' demand more on each arrival day."""
        filling, stock = plan.filling, self.filler.stock
        places = len(self.filler.network.kind)
        result = np.zeros((places, stock.days, 2))
        short = filling.main_short()
        probe = Filling.__new__(Filling)
        probe.__dict__.update(filling.__dict__)
        probe.short = short
        rows = np.arange(len(stock))
        daily = stock.demand[: stock.days].mean(axis=(0, 2))
        step = np.maximum(np.floor(2.5 * daily / filling.case), 1).astype(np.int64)
        units = step * filling.case
        rate = float(self.filler.network.money.handling)
        lead = self.filler.links.lead.min(initial=0)
        left = filling.mains_left()
        # What the mains still hold, shared out among the cells that could use it.
        for day in range(int(lead), stock.days):
            gain = np.concatenate(
                [
                    probe._gain(rows[s : s + 1024], step[s : s + 1024], day, left)
                    for s in range(0, len(rows), 1024)
                ]
                or [np.zeros(0)]
            )
            gain = gain - units * rate
            good = (gain > 0) & (left[0][stock.sku, 0] >= units)
            np.add.at(result[:, day, 0], stock.location[good], gain[good])
            np.add.at(result[:, day, 1], stock.location[good], (step * filling.volume)[good])
        return result

    def _trial(self, plan: TripPlan, chosen: dict[int, Change], short: np.ndarray) -> TripPlan:
        links, filling = self.filler.links, plan.filling
        entries = {
            int(key): (int(key), int(step))
            for key, step in zip(filling.slots.key, plan.step, strict=True)
        }
        for what, key, to in chosen.values():
            if what == "drop":
                del entries[key]
            elif what == "size":
                entries[key] = (key, to)
            elif what == "add":
                entries[key] = (-1, to)
            else:
                old, step = entries.pop(key)
                target = key // 1024 * 1024 + to if what == "shift" else to
                load = filling.loads()[np.flatnonzero(filling.slots.key == key)[0]]
                if what == "switch":
                    step = max(int(links.ladder[target // 1024].step(np.array([load]))[0]), 1)
                entries[target] = (old, step)
        keys = np.array(sorted(entries), dtype=np.int64)
        link, day = keys // 1024, keys % 1024
        room = np.array(
            [
                links.ladder[k].volume[entries[int(key)][1]]
                for k, key in zip(link, keys, strict=True)
            ]
        ).reshape(-1)
        slots = make_slots(links, link, day, room)
        moved = {int(key): entries[int(key)][0] for key in keys}
        taken = filling.leaving()
        new = carried(filling, slots, moved, short, taken)
        drop_unavailable(new)
        trim(new)
        rows = np.flatnonzero(np.isin(self.filler.stock.location, list(chosen)))
        fill(new, rows, REFILL, self.stop, passes=8)
        return whole_vehicles(new)

    def _mixture(self, old: TripPlan, new: TripPlan, places: list[int]) -> TripPlan:
        """The trips and cases of ``new`` at ``places`` and of ``old`` elsewhere."""
        a, b = old.filling, new.filling
        from_new = np.isin(b.slots.location, places)
        from_old = ~np.isin(a.slots.location, places)
        links = self.filler.links
        slots = make_slots(
            links,
            np.concatenate([a.slots.link[from_old], b.slots.link[from_new]]),
            np.concatenate([a.slots.day[from_old], b.slots.day[from_new]]),
            np.concatenate([a.slots.room[from_old], b.slots.room[from_new]]),
        )
        mixed = Filling(self.filler, slots)
        mine = np.isin(self.filler.stock.location, places)
        for source, rows in ((a, np.flatnonzero(~mine)), (b, np.flatnonzero(mine))):
            cases = np.zeros((len(rows), mixed.width), dtype=np.int64)
            width = min(source.width, mixed.width)
            cases[:, :width] = source.cases[rows, :width]
            mixed.put(rows, cases)
        return whole_vehicles(mixed)


def slot_values(plan: TripPlan) -> Floats:
    """(slots,) money lost if a trip's cases were not sent and nothing else changed."""
    filling = plan.filling
    short = filling.main_short()
    value = filling.cell_values(short)
    result = np.zeros(len(filling.slots))
    for column in range(filling.width):
        rows = np.flatnonzero(filling.has[:, column] & (filling.cases[:, column] > 0))
        if not len(rows):
            continue
        kept = filling.cases[rows].copy()
        without = kept.copy()
        without[:, column] = 0
        probe = Filling.__new__(Filling)
        probe.__dict__.update(filling.__dict__)
        probe.cases = filling.cases.copy()
        probe.cases[rows] = without
        run = filling.filler.stock.run(rows, probe.arrivals(rows))
        sold = filling.run.sold[-1].copy()
        cost = filling.run.cost[-1].copy()
        sold[rows], cost[rows] = run.sold[-1], run.cost[-1]
        probe.run = type(filling.run)(filling.run.out, sold[None], cost[None], filling.run.morning)
        lost = value[rows] - probe.cell_values(short)[rows]
        np.add.at(result, filling.slot[rows, column], lost)
    return result


def drop_unavailable(filling: Filling) -> None:
    """Take back cases that a main cannot spare on their day, product by product."""
    mains, stock = filling.filler.mains, filling.filler.stock
    taken = filling.taken if filling.taken is not None else filling.leaving()
    out = np.maximum(filling.leaving(), taken)
    use = np.zeros_like(mains.free)
    starts = np.flatnonzero(np.diff(stock.sku, prepend=-1))
    if len(starts):
        use[:, stock.sku[starts]] = np.add.reduceat(out, starts, axis=1)
    over = np.asarray((use > mains.free + 1e-6).any(axis=2))
    if not over.any():
        return
    # Cells that take more than they have a right to go back to nothing there.
    greedy = (filling.leaving() > taken + 1e-6).any(axis=2)
    of_cell = over[:, stock.sku]
    bad: Truths = np.logical_and(greedy, of_cell)
    cases = filling.cases.copy()
    for main in range(len(mains.mains)):
        cases[bad[main][:, None] & (filling.main == main)] = 0
    rows = np.flatnonzero((cases != filling.cases).any(axis=1))
    filling.put(rows, cases[rows])
