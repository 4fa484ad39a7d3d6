"""What the demo brand plans and what the sky does: discounts, coupons, campaigns, weather.

The history has what happened; the days after it have what is planned and a weather forecast
that fades into the climate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.demo_calendar import seasonal_wave
from data.demo_places import City
from data.demo_products import CATEGORIES, Category, DemoProduct

Floats = npt.NDArray[np.float64]

# Log demand per unit of each driver: elasticity of the price paid, coupon depth, campaign.
ELASTICITY: dict[Category, float] = {
    "snacks": 1.2, "drinks": 1.6, "skin": 1.5, "apparel": 1.4, "phone": 1.0, "home": 1.7,
}  # fmt: skip
COUPON_EFFECT: dict[Category, float] = {
    "snacks": 1.4, "drinks": 1.6, "skin": 2.0, "apparel": 1.8, "phone": 1.5, "home": 1.8,
}  # fmt: skip
CAMPAIGN_EFFECT: dict[Category, float] = {
    "snacks": 0.15, "drinks": 0.15, "skin": 0.30, "apparel": 0.22, "phone": 0.18, "home": 0.20,
}  # fmt: skip
# Log demand per °C above 18 °C, and per day with 10 mm of rain (full effect at 25 mm).
WARMTH_EFFECT: dict[Category, float] = {
    "snacks": -0.004, "drinks": 0.032, "skin": 0.004, "apparel": 0.0, "phone": 0.0, "home": -0.003,
}  # fmt: skip
RAIN_EFFECT: dict[Category, float] = {
    "snacks": 0.07, "drinks": 0.04, "skin": 0.01, "apparel": -0.03, "phone": 0.0, "home": 0.02,
}  # fmt: skip

# Planned festival terms by (month, day): share of price paid by participants, coupon, campaign.
_FESTIVAL_TERMS: dict[tuple[int, int], tuple[float, float, float]] = {
    **{(10, day): (1.00, 0.02, 0.3) for day in range(24, 31)},
    (10, 31): (0.90, 0.07, 0.8), (11, 1): (0.88, 0.10, 1.0), (11, 2): (0.88, 0.07, 0.9),
    (11, 3): (0.90, 0.05, 0.7),
    **{(11, day): (0.95, 0.03, 0.2) for day in range(4, 9)},
    (11, 9): (0.93, 0.04, 0.5), (11, 10): (0.80, 0.15, 1.0), (11, 11): (0.80, 0.15, 1.0),
    **{(5, day): (1.00, 0.02, 0.2) for day in range(26, 31)},
    (5, 31): (0.90, 0.06, 0.7), (6, 1): (0.90, 0.08, 0.8), (6, 2): (0.92, 0.05, 0.6),
    (6, 3): (0.94, 0.04, 0.4), (6, 15): (0.92, 0.05, 0.4), (6, 16): (0.90, 0.07, 0.6),
    (6, 17): (0.85, 0.11, 0.9), (6, 18): (0.82, 0.13, 1.0),
    (12, 11): (0.93, 0.04, 0.4), (12, 12): (0.90, 0.07, 0.6),
    (3, 6): (0.95, 0.03, 0.3), (3, 7): (0.93, 0.05, 0.4), (3, 8): (0.90, 0.08, 0.5),
}  # fmt: skip
# How much of a festival's discount a category gives.
_DISCOUNT_DEPTH: dict[Category, float] = {
    "snacks": 0.5, "drinks": 0.8, "skin": 1.1, "apparel": 1.1, "phone": 1.0, "home": 1.0,
}  # fmt: skip
_COUPON_YEAR = {2023: 0.9, 2024: 1.0, 2025: 1.1}
_MEMBER_DAY = 8  # of every month
_WEATHER_SKILL_DAYS = 7.0


@dataclass(frozen=True)
class DemoDrivers:
    """What moves demand beside the calendar; the last axis is days, history then future.

    :param discount: (products, days) price paid as a share of the list price, 1 = full price.
    :param coupon: (regions, categories, days) coupon depth as a share of the price, 0 to 0.3.
    :param campaign: (products, days) planned exposure on the platform, 0 to 1.
    :param temperature: (regions, days) the day's mean as it came, °C; ``rain`` in mm.
    :param temperature_known: the same as the brand knows it: a forecast after the history.
    """

    discount: Floats
    coupon: Floats
    campaign: Floats
    temperature: Floats
    temperature_known: Floats
    rain: Floats
    rain_known: Floats


def simulate_drivers(
    rng: np.random.Generator,
    dates: pd.DatetimeIndex,
    history: int,
    cities: tuple[City, ...],
    products: tuple[DemoProduct, ...],
) -> DemoDrivers:
    """Draw the drivers of all days; those from index ``history`` on lie in the future."""
    price, coupon_depth, exposure = _festival_terms(dates)
    discount, campaign = _promotions(rng, dates, products, price, exposure)
    coupon = _coupons(rng, dates, cities, coupon_depth)
    temperature, climate = _temperature(rng, dates, cities)
    rain, mean_rain = _rain(rng, dates, cities)
    lead = np.maximum(np.arange(len(dates)) - history + 1, 0)
    skill = np.exp(-((lead / _WEATHER_SKILL_DAYS) ** 2))
    return DemoDrivers(
        discount=discount,
        coupon=coupon,
        campaign=campaign,
        temperature=temperature,
        temperature_known=np.round(climate + skill * (temperature - climate), 1),
        rain=rain,
        rain_known=np.round(mean_rain + skill * (rain - mean_rain), 1),
    )


def driver_effect(drivers: DemoDrivers, categories: npt.NDArray[np.int64]) -> Floats:
    """Return log effects (regions, products, days) of all drivers as they came.

    :param categories: (products,) index of each product's category.
    """

    def by_product(effects: dict[Category, float]) -> Floats:
        return np.array([effects[category] for category in CATEGORIES])[categories][:, None]

    plan = (
        -by_product(ELASTICITY) * np.log(drivers.discount)
        + by_product(CAMPAIGN_EFFECT) * drivers.campaign
    )
    warmth = np.maximum(drivers.temperature - 18.0, 0.0)[:, None, :]
    wet = np.clip(drivers.rain / 25.0, 0.0, 1.0)[:, None, :]
    effect: Floats = (
        plan[None]
        + by_product(COUPON_EFFECT)[None] * drivers.coupon[:, categories]
        + by_product(WARMTH_EFFECT)[None] * warmth
        + by_product(RAIN_EFFECT)[None] * wet
    )
    return effect


def autoregressive(
    rng: np.random.Generator, shape: tuple[int, ...], days: int, memory: float, sd: float
) -> Floats:
    """Return stationary AR(1) paths, days last, with that lag-1 correlation and sd."""
    shocks = rng.standard_normal((days, *shape)) * sd * np.sqrt(1 - memory**2)
    shocks[0] /= np.sqrt(1 - memory**2)
    for day in range(1, days):
        shocks[day] += memory * shocks[day - 1]
    return np.moveaxis(shocks, 0, -1)


def _festival_terms(dates: pd.DatetimeIndex) -> tuple[Floats, Floats, Floats]:
    days = zip(dates.month, dates.day, strict=True)
    terms = np.array([_FESTIVAL_TERMS.get(day, (1.0, 0.0, 0.0)) for day in days])
    return terms[:, 0], terms[:, 1], terms[:, 2]


def _promotions(
    rng: np.random.Generator,
    dates: pd.DatetimeIndex,
    products: tuple[DemoProduct, ...],
    price: Floats,
    exposure: Floats,
) -> tuple[Floats, Floats]:
    """Return discount and campaign (products, days): festivals, and spells of each product."""
    count, days = len(products), len(dates)
    depth = np.array([_DISCOUNT_DEPTH[product.category] for product in products])[:, None]
    # A product takes part in a festival season or not, with its own terms, season by season.
    seasons = np.asarray(dates.year) * 4 + np.asarray(dates.month - 1) // 3
    season = np.unique(seasons, return_inverse=True)[1]
    joins = (rng.random((count, season.max() + 1)) < 0.88)[:, season]
    own = rng.uniform(0.8, 1.2, (count, season.max() + 1))[:, season]
    hero = np.where(rng.random((count, season.max() + 1)) < 0.4, 1.0, 0.5)[:, season]
    festival = np.where(joins, 1 - (1 - price) * depth * own, 1.0)
    campaign = np.where(joins, exposure * hero, 0.0)
    discount = np.ones((count, days), dtype=np.float64)
    for row in range(count):
        for first, last in _spells(rng, days, gap=34, shortest=3, longest=8):
            discount[row, first:last] = rng.choice((0.80, 0.85, 0.88, 0.90, 0.92, 0.95))
        for first, last in _spells(rng, days, gap=48, shortest=3, longest=6):
            campaign[row, first:last] = np.maximum(
                campaign[row, first:last], rng.choice((0.4, 0.6, 0.8, 1.0))
            )
    lowest: Floats = np.minimum(discount, festival)
    return lowest.round(2), campaign.round(2)


def _coupons(
    rng: np.random.Generator, dates: pd.DatetimeIndex, cities: tuple[City, ...], festival: Floats
) -> Floats:
    """Return coupon depths (regions, categories, days): weekends, member days, city vouchers."""
    weekend = np.where(np.asarray(dates.dayofweek) >= 4, 0.02, 0.0)
    member = np.where(np.asarray(dates.day) == _MEMBER_DAY, 0.07, 0.0)
    year = np.array([_COUPON_YEAR[year] for year in dates.year])
    national = np.maximum(np.maximum(weekend, member), festival * year)
    weeks = np.unique(np.asarray(dates.year) * 100 + np.asarray(dates.dayofyear) // 7)
    week = np.searchsorted(weeks, np.asarray(dates.year) * 100 + np.asarray(dates.dayofyear) // 7)
    extra = rng.choice((0.0, 0.0, 0.0, 0.02, 0.04), (len(CATEGORIES), len(weeks)))[:, week]
    coupon = np.broadcast_to(
        (national[None] + extra)[None], (len(cities), len(CATEGORIES), len(dates))
    ).copy()
    for row in range(len(cities)):
        for first, last in _spells(rng, len(dates), gap=170, shortest=7, longest=14):
            takes_part = rng.random(len(CATEGORIES)) < 0.6
            coupon[row, takes_part, first:last] += rng.choice((0.05, 0.08, 0.10))
    return np.round(coupon, 3)


def _spells(
    rng: np.random.Generator, days: int, *, gap: int, shortest: int, longest: int
) -> list[tuple[int, int]]:
    spells = []
    day = int(rng.integers(0, gap))
    while day < days:
        length = int(rng.integers(shortest, longest + 1))
        spells.append((day, day + length))
        day += length + 5 + int(rng.exponential(gap - 5))
    return spells


def _temperature(
    rng: np.random.Generator, dates: pd.DatetimeIndex, cities: tuple[City, ...]
) -> tuple[Floats, Floats]:
    mean, half_range = np.array([city.temperature for city in cities]).T
    climate = mean[:, None] + seasonal_wave(dates, half_range, np.full(len(cities), 203.0))
    weather = autoregressive(rng, (), len(dates), 0.8, 2.2)[None] + autoregressive(
        rng, (len(cities),), len(dates), 0.75, 2.0
    )
    # Winter weather swings wider than summer weather.
    swing = 1.15 - 0.35 * (climate - mean[:, None]) / half_range[:, None]
    return np.round(climate + swing * weather, 1), climate


def _rain(
    rng: np.random.Generator, dates: pd.DatetimeIndex, cities: tuple[City, ...]
) -> tuple[Floats, Floats]:
    dry, wet = np.array([city.rain for city in cities]).T
    peak = np.full(len(cities), 180.0)
    share = (dry + wet)[:, None] / 2 + seasonal_wave(dates, (wet - dry) / 2, peak)
    # A normal path with memory, cut at the wet share, gives spells of wet and dry days.
    path = autoregressive(rng, (len(cities),), len(dates), 0.5, 1.0)
    rank = path.argsort(axis=1).argsort(axis=1) / len(dates)
    amount = rng.gamma(0.8, 9.0, share.shape)
    rain: Floats = np.where(rank < share, amount, 0.0)
    return rain.round(1), share * (0.8 * 9.0)
