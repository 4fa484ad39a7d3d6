from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.brand import Brand, read_brand
from data.demo import read_truth
from forecasting.recovery import recover, recovered_by_series, recovered_demand
from forecasting.run import forecast

KEY = ["region", "sku", "date"]


@pytest.fixture(scope="module")
def demo(demo_folder: Path) -> tuple[Brand, pd.DataFrame, pd.DataFrame]:
    """The demo brand, its recovered days and the true demand of those days beside them."""
    brand = read_brand(demo_folder)
    days = recovered_demand(brand)
    truth = read_truth(demo_folder).astype({"region": str, "sku": str})
    known = days.astype({"region": str, "sku": str}).merge(
        truth.rename(columns={"demand": "true"}), on=KEY
    )
    return brand, days, known


def test_recovered_demand_is_near_the_truth(
    demo: tuple[Brand, pd.DataFrame, pd.DataFrame],
) -> None:
    brand, _, known = demo
    total = known["true"].sum()
    assert abs(known["demand"].sum() / total - 1) < 0.03
    error = (known["demand"] - known["true"]).abs().sum() / total
    as_sold = (known["sales"] - known["true"]).abs().sum() / total
    sales = brand.sales[brand.sales["availability"] >= 1].astype({"region": str, "sku": str})
    usual = sales.groupby(["region", "sku"])["units"].mean().rename("usual")
    left_out = known.join(usual, on=["region", "sku"])["usual"]
    left_out = (left_out - known["true"]).abs().sum() / total
    assert error < 0.75 * as_sold
    assert error < 0.5 * left_out


def test_every_day_without_stock_is_told_once(
    demo: tuple[Brand, pd.DataFrame, pd.DataFrame],
) -> None:
    brand, days, _ = demo
    assert (days["demand"] >= days["sales"]).all()
    assert not days.duplicated(KEY).any()
    short = brand.sales[brand.sales["availability"] < 1]
    assert len(days) == len(short)
    assert days["sales"].sum() == pytest.approx(short["units"].sum(), rel=1e-5)
    table = recovered_by_series(days)
    assert table["recovered"].sum() == pytest.approx((days["demand"] - days["sales"]).sum())
    assert table["days"].sum() == len(days)
    assert table["recovered"].is_monotonic_decreasing


def test_a_forecast_at_hand_says_what_was_expected(
    demo: tuple[Brand, pd.DataFrame, pd.DataFrame],
) -> None:
    brand, days, _ = demo
    made = forecast(brand, 7)
    quantiles = made.frame[["q05", "q50", "q95", "c05", "c95"]].to_numpy()
    np.testing.assert_array_equal(quantiles, np.rint(quantiles))  # the demo sells whole units
    again = recovered_demand(brand, made)
    pd.testing.assert_frame_equal(again[KEY], days[KEY])
    assert again["demand"].sum() == pytest.approx(days["demand"].sum(), rel=0.02)


def test_a_day_without_any_stock_gets_what_was_expected(
    make_brand: Callable[..., Path],
) -> None:
    def empty_shelf(sales: pd.DataFrame) -> pd.DataFrame:
        out = (sales["date"] == sales["date"].iloc[30]) & (sales["sku"] == "tea")
        return sales.assign(
            units=sales["units"].where(~out, 0), availability=np.where(out, 0.0, 1.0)
        )

    brand = read_brand(make_brand(sales=empty_shelf))
    days = recovered_demand(brand)
    assert set(days["sku"]) == {"tea"}
    assert len(days) == 2
    tea = brand.sales[(brand.sales["sku"] == "tea") & (brand.sales["availability"] == 1)]
    usual = tea.groupby("region", observed=True)["units"].mean()
    for region, demand in zip(days["region"], days["demand"], strict=True):
        assert 0.5 * usual[region] < demand < 2 * usual[region]


@given(sales=st.floats(0, 1e4), share=st.floats(0, 1), expected=st.floats(0, 1e4))
def test_demand_lies_above_sales_and_reaches_the_expected_where_nothing_could_be_bought(
    sales: float, share: float, expected: float
) -> None:
    grid = np.array([[10.0, sales]]), np.array([[1.0, share]]), np.array([[10.0, expected]])
    day = recover(*grid)[0, 1]
    assert day >= sales
    if share == 1:
        assert day == sales
    if share == 0:
        # nobody could buy, so sales were nil or made elsewhere: the rate is the expected one
        nothing = recover(np.array([[10.0, 0.0]]), *grid[1:])[0, 1]
        assert nothing == pytest.approx(max(expected, 1e-6), rel=1e-6)
