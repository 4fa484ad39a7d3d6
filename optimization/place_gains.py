"""What each place gains by a draft, so that changes at many places are judged in one run.

Places touch through the mains' stock alone. At the prices of the earlier run - what a unit sold is
worth there, what a unit of main stock is worth - the difference of two runs falls apart by place.
It steers only what is tried: whatever is kept is run again as a whole.
"""

from __future__ import annotations

import numpy as np

from optimization.appraisal import Appraisal
from optimization.churn import churn_by_option
from optimization.draft import Draft
from optimization.network import Floats
from optimization.options import vehicle_money

_TOGETHER = 4096
"""Cells that are compared at once: memory stays bounded."""


def gain_by_place(old: Draft, before: Appraisal, new: Draft, after: Appraisal) -> Floats:
    """(locations,) estimated profit that each destination gains by the new draft.

    :param before: the run of ``old``; ``after``: that of ``new``.
    """
    network, options = old.network, old.options
    rows = before.cells
    sku = network.cell_sku[rows]
    money, spoilt = np.zeros(len(rows)), np.zeros(len(rows))
    night = np.asarray(after.morning - before.morning, dtype=np.float64)[rows]
    for start in range(0, len(rows), _TOGETHER):
        part = slice(start, start + _TOGETHER)
        sold = before.unmet[:, part] - after.unmet[:, part]
        night[part] -= sold[:-1].mean(axis=2).T
        sold *= before.worth[:, part]
        money[part] = sold.sum(axis=0).mean(axis=1, dtype=np.float64)
        more = after.spoilt[:, part] - before.spoilt[:, part]
        spoilt[part] = more.sum(axis=0).mean(axis=1, dtype=np.float64)
    sent = ((new.cases - old.cases) * options.case_units).astype(np.float64)
    left = np.zeros((len(network.cell_sku), network.days))
    np.add.at(left, (options.origin_cell, options.day), sent)
    night -= left[rows]
    money -= night.sum(axis=1) * network.unit_m3[sku] * network.money.holding
    money -= spoilt * network.price[sku] * network.money.waste_share
    gain = np.zeros(len(network.locations))
    np.add.at(gain, network.cell_location[rows], money)
    worth = before.main_value[options.sku] * sent
    paid = sent * options.landed + worth * options.from_main - worth * options.to_main
    paid += churn_by_option(options, new.cases) - churn_by_option(options, old.cases)
    np.subtract.at(gain, options.arcs.destination[options.arc], paid)
    vehicles = (new.fleet - old.fleet).sum(axis=1) * vehicle_money(network)
    np.subtract.at(gain, network.destination, vehicles)
    return gain
