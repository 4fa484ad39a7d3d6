"""Prophet itself: what it fits here, and that our reading of it is its own prediction."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.brand import read_brand
from forecasting.design import build_design, driver_scales
from forecasting.panel import build_panel
from forecasting.prophet_engine import Priors, fit_prophet
from tests import brand_factory as factory


@pytest.fixture
def folder(make_brand: Callable[..., Path]) -> Path:
    return make_brand(drivers=lambda usual: factory.drivers())


def test_the_parts_are_prophets_own_prediction(folder: Path) -> None:
    panel = build_panel(read_brand(folder), 7)
    design = build_design(panel, 1, driver_scales(panel))
    model, fit = fit_prophet(design, panel.dates, Priors())
    future = pd.DataFrame(design.X, columns=list(design.names))
    future.insert(0, "ds", panel.dates)
    theirs = model.predict(future)
    np.testing.assert_allclose(fit.location, theirs["yhat"], atol=1e-8)
    np.testing.assert_allclose(fit.parts["trend"], theirs["trend"], atol=1e-8)
    np.testing.assert_allclose(fit.parts["weekly"], theirs["weekly"], atol=1e-8)
    occasions = theirs[[name for name in design.names if not name.startswith("driver:")]]
    np.testing.assert_allclose(fit.parts["events"], occasions.sum(axis=1), atol=1e-8)
    np.testing.assert_allclose(fit.parts["drivers"], theirs["driver:discount"], atol=1e-8)


def test_a_known_weekly_shape_and_driver_are_found(make_brand: Callable[..., Path]) -> None:
    rng = np.random.default_rng(5)
    dates = pd.date_range("2024-01-01", periods=200)
    discount = rng.choice([1.0, 0.7], len(dates), p=[0.8, 0.2])
    weekly = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.5])[dates.day_of_week]
    units = 50 * np.exp(weekly + 0.6 * (discount < 1)) * rng.lognormal(0, 0.05, len(dates))
    sales = pd.DataFrame(
        {"date": dates[:193], "region": "hangzhou", "sku": "tea", "units": units[:193]}
    )
    brand = read_brand(
        make_brand(sales=sales, drivers=pd.DataFrame({"date": dates, "discount": discount}))
    )
    panel = build_panel(brand, 7)
    design = build_design(panel, 0, driver_scales(panel))
    _, fit = fit_prophet(design, panel.dates, Priors(weekly=0.3, driver=0.5))
    promoted = discount < 1
    effect = fit.parts["drivers"][promoted].mean() - fit.parts["drivers"][~promoted].mean()
    assert effect == pytest.approx(0.6 * 0.93, abs=0.08)  # the logarithm is of units + offset
    weekend = dates.day_of_week >= 5
    shape = fit.parts["weekly"][weekend].mean() - fit.parts["weekly"][~weekend].mean()
    assert shape == pytest.approx(0.5 * 0.93, abs=0.08)
