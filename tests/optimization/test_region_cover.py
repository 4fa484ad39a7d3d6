"""A region's stock of one product against its demand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from data import Brand, read_brand
from optimization.region_cover import region_cover
from tests.dashboard.planned_brand import plan_of


@pytest.fixture
def brand(make_brand: Callable[..., Path]) -> Brand:
    return read_brand(make_brand())


def demand(brand: Brand, a_day: float, days: int = 7) -> pd.DataFrame:
    dates = pd.date_range(brand.as_of + pd.Timedelta(days=1), periods=days)
    total = pd.Series(range(1, days + 1)) * a_day
    return pd.DataFrame({"date": dates, "c05": total / 2, "c50": total, "c95": total * 2})


def test_stock_of_the_regions_places_and_how_long_it_lasts(brand: Brand) -> None:
    # 30 at the front and 6 at the store; 10 a day at the median, 20 at most; T1 brings 60 on day 2.
    found = region_cover(brand, "hangzhou", "milk", demand(brand, 10.0), plan_of(brand).transfers)
    assert found.stock == 36.0
    assert (found.median_days, found.high_days) == (3, 1)
    assert found.days["stock_with"].tolist() == [36.0] + [96.0] * 6
    assert (found.median_days_with, found.high_days_with) == (7, 4)


def test_moves_within_the_region_change_nothing(brand: Brand) -> None:
    transfers = plan_of(brand).transfers
    inner = transfers[transfers["transfer"] == "T5"]
    found = region_cover(brand, "hangzhou", "tea", demand(brand, 1.0), inner)
    assert found.days["stock_with"].tolist() == found.days["stock_without"].tolist()


def test_stock_that_outlasts_the_horizon_covers_all_of_it(brand: Brand) -> None:
    found = region_cover(brand, "suzhou", "tea", demand(brand, 0.1), plan_of(brand).transfers)
    assert (found.median_days, found.high_days) == (7, 7)


def test_a_product_that_is_nowhere_covers_no_day(brand: Brand) -> None:
    found = region_cover(brand, "suzhou", "none", demand(brand, 1.0), plan_of(brand).transfers)
    assert (found.stock, found.median_days) == (0.0, 0)
