"""Stock at mean demand: known answers by hand, and what must always hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data import Brand, read_brand
from optimization.stock_outlook import MOST_COVER, stock_outlook
from tests.dashboard.planned_brand import forecast_of, plan_of

SETTINGS = {
    "promise": {
        "near": {"hours": 0.5, "delivery_cost": 1.0, "conversion": 1.0},
        "mid": {"hours": 4, "delivery_cost": 1.0, "conversion": 0.5},
        "far": {"hours": 30, "delivery_cost": 1.0, "conversion": 0.25},
    }
}


@pytest.fixture
def brand(make_brand: Callable[..., Path]) -> Brand:
    return read_brand(make_brand(settings=SETTINGS))


def demand(brand: Brand, units: float, days: int = 3) -> pd.DataFrame:
    """Milk in Hangzhou only, the same every day."""
    dates = pd.date_range(brand.as_of + pd.Timedelta(days=1), periods=days)
    return pd.DataFrame({"region": "hangzhou", "sku": "milk", "date": dates, "mean": units})


def no_transfers(brand: Brand) -> pd.DataFrame:
    return plan_of(brand).transfers.iloc[:0]


def at(outlook, location: str, sku: str = "milk") -> int:  # type: ignore[no-untyped-def]
    cells = outlook.cells
    return int(np.flatnonzero((cells["location"] == location) & (cells["sku"] == sku))[0])


def test_near_serves_first_then_mid_then_far(brand: Brand) -> None:
    # The store has 6 of milk, the front 30, the main 1200; 20 are asked for a day.
    found = stock_outlook(brand, demand(brand, 20.0), no_transfers(brand))
    store, front, main = (at(found, name) for name in ("store-hz", "front-hz", "main"))
    assert found.sold[store].tolist() == [6.0, 0.0, 0.0]
    # 14 are left for the front, where half of them buy; then 20, 10 of which buy.
    assert found.sold[front].tolist() == pytest.approx([7.0, 10.0, 10.0])
    assert found.stock[front].tolist() == pytest.approx([30.0, 23.0, 13.0])
    assert found.sold[main].tolist() == [0.0, 0.0, 0.0]


def test_what_the_region_lacks_the_main_sells_at_its_own_conversion(brand: Brand) -> None:
    # The store serves 6 of 100; the front could sell 47 but has 30, that is 60 of demand.
    found = stock_outlook(brand, demand(brand, 100.0, days=1), no_transfers(brand))
    assert found.sold[at(found, "front-hz")].tolist() == [30.0]
    assert found.sold[at(found, "main")].tolist() == pytest.approx([0.25 * (100 - 6 - 60)])


def test_transfers_leave_and_arrive_on_their_days(brand: Brand) -> None:
    plan = plan_of(brand)
    found = stock_outlook(brand, demand(brand, 0.0), plan.transfers)
    main, front = at(found, "main"), at(found, "front-hz")
    assert found.leaves[main].tolist() == [108.0, 0.0, 0.0]  # T1 and T4
    assert found.arrives[front].tolist() == [0.0, 60.0, 0.0]
    assert found.stock[front].tolist() == [30.0, 90.0, 90.0]
    assert found.stock[main].tolist() == [1092.0, 1092.0, 1092.0]


def test_inbound_arrives(make_brand: Callable[..., Path]) -> None:
    day = pd.Timestamp("2024-06-01")
    inbound = pd.DataFrame(
        {"location": ["front-hz"], "sku": ["milk"], "units": [5.0], "arrives": [day]}
    )
    brand = read_brand(make_brand(settings=SETTINGS, inbound=inbound))
    found = stock_outlook(brand, demand(brand, 0.0), no_transfers(brand))
    assert found.stock[at(found, "front-hz")].tolist() == [30.0, 35.0, 35.0]


def test_stock_is_conserved_and_never_negative(brand: Brand) -> None:
    frame = forecast_of(brand).frame
    transfers = plan_of(brand).transfers
    found = stock_outlook(brand, frame, transfers)
    night = found.stock - found.sold
    assert (night >= -1e-9).all()
    begins = found.stock[:, 0] - found.arrives[:, 0] + found.leaves[:, 0]
    for day in range(1, len(found.days)):
        moved = night[:, day - 1] + found.arrives[:, day] - found.leaves[:, day]
        assert np.allclose(found.stock[:, day], moved)
    assert begins.sum() == pytest.approx(brand.stock["units"].sum())


def test_places_add_up_their_products(brand: Brand) -> None:
    found = stock_outlook(brand, forecast_of(brand).frame, plan_of(brand).transfers)
    places = found.by_location()
    first = places[places["date"] == found.days[0]].set_index("location")
    assert first["units"].sum() == pytest.approx(found.stock[:, 0].sum())
    volume = found.cells["unit_m3"].to_numpy() @ found.stock[:, 0]
    assert first["m3"].sum() == pytest.approx(volume)
    assert first["cover_days"].between(0, MOST_COVER).all()


def test_a_place_lists_its_shortest_cover_first(brand: Brand) -> None:
    found = stock_outlook(brand, forecast_of(brand).frame, no_transfers(brand))
    rows = found.of("front-sz")
    assert set(rows["sku"]) == {"case", "milk", "tea"}
    assert rows["cover_days"].is_monotonic_increasing
    milk = rows.set_index("sku").loc["milk"]
    assert milk["units"] == 20.0
    assert milk["cover_days"] == pytest.approx(20.0 / milk["demand"])
    assert milk["short_from"] > brand.as_of


def test_a_place_without_demand_has_cover_without_end(brand: Brand) -> None:
    found = stock_outlook(brand, demand(brand, 0.0), no_transfers(brand))
    assert (found.of("front-sz")["cover_days"] == MOST_COVER).all()
    assert found.of("nowhere").empty
