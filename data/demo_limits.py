"""The demo brand's locations: what they hold, their room, and what its main warehouses have."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.demo_demand import DemoDemand
from data.demo_places import BRANCHES, MAINS, City, Store, store_ids
from data.demo_products import DemoProduct
from data.demo_stock import DemoHistory

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

RECENT_DAYS = 28
_STORE_PRODUCTS = {"full": 35, "small": 8}
_BULKY_M3, _BULKY_UNITS = 0.01, 12  # a store takes few of what is bulky
_HANDLING_DAYS = 2.6  # days of normal demand that a front can receive in a day
_STORE_ROOM_DAYS, _STORE_HANDLING_DAYS = 3.5, 3.0


def pick_assortment(
    rng: np.random.Generator,
    size: str,
    cities: tuple[City, ...],
    stores: tuple[Store, ...],
    products: tuple[DemoProduct, ...],
    demand: DemoDemand,
) -> npt.NDArray[np.bool_]:
    """Return (stores, products) what each store holds: mostly what sells well and is small."""
    region_of = [city.region for city in cities]
    rows = [region_of.index(store.region) for store in stores]
    base = np.array([product.base for product in products])
    m3 = np.array([product.m3 for product in products])
    taste = rng.gumbel(size=(len(stores), len(products)))
    score = 0.8 * np.log(base) - 0.25 * np.log(m3) + taste
    score[demand.first_day[rows] < 0] = -np.inf
    place = (-score).argsort(axis=1).argsort(axis=1)
    held: npt.NDArray[np.bool_] = place < _STORE_PRODUCTS[size]
    return held


def assortment_table(
    cities: tuple[City, ...],
    stores: tuple[Store, ...],
    products: tuple[DemoProduct, ...],
    demand: DemoDemand,
    held: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    """Return location, sku, max_units: fronts hold what their region sells, stores a part."""
    skus = np.array([product.sku for product in products])
    bulky = np.array([product.m3 >= _BULKY_M3 for product in products])
    frames = [
        pd.DataFrame({"location": f"F-{city.region}", "sku": skus[first >= 0], "max_units": np.nan})
        for city, first in zip(cities, demand.first_day, strict=True)
    ]
    most = np.where(bulky, float(_BULKY_UNITS), np.nan)
    frames += [
        pd.DataFrame({"location": location, "sku": skus[has], "max_units": most[has]})
        for location, has in zip(store_ids(stores), held, strict=True)
    ]
    return pd.concat(frames, ignore_index=True)


def locations_table(
    cities: tuple[City, ...],
    stores: tuple[Store, ...],
    products: tuple[DemoProduct, ...],
    demand: DemoDemand,
    history: DemoHistory,
) -> pd.DataFrame:
    """Return the locations with room and handling for some days of normal demand.

    Room is at least what stands there at the end of the history, so the fullest fronts begin
    with no room to spare; handling is at least what is on its way for one day.
    """
    m3 = np.array([product.m3 for product in products])
    days = history.sales.shape[-1]
    recent = demand.expected[..., days - RECENT_DAYS : days].mean(-1)
    volume = recent @ m3
    rows: list[dict[str, object]] = [
        {
            "location": location,
            "name": name,
            "kind": "main",
            "region": "",
            "lat": lat,
            "lon": lon,
            "branch": BRANCHES[location],
        }
        for location, name, lat, lon in MAINS
    ]
    for row, city in enumerate(cities):
        held = float(history.front[row] @ m3)
        busiest = float(history.on_way[row].sum(0).max())
        rows.append(
            {
                "location": f"F-{city.region}",
                "name": f"{city.name.split()[0]}前置仓 {city.name.partition(' ')[2]} front",
                "kind": "front",
                "region": city.region,
                "lat": round(city.lat + 0.03, 4),
                "lon": round(city.lon - 0.04, 4),
                "storage_m3": _round_up(max(city.cover * volume[row], 1.02 * held), 0.5),
                "handling_units": _round_up(max(_HANDLING_DAYS * recent[row].sum(), busiest), 50),
                "demand_share": 1.0,
                "branch": BRANCHES[city.main],
            }
        )
    region_of = [city.region for city in cities]
    branch_of = {city.region: BRANCHES[city.main] for city in cities}
    at_store = history.store.reshape(-1, len(products))
    for store, location, stock in zip(stores, store_ids(stores), at_store, strict=True):
        usual = store.share * np.where(stock >= 0, recent[region_of.index(store.region)], 0.0)
        held = float(np.maximum(stock, 0) @ m3)
        room = max(_STORE_ROOM_DAYS * float(usual @ m3), 1.05 * held)
        rows.append(
            {
                "location": location,
                "name": store.name,
                "kind": "store",
                "region": store.region,
                "lat": store.lat,
                "lon": store.lon,
                "storage_m3": _round_up(room, 0.1),
                "handling_units": _round_up(_STORE_HANDLING_DAYS * usual.sum(), 10),
                "demand_share": store.share,
                "branch": branch_of[store.region],
            }
        )
    return pd.DataFrame(rows)


def _round_up(value: float, step: float) -> float:
    return round(float(np.ceil(value / step) * step), 2)
