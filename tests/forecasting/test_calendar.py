"""China's days: known dates, stable names, windows, what is not announced yet."""

from __future__ import annotations

import holidays
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.calendar import EVENTS, calendar_features, china_events, china_holidays
from forecasting.calendar_tables import FIRST_YEAR, LAST_ANNOUNCED_YEAR


def _breaks(year: int) -> dict[str, tuple[str, str]]:
    events = china_events(f"{year}-01-01", f"{year}-12-31")
    events = events[(events["kind"] == "holiday") & (events["day"].dt.year == year)]
    return {
        row.event: (f"{row.starts:%m-%d}", f"{row.ends:%m-%d}")
        for row in events.itertuples(index=False)
    }


@pytest.mark.parametrize(
    ("year", "event", "starts", "ends"),
    [
        # The State Council's notices for these years.
        (2020, "spring_festival", "01-24", "02-02"),  # prolonged
        (2020, "national_day", "10-01", "10-08"),  # with the Mid-Autumn Festival
        (2023, "mid_autumn", "09-29", "09-30"),  # a week shared with National Day
        (2023, "national_day", "10-01", "10-06"),
        (2024, "spring_festival", "02-10", "02-17"),
        (2024, "dragon_boat", "06-08", "06-10"),
        (2025, "spring_festival", "01-28", "02-04"),
        (2025, "labour_day", "05-01", "05-05"),
        (2025, "mid_autumn", "10-06", "10-06"),
        (2025, "national_day", "10-01", "10-08"),
        (2026, "new_year", "01-01", "01-03"),
        (2026, "spring_festival", "02-15", "02-23"),
        (2026, "qingming", "04-04", "04-06"),
        (2026, "labour_day", "05-01", "05-05"),
        (2026, "dragon_boat", "06-19", "06-21"),
        (2026, "mid_autumn", "09-25", "09-27"),
        (2026, "national_day", "10-01", "10-07"),
    ],
)
def test_announced_breaks(year: int, event: str, starts: str, ends: str) -> None:
    assert _breaks(year)[event] == (starts, ends)


def test_makeup_days_of_2026() -> None:
    events = china_events("2026-01-01", "2026-12-31")
    days = events.loc[events["event"] == "makeup_workday", "day"].dt.strftime("%m-%d")
    assert list(days) == ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]
    assert not events.loc[events["event"] == "makeup_workday", "provisional"].any()


@pytest.mark.parametrize("year", range(FIRST_YEAR, LAST_ANNOUNCED_YEAR + 1))
def test_days_off_agree_with_an_independent_list(year: int) -> None:
    official = holidays.country_holidays("CN", years=year)
    events = china_events(f"{year}-01-01", f"{year}-12-31")
    off, makeup = set(), set()
    for row in events.itertuples(index=False):
        days = set(pd.date_range(row.starts, row.ends))
        if row.kind == "holiday":
            off |= days
        elif row.kind == "makeup":
            makeup |= days
    for day in pd.date_range(f"{year}-01-01", f"{year}-12-31"):
        works = day.weekday() < 5 and day.date() not in official
        works = works or day.date() in official.weekend_workdays
        ours = (day.weekday() < 5 and day not in off) or day in makeup
        assert works == ours, day


def test_years_not_announced_are_provisional_without_makeup_days() -> None:
    events = china_events("2031-01-01", "2031-12-31")
    assert events.loc[events["kind"] == "holiday", "provisional"].all()
    assert not (events["kind"] == "makeup").any()
    moon = events.loc[events["event"] == "spring_festival", "day"].iloc[0]
    assert moon == pd.Timestamp("2031-01-23")  # astronomy, not a notice


def test_lunar_new_year_windows_move_with_the_moon() -> None:
    for year, moon in ((2024, "2024-02-10"), (2025, "2025-01-29"), (2026, "2026-02-17")):
        frame = china_holidays(f"{year - 1}-12-15", f"{year}-04-01")
        days = frame.groupby("holiday")["ds"].agg(["min", "max"])
        offset = (days - pd.Timestamp(moon)).apply(lambda column: column.dt.days)
        assert tuple(offset.loc["spring_festival"]) == (0, 6)
        assert tuple(offset.loc["spring_festival_eve"]) == (-1, -1)
        assert tuple(offset.loc["spring_festival_rush"]) == (-21, -8)


def test_names_are_the_same_every_year() -> None:
    per_year = [
        set(china_holidays(f"{year}-01-01", f"{year}-12-31")["holiday"]) - {"makeup_workday"}
        for year in range(2017, 2030)
    ]
    assert all(names == per_year[0] for names in per_year)


def test_double11_has_presale_opening_and_day() -> None:
    features = calendar_features(pd.date_range("2025-10-01", "2025-11-20"))
    on = {name: list(features.index[features[name] == 1]) for name in features}
    assert on["double11"] == [pd.Timestamp("2025-11-11")]
    assert on["double11_presale"][0] == pd.Timestamp("2025-10-20")
    assert on["double11_opening"] == list(pd.date_range("2025-11-01", "2025-11-03"))


@settings(max_examples=20, deadline=None)
@given(
    start=st.dates(
        min_value=pd.Timestamp("2010-01-01").date(), max_value=pd.Timestamp("2045-01-01").date()
    ),
    days=st.integers(min_value=1, max_value=400),
)
def test_any_stretch_is_a_cut_of_a_longer_one(start: object, days: int) -> None:
    first = pd.Timestamp(start)  # type: ignore[arg-type]
    dates = pd.date_range(first, periods=days)
    longer = calendar_features(pd.date_range(first - pd.Timedelta(days=70), periods=days + 140))
    features = calendar_features(dates)
    assert longer.loc[dates, features.columns].equals(features)
    rest = longer.loc[dates].drop(columns=features.columns)
    assert (rest == 0).all(axis=None)
    events = china_events(dates[0], dates[-1])
    assert set(events["event"]) <= set(EVENTS)
    assert (events["starts"] <= events["ends"]).all()
