"""The demo brand's stock at the close of its last day, and what is on its way.

Fronts and stores hold what their history left them; mains hold what the brand built up for
the days to come, with a few products short, and get more from suppliers in the days after.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.demo_demand import DemoDemand
from data.demo_places import MAINS, City, Store, store_ids
from data.demo_products import DemoProduct
from data.demo_stock import DemoHistory

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_COVER_DAYS = 14
_SHORT_SHARE = 0.12  # products whose supply falls short
_FRESH_ARRIVALS = 14  # days on which fresh products arrive at the mains every morning
_ORDER_DAYS = (2, 4, 7, 9)  # days after the last on which suppliers deliver the rest


def supply_tables(
    rng: np.random.Generator,
    dates: pd.DatetimeIndex,
    cities: tuple[City, ...],
    stores: tuple[Store, ...],
    products: tuple[DemoProduct, ...],
    demand: DemoDemand,
    history: DemoHistory,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return stock (location, sku, units, expires) and inbound (location, sku, units, arrives)."""
    days = history.sales.shape[-1]
    last = dates[days - 1]
    need = _need_of_mains(demand, days, cities)
    near = _stock_of_regions(last, cities, stores, products, history)
    main, orders = _main_supply(rng, last, products, need, history)
    fronts = _on_way(last, cities, products, history)
    stock = pd.concat([main, near], ignore_index=True)
    inbound = pd.concat([orders, fronts], ignore_index=True)
    return (
        stock[stock["units"] > 0].sort_values(["location", "sku", "expires"], ignore_index=True),
        inbound[inbound["units"] > 0].sort_values(
            ["location", "sku", "arrives"], ignore_index=True
        ),
    )


def _need_of_mains(demand: DemoDemand, days: int, cities: tuple[City, ...]) -> Floats:
    """Return mean demand (mains, products, days after the last) of the regions of each main."""
    after = demand.expected[..., days : days + _COVER_DAYS]
    return np.stack(
        [
            after[[row for row, city in enumerate(cities) if city.main == main[0]]].sum(0)
            for main in MAINS
        ]
    )


def _main_supply(
    rng: np.random.Generator,
    last: pd.Timestamp,
    products: tuple[DemoProduct, ...],
    need: Floats,
    history: DemoHistory,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return stock and inbound of the mains."""
    mains, count, _ = need.shape
    forward = history.front.sum(0) + np.maximum(history.store, 0).sum((0, 1))
    forward = forward + history.on_way.sum((0, 2))
    short = rng.random(count) < _SHORT_SHARE
    cover = np.where(short, rng.uniform(0.5, 0.75, count), rng.uniform(1.0, 1.5, count))
    share = need.sum(-1) * np.exp(rng.normal(0, 0.15, (mains, count)))
    share /= share.sum(0)
    total = np.maximum(need.sum((0, 2)) * cover - forward, 0.25 * need.sum((0, 2))) * share
    later = np.where(rng.random(count) < 0.6, rng.uniform(0.15, 0.4, count), 0.0)
    stock, inbound = [], []
    for at, (location, *_) in enumerate(MAINS):
        for row, product in enumerate(products):
            place = {"location": location, "sku": product.sku}
            if product.life is not None:
                stock += _fresh_stock(place, last, product, need[at, row])
                inbound += _fresh_orders(place, last, product, need[at, row])
                continue
            now = _whole_cases(total[at, row] * (1 - later[row]), product.case)
            stock.append({**place, "units": now, "expires": pd.NaT})
            if later[row]:
                day = last + pd.Timedelta(days=int(rng.choice(_ORDER_DAYS)))
                units = _whole_cases(total[at, row] * later[row], product.case)
                inbound.append({**place, "units": units, "arrives": day})
    return pd.DataFrame(stock), pd.DataFrame(inbound)


def _fresh_stock(
    place: dict[str, str], last: pd.Timestamp, product: DemoProduct, need: Floats
) -> list[dict[str, object]]:
    """Return what came in this evening and a rest of the evening before."""
    life = int(product.life or 0)
    return [
        {**place, "units": _whole_cases(part * need[0], product.case), "expires": last + left}
        for part, left in (
            (0.35, pd.Timedelta(days=max(life - 2, 1))),
            (1.15, pd.Timedelta(days=max(life - 1, 1))),
        )
    ]


def _fresh_orders(
    place: dict[str, str], last: pd.Timestamp, product: DemoProduct, need: Floats
) -> list[dict[str, object]]:
    days = min(_FRESH_ARRIVALS, len(need))
    return [
        {
            **place,
            "units": _whole_cases(1.1 * need[min(day, len(need) - 1)], product.case),
            "arrives": last + pd.Timedelta(days=day),
        }
        for day in range(1, days + 1)
    ]


def _stock_of_regions(
    last: pd.Timestamp,
    cities: tuple[City, ...],
    stores: tuple[Store, ...],
    products: tuple[DemoProduct, ...],
    history: DemoHistory,
) -> pd.DataFrame:
    """Return what stands at fronts and stores, with expiry dates of what is fresh."""
    region_of = [city.region for city in cities]
    at_store = history.store.reshape(-1, len(products))
    store_rows = [
        (location, region_of.index(store.region), stock)
        for store, location, stock in zip(stores, store_ids(stores), at_store, strict=True)
    ]
    fronts = [(f"F-{city.region}", row, history.front[row]) for row, city in enumerate(cities)]
    rows: list[dict[str, object]] = []
    taken = np.zeros((len(cities), len(products)), dtype=np.int64)
    # Fronts hold the newest arrivals, their stores what came before.
    for location, region, stock in [*fronts, *store_rows]:
        for column, units in enumerate(stock):
            place = {"location": location, "sku": products[column].sku}
            if products[column].life is None:
                rows.append({**place, "units": units, "expires": pd.NaT})
            elif units > 0:
                arrived = history.received[region, column]
                life = int(history.life[region, column])
                lots = _lots(arrived, life, int(taken[region, column]), int(units))
                rows += [
                    {**place, "units": lot, "expires": last + pd.Timedelta(days=left)}
                    for left, lot in lots
                ]
                taken[region, column] += units
    return pd.DataFrame(rows)


def _lots(arrived: Ints, life: int, newer: int, units: int) -> list[tuple[int, int]]:
    """Return (days that are left, units) of stock that is first in, first out.

    :param arrived: units by day of arrival, the last day last.
    :param newer: units of the same arrivals that stand elsewhere and are newer.
    """
    lots = []
    for age, lot in enumerate(arrived[: -life - 1 : -1]):
        skipped = min(newer, int(lot))
        newer -= skipped
        taken = min(units, int(lot) - skipped)
        units -= taken
        if taken:
            lots.append((life - 1 - age, taken))
        if not units:
            break
    return lots


def _on_way(
    last: pd.Timestamp,
    cities: tuple[City, ...],
    products: tuple[DemoProduct, ...],
    history: DemoHistory,
) -> pd.DataFrame:
    region, column, day = np.nonzero(history.on_way)
    skus = np.array([product.sku for product in products])
    return pd.DataFrame(
        {
            "location": [f"F-{cities[row].region}" for row in region],
            "sku": skus[column],
            "units": history.on_way[region, column, day],
            "arrives": last + pd.to_timedelta(day + 1, unit="D"),
        }
    )


def _whole_cases(units: float, case: int) -> int:
    return int(np.ceil(units / case)) * case
