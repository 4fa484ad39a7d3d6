"""Which trips to make: review patterns for each place, and the vehicles of each trip made whole.

A review pattern sends stock to a place over one link every 2, 4 or 7 days from some first day on.
The batches of a pattern are the newsvendor's (Arrow, Harris and Marschak, 1951) on the common
paths, cell by cell; a pattern is worth what they gain under the prices of main stock, less the
vehicles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimization.demand import Array
from optimization.filling import Filler
from optimization.links import Links
from optimization.network import AFTER_DAYS, FAR, Floats, Ints
from optimization.slots import Slots, make_slots

PERIODS = (2, 4, 7)
"""Days between trips; changing single trips comes later, so a few periods and phases do."""


@dataclass(frozen=True, eq=False)
class MainPrices:
    """What a unit that leaves the mains costs, path by path.

    :param short: (skus, paths) whether the mains run out by the end, 0 to 1: then a unit sold
        forward is one less sold far; else a far sale is displaced only where demand is.
    """

    short: Array


@dataclass(frozen=True, eq=False)
class CellPrices:
    """By forward cell: ``gain`` (k, paths) money a unit sold, ``cost`` (k,) money a unit sent."""

    gain: Array
    cost: Floats


def cell_prices(filler: Filler, prices: MainPrices) -> CellPrices:
    """Price what each forward cell sells and is sent, handling included, the link's cost not."""
    network, sku = filler.network, filler.stock.sku
    far = network.profit[FAR, sku]
    displaced = far * network.money.conversion[FAR] / filler.conversion
    short = prices.short[sku]
    gain = filler.profit[:, None] - displaced[:, None] * (1 - short)
    cost = far * short.mean(axis=1) + network.money.handling
    return CellPrices(gain.astype(np.float32), cost)


def newsvendor(
    filler: Filler, prices: CellPrices, rows: Ints, arrivals: Ints, unit_cost: Floats
) -> tuple[Ints, Floats]:
    """Batches in whole cases for rows of cells whose places receive on the same days.

    :param arrivals: days, increasing.
    :param unit_cost: (rows,) of the link.
    :returns: (rows, arrivals) cases, and (rows,) money gained against sending nothing.
    """
    stock = filler.stock
    days = stock.days
    cases = np.zeros((len(rows), len(arrivals)), dtype=np.int64)
    base = stock.run(rows, np.zeros((len(rows), days), dtype=np.float32))
    gain = prices.gain[rows]
    before = (gain * base.sold[-1]).mean(axis=1) - base.cost[-1]
    new = np.zeros((len(rows), days), dtype=np.float32)
    case, life = filler.case[rows], stock.life[rows]
    cost = prices.cost[rows] + unit_cost
    under = np.maximum(gain.mean(axis=1) - cost, 0)
    total = np.cumsum(stock.demand[:, rows], axis=0)
    state = np.zeros((len(rows), stock.demand.shape[2]), dtype=np.float32)
    at = 0
    for number, day in enumerate(arrivals):
        arrived, expired = stock.supply(rows, new)
        while at < day:
            sold = np.minimum(stock.demand[at][rows], arrived[at][:, None] - state)
            state = np.maximum(state + sold, expired[at][:, None])
            at += 1
        last = number + 1 == len(arrivals)
        end = days + AFTER_DAYS if last else arrivals[number + 1]
        cover = np.minimum(day + life, end)
        wanted = np.take_along_axis(total, (cover - 1)[None, :, None], axis=0)[0]
        if day:
            wanted = wanted - total[day - 1]
        need = wanted - np.maximum(arrived[day][:, None] - state, 0)
        spoils = day + life <= end
        over = stock.holding[rows] * np.minimum(life, end - day)
        over = over + np.where(spoils, cost + stock.waste[rows], 0.15 * cost)
        over = np.where(last & ~spoils, over + cost, over)
        ratio = under / np.maximum(under + over, 1e-9)
        ordered = np.sort(need, axis=1)
        place = np.clip((ratio * need.shape[1]).astype(np.int64), 0, need.shape[1] - 1)
        best = np.take_along_axis(ordered, place[:, None], axis=1)[:, 0]
        cases[:, number] = np.where(under > 0, np.maximum(np.floor(best / case + 0.4), 0), 0)
        new[:, day] = cases[:, number] * case
    run = stock.run(rows, new)
    value = (gain * run.sold[-1]).mean(axis=1) - run.cost[-1] - before
    value -= cases.sum(axis=1) * case * cost
    # What gains nothing stays.
    cases[value <= 0] = 0
    return cases, np.maximum(value, 0)


def patterns(links: Links, link: int) -> list[Ints]:
    """Dispatch days of each review pattern on a link, without repeats."""
    found: dict[bytes, Ints] = {}
    days = np.arange(links.open.shape[1])
    for period in PERIODS:
        for phase in range(0, period, 1 + period // 5):
            wanted = days[phase::period]
            # A day without departure moves to the next one with.
            later = [next((d for d in days[w:] if links.open[link, d]), -1) for w in wanted]
            chosen = np.unique([d for d in later if d >= 0])
            if len(chosen):
                found.setdefault(chosen.tobytes(), chosen)
    return list(found.values())


def first_trips(
    filler: Filler, prices: CellPrices, stop: Callable[[], bool] = lambda: False
) -> Slots:
    """The best review pattern of each place, with vehicles that are worth their money."""
    links, stock, network = filler.links, filler.stock, filler.network
    best: dict[int, tuple[float, Ints, int, Floats]] = {}
    for link in range(len(links)):
        place = int(links.destination[link])
        rows = np.flatnonzero(stock.location == place)
        if not len(rows) or stop():
            continue
        unit_cost = np.full(len(rows), links.unit_cost[link])
        for days in patterns(links, link):
            cases, value = newsvendor(filler, prices, rows, days + links.lead[link], unit_cost)
            m3 = cases * filler.volume[rows][:, None]
            load = m3.sum(axis=0)
            density = value.sum() / max(load.sum(), 1e-9)
            step = whole(links, link, load, density)
            ladder = links.ladder[link]
            lost = np.maximum(load - ladder.volume[step], 0).sum() * density * 0.5
            held = network.storage_m3[place]
            shrunk = min(1.0, held / max(load.max(initial=0), 1e-9))
            worth = (value.sum() - lost) * shrunk - ladder.cost[step].sum()
            if worth > best.get(place, (0.0,))[0]:
                keep = step > 0
                best[place] = (worth, days[keep], link, ladder.volume[step[keep]])
    chosen = [best[place] for place in sorted(best)]
    none = [np.zeros(0, dtype=np.int64)]
    from_link = np.concatenate(
        [np.full(len(entry[1]), entry[2], dtype=np.int64) for entry in chosen] or none
    )
    on_day = np.concatenate([entry[1] for entry in chosen] or none)
    room = np.concatenate([entry[3] for entry in chosen] or [np.zeros(0)])
    return make_slots(links, from_link, on_day, room)


def whole(links: Links, link: int, load: Floats, density: float) -> Ints:
    """Return the step of the ladder for each load: what is left behind loses half its density."""
    ladder = links.ladder[link]
    left = np.maximum(load[:, None] - ladder.volume[None, :], 0)
    result: Ints = (ladder.cost[None, :] + 0.5 * density * left).argmin(axis=1)
    return result
