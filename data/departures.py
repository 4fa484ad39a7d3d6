"""On which weekdays a lane departs: ``daily``, ``Mon-Sat``, ``Mon,Wed,Fri`` …"""

from __future__ import annotations

import re

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

Weekdays = tuple[bool, bool, bool, bool, bool, bool, bool]
"""For each weekday, Monday first, whether there is a departure."""

DAILY: Weekdays = (True, True, True, True, True, True, True)

_WORDS = {
    "daily": DAILY,
    "weekdays": (True, True, True, True, True, False, False),
    "weekends": (False, False, False, False, False, True, True),
}
_FULL = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def parse_departures(text: str) -> Weekdays:
    """Read weekdays; a blank text means daily.

    Days and ranges of days are joined by ``,``, ``;``, ``+`` or spaces; a range may pass the end
    of the week. Case does not count and days may be written out.

    :raises ValueError: for anything else, with the word that is not understood.

    >>> parse_departures("Sat-Mon")
    (True, False, False, False, False, True, True)
    """
    folded = text.strip().casefold()
    if not folded:
        return DAILY
    if folded in _WORDS:
        return _WORDS[folded]
    days = [False] * 7
    for part in re.split(r"[,;+\s]+", re.sub(r"\s*[-–]\s*", "-", folded)):
        if not part:
            continue
        first, _, last = part.partition("-")
        start = _weekday(first, part)
        end = _weekday(last, part) if last or "-" in part else start
        for step in range((end - start) % 7 + 1):
            days[(start + step) % 7] = True
    if not any(days):
        raise ValueError(text)
    return (days[0], days[1], days[2], days[3], days[4], days[5], days[6])


def _weekday(word: str, part: str) -> int:
    for index, full in enumerate(_FULL):
        if word in (full, full[:3]) or (len(word) >= 3 and full.startswith(word)):
            return index
    raise ValueError(part)


def format_departures(days: Weekdays) -> str:
    """Write weekdays in the one form that tables and screens show.

    >>> format_departures(parse_departures("monday, wed,thu, fri"))
    'Mon,Wed-Fri'
    """
    if all(days):
        return "daily"
    runs: list[str] = []
    day = 0
    while day < 7:
        if not days[day]:
            day += 1
            continue
        last = day
        while last < 6 and days[last + 1]:
            last += 1
        if last == day:
            runs.append(WEEKDAYS[day])
        elif last == day + 1:
            runs += [WEEKDAYS[day], WEEKDAYS[last]]
        else:
            runs.append(f"{WEEKDAYS[day]}-{WEEKDAYS[last]}")
        day = last + 1
    return ",".join(runs)
