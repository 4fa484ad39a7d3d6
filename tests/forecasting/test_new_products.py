"""Products held out as if they were new, and launches that begin low."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from data.brand import read_brand
from forecasting.new_products import (
    LAUNCH_DAYS,
    expected_levels,
    launch_curve,
    launch_factors,
    recent_levels,
)
from forecasting.panel import Panel, build_panel
from forecasting.run import forecast
from tests import brand_factory as factory


@pytest.fixture(scope="module")
def panel(demo_folder: Path) -> Panel:
    return build_panel(read_brand(demo_folder), 7)


def held_out(panel: Panel, held: npt.NDArray[np.bool_]) -> Panel:
    """The panel as if these series had never sold."""
    gone = held[:, None]
    return replace(
        panel,
        units=np.where(gone, np.nan, panel.units),
        demand=np.where(gone, np.nan, panel.demand),
        usable=panel.usable & ~gone,
    )


def category_mean(panel: Panel) -> npt.NDArray[np.float64]:
    frame = pd.DataFrame({"category": panel.category, "own": recent_levels(panel)})
    mean = frame.groupby("category")["own"].transform("mean")
    return mean.fillna(frame["own"].mean()).to_numpy()


def wape(forecast: npt.NDArray[np.float64], truth: npt.NDArray[np.float64]) -> float:
    return float(np.abs(forecast - truth).sum() / truth.sum())


def test_a_product_new_to_a_region_is_known_by_the_others(panel: Panel) -> None:
    truth = recent_levels(panel)
    held = np.random.default_rng(0).random(len(panel)) < 0.2
    past = held_out(panel, held)
    told = held & np.isfinite(truth)
    found = wape(expected_levels(past, {})[told], truth[told])
    assert found < 0.6 * wape(category_mean(past)[told], truth[told])


@pytest.mark.shared
def test_products_new_everywhere_beat_the_mean_of_their_category(shared_brands: Path) -> None:
    panel = build_panel(read_brand(shared_brands / "freshretail-cities", as_of="2024-05-14"), 7)
    truth = recent_levels(panel)
    rng, skus = np.random.default_rng(0), np.unique(panel.sku.astype(str))
    errors = np.zeros(2)
    for fold in np.array_split(rng.permutation(skus), 10):  # each product once, as if it were new
        held = np.isin(panel.sku.astype(str), fold)
        past = held_out(panel, held)
        told = held & np.isfinite(truth)
        for i, levels in enumerate((expected_levels(past, {}), category_mean(past))):
            errors[i] += np.abs(levels - truth)[told].sum()
    assert errors[0] < 0.95 * errors[1]


def test_price_and_likeness_tell_of_a_product_new_everywhere() -> None:
    """Half the products sell the more the cheaper they are; one resembles the best of all."""
    levels = np.array([20.0, 10.0, 5.0, 2.5] * 6)
    panel = _launches(list(levels))
    price = {f"p{i}": 40.0 / level for i, level in enumerate(levels)}
    held = np.zeros(len(levels), dtype=bool)
    held[[0, 3]] = True
    past = held_out(panel, held)
    blind = expected_levels(past, {})[held]
    assert blind[0] == blind[1]
    by_price = expected_levels(past, {}, price)[held]
    assert by_price[0] > 1.5 * blind[0] and by_price[1] < 0.7 * blind[1]
    like = expected_levels(past, {"p0": "p4", "p3": "p7"})[held]
    assert blind[0] < like[0] < 20.0 and 2.5 < like[1] < blind[1]


def test_nothing_sold_is_nothing_expected(panel: Panel) -> None:
    nothing = held_out(panel, np.ones(len(panel), dtype=bool))
    assert (expected_levels(nothing, {}) == 0).all()


def _launches(levels: list[float], days: int = 120) -> Panel:
    """Series of one product each that begin on day 30 at a quarter and grow for 56 days."""
    units = np.full((len(levels), days), np.nan)
    ramp = np.minimum(0.25 + 0.75 * np.arange(days - 30) / LAUNCH_DAYS, 1.0)
    units[:, 30:] = np.array(levels)[:, None] * ramp
    empty = np.zeros((days + 7, 0))
    names = np.array([f"p{i}" for i in range(len(levels))], dtype=object)
    return Panel(
        dates=pd.date_range("2024-01-01", periods=days + 7),
        history=days,
        region=np.full(len(levels), "here", dtype=object),
        sku=names,
        category=np.full(len(levels), "all", dtype=object),
        units=units,
        availability=np.ones_like(units),
        demand=units,
        usable=np.isfinite(units),
        closed=np.zeros((len(levels), days + 7), dtype=bool),
        stopped=np.zeros(len(levels), dtype=bool),
        calendar=empty,
        calendar_names=(),
        brand_events=empty,
        brand_event_names=(),
        brand_event_scope=np.zeros((0, len(levels)), dtype=bool),
        drivers=np.zeros((len(levels), days + 7, 0)),
        driver_names=(),
    )


def test_the_launch_curve_is_learnt_from_launches_and_drawn_to_one_by_few() -> None:
    many, one = launch_curve(_launches([5.0] * 60)), launch_curve(_launches([5.0]))
    truth = np.minimum(0.25 + 0.75 * np.arange(LAUNCH_DAYS) / LAUNCH_DAYS, 1.0)
    np.testing.assert_allclose(many[4:-4], truth[4:-4], atol=0.05)
    assert (one[:20] > many[:20] + 0.2).all() and (one <= 1.001).all()
    np.testing.assert_allclose(launch_curve(_launches([5.0], days=80)), 1.0)
    ages = np.array([-1, 0, LAUNCH_DAYS, 500])
    np.testing.assert_array_equal(launch_factors(many, ages), [0.0, many[0], 1.0, 1.0])


def test_a_launch_ahead_starts_on_its_day(make_brand: Callable[..., Path]) -> None:
    def with_new(products: pd.DataFrame) -> pd.DataFrame:
        new = products[products["sku"] == "tea"].assign(sku="tea2", name="New tea")
        both = pd.concat([products, new], ignore_index=True)
        return both.assign(
            launched=both["sku"].map({"tea2": "2024-06-02"}),
            similar_to=both["sku"].map({"tea2": "tea"}),
        )

    brand = read_brand(make_brand(products=with_new))
    made = forecast(brand, 7, workers=1)
    of = made.frame[(made.frame["sku"] == "tea2") & (made.frame["region"] == "suzhou")]
    assert (of["mean"].to_numpy()[:2] == 0).all()
    tea = factory.sales().query("sku == 'tea' and region == 'suzhou'").tail(28)["units"].mean()
    assert of["mean"].to_numpy()[2:].mean() == pytest.approx(tea, rel=0.5)
