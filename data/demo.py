"""The demo brand: simulated from a seed, with the true demand kept apart.

Everything is made up, and ``brand.toml`` says so; what the product may know lies in the tables
of a brand folder, and what only the simulator knows in ``truth.parquet``, which nothing but
:func:`read_truth` reads. ``docs/demo.md`` tells what was put in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.demo_calendar import FIRST_DAY, LAST_DAY
from data.demo_demand import EVENTS, DemoDemand, simulate_demand
from data.demo_drivers import DemoDrivers, simulate_drivers
from data.demo_fulfilments import fulfilments_table
from data.demo_limits import assortment_table, locations_table, pick_assortment
from data.demo_places import City, build_lanes, pick_cities, pick_stores
from data.demo_products import CATEGORIES, CATEGORY_NAMES, PRODUCTS, DemoProduct
from data.demo_settings import BRAND_TOML, NOTICE
from data.demo_stock import DemoHistory, simulate_history
from data.demo_supply import supply_tables
from data.demo_writing import rewritten_folder
from data.errors import BadInput
from data.progress import Progress, silent

Size = Literal["full", "small"]

FUTURE_DAYS = 42
"""Days after the history for which drivers are planned and the truth is drawn."""

TRUTH_FILE = "truth.parquet"

_SMALL_DAYS, _LEAST_DAYS = 200, 60


def simulate_demo(
    folder: str | Path,
    *,
    seed: int = 0,
    days: int | None = None,
    end: str = "2025-11-02",
    size: Size = "full",
    progress: Progress = silent,
) -> Path:
    """Simulate the demo brand and write its folder; the same arguments give the same files.

    A folder that holds a simulated brand is replaced at the very end, in one go, except for
    what is not the demo's own (such as decisions kept there).

    :param seed: of everything that is drawn, >= 0.
    :param days: days of sales, >= 60; default 760 (``small``: 200).
    :param end: the last of them; the simulated calendar covers 2023 to 2025.
    :param size: ``full``: 12 cities, 24 stores, 60 products; ``small``: 4, 6 and 12.
    :returns: the folder.
    :raises BadInput: for arguments out of range, or a folder with something else in it.
    """
    target = Path(folder)
    if size not in ("full", "small"):
        raise BadInput(f"size: expected full or small; found {size!r}.")
    history = days if days is not None else 760 if size == "full" else _SMALL_DAYS
    dates = _days(history, end)
    if seed < 0:
        raise BadInput(f"seed: expected 0 or more; found {seed}.")
    with rewritten_folder(target) as fresh:
        _write(fresh, seed, dates, history, size, progress)
    return target


def read_truth(folder: str | Path) -> pd.DataFrame:
    """Return the true demand of a simulated brand, which no forecast or plan may see.

    :returns: region, sku (categories), date, demand (units that would have sold with the
        region's own stock all day), expected (its mean given calendar and drivers), sorted by
        region, sku, date; over the history and the :data:`FUTURE_DAYS` days after it.
    :raises BadInput: when the folder holds no simulated brand.
    """
    path = Path(folder) / TRUTH_FILE
    if not path.is_file():
        raise BadInput(f"{path}: expected the truth of a simulated brand; found no such file.")
    return pd.read_parquet(path)


def _days(history: int, end: str) -> pd.DatetimeIndex:
    if history < _LEAST_DAYS:
        raise BadInput(f"days: expected {_LEAST_DAYS} or more; found {history}.")
    try:
        last = pd.Timestamp(end).normalize()
    except ValueError:
        raise BadInput(f"end: expected a day as YYYY-MM-DD; found {end!r}.") from None
    first = last - pd.Timedelta(days=history - 1)
    if first < FIRST_DAY or last + pd.Timedelta(days=FUTURE_DAYS) > LAST_DAY:
        raise BadInput(
            f"days, end: expected history and {FUTURE_DAYS} days more within "
            f"{FIRST_DAY:%Y-%m-%d} to {LAST_DAY:%Y-%m-%d}; found {history} days to {end}."
        )
    return pd.date_range(first, periods=history + FUTURE_DAYS, unit="ns")


def _write(
    folder: Path, seed: int, dates: pd.DatetimeIndex, history: int, size: Size, progress: Progress
) -> None:
    cities = tuple(sorted(pick_cities(size), key=lambda city: city.region))
    stores = pick_stores(size)
    products = tuple(
        sorted(
            (product for product in PRODUCTS if size == "full" or product.small),
            key=lambda product: product.sku,
        )
    )
    total = history + 40
    weather, wish, shelf, sale, supply = (
        np.random.default_rng(part) for part in np.random.SeedSequence(seed).spawn(5)
    )
    progress(0, total, "demand")
    drivers = simulate_drivers(weather, dates, history, cities, products)
    demand = simulate_demand(wish, dates, history, cities, products, drivers)
    held = pick_assortment(shelf, size, cities, stores, products, demand)
    past = simulate_history(
        sale, dates, history, cities, stores, products, demand, held,
        lambda day: progress(day, total, "stock and sales"),
    )  # fmt: skip
    stock, inbound = supply_tables(supply, dates, cities, stores, products, demand, past)
    small_tables = {
        "products": _products_table(products, dates[history - 1]),
        "regions": _regions_table(cities),
        "locations": locations_table(cities, stores, products, demand, past),
        "lanes": build_lanes(cities, stores),
        "stock": stock,
        "inbound": inbound,
        "assortment": assortment_table(cities, stores, products, demand, held),
        "events": _events_table(dates),
    }
    progress(history, total, "tables")
    for name, table in small_tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, date_format="%Y-%m-%d")
    rows = _Rows(cities, products, dates, history, demand)
    _write_parquet(rows.sales(past), folder / "sales.parquet")
    served = fulfilments_table(dates[:history], cities, stores, products, past)
    _write_parquet(served, folder / "fulfilments.parquet")
    _write_parquet(rows.drivers(drivers), folder / "drivers.parquet")
    _write_parquet(rows.truth(), folder / TRUTH_FILE)
    (folder / "README.md").write_text(NOTICE, encoding="utf-8")
    (folder / "brand.toml").write_text(BRAND_TOML, encoding="utf-8")
    progress(total, total, "done")


class _Rows:
    """Makes long tables of arrays (regions, products, days), for the days a series is sold."""

    def __init__(
        self,
        cities: tuple[City, ...],
        products: tuple[DemoProduct, ...],
        dates: pd.DatetimeIndex,
        history: int,
        demand: DemoDemand,
    ) -> None:
        self._names = [city.region for city in cities], [product.sku for product in products]
        self._categories = np.array([CATEGORIES.index(product.category) for product in products])
        self._dates, self._history, self._demand = dates, history, demand
        first = demand.first_day[..., None]
        self._sold = (first >= 0) & (np.arange(len(dates)) >= first)

    def sales(self, past: DemoHistory) -> pd.DataFrame:
        days = self._history
        return self._long(days, units=past.sales, availability=past.availability)

    def drivers(self, drivers: DemoDrivers) -> pd.DataFrame:
        shape = self._sold.shape
        columns = {
            "discount": drivers.discount[None],
            "coupon": drivers.coupon[:, self._categories],
            "campaign": drivers.campaign[None],
            "temperature": drivers.temperature_known[:, None],
            "rain_mm": drivers.rain_known[:, None],
        }
        return self._long(
            shape[-1], **{name: np.broadcast_to(part, shape) for name, part in columns.items()}
        )

    def truth(self) -> pd.DataFrame:
        demand = self._demand
        return self._long(len(self._dates), demand=demand.units, expected=demand.expected)

    def _long(self, days: int, **columns: npt.NDArray[np.generic]) -> pd.DataFrame:
        sold = self._sold[..., :days]
        region, sku, day = np.nonzero(sold)
        regions, skus = self._names
        return pd.DataFrame(
            {
                "date": self._dates[day],
                "region": pd.Categorical.from_codes(region.astype(np.int16), pd.Index(regions)),
                "sku": pd.Categorical.from_codes(sku.astype(np.int16), pd.Index(skus)),
            }
            | {name: part[..., :days][sold].astype(np.float32) for name, part in columns.items()}
        )


def _write_parquet(table: pd.DataFrame, path: Path) -> None:
    table.to_parquet(path, index=False, compression="zstd")


def _products_table(products: tuple[DemoProduct, ...], last: pd.Timestamp) -> pd.DataFrame:
    launched = [
        last - pd.Timedelta(days=product.launched - 1) if product.launched else pd.NaT
        for product in products
    ]
    return pd.DataFrame(
        {
            "sku": [product.sku for product in products],
            "name": [product.name for product in products],
            "category": [CATEGORY_NAMES[product.category] for product in products],
            "unit_m3": [product.m3 for product in products],
            "case_units": [product.case for product in products],
            "price": [product.price for product in products],
            "margin": [product.margin for product in products],
            "shelf_life_days": pd.array([product.life for product in products], dtype="Int64"),
            "launched": pd.to_datetime(pd.Series(launched)),
            "similar_to": [product.like for product in products],
        }
    )


def _regions_table(cities: tuple[City, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "region": city.region,
                "name": city.name,
                "lat": city.lat,
                "lon": city.lon,
                "vip_share": city.vip_share,
            }
            for city in cities
        ]
    )


def _events_table(dates: pd.DatetimeIndex) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "event": event.event,
                "starts": event.starts,
                "ends": event.ends,
                "regions": "",
                "categories": ";".join(CATEGORY_NAMES[name] for name in event.categories),
                "strength": event.strength,
            }
            for event in EVENTS
            if pd.Timestamp(event.ends) >= dates[0] and pd.Timestamp(event.starts) <= dates[-1]
        ],
        columns=["event", "starts", "ends", "regions", "categories", "strength"],
    )
