"""How far demand spreads over the paths: by product, in groups of paths of like demand.

A main sells far what is wanted there and what it has, whichever is less, on each path; of the two
means the lesser is more than that. Groups of like paths keep most of the difference.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.appraisal import Appraisal
from optimization.evaluation import Draw
from optimization.network import AFTER_DAYS, MID, NEAR, STORE, Floats, Network
from optimization.simulation import rate_after

GROUPS = 5
"""Groups of paths; more lower the bound by next to nothing."""


@dataclass(frozen=True, eq=False)
class FarGroups:
    """Means over groups of paths, by product; the days after the horizon are in all of them.

    :param weight: (groups,) share of the paths.
    :param wanted: (skus, groups) units of demand in all; ``forward``: those of them that fronts
        and stores serve without proposals.
    """

    weight: Floats
    wanted: Floats
    forward: Floats


def far_groups(network: Network, base: Appraisal, draw: Draw) -> FarGroups:
    """Group the paths of each product by what is asked far without proposals.

    :param base: the run without proposals.
    """
    wanted, forward = demand_totals(network, base, draw)
    order = np.argsort(wanted - forward, axis=1, kind="stable")
    parts = np.array_split(order, min(GROUPS, order.shape[1]), axis=1)
    return FarGroups(
        weight=np.array([part.shape[1] for part in parts]) / order.shape[1],
        wanted=np.stack([np.take_along_axis(wanted, part, 1).mean(1) for part in parts], axis=1),
        forward=np.stack([np.take_along_axis(forward, part, 1).mean(1) for part in parts], axis=1),
    )


def demand_totals(network: Network, base: Appraisal, draw: Draw) -> tuple[Floats, Floats]:
    """Return units of demand with the days after, and of those served forward, (skus, paths).

    Served forward: by fronts and stores without proposals; at least that, where a region has both.
    """
    paths = base.unmet.shape[2]
    total = np.zeros((len(network.series_sku), paths), dtype=np.float32)
    for first in range(0, len(total), 4096):
        part = slice(first, min(first + 4096, len(total)))
        demand = draw(part)
        after = AFTER_DAYS * rate_after(demand)
        total[part] = demand.sum(axis=0, dtype=np.float64) + after[:, None]
    wanted = np.zeros((len(network.skus), paths))
    np.add.at(wanted, network.series_sku, total)
    field = np.where(network.cell_kind[base.cells] == STORE, NEAR, MID)
    conversion = network.money.conversion[field]
    share = network.share[network.cell_location[base.cells]]
    series = network.cell_series[base.cells]
    rows = np.flatnonzero((series >= 0) & (share > 0) & (conversion > 0))
    served = share[rows, None] * total[series[rows]]
    # Where stores serve first, a front is asked for less: what it serves is then overstated.
    unmet = base.unmet[:, rows].sum(axis=0) / conversion[rows, None]
    forward = np.zeros_like(wanted)
    np.add.at(forward, network.cell_sku[base.cells[rows]], np.maximum(served - unmet, 0))
    return wanted, forward
