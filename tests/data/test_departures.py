"""Weekdays on which a lane departs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.departures import DAILY, Weekdays, format_departures, parse_departures


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("daily", "daily"),
        ("", "daily"),
        ("Mon-Sun", "daily"),
        ("Mon-Sat", "Mon-Sat"),
        ("mon – sat", "Mon-Sat"),
        ("Mon,Wed,Fri", "Mon,Wed,Fri"),
        ("Mon; Wed+Fri", "Mon,Wed,Fri"),
        ("Fri Mon", "Mon,Fri"),
        ("Sat-Mon", "Mon,Sat,Sun"),
        ("Monday-thursday", "Mon-Thu"),
        ("Tues", "Tue"),
        ("weekdays", "Mon-Fri"),
        ("weekends", "Sat,Sun"),
    ],
)
def test_what_is_understood(text: str, expected: str) -> None:
    assert format_departures(parse_departures(text)) == expected


@pytest.mark.parametrize("text", ["Mo", "Mon-", "-Mon", "Mon-Xyz", "周一", "1,2", ",", "Mondays!"])
def test_what_is_not(text: str) -> None:
    with pytest.raises(ValueError):
        parse_departures(text)


@given(st.tuples(*[st.booleans()] * 7).filter(any))
def test_round_trip(days: Weekdays) -> None:
    assert parse_departures(format_departures(days)) == days


def test_daily_is_every_day() -> None:
    assert DAILY == (True,) * 7
