"""What there is to learn from: the grid of a brand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.brand import Brand, read_brand
from data.errors import BadInput
from forecasting.panel import build_panel
from tests import brand_factory as factory

Make = Callable[..., Path]


def _row(brand: Brand, region: str, sku: str, horizon: int = 7) -> tuple[object, int]:
    panel = build_panel(brand, horizon)
    return panel, int(np.flatnonzero((panel.region == region) & (panel.sku == sku))[0])


def _edit(
    sku: str, change: Callable[[pd.DataFrame], pd.DataFrame]
) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def edit(sales: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([sales[sales["sku"] != sku], change(sales[sales["sku"] == sku])])

    return edit


def test_the_grid_holds_the_sales_as_they_are(make_brand: Make) -> None:
    brand = read_brand(make_brand())
    panel = build_panel(brand, 5)
    assert panel.units.shape == (6, factory.DAYS)
    assert panel.horizon == 5
    assert panel.dates[panel.history] == brand.as_of + pd.Timedelta(days=1)
    long = brand.sales.sort_values(["region", "sku", "date"])
    np.testing.assert_allclose(panel.units.ravel(), long["units"])
    np.testing.assert_allclose(panel.availability.ravel(), long["availability"])


def test_days_out_of_stock_for_more_than_half_the_hours_are_left_out(make_brand: Make) -> None:
    panel = build_panel(read_brand(make_brand()), 7)
    np.testing.assert_array_equal(panel.usable, panel.availability >= 0.5)
    assert not panel.usable.all()


def test_where_the_far_field_sold_on_such_days_are_scaled_and_kept(make_brand: Make) -> None:
    settings = {
        "history": {"far_field": True},
        "promise": {
            "near": {"hours": 1, "delivery_cost": 1, "conversion": 1.0},
            "mid": {"hours": 4, "delivery_cost": 1, "conversion": 0.9},
            "far": {"hours": 30, "delivery_cost": 1, "conversion": 0.6},
        },
    }
    panel = build_panel(read_brand(make_brand(settings=settings)), 7)
    assert panel.usable.all()
    hangzhou, suzhou = panel.region == "hangzhou", panel.region == "suzhou"
    missing = 1 - panel.availability
    factor = panel.demand / np.where(panel.units > 0, panel.units, np.nan)
    known = np.isfinite(factor)
    # Hangzhou has a store: local is near (1.0); Suzhou's is mid (0.9). Far sold 0.6.
    for rows, local in ((hangzhou, 1.0), (suzhou, 0.9)):
        expected = 1 / (1 - missing[rows] * (1 - 0.6 / local))
        np.testing.assert_allclose(factor[rows][known[rows]], expected[known[rows]], rtol=1e-5)


def test_a_missing_day_is_unsold_late_data_is_unknown(make_brand: Make) -> None:
    gap, late = factory.FIRST + pd.Timedelta(days=20), factory.AS_OF - pd.Timedelta(days=3)

    def cut(sales: pd.DataFrame) -> pd.DataFrame:
        hangzhou = sales["region"] == "hangzhou"
        return sales[~((sales["date"] == gap) | (hangzhou & (sales["date"] > late)))]

    brand = read_brand(make_brand(sales=_edit("tea", cut)))
    panel, i = _row(brand, "hangzhou", "tea")
    assert panel.units[i, 20] == 0
    assert not panel.usable[i, 20], "a day of rows that went missing, where it sells ten a day"
    assert np.isnan(panel.units[i, -3:]).all() and not panel.usable[i, -3:].any()
    assert not panel.stopped[i]


def test_a_series_that_stopped_is_known(make_brand: Make) -> None:
    def stop(sales: pd.DataFrame) -> pd.DataFrame:
        return sales[sales["date"] < factory.AS_OF - pd.Timedelta(days=30)]

    panel, i = _row(read_brand(make_brand(sales=_edit("tea", stop))), "suzhou", "tea")
    assert panel.stopped[i] and panel.stopped.sum() == 2


def test_new_products_reach_the_regions_of_what_they_resemble(make_brand: Make) -> None:
    def products(usual: pd.DataFrame) -> pd.DataFrame:
        new = usual.iloc[[2]].assign(sku="tea2", name="New tea")
        launched = {"tea2": "2024-06-02"}
        both = pd.concat([usual, new], ignore_index=True)
        return both.assign(
            launched=both["sku"].map(launched), similar_to=both["sku"].map({"tea2": "tea"})
        )

    def only_suzhou(sales: pd.DataFrame) -> pd.DataFrame:
        return sales[sales["region"] == "suzhou"]

    brand = read_brand(make_brand(products=products, sales=_edit("tea", only_suzhou)))
    panel = build_panel(brand, 7)
    new = panel.sku == "tea2"
    assert list(panel.region[new]) == ["suzhou"]
    assert np.isnan(panel.units[new]).all()


def test_events_concern_their_regions_and_categories(make_brand: Make) -> None:
    events = pd.DataFrame(
        {
            "event": ["fair", "fair", "sale"],
            "starts": ["2024-04-10", "2024-06-01", "2024-05-01"],
            "ends": ["2024-04-11", "2024-06-01", "2024-05-02"],
            "regions": ["hangzhou", "hangzhou", None],
            "categories": [None, None, "drinks;fresh"],
            "strength": [1.0, 2.0, 0.5],
        }
    )
    panel = build_panel(read_brand(make_brand(events=events)), 7)
    assert panel.brand_event_names == ("fair", "sale")
    fair, sale = panel.brand_event_scope
    assert set(panel.region[fair]) == {"hangzhou"} and fair.sum() == 3
    assert set(panel.sku[sale]) == {"tea", "milk"} and sale.sum() == 4
    days = {str(panel.dates[t].date()): v for t, v in enumerate(panel.brand_events[:, 0]) if v}
    assert days == {"2024-04-10": 1.0, "2024-04-11": 1.0, "2024-06-01": 2.0}


def test_a_driver_of_less_scope_gives_way_to_one_of_more(make_brand: Make) -> None:
    dates = pd.date_range(factory.FIRST, periods=factory.DAYS + 7)
    scopes = [
        (None, None, 1.0),
        ("hangzhou", None, 2.0),
        (None, "tea", 3.0),
        ("hangzhou", "tea", 4.0),
    ]
    drivers = pd.concat(
        [pd.DataFrame({"date": dates, "region": r, "sku": s, "heat": v}) for r, s, v in scopes]
    )
    panel = build_panel(read_brand(make_brand(drivers=drivers)), 7)
    value = {
        (panel.region[i], panel.sku[i]): panel.drivers[i, 0, 0] for i in range(len(panel.region))
    }
    assert value[("suzhou", "milk")] == 1.0
    assert value[("hangzhou", "milk")] == 2.0
    assert value[("suzhou", "tea")] == 3.0
    assert value[("hangzhou", "tea")] == 4.0


def test_a_known_driver_that_ends_before_the_horizon_is_a_named_fault(make_brand: Make) -> None:
    brand = read_brand(make_brand(drivers=lambda usual: factory.drivers(days_ahead=8)))
    build_panel(brand, 8)
    with pytest.raises(BadInput, match=r"column discount.*2024-06-09.*none from 2024-06-08.*past"):
        build_panel(brand, 10)


def test_a_driver_of_the_past_only_is_not_used(make_brand: Make) -> None:
    folder = make_brand(
        drivers=lambda usual: factory.drivers(days_ahead=0),
        settings={"drivers": {"discount": "past"}},
    )
    assert build_panel(read_brand(folder), 7).driver_names == ()


def test_the_past_is_what_the_brand_looked_like_then(make_brand: Make) -> None:
    brand = read_brand(make_brand(drivers=lambda usual: factory.drivers()))
    past, then = build_panel(brand, 7).before(10), build_panel(brand.until("2024-05-20"), 10)
    assert past.horizon == 10
    pd.testing.assert_index_equal(past.dates, then.dates)
    for name in ("units", "availability", "demand", "usable", "drivers"):
        np.testing.assert_array_equal(getattr(past, name), getattr(then, name))
