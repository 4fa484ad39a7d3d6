"""Cut a draft down to what fits: the cases that are missed least go first."""

from __future__ import annotations

import numpy as np

from optimization.block import Array
from optimization.draft import Draft, room_to_handle, stock_to_send
from optimization.network import Floats, Ints, Truths

_ROUNDS = 12
_TOLERANCE = 1e-6


def fit(draft: Draft, score: Floats) -> None:
    """Drop cases until vehicles, handling and the stock at origins hold what remains.

    :param score: (options,) money per unit that is missed if it does not come.
    """
    options, network = draft.options, draft.network
    width = network.days
    per_m3 = score * options.case_units / options.case_m3
    group = options.arc * width + options.day
    _drop_beyond(draft, group, options.case_m3, (draft.load() - draft.capacity()).ravel(), per_m3)
    units = options.case_units.astype(float)
    place = network.cell_location[options.cell] * width + options.arrival
    _drop_beyond(draft, place, units, -room_to_handle(draft).ravel(), score)
    if network.handling_at_origin:
        place = network.cell_location[options.origin_cell] * width + options.day
        _drop_beyond(draft, place, units, -room_to_handle(draft).ravel(), score)
    for _ in range(_ROUNDS):
        send = stock_to_send(draft)
        lacking = np.maximum(-send[:, 0], 0)
        if not (lacking > _TOLERANCE).any():
            return
        _drop_beyond(draft, options.origin_cell, units, lacking, score)
    # What still cannot leave in time is left out altogether.
    short = stock_to_send(draft)[:, 0] < -_TOLERANCE
    draft.cases[short[options.origin_cell]] = 0


def drop_least(
    draft: Draft, group: Ints, amount: Floats, excess: Floats, score: Floats, may: Truths
) -> None:
    """Drop cases of options in groups that exceed a limit, the least missed first.

    :param group: (options,) the group of each option; ``excess``: (groups,) to be removed.
    :param amount: (options,) what one case takes of the limit.
    :param may: (options,) whether its cases may be dropped.
    """
    rows = np.flatnonzero((draft.cases > 0) & (excess[group] > _TOLERANCE) & may)
    if not len(rows):
        return
    rows = rows[np.lexsort((score[rows], group[rows]))]
    taken = draft.cases[rows] * amount[rows]
    before = np.cumsum(taken) - taken
    starts = np.flatnonzero(np.diff(group[rows], prepend=-1))
    sizes = np.diff(np.append(starts, len(rows)))
    before -= np.repeat(before[starts], sizes)
    needed = excess[group[rows]] - before
    drop = np.ceil(needed / amount[rows] - 1e-9).astype(np.int64)
    draft.cases[rows] -= np.clip(drop, 0, draft.cases[rows])


def _drop_beyond(draft: Draft, group: Ints, amount: Floats, excess: Floats, score: Floats) -> None:
    drop_least(draft, group, amount, excess, score, np.ones(len(score), dtype=bool))


def drop_beyond_storage(
    draft: Draft, morning: Array, before: Array, margin: float, score: Floats
) -> bool:
    """Drop cases that bring a place or a product there over its limit; whether any was dropped.

    :param morning, before: (cells, days) expected stock with the draft and without proposals.
    """
    network, options = draft.network, draft.options
    volume = network.unit_m3[network.cell_sku][:, None]
    held, alone = (np.zeros((len(network.locations), network.days)) for _ in range(2))
    np.add.at(held, network.cell_location, morning * volume)
    np.add.at(alone, network.cell_location, before * volume)
    over = held - np.maximum(network.storage_m3[:, None] * (1 - margin), alone)
    units_over = morning - np.maximum(network.max_units[:, None] * (1 - margin), before)
    had = draft.cases.sum()
    for excess, group, amount in (
        (over, network.cell_location[options.cell], options.case_m3),
        (units_over, options.cell, options.case_units.astype(float)),
    ):
        first = np.where(
            (excess > _TOLERANCE).any(axis=1), (excess > _TOLERANCE).argmax(axis=1), -1
        )
        # Only what arrives by the first full day can be at fault there.
        may = options.arrival <= first[group]
        most = np.where(first >= 0, excess[np.arange(len(first)), first], 0.0)
        drop_least(draft, group, amount, most, score * options.case_units / amount, may)
    return bool(draft.cases.sum() < had)
