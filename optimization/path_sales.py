"""The most that units can earn on each path by itself, where each path pays prices of its own.

On one path demand is known. A unit that is wanted on day *d* and not there without proposals is
served, if at all, by the arrival *t* of the last days that is cheapest: its price on that path and
the nights from *t* to *d*. So the best sales follow unit by unit, for all cells and paths at once.
The least over the last days is taken from running minima within stretches of the shelf life's
length, backwards in one and forwards in the next (van Herk, Pattern Recognition Letters 13, 1992).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.block import Array
from optimization.network import AFTER_DAYS, Floats, Ints


@dataclass(frozen=True, eq=False)
class Wanted:
    """Cells with one shelf life and what they lack without proposals.

    :param unmet: (days + 1, cells, paths) units wanted and not there; the last: after the horizon.
    :param after_sold: (cells, paths) units that sell after the horizon without proposals: the
        first that are wanted then.
    :param hold: (cells,) money a unit and night.
    :param life: days in which what arrives can be sold, the day of arrival included, >= 1.
    """

    unmet: Array
    after_sold: Array
    hold: Array
    life: int

    @property
    def days(self) -> int:
        """Days of the horizon."""
        return len(self.unmet) - 1

    def of(self, rows: Ints) -> Wanted:
        """What some of the cells lack."""
        unmet, sold = self.unmet[:, rows], self.after_sold[rows]
        return Wanted(unmet, sold, self.hold[rows], self.life)

    def asked(self, day: int) -> Array:
        """(cells, paths) units unmet on a day of the horizon or of the seven after it."""
        if day < self.days:
            today: Array = self.unmet[day]
            return today
        daily = (self.unmet[-1] + self.after_sold) / np.float32(AFTER_DAYS)
        later = (day - self.days + 1) * daily - self.after_sold
        after: Array = np.clip(later, 0, daily)
        return after


def best_sales(wanted: Wanted, price: Array, worth: Array) -> tuple[Array, Array]:
    """Sell on each path what is worth more than the cheapest arrival that can serve it.

    :param price: (days, cells, paths) money a unit that arrives on that day; inf: none can.
    :param worth: (cells, paths) money a unit sold, >= 0 not required.
    :returns: (cells, paths) money, and (days, cells, paths) units that arrive for it.
    """
    days, life = wanted.days, wanted.life
    reach = days + AFTER_DAYS
    hold = wanted.hold[:, None]
    cheapest, own = _running(price, hold, life, reach)
    backwards, alone = _running_back(price, hold, life, reach)
    money = np.zeros_like(worth)
    forward_units = np.zeros_like(cheapest)
    backward_units = np.zeros_like(backwards)
    for day in range(reach):
        first = day - life + 1
        least = cheapest[day]
        if 0 < first < days:
            earlier = backwards[first]
            use = earlier < least
            least = np.where(use, earlier, least)
        margin = worth - least
        margin -= hold * min(day, days)
        np.maximum(margin, 0, out=margin)
        asked = wanted.asked(day)
        money += asked * margin
        sold = asked * (margin > 0)
        if 0 < first < days:
            back = sold * use
            backward_units[first] += back
            sold -= back
        forward_units[day] += sold
    arriving = np.zeros_like(price)
    for day in range(reach - 1, -1, -1):
        here = forward_units[day] * own[day]
        if day < days:
            arriving[day] += here
        if day % life:
            forward_units[day - 1] += forward_units[day] - here
    for day in range(days):
        here = backward_units[day] * alone[day]
        arriving[day] += here
        if (day + 1) % life and day + 1 < days:
            backward_units[day + 1] += backward_units[day] - here
    return money, arriving


def most_money(wanted: Wanted, price: Array, worth: Array) -> Floats:
    """(cells,) the money of :func:`best_sales`, in the mean of the paths."""
    days, life = wanted.days, wanted.life
    reach = days + AFTER_DAYS
    hold = wanted.hold[:, None]
    cheapest, _ = _running(price, hold, life, reach)
    backwards, _ = _running_back(price, hold, life, reach)
    money = np.zeros(len(worth))
    for day in range(reach):
        first = day - life + 1
        least = cheapest[day]
        if 0 < first < days:
            least = np.minimum(least, backwards[first])
        margin = worth - least
        margin -= hold * min(day, days)
        np.maximum(margin, 0, out=margin)
        money += np.einsum("ij,ij->i", wanted.asked(day), margin)
    result: Floats = money / worth.shape[1]
    return result


def _running(price: Array, hold: Array, life: int, reach: int) -> tuple[Array, Array]:
    """(reach, …) least of price - hold · day since the stretch began; whether it is the day's."""
    days = len(price)
    least = np.full((reach, *price.shape[1:]), np.inf, dtype=np.float32)
    own = np.zeros(least.shape, dtype=bool)
    for day in range(reach):
        if day < days:
            np.subtract(price[day], hold * day, out=least[day])
        if day % life:
            np.less_equal(least[day], least[day - 1], out=own[day])
            np.minimum(least[day], least[day - 1], out=least[day])
        else:
            own[day] = True
    return least, own


def _running_back(price: Array, hold: Array, life: int, reach: int) -> tuple[Array, Array]:
    """(days, …) least from each day to the end of its stretch, and whether it is the day's own."""
    days = len(price)
    least = np.empty_like(price)
    own = np.zeros(price.shape, dtype=bool)
    if life >= reach:
        return least, own
    for day in range(days - 1, -1, -1):
        np.subtract(price[day], hold * day, out=least[day])
        if (day + 1) % life and day + 1 < days:
            np.less_equal(least[day], least[day + 1], out=own[day])
            np.minimum(least[day], least[day + 1], out=least[day])
        else:
            own[day] = True
    return least, own
