"""What units that come to a front or store bring: they lie on top of what is there.

They sell what the cell could not serve, in order (``unmet`` of :mod:`optimization.appraisal`).
"""

from __future__ import annotations

import numpy as np

from optimization.appraisal import Appraisal
from optimization.block import Array
from optimization.network import AFTER_DAYS, Floats, Ints


def gain_of_adding(
    appraisal: Appraisal, rows: Ints, day: int, units: Floats, life: Floats | None = None
) -> tuple[Array, Array]:
    """Return the gain of units that arrive on the morning of ``day``, (rows, paths).

    Sales less holding and waste; what it costs to bring them is not in it.

    :param life: (rows,) days that they can be sold; default: the product's shelf life.
    :returns: the gain, and the units of these that sell.
    """
    network = appraisal.network
    sku = network.cell_sku[appraisal.cells[rows]]
    life = network.shelf_life[sku] if life is None else life
    hold = (network.unit_m3[sku] * network.money.holding).astype(np.float32)[:, None]
    waste = (network.price[sku] * network.money.waste_share).astype(np.float32)[:, None]
    days, paths = network.days, appraisal.unmet.shape[2]
    extra = np.repeat(units.astype(np.float32)[:, None], paths, axis=1)
    total, sold = np.zeros_like(extra), np.zeros_like(extra)
    spoils = bool((life <= days - day).any())
    now, worth = np.empty_like(extra), np.empty_like(extra)
    for today in range(day, days + 1):
        _take(appraisal.unmet[today], rows, now)
        if today == days:
            now = _unmet_in_time(appraisal, rows, now, extra, life - (days - day))
        np.minimum(extra, now, out=now)
        sold += now
        total += np.multiply(_take(appraisal.worth[today], rows, worth), now, out=worth)
        if today == days:
            break
        extra -= now
        total -= np.multiply(extra, hold, out=now)
        if spoils:
            old = np.flatnonzero(life <= today - day + 1)
            if len(old):
                kept = np.minimum(extra[old], _gave_way(appraisal, rows[old], today))
                total[old] -= (extra[old] - kept) * waste[old]
                extra[old] = kept
    return total, sold


def lay_on_top(
    appraisal: Appraisal,
    rows: Ints,
    day: int,
    extra: Array,
    unmet: Array,
    life: Floats | None = None,
) -> tuple[Array, Array]:
    """Sell ``extra`` (rows, paths) units from ``day`` on against ``unmet``.

    :param life: (rows,) days that they can be sold; default: the product's shelf life.
    :returns: the gain (rows, paths), and what is still unmet (a new array).
    """
    network = appraisal.network
    sku = network.cell_sku[appraisal.cells[rows]]
    life = (network.shelf_life[sku] if life is None else life)[:, None]
    hold = (network.unit_m3[sku] * network.money.holding).astype(np.float32)[:, None]
    waste = (network.price[sku] * network.money.waste_share).astype(np.float32)[:, None]
    extra, rest = extra.copy(), unmet.copy()
    total = np.zeros(extra.shape, dtype=np.float32)
    days = network.days
    spoils = bool((life <= days - day).any())
    for today in range(day, days):
        sold = np.minimum(extra, rest[today])
        rest[today] -= sold
        total += sold * appraisal.worth[today, rows]
        extra -= sold
        total -= extra * hold
        if spoils:
            last = np.equal(life[:, 0], today - day + 1)
            if last.any():
                total[last] -= extra[last] * waste[last]
                extra[last] = 0
    share = after_share(life, days - day)
    sold = np.minimum(extra, unmet_after(appraisal, rows, rest[days], share))
    rest[days] -= sold
    total += sold * appraisal.worth[days, rows]
    return total, rest


def unmet_after(appraisal: Appraisal, rows: Ints, rest: Array, share: Array) -> Array:
    """(rows, paths) units that are unmet in the first ``share`` of the days after the horizon.

    What is there sells day by day until it is gone: what is unmet comes after that.

    :param rest: (rows, paths) units that are unmet in all of these days.
    """
    wanted = appraisal.unmet[-1, rows] + appraisal.after_sold[rows]
    unmet: Array = np.maximum(rest - (1 - share) * wanted, 0)
    return unmet


def after_share(life: Floats, days_left: int) -> Array:
    """Share of the days after the horizon in which units that arrive so late can still sell."""
    usable = np.clip(life - days_left, 0, AFTER_DAYS) / AFTER_DAYS
    share: Array = usable.astype(np.float32)
    return share


def _gave_way(appraisal: Appraisal, rows: Ints, night: int) -> Array:
    """(rows, paths) units sold by that night that would have lasted longer."""
    there = appraisal.spare[night, rows] - appraisal.spoilt[night, rows]
    gave: Array = np.maximum(appraisal.lasting.beyond[night, rows][:, None] - there, 0)
    return gave


def _unmet_in_time(
    appraisal: Appraisal, rows: Ints, unmet: Array, extra: Array, life: Floats
) -> Array:
    """(rows, paths) of ``extra`` units what sells after the horizon.

    They last as long as the longest of what is there, as far as that gives way to them.

    :param life: (rows,) days after the horizon in which they could be sold themselves.
    """
    own = np.clip(life, 0, AFTER_DAYS)
    daily = (appraisal.unmet[-1, rows] + appraisal.after_sold[rows]) / AFTER_DAYS
    lasting = np.minimum(
        extra, _gave_way(appraisal, rows, appraisal.network.days - 1) + own[:, None] * daily
    )
    longest = np.maximum(own, appraisal.lasting.longest[rows]) / AFTER_DAYS
    share = longest.astype(np.float32)[:, None]
    result: Array = np.minimum(lasting, unmet_after(appraisal, rows, unmet, share))
    return result.astype(np.float32)


def _take(values: Array, rows: Ints, out: Array) -> Array:
    """Copy rows of ``values`` (all, paths) to ``out``, and return it."""
    return values.take(rows, axis=0, out=out, mode="clip")
