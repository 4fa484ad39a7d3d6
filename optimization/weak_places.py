"""Places that earn little for their vehicles: cleared, so that others may have their stock.

Trip by trip the search cannot see that a main's last cases would earn more in a vehicle more to
another place: each step alone loses. Where all trips of such places are taken off together, the
stock is there for the taking, and what is worth it comes back (ruin and recreate; Schrimpf et
al., Journal of Computational Physics 159, 2000).
"""

from __future__ import annotations

import numpy as np

from optimization.appraisal import Appraisal
from optimization.draft import Draft
from optimization.network import Floats, Truths
from optimization.options import vehicle_money
from optimization.place_gains import gain_by_place

LEAST_RETURN = 0.6
"""Gain per vehicles' money below which places are cleared."""
_FEWEST = 4
"""Served places from which on there is something to gain by it."""


def weak_places(draft: Draft, run: Appraisal, base: Appraisal, least: float) -> Truths:
    """(locations,) whether a place earns less than ``least`` times the money for its vehicles.

    :param run: of the draft; ``base``: without proposals.
    """
    network = draft.network
    money = np.zeros(len(network.locations))
    np.add.at(money, network.destination, draft.fleet.sum(axis=1) * vehicle_money(network))
    served = money > 0
    if served.sum() < _FEWEST:
        return np.zeros_like(served)
    nothing = Draft.empty(network, draft.options)
    gain: Floats = -gain_by_place(draft, run, nothing, base)
    weak: Truths = served & (gain < least * money)
    return weak


def cleared(draft: Draft, places: Truths) -> Draft:
    """Return the draft without anything that goes to these places."""
    result = draft.copy()
    result.cases[places[draft.options.arcs.destination[draft.options.arc]]] = 0
    result.fleet[places[draft.network.destination]] = 0
    return result
