"""A first draft from the relaxation's optimum: its quantities, in whole trips and whole cases."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from optimization.appraisal import Appraisal
from optimization.draft import Draft
from optimization.network import Floats, Ints, Network
from optimization.options import Options, vehicle_money

SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
"""Shares of the relaxation's quantities that each product tries: it is told more than is so."""
_LEAST_FILL = 0.6
"""A trip is started for a load that fills at least this share of a vehicle."""


def relaxed_draft(
    network: Network,
    options: Options,
    units: Floats,
    appraise: Callable[[Draft], Appraisal],
) -> Draft:
    """Turn the relaxation's optimum into a draft.

    Each product takes the share of its quantities that earns most in the simulation, vehicles paid
    by volume. What goes on an arc is then put, in the order of the days, into full vehicles of the
    arc's cheapest type, each leaving on the first day of what it carries; and quantities become
    whole cases so that what is left over is carried to the next trip.

    :param units: (options,) of the relaxation.
    """
    scaled = _best_shares(network, options, units, appraise)
    draft = Draft.empty(network, options)
    loaded = np.zeros(len(options))
    money = vehicle_money(network)
    for arc in np.unique(options.arc[scaled > 0]):
        own = np.flatnonzero(options.arc == arc)
        lanes = options.arcs.lanes[arc]
        _load_arc(draft, loaded, own, scaled[own], lanes[lanes >= 0], money)
    draft.cases = whole_cases(options, loaded)
    draft.fleet = np.minimum(draft.fleet, network.max_vehicles)
    return draft


def _best_shares(
    network: Network,
    options: Options,
    units: Floats,
    appraise: Callable[[Draft], Appraisal],
) -> Floats:
    price = np.where(np.isfinite(options.arcs.price), options.arcs.price, 0.0)
    each = options.landed + price[options.arc, options.day] * network.unit_m3[options.sku]
    draft = Draft.empty(network, options)
    best, share = np.full(len(network.skus), -np.inf), np.zeros(len(network.skus))
    for tried in (0.0, *SHARES):
        draft.cases = whole_cases(options, units * tried)
        moved = draft.cases * options.case_units
        earned = appraise(draft).by_sku.astype(np.float64).copy()
        np.subtract.at(earned, options.sku, moved * each)
        better = earned > best
        best[better], share[better] = earned[better], tried
    return units * share[options.sku]


def whole_cases(options: Options, units: Floats) -> Ints:
    """(options,) whole cases; on an arc, what a product's day leaves over goes with the next."""
    order = np.lexsort((options.day, options.sku, options.arc))
    wanted = (units / options.case_units)[order]
    group = np.stack([options.arc[order], options.sku[order]])
    starts = np.flatnonzero((np.diff(group, axis=1, prepend=-1) != 0).any(axis=0))
    total = np.cumsum(wanted)
    before = total[starts] - wanted[starts]
    sizes = np.diff(np.append(starts, len(order)))
    rounded = np.floor(total - np.repeat(before, sizes) + 0.5)
    cases = np.diff(rounded, prepend=0)
    cases[starts] = rounded[starts]
    result = np.zeros(len(order), dtype=np.int64)
    result[order] = cases
    return result


def _load_arc(
    draft: Draft, loaded: Floats, own: Ints, units: Floats, lanes: Ints, money: Floats
) -> None:
    """Put an arc's quantities into trips of whole vehicles, and add them to ``loaded``.

    :param loaded: (options,) units. ``own``: the arc's options, by day and product.
    """
    options, network = draft.options, draft.network
    sizes = network.vehicle_m3[lanes]
    volume = units * network.unit_m3[options.sku[own]]
    total = np.cumsum(volume)
    trips = 0
    for lane in (lanes[np.argmin(money[lanes] / sizes)], lanes[np.argmin(sizes)]):
        size = network.vehicle_m3[lane]
        trips = int(total[-1] / size + 1 - _LEAST_FILL)
        if trips:
            break
    # A trip leaves on the day on which the load passes those before it.
    firsts = np.searchsorted(total, np.arange(trips) * size, side="right")
    days = options.day[own[firsts]]
    days = days[network.open[lane, days]]
    np.add.at(draft.fleet[lane], days, 1)
    begins = total - volume
    for number, day in enumerate(days):
        # What lies between this trip's first and last m³; the last takes all that remains.
        end = np.inf if number == len(days) - 1 else (number + 1) * size
        part = np.clip(np.minimum(total, end) - np.maximum(begins, number * size), 0, None)
        some = np.flatnonzero(part > 0)
        at = options.find(options.arc[own[some]], options.sku[own[some]], day)
        amount = units[some] * part[some] / volume[some]
        np.add.at(loaded, at[at >= 0], amount[at >= 0])
