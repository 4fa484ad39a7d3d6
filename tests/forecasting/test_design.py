"""The inputs of a fit: days, scale, regressors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from prophet import Prophet

from data.brand import read_brand
from forecasting.design import build_design, driver_scales, fourier, yearly_order
from forecasting.panel import build_panel
from tests import brand_factory as factory

Make = Callable[..., Path]


def test_the_scale_is_the_log_of_demand_and_comes_back(make_brand: Make) -> None:
    panel = build_panel(read_brand(make_brand()), 7)
    design = build_design(panel, 0, driver_scales(panel))
    np.testing.assert_allclose(design.to_units(design.y), panel.demand[0, design.day], atol=1e-6)
    assert set(design.day) == set(np.flatnonzero(panel.usable[0]))


def test_occasions_of_history_enter_those_it_lacks_are_named(make_brand: Make) -> None:
    panel = build_panel(read_brand(make_brand()), 21)  # April and May; on to 20 June
    design = build_design(panel, 0, driver_scales(panel))
    assert {"calendar:qingming", "calendar:labour_day", "calendar:makeup_workday"} <= set(
        design.names
    )
    assert {"calendar:618", "calendar:dragon_boat"} <= set(design.unseen)
    assert not set(design.unseen) & set(design.names)


def test_constant_and_rare_drivers_are_dropped_others_held_within_what_was_seen(
    make_brand: Make,
) -> None:
    dates = pd.date_range(factory.FIRST, periods=factory.DAYS + 7)
    often = np.where(np.arange(len(dates)) % 5 == 0, 0.8, 1.0)
    often[-7:] = 0.2  # deeper than ever before
    rare = np.ones(len(dates))
    rare[[3, 9]] = 0.5
    drivers = pd.DataFrame({"date": dates, "flat": 3.0, "often": often, "rare": rare})
    panel = build_panel(read_brand(make_brand(drivers=drivers)), 7)
    design = build_design(panel, 0, driver_scales(panel))
    names = [name for name in design.names if name.startswith("driver:")]
    assert names == ["driver:often"]
    values = design.X[:, design.names.index("driver:often")]
    assert values[-7:] == pytest.approx(np.full(7, values[: factory.DAYS].min()))


@pytest.mark.parametrize(
    ("days", "order"), [(76, 0), (539, 0), (540, 4), (760, 5), (1200, 6), (4000, 6)]
)
def test_the_year_needs_a_year_and_a_half(days: int, order: int) -> None:
    assert yearly_order(days) == order


@pytest.mark.parametrize(("period", "order"), [(7.0, 3), (365.25, 5)])
def test_waves_are_prophets(period: float, order: int) -> None:
    dates = pd.date_range("2023-11-05", periods=90)
    first = int(dates[0].timestamp()) // 86400
    ours = fourier(first, len(dates), period, order)
    theirs = Prophet.fourier_series(pd.Series(dates), period, order)
    np.testing.assert_allclose(ours, theirs, atol=1e-9)
