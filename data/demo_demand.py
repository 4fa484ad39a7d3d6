"""The demo brand's true demand: what would sell with stock all day, which only it knows.

Mean demand is a product: city, product and taste; growth; the calendar; drivers; launches and
replacements. Demand is negative binomial around it, times a level that wanders (AR(1) paths
with mean 1: of the series, of the product everywhere, of a category everywhere and in a city),
so that tomorrow resembles today more than the mean says.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.demo_calendar import (
    festival_effect,
    new_year_effect,
    seasonal_wave,
    summer_effect,
    week_effect,
    year_effect,
)
from data.demo_drivers import DemoDrivers, autoregressive, driver_effect
from data.demo_places import City, city_km, lead_days
from data.demo_products import CATEGORIES, Category, DemoProduct

Floats = npt.NDArray[np.float64]

_GROWTH: dict[Category, float] = {
    "snacks": 0.10, "drinks": 0.13, "skin": 0.17, "apparel": 0.08, "phone": 0.05, "home": 0.10,
}  # fmt: skip
LIVESTREAM_EFFECT = 0.45
ANNIVERSARY_EFFECT = 0.40
# Days between a life's start at a main and its sale: a day to leave, the way, a day to sell.
_FRESH_SLACK_DAYS = 2


@dataclass(frozen=True)
class DemoEvent:
    """An event of the brand itself; ``strength`` scales its effect."""

    event: str
    starts: str
    ends: str
    categories: tuple[Category, ...] = ()
    strength: float = 1.0


EVENTS: tuple[DemoEvent, ...] = (
    DemoEvent("anniversary", "2023-09-15", "2023-09-17"),
    DemoEvent("anniversary", "2024-09-15", "2024-09-17"),
    DemoEvent("anniversary", "2025-09-15", "2025-09-17"),
    DemoEvent("livestream", "2023-11-09", "2023-11-09", ("skin", "apparel"), 0.8),
    DemoEvent("livestream", "2024-06-14", "2024-06-14", ("skin", "apparel"), 0.7),
    DemoEvent("livestream", "2024-11-08", "2024-11-08", ("skin", "apparel", "home"), 1.0),
    DemoEvent("livestream", "2025-06-13", "2025-06-13", ("skin", "apparel"), 0.8),
    DemoEvent("livestream", "2025-11-08", "2025-11-08", ("skin", "apparel", "home"), 1.2),
)
_EVENT_EFFECT = {"anniversary": ANNIVERSARY_EFFECT, "livestream": LIVESTREAM_EFFECT}


@dataclass(frozen=True)
class DemoDemand:
    """True demand; arrays are (regions, products, days) over history and future.

    :param expected: mean demand given calendar and drivers, over all that chance could do.
    :param units: the demand that chance drew, whole units.
    :param shape: factor of calendar, drivers and life cycle on a series' own level: what a
        stock keeper can know beforehand.
    :param first_day: (regions, products) index of the first day of sale; -1 is not sold there.
    """

    expected: Floats
    units: npt.NDArray[np.int64]
    shape: Floats
    first_day: npt.NDArray[np.int64]


def simulate_demand(
    rng: np.random.Generator,
    dates: pd.DatetimeIndex,
    history: int,
    cities: tuple[City, ...],
    products: tuple[DemoProduct, ...],
    drivers: DemoDrivers,
) -> DemoDemand:
    """Draw the demand of all days; the history has ``history`` days."""
    categories = np.array([CATEGORIES.index(product.category) for product in products])
    effect = calendar_effect(dates, cities, products) + driver_effect(drivers, categories)
    shape = np.exp(effect) * _life_cycle(products, len(dates), history)[None]
    level = _level(rng, len(dates), history, cities, products, categories)
    first_day = _first_days(cities, products, history)
    sold = (np.arange(len(dates)) >= first_day[..., None]) & (first_day >= 0)[..., None]
    expected = np.where(sold, level * shape, 0.0)
    mean = expected * _wandering_level(rng, len(dates), len(cities), categories)
    spread = rng.uniform(8.0, 30.0, (1, len(products), 1))
    units = rng.negative_binomial(spread, spread / (spread + mean))
    return DemoDemand(expected, units, shape, first_day)


def calendar_effect(
    dates: pd.DatetimeIndex, cities: tuple[City, ...], products: tuple[DemoProduct, ...]
) -> Floats:
    """Return log effects (regions, products, days) of the calendar and the brand's own events."""
    categories = np.array([CATEGORIES.index(product.category) for product in products])
    weekend, students, leavers = np.array(
        [(city.weekend, city.students, city.leavers) for city in cities]
    ).T
    by_category = (
        week_effect(dates, weekend)
        + (year_effect(dates) + festival_effect(dates) + _event_effect(dates))[None]
        + summer_effect(dates, students)
        + new_year_effect(dates, leavers)
    )
    amplitude, peak = np.array([product.season for product in products]).T
    effect: Floats = by_category[:, categories] + seasonal_wave(dates, amplitude, peak)[None]
    return effect


def _event_effect(dates: pd.DatetimeIndex) -> Floats:
    effect = np.zeros((len(CATEGORIES), len(dates)))
    for event in EVENTS:
        rows = [CATEGORIES.index(category) for category in event.categories or CATEGORIES]
        inside = np.asarray(
            (dates >= pd.Timestamp(event.starts)) & (dates <= pd.Timestamp(event.ends))
        )
        effect[rows] += _EVENT_EFFECT[event.event] * event.strength * inside
    return effect


def _life_cycle(products: tuple[DemoProduct, ...], days: int, history: int) -> Floats:
    """Return factors (products, days): launch curves, and takeovers by successors.

    A launch opens with some curiosity, falls back and grows into its place over a few weeks.
    A successor takes over within seven weeks; 4 % stay with the old product.
    """
    factor = np.ones((len(products), days))
    row_of = {product.sku: row for row, product in enumerate(products)}
    for row, product in enumerate(products):
        if product.launched is None:
            continue
        age = np.arange(days) - (history - product.launched)
        since = np.maximum(age, 0)
        if product.replaces:
            taken = 1 / (1 + np.exp(-(since - 24) / 6.0))
            factor[row] = np.maximum(taken, 0.06)
            factor[row_of[product.like]] *= np.where(age >= 0, 1 - 0.96 * taken, 1.0)
        else:
            factor[row] = 1 - 0.6 * np.exp(-since / 15.0) + 0.5 * np.exp(-since / 3.0)
    return factor


def _level(
    rng: np.random.Generator,
    days: int,
    history: int,
    cities: tuple[City, ...],
    products: tuple[DemoProduct, ...],
    categories: npt.NDArray[np.int64],
) -> Floats:
    """Return each series' own level (regions, products, days): size, taste and growth."""
    size = np.array([city.size for city in cities])[:, None]
    base = np.array([product.base for product in products])[None]
    shape = (len(cities), len(products))
    taste = (
        rng.normal(0, 0.15, (len(cities), len(CATEGORIES)))[:, categories]
        + rng.normal(0, 0.22, shape)
        - 0.5 * (0.15**2 + 0.22**2)
    )
    years = ((np.arange(days) - history) / 365.25)[None, None]
    growth = (
        np.array([city.growth for city in cities])[:, None]
        + np.array([_GROWTH[category] for category in CATEGORIES])[categories][None]
        + rng.normal(0, 0.06, (1, len(products)))
    )[..., None]
    # Once in the history the growth of a city's category changes its pace.
    bend = -rng.uniform(0.25, 1.6, (len(cities), len(CATEGORIES)))[:, categories, None]
    change = rng.normal(0, 0.15, (len(cities), len(CATEGORIES)))[:, categories, None]
    trend = growth * years + change * np.minimum(years - bend, 0.0)
    level: Floats = (size * base)[..., None] * np.exp(taste[..., None] + trend)
    return level


def _wandering_level(
    rng: np.random.Generator, days: int, regions: int, categories: npt.NDArray[np.int64]
) -> Floats:
    """Return factors with mean 1 (regions, products, days) that nobody can know beforehand."""
    national = autoregressive(rng, (len(CATEGORIES),), days, 0.95, 0.06)
    parts = (
        (autoregressive(rng, (regions, len(categories)), days, 0.97, 0.15), 0.15),
        (autoregressive(rng, (len(categories),), days, 0.985, 0.12)[None], 0.12),
        (autoregressive(rng, (regions, len(CATEGORIES)), days, 0.6, 0.06)[:, categories], 0.06),
        (national[categories][None], 0.06),
    )
    log_factor = np.zeros((regions, len(categories), days))
    for path, sd in parts:
        log_factor += path - sd**2 / 2
    return np.exp(log_factor)


def _first_days(
    cities: tuple[City, ...], products: tuple[DemoProduct, ...], history: int
) -> npt.NDArray[np.int64]:
    """Return the first day of sale; what would spoil on its way to a city is not sold there."""
    lead = np.array([lead_days(city_km(city, city.main)) for city in cities])[:, None]
    life = np.array([product.life or 10_000 for product in products])[None]
    launch = np.array(
        [max(history - product.launched, 0) if product.launched else 0 for product in products]
    )
    too_far = life < lead + _FRESH_SLACK_DAYS
    return np.where(too_far, -1, np.broadcast_to(launch, too_far.shape))
