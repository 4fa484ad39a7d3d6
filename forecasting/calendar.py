"""China's days: holidays, make-up working days, shopping festivals, school holidays.

Every occasion has one stable name from year to year, so that its effect can be learnt from one
year for the next; days before and after, which sell differently, are windows of their own
(``double11_presale``, ``double11``, ``double11_after``). Lunar New Year moves through the solar
calendar, so its windows are groups of offsets from the first day of the first lunar month.

Years up to :data:`~forecasting.calendar_tables.LAST_ANNOUNCED_YEAR` follow the State Council's
notices. Years that are not announced yet (and those before the table) take the festival's own day
from :mod:`holidays` and a customary break; they are marked ``provisional`` and have no make-up
working days, because nobody knows them. School holidays are those of most provinces, within a
week or so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting.calendar_tables import BREAKS, FIRST_YEAR, LAST_ANNOUNCED_YEAR, MAKEUP_DAYS

HOLIDAYS: tuple[str, ...] = (
    "new_year",
    "spring_festival",
    "qingming",
    "labour_day",
    "dragon_boat",
    "mid_autumn",
    "national_day",
)
SHOPPING: tuple[str, ...] = ("womens_day", "618", "double11", "double12")
SCHOOL: tuple[str, ...] = ("winter_holiday", "summer_holiday")
MAKEUP = "makeup_workday"

EVENTS: tuple[str, ...] = (*HOLIDAYS, *SHOPPING, *SCHOOL, MAKEUP)
"""The codes in column ``event`` of :func:`china_events`."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """One occurrence of an event: the days it spans, and its own day among them.

    :param day: the festival's own day (11 November, the first lunar day, 1 October).
    :param kind: ``holiday``, ``makeup``, ``shopping`` or ``school``.
    :param provisional: the arrangement is not announced; the dates are the customary ones.
    """

    event: str
    starts: pd.Timestamp
    ends: pd.Timestamp
    day: pd.Timestamp
    kind: str
    provisional: bool = False


# Windows as (suffix, first offset, last offset) in days. Offsets count from the own day ...
_OWN_DAY_WINDOWS: dict[str, tuple[tuple[str, int, int], ...]] = {
    "spring_festival": (
        ("_rush", -21, -8),  # stocking up for the feast
        ("_before", -7, -2),  # last deliveries, the cities empty
        ("_eve", -1, -1),
        ("", 0, 6),
        ("_after", 7, 14),  # to the Lantern Festival
    ),
    "womens_day": (("_run_up", -3, -1), ("", 0, 0)),
    "618": (
        ("_presale", -29, -18),  # 20 to 31 May
        ("_opening", -17, -15),  # 1 to 3 June
        ("_run_up", -2, -2),
        ("_eve", -1, -1),
        ("", 0, 0),
        ("_after", 1, 4),
    ),
    "double11": (
        ("_presale", -22, -11),  # 20 to 31 October
        ("_opening", -10, -8),  # 1 to 3 November
        ("_run_up", -2, -2),
        ("_eve", -1, -1),
        ("", 0, 0),
        ("_after", 1, 5),
    ),
    "double12": (("_run_up", -2, -1), ("", 0, 0)),
}
# ... or, for breaks, from the first and the last day off.
_BREAK_WINDOWS: dict[str, tuple[int, int]] = {
    # holiday: days before, days after
    "new_year": (1, 0),
    "qingming": (1, 0),
    "labour_day": (2, 1),
    "dragon_boat": (5, 0),  # zongzi are bought in the week before
    "mid_autumn": (7, 0),  # as are moon cakes
    "national_day": (2, 1),
}
_SHOPPING_DAYS: dict[str, tuple[int, int]] = {
    "womens_day": (3, 8),
    "618": (6, 18),
    "double11": (11, 11),
    "double12": (12, 12),
}
_REACH = 60
"""Days by which an occasion's windows can reach beyond its own day, at most."""


def china_events(start: object, end: object) -> pd.DataFrame:
    """Return the occasions that touch the days from ``start`` to ``end``, both included.

    :returns: columns event (a code of :data:`EVENTS`), starts, ends, day (the own day), kind
        (holiday, makeup, shopping, school), provisional; sorted by starts, then event.
    """
    first, last = pd.Timestamp(start).normalize(), pd.Timestamp(end).normalize()  # type: ignore[arg-type]
    rows = [
        occasion
        for occasion in _occasions_between(first, last)
        if occasion.starts <= last and occasion.ends >= first
    ]
    frame = pd.DataFrame(
        {
            "event": [row.event for row in rows],
            "starts": _days([row.starts for row in rows]),
            "ends": _days([row.ends for row in rows]),
            "day": _days([row.day for row in rows]),
            "kind": [row.kind for row in rows],
            "provisional": np.array([row.provisional for row in rows], dtype=bool),
        }
    )
    return frame.sort_values(["starts", "event"], ignore_index=True)


def china_holidays(start: object, end: object) -> pd.DataFrame:
    """Return the days from ``start`` to ``end`` as a holidays frame of Prophet.

    One row for each day of each window: columns holiday (event and window, as
    ``double11_presale``), ds, lower_window and upper_window (always 0: windows are names), event,
    provisional.
    """
    first, last = pd.Timestamp(start).normalize(), pd.Timestamp(end).normalize()  # type: ignore[arg-type]
    names, days, events, provisional = [], [], [], []
    for occasion in _occasions_between(first, last):
        for window, begins, ends in _windows(occasion):
            for day in pd.date_range(max(begins, first), min(ends, last)):
                names.append(window)
                days.append(day)
                events.append(occasion.event)
                provisional.append(occasion.provisional)
    frame = pd.DataFrame(
        {
            "holiday": names,
            "ds": _days(days),
            "lower_window": np.zeros(len(names), dtype=int),
            "upper_window": np.zeros(len(names), dtype=int),
            "event": events,
            "provisional": np.array(provisional, dtype=bool),
        }
    )
    return frame.sort_values(["ds", "holiday"], ignore_index=True)


def calendar_features(dates: pd.DatetimeIndex) -> pd.DataFrame:
    """Return one 0/1 column (float32) for each window that touches ``dates``.

    :param dates: consecutive days.
    :returns: indexed by ``dates``; columns named as in :func:`china_holidays`, sorted.
    """
    if len(dates) == 0:
        return pd.DataFrame(index=dates)
    frame = china_holidays(dates[0], dates[-1])
    names = sorted(frame["holiday"].unique())
    values = np.zeros((len(dates), len(names)), dtype=np.float32)
    row = dates.get_indexer(pd.DatetimeIndex(frame["ds"]))
    column = np.searchsorted(np.array(names, dtype=object), frame["holiday"].to_numpy(dtype=object))
    inside = row >= 0
    values[row[inside], column[inside]] = 1.0
    return pd.DataFrame(values, index=dates, columns=names)


def _days(values: list[pd.Timestamp]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(values).as_unit("ns")


def _occasions_between(first: pd.Timestamp, last: pd.Timestamp) -> Iterator[Occasion]:
    reach = pd.Timedelta(days=_REACH)
    for year in range((first - reach).year, (last + reach).year + 1):
        yield from _occasions(year)


@lru_cache(maxsize=64)
def _occasions(year: int) -> tuple[Occasion, ...]:
    """Every occasion whose own day lies in ``year``."""
    breaks = _announced(year) if FIRST_YEAR <= year <= LAST_ANNOUNCED_YEAR else _customary(year)
    new_year_moon = next(row.day for row in breaks if row.event == "spring_festival")
    return (*breaks, *_shopping(year), *_school(year, new_year_moon))


def _announced(year: int) -> tuple[Occasion, ...]:
    breaks = [
        Occasion(event, pd.Timestamp(starts), pd.Timestamp(ends), pd.Timestamp(day), "holiday")
        for event, day, starts, ends in BREAKS
        if day.startswith(str(year))
    ]
    makeup = [
        Occasion(MAKEUP, pd.Timestamp(day), pd.Timestamp(day), pd.Timestamp(day), "makeup")
        for day in MAKEUP_DAYS
        if day.startswith(str(year))
    ]
    return (*breaks, *makeup)


def _customary(year: int) -> tuple[Occasion, ...]:
    """Breaks as they have been of late, around festival days that are known for certain."""
    moon = _lunar_days(year)
    lengths = {  # first and last day off, as offsets from the own day
        "new_year": (pd.Timestamp(year, 1, 1), 0, 0),
        "spring_festival": (moon["spring_festival"], -1, 6),
        "qingming": (moon["qingming"], 0, 0),
        "labour_day": (pd.Timestamp(year, 5, 1), 0, 4),
        "dragon_boat": (moon["dragon_boat"], 0, 0),
        "mid_autumn": (moon["mid_autumn"], 0, 0),
        "national_day": (pd.Timestamp(year, 10, 1), 0, 6),
    }
    rows = []
    for event, (day, before, after) in lengths.items():
        starts, ends = day + pd.Timedelta(days=before), day + pd.Timedelta(days=after)
        if before == after:  # a single day joins the weekend that it touches
            starts, ends = _with_weekend(day)
        rows.append(Occasion(event, starts, ends, day, "holiday", provisional=True))
    return tuple(rows)


def _with_weekend(day: pd.Timestamp) -> tuple[pd.Timestamp, pd.Timestamp]:
    one = pd.Timedelta(days=1)
    weekday = day.weekday()
    if weekday == 0:
        return day - 2 * one, day
    if weekday == 4:
        return day, day + 2 * one
    if weekday == 5:
        return day, day + 2 * one  # the Monday makes up for the Saturday
    if weekday == 6:
        return day - one, day + one
    return day, day


@lru_cache(maxsize=64)
def _lunar_days(year: int) -> dict[str, pd.Timestamp]:
    """Own days of the festivals that follow the moon or the sun's longitude."""
    import holidays

    names = {
        "Chinese New Year (Spring Festival)": "spring_festival",
        "Tomb-Sweeping Day": "qingming",
        "Dragon Boat Festival": "dragon_boat",
        "Mid-Autumn Festival": "mid_autumn",
    }
    found: dict[str, pd.Timestamp] = {}
    china = holidays.country_holidays("CN", years=year, language="en_US")
    for day, label in sorted(china.items()):
        for part in str(label).split("; "):
            event = names.get(part)
            if event is not None:
                found.setdefault(event, pd.Timestamp(day))
    # Where the Mid-Autumn Festival falls on 1 October, the list names National Day alone.
    found.setdefault("mid_autumn", pd.Timestamp(year, 10, 1))
    return found


def _shopping(year: int) -> Iterator[Occasion]:
    for event, (month, number) in _SHOPPING_DAYS.items():
        day = pd.Timestamp(year, month, number)
        windows = _OWN_DAY_WINDOWS[event]
        starts = day + pd.Timedelta(days=min(first for _, first, _ in windows))
        yield Occasion(event, starts, day, day, "shopping")


def _school(year: int, new_year_moon: pd.Timestamp) -> Iterator[Occasion]:
    starts, ends = new_year_moon - pd.Timedelta(days=18), new_year_moon + pd.Timedelta(days=17)
    yield Occasion("winter_holiday", starts, ends, starts, "school")
    starts, ends = pd.Timestamp(year, 7, 8), pd.Timestamp(year, 8, 31)
    yield Occasion("summer_holiday", starts, ends, starts, "school")


def _windows(occasion: Occasion) -> Iterator[tuple[str, pd.Timestamp, pd.Timestamp]]:
    one = pd.Timedelta(days=1)
    event = occasion.event
    if event in _OWN_DAY_WINDOWS:
        for suffix, first, last in _OWN_DAY_WINDOWS[event]:
            yield event + suffix, occasion.day + first * one, occasion.day + last * one
        return
    yield event, occasion.starts, occasion.ends
    before, after = _BREAK_WINDOWS.get(event, (0, 0))
    if before:
        yield f"{event}_before", occasion.starts - before * one, occasion.starts - one
    if after:
        yield f"{event}_after", occasion.ends + one, occasion.ends + after * one
