"""Some trips taken off a plan, everywhere at once, so that local search may find a better one.

Local search from a plan that lacks a part of a good one ends elsewhere, and often higher: iterated
local search (Lourenço, Martin and Stützle, in Handbook of Metaheuristics, 2003). Places touch
through the mains' stock alone, so one perturbation tries all of them, and each can be kept apart.
"""

from __future__ import annotations

import numpy as np

from optimization.draft import Draft
from optimization.network import Truths

SHARE = 0.25
"""Share of the days, or of the trips, that is taken off."""


def perturbed(draft: Draft, rng: np.random.Generator, consecutive: bool) -> Draft:
    """Return the draft without some of its trips.

    :param consecutive: a stretch of days at each place, else trips anywhere.
    """
    options, network = draft.options, draft.network
    arcs, days = options.arcs, network.days
    if consecutive:
        length = max(round(SHARE * days), 1)
        first = rng.integers(0, days - length + 1, len(network.locations))[arcs.destination, None]
        day = np.arange(days)
        off: Truths = (day >= first) & (day < first + length)
    else:
        off = rng.random(arcs.price.shape) < SHARE
    result = draft.copy()
    result.cases[off[options.arc, options.day]] = 0
    result.fleet[off[arcs.of_lane]] = 0
    return result
