"""The days that move the demo brand's demand: week, year, holidays, festivals, sales days.

All effects are natural logs of a factor on mean demand, by category and day, without what
discounts, coupons and campaigns of those days add (:mod:`data.demo_drivers`). The shape of
Double 11 follows what a real platform saw in 2022 (1.9 times the days between on 1 November,
4.5 times on the 10th, 3.1 times on the 11th); everything else is stylised by hand.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.demo_products import CATEGORIES, Category

Floats = npt.NDArray[np.float64]

FIRST_DAY, LAST_DAY = pd.Timestamp("2023-01-01"), pd.Timestamp("2025-12-31")

LUNAR_NEW_YEAR = ("2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17")

# Days off and working weekends as the State Council announced them for 2023 to 2025.
_DAYS_OFF = (
    ("2023-01-01", "2023-01-02"), ("2023-01-21", "2023-01-27"), ("2023-04-05", "2023-04-05"),
    ("2023-04-29", "2023-05-03"), ("2023-06-22", "2023-06-24"), ("2023-09-29", "2023-10-06"),
    ("2023-12-30", "2024-01-01"), ("2024-02-10", "2024-02-17"), ("2024-04-04", "2024-04-06"),
    ("2024-05-01", "2024-05-05"), ("2024-06-10", "2024-06-10"), ("2024-09-15", "2024-09-17"),
    ("2024-10-01", "2024-10-07"), ("2025-01-01", "2025-01-01"), ("2025-01-28", "2025-02-04"),
    ("2025-04-04", "2025-04-06"), ("2025-05-01", "2025-05-05"), ("2025-05-31", "2025-06-02"),
    ("2025-10-01", "2025-10-08"),
)  # fmt: skip
_WORKING_WEEKENDS = (
    "2023-01-28", "2023-01-29", "2023-04-23", "2023-05-06", "2023-06-25", "2023-10-07",
    "2023-10-08", "2024-02-04", "2024-02-18", "2024-04-07", "2024-04-28", "2024-05-11",
    "2024-09-14", "2024-09-29", "2024-10-12", "2025-01-26", "2025-02-08", "2025-04-27",
    "2025-09-28", "2025-10-11",
)  # fmt: skip

# Mean demand on Monday … Sunday, relative to the week.
_WEEK: dict[Category, tuple[float, ...]] = {
    "snacks": (0.90, 0.87, 0.90, 0.95, 1.12, 1.18, 1.08),
    "drinks": (0.91, 0.90, 0.92, 0.96, 1.10, 1.14, 1.07),
    "skin": (0.97, 0.95, 0.96, 1.00, 1.00, 1.03, 1.09),
    "apparel": (0.93, 0.91, 0.93, 0.96, 1.03, 1.13, 1.11),
    "phone": (1.02, 1.00, 1.01, 1.00, 1.01, 0.98, 0.98),
    "home": (0.92, 0.91, 0.92, 0.94, 1.00, 1.16, 1.15),
}
# Log half range over the year and the day of the year of the peak; drinks also follow warmth.
_YEAR: dict[Category, tuple[float, int]] = {
    "snacks": (0.06, 340),
    "drinks": (0.05, 200),
    "skin": (0.10, 330),
    "apparel": (0.04, 330),
    "phone": (0.08, 275),
    "home": (0.05, 320),
}
# Log effect of a public day off (beside having a Saturday's shape), and of the summer holiday.
_DAY_OFF: dict[Category, float] = {
    "snacks": 0.12, "drinks": 0.10, "skin": -0.06, "apparel": 0.02, "phone": -0.05, "home": -0.04,
}  # fmt: skip
_SUMMER_HOLIDAY: dict[Category, float] = {
    "snacks": 0.12, "drinks": 0.15, "skin": 0.03, "apparel": 0.10, "phone": 0.14, "home": -0.05,
}  # fmt: skip

# How strongly a category feels a sales festival (times the log of the profile below).
_FESTIVAL_STRENGTH: dict[Category, float] = {
    "snacks": 0.45, "drinks": 0.60, "skin": 1.40, "apparel": 1.20, "phone": 1.10, "home": 1.05,
}  # fmt: skip
# Strength by year, relative to 2024: festivals grow a little.
_FESTIVAL_YEAR = {2023: 0.94, 2024: 1.0, 2025: 1.05}

# Factor on mean demand by (month, day) for a category of strength 1, before drivers.
_DOUBLE_11 = {
    (10, 22): 0.97, (10, 23): 0.95, (10, 24): 0.93, (10, 25): 0.92, (10, 26): 0.92, (10, 27): 0.90,
    (10, 28): 0.88, (10, 29): 0.87, (10, 30): 0.86, (10, 31): 1.18, (11, 1): 1.42, (11, 2): 1.28,
    (11, 3): 1.12, (11, 4): 1.02, (11, 5): 1.00, (11, 6): 0.98, (11, 7): 0.98, (11, 8): 1.00,
    (11, 9): 1.12, (11, 10): 2.62, (11, 11): 1.95, (11, 12): 0.96, (11, 13): 0.84, (11, 14): 0.80,
    (11, 15): 0.81, (11, 16): 0.83, (11, 17): 0.85, (11, 18): 0.87, (11, 19): 0.89, (11, 20): 0.91,
    (11, 21): 0.93, (11, 22): 0.95, (11, 23): 0.96, (11, 24): 0.98,
}  # fmt: skip
_618 = {
    (5, 24): 0.97, (5, 25): 0.96, (5, 26): 0.95, (5, 27): 0.94, (5, 28): 0.93, (5, 29): 0.92,
    (5, 30): 0.93, (5, 31): 1.15, (6, 1): 1.40, (6, 2): 1.18, (6, 3): 1.08, (6, 14): 1.04,
    (6, 15): 1.10, (6, 16): 1.18, (6, 17): 1.50, (6, 18): 2.00, (6, 19): 0.98, (6, 20): 0.86,
    (6, 21): 0.85, (6, 22): 0.87, (6, 23): 0.89, (6, 24): 0.92, (6, 25): 0.94, (6, 26): 0.96,
    (6, 27): 0.98,
}  # fmt: skip
_DOUBLE_12 = {(12, 10): 1.06, (12, 11): 1.18, (12, 12): 1.45, (12, 13): 0.97, (12, 14): 0.94}
_WOMENS_DAY = {(3, 5): 1.08, (3, 6): 1.12, (3, 7): 1.25, (3, 8): 1.45, (3, 9): 0.96}
_WOMENS_DAY_STRENGTH: dict[Category, float] = {
    "snacks": 0.3, "drinks": 0.1, "skin": 1.3, "apparel": 1.1, "phone": 0.1, "home": 0.3,
}  # fmt: skip

# Log effect at days relative to the Lunar New Year (0 = first day), straight lines between:
# stocking up before, the dip while people are home and couriers rest, the rush back after.
_NEW_YEAR: dict[Category, tuple[tuple[int, float], ...]] = {
    "snacks": ((-30, 0), (-20, 0.15), (-10, 0.55), (-6, 0.50), (-3, 0), (-1, -0.7), (0, -0.95),
               (2, -0.85), (5, -0.2), (7, 0.15), (9, 0.35), (12, 0.25), (18, 0)),
    "drinks": ((-28, 0), (-18, 0.10), (-9, 0.48), (-5, 0.42), (-3, 0), (-1, -0.6), (0, -0.85),
               (2, -0.75), (5, -0.2), (7, 0.12), (9, 0.30), (12, 0.20), (18, 0)),
    "skin": ((-30, 0), (-15, 0.25), (-8, 0.12), (-4, -0.35), (-1, -0.9), (0, -1.05), (3, -0.8),
             (6, -0.05), (9, 0.35), (13, 0.28), (20, 0)),
    "apparel": ((-32, 0), (-17, 0.35), (-8, 0.20), (-4, -0.35), (-1, -0.95), (0, -1.1),
                (3, -0.85), (6, -0.1), (9, 0.28), (13, 0.2), (20, 0)),
    "phone": ((-30, 0), (-10, -0.02), (-4, -0.4), (-1, -0.95), (0, -1.1), (4, -0.6), (8, 0.28),
              (12, 0.25), (20, 0)),
    "home": ((-30, 0), (-14, 0.32), (-8, 0.35), (-4, -0.1), (-1, -0.9), (0, -1.05), (4, -0.5),
             (9, 0.25), (18, 0)),
}  # fmt: skip


def days_off(dates: pd.DatetimeIndex) -> npt.NDArray[np.bool_]:
    """Return for each day whether it is a public day off."""
    off = np.zeros(len(dates), dtype=bool)
    for first, last in _DAYS_OFF:
        off |= np.asarray((dates >= pd.Timestamp(first)) & (dates <= pd.Timestamp(last)))
    return off


def festival_days(dates: pd.DatetimeIndex) -> npt.NDArray[np.int64]:
    """Return for each day its offset from the nearest Lunar New Year's first day."""
    starts = pd.DatetimeIndex(LUNAR_NEW_YEAR)
    offsets = (dates.to_numpy()[:, None] - starts.to_numpy()[None, :]) // np.timedelta64(1, "D")
    nearest = np.abs(offsets).argmin(axis=1)
    return cast("npt.NDArray[np.int64]", offsets[np.arange(len(dates)), nearest].astype(np.int64))


def week_effect(dates: pd.DatetimeIndex, strength: Floats) -> Floats:
    """Return log effects (regions, categories, days) of the weekday; a day off is a Saturday.

    :param strength: (regions,) how strong the weekly shape is in a region.
    """
    weekday = np.asarray(dates.dayofweek).copy()
    weekday[np.asarray(dates.isin(pd.DatetimeIndex(_WORKING_WEEKENDS)))] = 3
    weekday[days_off(dates)] = 5
    shape = np.log(np.array([_WEEK[category] for category in CATEGORIES]))
    effect: Floats = strength[:, None, None] * shape[:, weekday][None]
    return effect


def year_effect(dates: pd.DatetimeIndex) -> Floats:
    """Return log effects (categories, days) of the time of year, days off included."""
    amplitude, peak = np.array([_YEAR[category] for category in CATEGORIES]).T
    return seasonal_wave(dates, amplitude, peak) + _column(_DAY_OFF) * days_off(dates)


def seasonal_wave(dates: pd.DatetimeIndex, amplitude: Floats, peak: Floats) -> Floats:
    """Return cosine waves (rows, days) of one year with a half range and a peak day a row."""
    day = np.asarray(dates.dayofyear, dtype=np.float64)
    wave: Floats = amplitude[:, None] * np.cos(2 * np.pi * (day[None] - peak[:, None]) / 365.25)
    return wave


def summer_effect(dates: pd.DatetimeIndex, students: Floats) -> Floats:
    """Return log effects (regions, categories, days) of the school holiday, 5 July to 31 August."""
    day = np.asarray(dates.dayofyear, dtype=np.float64)
    inside = np.interp(day, [184, 190, 238, 246], [0.0, 1.0, 1.0, 0.0])
    effect: Floats = students[:, None, None] * (_column(_SUMMER_HOLIDAY) * inside)[None]
    return effect


def festival_effect(dates: pd.DatetimeIndex) -> Floats:
    """Return log effects (categories, days) of 618, Double 11, Double 12 and Women's Day."""
    year = np.array([_FESTIVAL_YEAR[year] for year in dates.year])
    big = _profile(dates, _DOUBLE_11 | _618 | _DOUBLE_12) * year
    small = _profile(dates, _WOMENS_DAY)
    effect: Floats = _column(_FESTIVAL_STRENGTH) * big + _column(_WOMENS_DAY_STRENGTH) * small
    return effect


def new_year_effect(dates: pd.DatetimeIndex, leavers: Floats) -> Floats:
    """Return log effects (regions, categories, days) of the Lunar New Year.

    :param leavers: (regions,) how deep the dip is; the rush before and after is the same.
    """
    offsets = festival_days(dates).astype(np.float64)
    lines = [np.array(_NEW_YEAR[category], dtype=np.float64).T for category in CATEGORIES]
    effect = np.stack([np.interp(offsets, days, logs) for days, logs in lines])
    return np.where(effect < 0, leavers[:, None, None] * effect[None], effect[None])


def _profile(dates: pd.DatetimeIndex, profile: dict[tuple[int, int], float]) -> Floats:
    days = zip(dates.month, dates.day, strict=True)
    factors = np.array([profile.get(day, 1.0) for day in days])
    return cast("Floats", np.log(factors))


def _column(by_category: dict[Category, float]) -> Floats:
    return np.array([by_category[category] for category in CATEGORIES])[:, None]
