"""What the mains lose by units that leave them, and gain by units that stay or come back.

Their stock serves far demand, which is less for what sells near or mid instead.
"""

from __future__ import annotations

import numpy as np

from optimization.appraisal import Appraisal, far_profit
from optimization.block import Array
from optimization.network import FAR, MID, NEAR, STORE, Floats, Ints


def cost_of_taking(
    appraisal: Appraisal, rows: Ints, day: Ints, units: Floats, sold: Array
) -> Floats:
    """Return the profit that the mains lose when units leave for these rows and sell there.

    What sells near or mid is not asked for far. Where the mains run out by the end, every
    unit that leaves is missed; elsewhere those beyond what would be left over. What would
    have expired there is never missed: it leaves first.

    :param day: (rows,) day of dispatch.
    """
    sku, relief = _relief(appraisal, rows, sold)
    short, left = appraisal.main_short[sku], appraisal.main_left[sku]
    asked = units[:, None]
    saved = np.minimum(appraisal.main_spoilt[day, sku], asked)
    kept = np.maximum(asked - relief - left, 0)
    missed = np.maximum(np.where(short > 0, asked, kept) - saved, 0)
    cost = missed.mean(axis=1, dtype=np.float64) * far_profit(appraisal.network)[sku]
    cost -= saved.mean(axis=1, dtype=np.float64) * _waste(appraisal, sku)
    return np.asarray(cost)


def gain_of_returning(
    appraisal: Appraisal, rows: Ints, day: Ints, units: Floats, sold: Array
) -> Floats:
    """Return the profit that the mains gain when units stay, by row.

    :param day: (rows,) day of dispatch.
    :param sold: (rows, paths) as :func:`~optimization.removed_units.loss_of_removing` returns it.
    """
    sku, relief = _relief(appraisal, rows, sold)
    short, spoils = appraisal.main_short[sku], appraisal.main_spoilt[day, sku] > 0
    asked = units[:, None]
    used = np.where((short > 0) & ~spoils, np.minimum(asked, short + relief), 0)
    gain = used.mean(axis=1, dtype=np.float64) * far_profit(appraisal.network)[sku]
    gain -= np.where(spoils, asked, 0).mean(axis=1, dtype=np.float64) * _waste(appraisal, sku)
    return np.asarray(gain)


def gain_at_mains(appraisal: Appraisal, sku: Ints, day: Ints, units: Floats) -> Floats:
    """Return the gain of units that reach the mains on ``day``: far sales not missed."""
    used = np.minimum(units[:, None], appraisal.main_missed[day, sku])
    gain: Floats = used.mean(axis=1, dtype=np.float64) * far_profit(appraisal.network)[sku]
    return gain


def _waste(appraisal: Appraisal, sku: Ints) -> Floats:
    """(k,) money lost on a unit of these products that expires."""
    money: Floats = appraisal.network.price[sku] * appraisal.network.money.waste_share
    return money


def _relief(appraisal: Appraisal, rows: Ints, sold: Array) -> tuple[Ints, Array]:
    """The rows' products, and the units that far demand is less for what they sell."""
    network = appraisal.network
    cell = appraisal.cells[rows]
    conversion = network.money.conversion
    field = np.where(network.cell_kind[cell] == STORE, NEAR, MID)
    ratio = conversion[FAR] / np.maximum(conversion[field], 1e-9)
    return network.cell_sku[cell], sold * ratio.astype(np.float32)[:, None]
