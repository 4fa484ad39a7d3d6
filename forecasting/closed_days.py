"""Days on which nothing can be sold, and days without sales that nothing explains.

A shop that is closed on Sundays, a customer who orders on Mondays, a driver that says "shut": on
the logarithm such a day lies so far below the others that it would drag down the level of the days
after it, and no weekly shape that series have in common can tell one that orders on Mondays from
one that orders on Fridays. So days are *closed* where a series, or its whole region, has never
sold on that weekday, at one of a driver's two values or on that occasion, though it would have by
chance: with sales on k of N days, none falls on n of them with probability C(N - n, k) / C(N, k)
(the hypergeometric distribution). Closed days are not learnt from, and of those to come nothing is
expected.

What is left are single days without sales of a series, or a region, that sells practically every
day: shut for a storm, out of stock, a file that got lost. They say nothing of demand; where such
days go on for a week, they are what they seem to be (:data:`forecasting.panel.LATE_DAYS`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

Floats = npt.NDArray[np.floating[Any]]
Flags = npt.NDArray[np.bool_]

BY_CHANCE = 1e-5
"""Days are closed where chance alone would leave them without sales less often than this."""

_WEEKS = (8, 26)
"""Lately, or for long: who closes on Sundays from now on is known by it after two months."""
_LEAST_TIMES = 2
"""What came once may have met a series that was out of stock."""
_AROUND = 28
_SURELY, _ENOUGH = 0.9, 8.0
"""Share of the days around on which something sold, and units a day, from which on a day without
sales is odd."""
_LONGEST = 6
_LEAST_DAYS = 14


def closed_days(
    units: Floats, weekday: npt.NDArray[np.intp], region: npt.NDArray[np.intp], *told: Floats
) -> Flags:
    """Return (S, T + H) on which days each series is closed; past days with sales never are.

    :param units: (S, T) sold, NaN where not known. :param weekday: (T + H,) 0 to 6.
    :param region: (S,) numbers of regions.
    :param told: (S or 1, T + H, L) drivers and occasions, NaN where not known.
    """
    days = units.shape[1]
    weekdays = closed_weekdays(units, weekday[:days])
    weekdays |= closed_weekdays(in_regions(units, region), weekday[:days])[region]
    closed = weekdays[:, weekday]
    there = np.isfinite(units) & ~closed[:, :days]
    sold = units > 0
    for column in (values for each in told for values in np.moveaxis(each, 2, 0)):
        for at_value in _at_each_of_two(column, days):
            never = _never_by_chance(sold & there, there, at_value[:, :days])
            closed |= never[:, None] & at_value
    closed[:, :days] &= ~sold
    return closed


def closed_weekdays(units: Floats, weekday: npt.NDArray[np.intp]) -> Flags:
    """(S, 7) weekdays on which a series has not sold lately, though by chance it would have.

    :param units: (S, T). :param weekday: (T,).
    """
    found = np.zeros((len(units), 7), dtype=bool)
    for weeks in _WEEKS:
        recent, days = units[:, -7 * weeks :], weekday[-7 * weeks :]
        ours = (days[:, None] == np.arange(7)).astype(np.float64)
        there, sold = np.isfinite(recent) @ ours, (recent > 0) @ ours
        shut = (sold == 0) & (there > 0)
        ways = 7.0 - shut.sum(axis=1)
        chance = _none_by_chance(
            (there * shut).sum(axis=1), there.sum(axis=1), sold.sum(axis=1)
        ) + _log_choose(np.full(len(units), 7.0), ways)
        found |= shut & (chance < np.log(BY_CHANCE))[:, None]
    return found


def odd_days(units: Floats, open_days: Flags, region: npt.NDArray[np.intp]) -> Flags:
    """Return (S, T) days without sales that say nothing of demand.

    :param units: (S, T) sold, NaN where not known. :param open_days: (S, T) days not closed.
    :param region: (S,) numbers of regions.
    """
    known = np.where(open_days, units, np.nan)
    return np.asarray(_odd(known) | (_odd(in_regions(known, region))[region] & (units == 0)))


def in_regions(units: Floats, region: npt.NDArray[np.intp]) -> Floats:
    """(R, T) units of each region, NaN on days of which no series knows."""
    total = np.full((int(region.max(initial=-1)) + 1, units.shape[1]), np.nan)
    for number in range(len(total)):
        rows = units[region == number]
        known = np.isfinite(rows).any(axis=0)
        total[number, known] = np.nansum(rows[:, known], axis=0)
    return total


def _odd(units: Floats) -> Flags:
    """(S, T) short runs of days without sales among days that practically all sell."""
    there = np.isfinite(units)
    silent = there & (units == 0)
    run = _run_length(silent, there)
    days = _around(there) - run
    sold = _around(there & ~silent)
    volume = _around(np.where(there, units, 0.0))
    return np.asarray(
        silent
        & (run <= _LONGEST)
        & (days >= _LEAST_DAYS)
        & (sold >= _SURELY * days)
        & (volume >= _ENOUGH * days)
    )


def _run_length(silent: Flags, there: Flags) -> npt.NDArray[np.float64]:
    """(S, T) length of the run of silent days that a day is in; days that are not there are
    passed over."""
    # A run has the number of the sales before it: days of one number are silent but for the first.
    number = np.cumsum(there & ~silent, axis=1)
    flat = number + np.arange(len(number))[:, None] * (number.shape[1] + 1)
    length = np.bincount(flat.ravel(), silent.ravel(), len(number) * (number.shape[1] + 1))
    return np.asarray(np.where(silent, length[flat], 0.0))


def _around(values: Floats | Flags) -> npt.NDArray[np.float64]:
    """(S, T) sums over the four weeks before to the four weeks after each day."""
    total = np.cumsum(values, axis=1, dtype=np.float64)
    padded = np.pad(total, ((0, 0), (_AROUND + 1, _AROUND)), "edge")
    padded[:, : _AROUND + 1] = 0.0
    return np.asarray(padded[:, 2 * _AROUND + 1 :] - padded[:, : values.shape[1]])


def _at_each_of_two(values: Floats, days: int) -> Iterator[Flags]:
    """(S or 1, T + H) on which days a column of two values has the lesser, and the greater of them.

    :param values: (S or 1, T + H). :param days: T.
    """
    past, known = values[:, :days], np.isfinite(values[:, :days])
    least = np.where(known, past, np.inf).min(axis=1, keepdims=True)
    most = np.where(known, past, -np.inf).max(axis=1, keepdims=True)
    two = ((past == least) | (past == most) | ~known).all(axis=1, keepdims=True) & (least < most)
    for end in (least, most):
        there = (values == end) & two
        begins = np.diff(there[:, :days].astype(np.int8), axis=1, prepend=0) > 0
        there &= (begins.sum(axis=1) >= _LEAST_TIMES)[:, None]
        if there.any():
            yield there


def _never_by_chance(sold: Flags, there: Flags, days: Flags) -> Flags:
    """(S,) whether none of some days has sales, which by chance would hardly be."""
    ours = (there & days).sum(axis=1).astype(np.float64)
    none = ~(sold & days).any(axis=1) & (ours > 0)
    chance = _none_by_chance(ours, there.sum(axis=1).astype(float), sold.sum(axis=1).astype(float))
    return np.asarray(none & (chance < np.log(BY_CHANCE)))


def _none_by_chance(
    days: npt.NDArray[np.float64], of: npt.NDArray[np.float64], sold: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """(S,) log chance that none of ``sold`` days, out of ``of``, is one of ``days``."""
    sold = np.minimum(sold, of - days)
    return _log_choose(of - days, sold) - _log_choose(of, sold)


def _log_choose(
    count: npt.NDArray[np.float64], taken: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    return np.asarray(gammaln(count + 1) - gammaln(taken + 1) - gammaln(count - taken + 1))
