"""Who served what the demo brand sold in its last days, as an order system would record it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.demo_places import City, Store, store_ids
from data.demo_products import DemoProduct
from data.demo_stock import DemoHistory


def fulfilments_table(
    dates: pd.DatetimeIndex,
    cities: tuple[City, ...],
    stores: tuple[Store, ...],
    products: tuple[DemoProduct, ...],
    history: DemoHistory,
) -> pd.DataFrame:
    """Return date, location, sku, region, units of the days of which ``history`` tells it.

    :param dates: the days of the history.
    """
    served = history.served
    regions = [city.region for city in cities]
    region_of_store = [store.region for store in stores]
    by_store = served["store"].reshape(-1, *served["store"].shape[2:])
    fields = (
        ([city.main for city in cities], regions, served["far"]),
        ([f"F-{region}" for region in regions], regions, served["front"]),
        (list(store_ids(stores)), region_of_store, by_store),
    )
    days = dates[len(dates) - served["far"].shape[-1] :]
    frames = [_rows(days, places, of, products, units) for places, of, units in fields]
    table = pd.concat(frames, ignore_index=True)
    return table.sort_values(["date", "location", "sku", "region"], ignore_index=True).astype(
        dict.fromkeys(("location", "sku", "region"), "category")
    )


def _rows(
    days: pd.DatetimeIndex,
    places: list[str],
    regions: list[str],
    products: tuple[DemoProduct, ...],
    units: npt.NDArray[np.int64],
) -> pd.DataFrame:
    """Return a row for every place (of its region), product and day that served something."""
    place, product, day = np.nonzero(units)
    skus = np.array([one.sku for one in products])
    return pd.DataFrame(
        {
            "date": days[day],
            "location": np.array(places)[place],
            "sku": skus[product],
            "region": np.array(regions)[place],
            "units": units[place, product, day].astype(np.float32),
        }
    )
