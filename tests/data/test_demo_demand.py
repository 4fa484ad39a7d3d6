"""The effects that the simulator puts into demand have the sizes it says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from data.demo_calendar import LUNAR_NEW_YEAR, festival_days, festival_effect, week_effect
from data.demo_demand import DemoDemand, calendar_effect, simulate_demand
from data.demo_drivers import (
    CAMPAIGN_EFFECT,
    COUPON_EFFECT,
    ELASTICITY,
    DemoDrivers,
    autoregressive,
    driver_effect,
    simulate_drivers,
)
from data.demo_hours import HOURS, sell_for_a_day
from data.demo_places import CITIES
from data.demo_products import CATEGORIES, PRODUCTS, Category

DATES = pd.date_range("2023-10-05", periods=802)
HISTORY = 760


@dataclass(frozen=True)
class World:
    drivers: DemoDrivers
    demand: DemoDemand

    def mean(self, category: Category | None = None) -> pd.Series[float]:
        rows = [p.category == category or category is None for p in PRODUCTS]
        return pd.Series(self.demand.expected[:, rows].sum((0, 1)), DATES)


@pytest.fixture(scope="module")
def world() -> World:
    drivers = simulate_drivers(np.random.default_rng(1), DATES, HISTORY, CITIES, PRODUCTS)
    demand = simulate_demand(np.random.default_rng(2), DATES, HISTORY, CITIES, PRODUCTS, drivers)
    return World(drivers, demand)


def over_days_between(mean: pd.Series[float], day: str) -> float:
    """A day of Double 11 over the days between the two waves, 2023 to 2025 together."""
    ratios = [
        mean[f"{year}-{day}"] / mean[f"{year}-11-04" : f"{year}-11-07"].mean()
        for year in (2023, 2024, 2025)
    ]
    return float(np.mean(ratios))


@pytest.mark.parametrize(("day", "factor"), [("11-01", 1.9), ("11-10", 4.5), ("11-11", 3.1)])
def test_double_11_is_as_high_as_on_a_real_platform(world: World, day: str, factor: float) -> None:
    assert over_days_between(world.mean(), day) == pytest.approx(factor, rel=0.15)


def test_categories_feel_double_11_differently(world: World) -> None:
    peak = {name: over_days_between(world.mean(name), "11-10") for name in CATEGORIES}
    assert max(peak, key=lambda name: peak[name]) == "skin"
    assert peak["skin"] > 5.5
    assert min(peak, key=lambda name: peak[name]) == "snacks"
    assert 1.5 < peak["snacks"] < 3


def test_presale_holds_back_and_the_days_after_pay() -> None:
    days = pd.DatetimeIndex(["2024-10-10", "2024-10-30", "2024-11-14", "2024-12-01"])
    factor = np.exp(festival_effect(days))[CATEGORIES.index("skin")]
    assert factor == pytest.approx([1.0, 0.86**1.4, 0.80**1.4, 1.0])


def test_618(world: World) -> None:
    mean = world.mean()
    for year in (2024, 2025):
        usual = mean[f"{year}-06-06" : f"{year}-06-12"].mean()
        assert mean[f"{year}-06-18"] / usual == pytest.approx(3.0, rel=0.2)
    after = np.exp(festival_effect(pd.DatetimeIndex(["2024-06-21"])))
    assert after.max() < 0.95


@pytest.mark.parametrize("first_day", LUNAR_NEW_YEAR[1:3])
def test_lunar_new_year_moves_with_the_moon(world: World, first_day: str) -> None:
    first = pd.Timestamp(first_day)
    winter = world.mean()[first - pd.Timedelta(days=45) : first + pd.Timedelta(days=45)]
    assert abs((winter.idxmin() - first).days) <= 3
    assert winter.min() < 0.5 * winter.median()

    def around(category: Category, low: int, high: int) -> float:
        mean = world.mean(category)
        span = mean[first + pd.Timedelta(days=low) : first + pd.Timedelta(days=high)]
        usual = mean[first - pd.Timedelta(days=45) : first - pd.Timedelta(days=32)]
        return float(span.mean() / usual.mean())

    assert around("snacks", -11, -6) > 1.35  # stocking up
    assert around("skin", -2, 3) < 0.6  # nobody delivers
    assert around("phone", 8, 13) > 1.1  # the rush after


def test_who_travels_home_is_missed_where_they_work() -> None:
    dates = pd.date_range("2025-01-10", "2025-02-20")
    effect = calendar_effect(dates, CITIES, PRODUCTS)
    at = {city.region: row for row, city in enumerate(CITIES)}
    phone = [product.category == "phone" for product in PRODUCTS]
    first = list(dates).index(pd.Timestamp(LUNAR_NEW_YEAR[2]))
    assert effect[at["SZX"], phone, first].mean() < effect[at["CKG"], phone, first].mean() - 0.5


def test_offsets_from_the_nearest_new_year() -> None:
    days = pd.DatetimeIndex(["2024-02-08", "2024-02-10", "2025-01-31", "2025-10-01"])
    assert festival_days(days).tolist() == [-2, 0, 2, -139]


def test_working_weekends_are_workdays_and_days_off_are_saturdays() -> None:
    days = pd.DatetimeIndex(["2025-09-28", "2025-09-25", "2025-10-06", "2025-10-18"])
    effect = week_effect(days, np.ones(1))[0]
    assert effect[:, 0] == pytest.approx(effect[:, 1])  # a working Sunday, a Thursday
    assert effect[:, 2] == pytest.approx(effect[:, 3])  # National Day's Monday, a Saturday


def test_weekly_shapes_have_mean_one() -> None:
    week = pd.date_range("2025-03-10", periods=7)
    assert np.exp(week_effect(week, np.ones(1))).mean(-1)[0] == pytest.approx(1.0, abs=0.005)


def test_drinks_follow_the_summer_and_scarves_the_winter(world: World) -> None:
    drinks = world.mean("drinks")
    assert drinks["2024-07"].mean() > 1.4 * drinks["2024-04"].mean()
    scarf = [product.sku for product in PRODUCTS].index("AP01")
    sold = pd.Series(world.demand.expected[:, scarf].sum(0), DATES)
    assert sold["2024-12"].mean() > 4 * sold["2024-07"].mean()


def one_day(**changes: npt.NDArray[np.float64]) -> DemoDrivers:
    count = len(CATEGORIES)
    plain = {
        "discount": np.ones((count, 1)),
        "coupon": np.zeros((1, count, 1)),
        "campaign": np.zeros((count, 1)),
        "temperature": np.full((1, 1), 10.0),
        "temperature_known": np.full((1, 1), 10.0),
        "rain": np.zeros((1, 1)),
        "rain_known": np.zeros((1, 1)),
    }
    return DemoDrivers(**plain | changes)


def test_drivers_move_demand_by_known_sizes() -> None:
    each = np.arange(len(CATEGORIES))
    assert driver_effect(one_day(), each) == pytest.approx(0.0)
    cheap = driver_effect(one_day(discount=np.full((len(each), 1), 0.8)), each)[0, :, 0]
    coupon = driver_effect(one_day(coupon=np.full((1, len(each), 1), 0.1)), each)[0, :, 0]
    campaign = driver_effect(one_day(campaign=np.ones((len(each), 1))), each)[0, :, 0]
    assert cheap == pytest.approx([np.log(0.8 ** -ELASTICITY[name]) for name in CATEGORIES])
    assert coupon == pytest.approx([0.1 * COUPON_EFFECT[name] for name in CATEGORIES])
    assert campaign == pytest.approx([CAMPAIGN_EFFECT[name] for name in CATEGORIES])
    hot = driver_effect(one_day(temperature=np.full((1, 1), 33.0)), each)[0, :, 0]
    assert np.exp(hot[CATEGORIES.index("drinks")]) == pytest.approx(np.exp(0.032 * 15))


def test_the_weather_forecast_fades(world: World) -> None:
    drivers = world.drivers
    error = np.abs(drivers.temperature - drivers.temperature_known).mean(0)
    assert error[:HISTORY].max() == 0
    assert 0 < error[HISTORY] < 0.5
    assert error[-20:].mean() > 1.5


def test_noise_is_wide_and_remembers(world: World) -> None:
    demand = world.demand
    sold = (demand.first_day >= 0) & (demand.first_day == 0)
    expected, units = demand.expected[sold], demand.units[sold]
    assert units.sum() / expected.sum() == pytest.approx(1.0, abs=0.03)
    busy = expected.mean(-1) > 15
    error = (units / np.maximum(expected, 1e-9) - 1)[busy]
    poisson = (1 / expected[busy]).mean()
    assert error.var() > 2 * poisson
    lag = np.array([np.corrcoef(row[:-7], row[7:])[0, 1] for row in error])
    assert 0.1 < lag.mean() < 0.7


def test_autoregressive_paths_have_their_memory_and_spread() -> None:
    paths = autoregressive(np.random.default_rng(0), (400,), 300, 0.9, 0.2)
    assert paths.std() == pytest.approx(0.2, rel=0.05)
    assert (paths[:, 1:] * paths[:, :-1]).mean() / paths.var() == pytest.approx(0.9, abs=0.02)
    assert paths[:, 0].std() == pytest.approx(0.2, rel=0.1)


def sell(
    units: list[list[int]], front: list[list[int]], store: list[list[list[int]]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Sell in region 0 with two stores and region 1 without; one product."""
    at_front, at_store = np.array(front), np.array(store)
    lost, available = sell_for_a_day(
        np.random.default_rng(0),
        np.array(units),
        at_front,
        at_store,
        rows=np.array([0]),
        share=np.array([[0.7, 0.3]]),
    )
    return lost, available, at_front, at_store


def test_hours_add_up_to_a_day() -> None:
    assert HOURS.sum() == pytest.approx(1.0)


def test_enough_stock_sells_all_day() -> None:
    lost, available, front, store = sell([[40], [40]], [[60], [60]], [[[5], [5]]])
    assert lost.tolist() == [[0], [0]]
    assert available.tolist() == [[1.0], [1.0]]
    assert front[1, 0] == 20
    assert front[0, 0] + store.sum() == 70 - 40


def test_no_stock_sells_nothing() -> None:
    lost, available, _, _ = sell([[40], [0]], [[0], [0]], [[[0], [0]]])
    assert lost.tolist() == [[40], [0]]
    assert available.tolist() == [[0.0], [0.0]]


def test_stock_that_runs_out_is_sold_and_the_rest_missed() -> None:
    lost, available, front, store = sell([[50], [50]], [[10], [25]], [[[10], [5]]])
    assert lost.tolist() == [[25], [25]]
    assert front.tolist() == [[0], [0]]
    assert store.sum() == 0
    assert ((available > 0.2) & (available < 0.95)).all()


def test_one_empty_store_without_a_front_is_felt_by_its_own_shoppers() -> None:
    _, available, _, _ = sell([[30], [0]], [[0], [5]], [[[100], [0]]])
    assert available[0, 0] == pytest.approx(0.7)
