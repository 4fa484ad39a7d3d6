"""What series share: learnt from all of them, taken by each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.brand import Brand, read_brand
from forecasting.design import Shared, build_design, driver_scales
from forecasting.panel import build_panel
from forecasting.pooling import fit_pool, pool_design, pool_of_each
from forecasting.preparation import ALONE_PRIORS
from forecasting.prophet_engine import Priors, fit_prophet
from forecasting.prophet_run import POOL_PRIORS
from tests import brand_factory as factory


@pytest.fixture
def brand(make_brand: Callable[..., Path]) -> Brand:
    """Twelve noisy series of one category, all four times as large on 1 to 3 May."""
    rng = np.random.default_rng(2)
    dates = pd.date_range(factory.FIRST, periods=factory.DAYS)
    skus = [f"t{i:02d}" for i in range(12)]
    fair = dates.isin(pd.date_range("2024-05-08", "2024-05-09"))
    sales = pd.concat(
        pd.DataFrame(
            {
                "date": dates,
                "region": "suzhou",
                "sku": sku,
                "units": 8 * rng.lognormal(0, 0.7, len(dates)) * np.where(fair, 4.0, 1.0),
            }
        )
        for sku in skus
    )
    products = pd.concat([factory.PRODUCTS.iloc[[2]].assign(sku=sku) for sku in skus])
    events = pd.DataFrame(
        {
            "event": ["fair", "fair"],
            "starts": ["2024-05-08", "2024-06-01"],
            "ends": ["2024-05-09", "2024-06-02"],
        }
    )
    folder = make_brand(
        sales=sales,
        products=products,
        events=events,
        stock=factory.STOCK.assign(sku="t00").drop_duplicates(["location", "sku"]),
    )
    return read_brand(folder)


def test_a_pool_learns_an_effect_that_its_members_cannot(brand: Brand) -> None:
    panel = build_panel(brand, 7)
    scales = driver_scales(panel)
    pool = pool_of_each(panel)
    assert (pool == 0).all()
    design = pool_design(panel, pool == 0, scales)
    assert design is not None
    learnt = fit_pool(design, panel.dates, POOL_PRIORS)
    ahead = panel.brand_events[:, 0] > 0
    assert learnt.parts["events"][ahead] == pytest.approx(np.full(4, np.log(4)), abs=0.25)
    alone = []
    for i in range(4):
        _, fit = fit_prophet(build_design(panel, i, scales), panel.dates, ALONE_PRIORS)
        alone.append(fit.parts["events"][ahead].mean())
    together = abs(learnt.parts["events"][ahead].mean() - np.log(4))
    assert together < np.abs(np.array(alone) - np.log(4)).mean()


def test_a_series_takes_its_pools_parts_and_adds_its_own(brand: Brand) -> None:
    panel = build_panel(brand, 7)
    scales = driver_scales(panel)
    shared = Shared({"weekly": np.linspace(0, 1, len(panel.dates))}, {"calendar:labour_day": 0.5})
    plain = build_design(panel, 0, scales)
    design = build_design(panel, 0, scales, shared)
    holiday = plain.names.index("calendar:labour_day")
    np.testing.assert_allclose(design.X[:, holiday], 0.5 * plain.X[:, holiday])
    np.testing.assert_allclose(plain.y - design.y, shared.parts["weekly"][design.day])
    _, fit = fit_prophet(design, panel.dates, Priors(weekly=1e-3))
    np.testing.assert_allclose(fit.parts["weekly"], shared.parts["weekly"], atol=0.05)


def test_too_few_series_are_no_pool(make_brand: Callable[..., Path]) -> None:
    def only_tea(sales: pd.DataFrame) -> pd.DataFrame:
        return sales[sales["sku"] == "tea"]

    panel = build_panel(read_brand(make_brand(sales=only_tea)), 7)
    assert (pool_of_each(panel) == -1).all()


def test_small_categories_join_the_pool_of_the_rest(make_brand: Callable[..., Path]) -> None:
    panel = build_panel(read_brand(make_brand()), 7)
    assert (pool_of_each(panel) == 0).all()  # three categories of two series each
