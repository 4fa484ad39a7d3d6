"""What is lost when units do not come to a front or store, or leave it.

What it had left over is not missed (``spare`` of :mod:`optimization.appraisal`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimization.appraisal import Appraisal
from optimization.block import Array
from optimization.network import Floats, Ints


def loss_of_removing(
    appraisal: Appraisal, rows: Ints, day: int, units: Floats, oldest: bool = False
) -> tuple[Array, Array]:
    """Return the loss when units that arrive on ``day`` do not come, (rows, paths).

    Sales less the holding that is saved; what it costs to bring them is not in it.

    :param oldest: units that leave on ``day`` instead: those that expire first.
    :returns: the loss, and the units of these that would have sold while the mains were short
        then or later: their shoppers now ask far in vain.
    """
    network = appraisal.network
    sku = network.cell_sku[appraisal.cells[rows]]
    hold = (network.unit_m3[sku] * network.money.holding).astype(np.float32)[:, None]
    waste = (network.price[sku] * network.money.waste_share).astype(np.float32)[:, None]
    total = np.zeros((len(rows), appraisal.unmet.shape[2]), dtype=np.float32)
    left = np.repeat(units[:, None], total.shape[1], axis=1).astype(np.float32)
    sold = np.zeros_like(total)
    for today, missed, spoilt in missed_without(appraisal, rows, day, units, oldest):
        total += missed * appraisal.worth[today, rows]
        sold += missed * appraisal.ran_out[today, sku]
        if today < network.days:
            left -= missed
            total -= left * hold + spoilt * waste
            left -= spoilt
    return total, sold


def missed_without(
    appraisal: Appraisal, rows: Ints, day: int, units: Floats, oldest: bool = False
) -> Iterator[tuple[int, Array, Array]]:
    """Yield what changes, day by day, if units that arrive on ``day`` do not come.

    :param oldest: they are what expires first there, not what arrives on ``day``.
    :returns: the day, the units that are missed on it, and the units that do not spoil then,
        both (rows, paths). First to come is first to go: what does not come spoils less from
        the day on which it would have expired.
    """
    network = appraisal.network
    paths, days = appraisal.unmet.shape[2], network.days
    life = network.shelf_life[network.cell_sku[appraisal.cells[rows]]]
    taken = np.repeat(units[:, None], paths, axis=1).astype(np.float32)
    missing = np.zeros((len(rows), paths), dtype=np.float32)
    for today in range(day, days):
        lacking = np.maximum(missing, taken - appraisal.spare[today, rows])
        old = ((today >= day + life - 1) | oldest).astype(np.float32)[:, None]
        spoilt = np.minimum(taken - lacking, appraisal.spoilt[today, rows] * old)
        yield today, lacking - missing, spoilt
        missing = lacking
        taken -= spoilt
    # After the horizon units are missed unless more were left than could be sold.
    left = appraisal.spare[-1, rows] - appraisal.spoilt[-1, rows]
    sold = appraisal.after_sold[rows]
    unsold = np.maximum(left - sold, 0)
    lost = np.clip(taken - missing - unsold, 0, sold)
    yield days, lost, np.zeros_like(missing)
