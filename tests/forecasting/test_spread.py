"""How much wider than it says: recovered from errors of a known make, and used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.brand import read_brand
from forecasting.design import Design
from forecasting.panel import build_panel
from forecasting.preparation import prepare
from forecasting.prophet_engine import Fit
from forecasting.prophet_run import _measure_spread
from forecasting.sampling import generator, sample_paths
from forecasting.spread import USUAL, Spread, measure_spread
from forecasting.workers import Workers


@settings(max_examples=10, deadline=None)
@given(noise=st.floats(1.0, 2.5), level=st.floats(0.3, 2.5), seed=st.integers(0, 99))
def test_known_factors_are_recovered(noise: float, level: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    errors = [level * rng.standard_normal() + noise * rng.standard_normal(10) for _ in range(1_000)]
    spread = measure_spread(errors)
    assert spread.noise == pytest.approx(noise, rel=0.12)
    assert spread.level == pytest.approx(level, rel=0.2, abs=0.2)


def test_too_few_series_do_not_tell() -> None:
    assert measure_spread([np.ones(10)] * 19) == USUAL
    assert measure_spread([np.ones(2)] * 500) == USUAL


def test_wider_paths_keep_their_mean() -> None:
    days, horizon = 40, 10
    design = Design(
        day=np.array([0, 29]),
        y=np.zeros(2),
        pooled={},
        level=20.0,
        offset=1e-6,  # without an offset the lognormal's mean is kept exactly
        names=(),
        X=np.zeros((days, 0)),
        unseen=(),
        weekly=0,
        yearly=0,
    )
    parts = dict.fromkeys(("trend", "weekly", "yearly", "events", "drivers"), np.zeros(days))
    fit = Fit(parts=parts, effects={}, sigma=0.3, slope_change=0.0, change_rate=0.0)
    wide = Spread(noise=1.5, level=1.0).widen(fit)
    narrow_paths, narrow_mean = sample_paths(design, fit, horizon, 50_000, generator(0, "a"))
    wide_paths, wide_mean = sample_paths(design, wide, horizon, 50_000, generator(0, "a"))
    np.testing.assert_allclose(wide_mean, narrow_mean, rtol=1e-6)
    np.testing.assert_allclose(wide_paths.mean(axis=0), wide_mean, rtol=0.02)
    # Days of one path err together: the total's spread grows more than a day's.
    day = wide_paths[:, 0].std() / narrow_paths[:, 0].std()
    total = wide_paths.sum(axis=1).std() / narrow_paths.sum(axis=1).std()
    assert 1.3 < day < total


def test_it_is_measured_on_days_that_the_fit_did_not_see(make_brand: Callable[..., Path]) -> None:
    """20 steady series, half of them doubling in the last week, half halving: the level errs."""
    rng = np.random.default_rng(4)
    dates = pd.date_range("2024-03-01", periods=80)
    late = np.arange(80) >= 73
    frames, skus = [], [f"t{i:02d}" for i in range(20)]
    for i, sku in enumerate(skus):
        units = 30 * rng.lognormal(0, 0.1, 80) * np.where(late, 2.0 if i % 2 else 0.5, 1.0)
        frames.append(pd.DataFrame({"date": dates, "region": "suzhou", "sku": sku, "units": units}))
    from tests.brand_factory import PRODUCTS

    products = pd.concat([PRODUCTS.iloc[[2]].assign(sku=sku) for sku in skus])
    stock = pd.DataFrame({"location": ["main"], "sku": ["t00"], "units": [5]})
    brand = read_brand(make_brand(sales=pd.concat(frames), products=products, stock=stock))
    plan = prepare(brand, build_panel(brand, 7), None)
    jumped = _measure_spread(plan, Workers("sequential", 1))
    assert jumped.level > 2.0
    steady = replace(plan, panel=plan.panel.before(8))
    assert _measure_spread(steady, Workers("sequential", 1)).level < 1.0
