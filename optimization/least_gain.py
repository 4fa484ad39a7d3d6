"""Leave out moves and trips that gain too little to be worth the trouble."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from optimization.appraisal import Appraisal
from optimization.case_values import value_of_keeping
from optimization.draft import Draft
from optimization.fitting import fit
from optimization.network import Floats
from optimization.options import vehicle_money

_ROUNDS = 50


def leave_out(
    draft: Draft, appraised: Callable[[Draft], Appraisal], min_gain: float, min_trip_gain: float
) -> None:
    """Take moves below ``min_gain`` and trips below ``min_trip_gain`` out of a draft.

    A move's gain is the profit lost if it alone does not go; a trip's gain is that of its moves
    less the money for its vehicles. At most one trip a destination goes at a time: without it the
    others are worth more.
    """
    network, arcs = draft.network, draft.options.arcs
    for _ in range(_ROUNDS):
        rows = np.flatnonzero(draft.cases)
        if not len(rows) or (min_gain <= 0 and min_trip_gain <= 0):
            return
        gain = value_of_keeping(draft, appraised(draft), rows, draft.cases[rows])
        dropped = gain < min_gain
        if min_trip_gain > 0:
            trip = draft.options.arc[rows] * network.days + draft.options.day[rows]
            net = trip_gains(draft, gain)
            poor = np.unique(trip[net[trip] < min_trip_gain])
            order = poor[np.argsort(net[poor], kind="stable")]
            place = arcs.destination[order // network.days]
            first = order[np.unique(place, return_index=True)[1]]
            dropped |= np.isin(trip, first)
            for arc, day in zip(first // network.days, first % network.days, strict=True):
                draft.fleet[arcs.lanes[arc][arcs.lanes[arc] >= 0], day] = 0
        if not dropped.any():
            return
        draft.cases[rows[dropped]] = 0
        # What was to go on from there cannot leave any more.
        score = np.zeros(len(draft.options))
        score[rows] = gain / (np.maximum(draft.cases[rows], 1) * draft.options.case_units[rows])
        fit(draft, score)


def trip_gains(draft: Draft, gain: Floats) -> Floats:
    """(arcs × days,) gain of each trip's moves less its vehicles; ``gain`` of the draft's moves."""
    network, arcs = draft.network, draft.options.arcs
    rows = np.flatnonzero(draft.cases)
    total = np.zeros((len(arcs.origin), network.days))
    np.add.at(total, (draft.options.arc[rows], draft.options.day[rows]), gain)
    np.subtract.at(total, arcs.of_lane, draft.fleet * vehicle_money(network)[:, None])
    result: Floats = total.ravel()
    return result
