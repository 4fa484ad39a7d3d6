"""Small synthetic brands for planning: made in memory, each table a list of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from data import Brand, CheckReport, Costs, PlanSettings, Promise, Promises, Settings
from forecasting.quantiles import FORECAST_COLUMNS
from tests.optimization.forecasts import forecast_of

AS_OF = pd.Timestamp("2025-11-02")  # a Sunday
PROMISES = Promises(
    near=Promise(hours=0.5, delivery_cost=1.8, conversion=1.0),
    mid=Promise(hours=4, delivery_cost=1.2, conversion=0.97),
    far=Promise(hours=30, delivery_cost=2.0, conversion=0.7),
)


@dataclass(frozen=True)
class World:
    """A brand and a forecast for it, from rows with defaults; ``world.brand()`` makes it.

    Rows: ``product(sku, …)``, ``location(name, kind, region, …)``, ``lane(origin, destination)``.
    """

    products: Sequence[dict[str, Any]]
    locations: Sequence[dict[str, Any]]
    lanes: Sequence[dict[str, Any]]
    stock: Sequence[tuple[Any, ...]]
    demand: Sequence[tuple[str, str, float]]
    inbound: Sequence[tuple[Any, ...]] = ()
    assortment: Sequence[tuple[str, str, float]] | None = None
    variation: float = 0.5
    days: int = 7
    promise: Promises = PROMISES
    costs: Costs = field(default_factory=Costs)
    plan: dict[str, Any] = field(default_factory=dict)

    def brand(self) -> Brand:
        regions = sorted(
            {row["region"] for row in self.locations if row["region"]}
            | {region for region, _, _ in self.demand}
        )
        skus = [row["sku"] for row in self.products]
        sales = pd.DataFrame(
            [
                (AS_OF - pd.Timedelta(days=back), region, sku, units, 1.0)
                for region, sku, units in self.demand
                for back in range(13, -1, -1)
            ],
            columns=["date", "region", "sku", "units", "availability"],
        )
        settings = Settings(
            name="Test",
            promise=self.promise,
            costs=self.costs,
            plan=PlanSettings(**({"horizon_days": self.days} | self.plan)),
        )
        return (
            Brand(
                folder=None,
                settings=settings,
                as_of=AS_OF,
                report=CheckReport(),
                version="test",
                sales=sales,
                products=pd.DataFrame(list(self.products)),
                regions=pd.DataFrame(
                    {
                        "region": regions,
                        "name": regions,
                        "lat": np.nan,
                        "lon": np.nan,
                        "vip_share": 0.0,
                    }
                ),
                locations=_with_shares(pd.DataFrame(list(self.locations))),
                lanes=pd.DataFrame(list(self.lanes), columns=LANE_COLUMNS),
                stock=_frame(self.stock, ["location", "sku", "units", "expires"]),
                inbound=_frame(self.inbound, ["location", "sku", "units", "arrives"]),
                drivers=pd.DataFrame(columns=["date", "region", "sku"]),
                assortment=_frame(self.assortment or (), ["location", "sku", "max_units"]),
                events=pd.DataFrame(columns=["event", "starts", "ends"]),
                has_assortment=self.assortment is not None,
            )
            if skus
            else None
        )  # type: ignore[return-value]

    def forecast(self, lasting: float = 0.2) -> pd.DataFrame:
        series = pd.DataFrame(self.demand, columns=["region", "sku", "mean"])
        if series.empty:
            return pd.DataFrame(columns=list(FORECAST_COLUMNS))
        return forecast_of(series, AS_OF, self.days, self.variation, lasting)


def product(sku: str, **other: Any) -> dict[str, Any]:
    row = {
        "sku": sku,
        "name": sku,
        "category": "",
        "unit_m3": 0.004,
        "case_units": 4,
        "price": 16.0,
        "margin": 10.0,
        "shelf_life_days": np.nan,
        "launched": pd.NaT,
        "similar_to": "",
    }
    return row | other


def location(name: str, kind: str, region: str = "", **other: Any) -> dict[str, Any]:
    row = {
        "location": name,
        "name": name,
        "kind": kind,
        "region": region,
        "lat": np.nan,
        "lon": np.nan,
        "storage_m3": np.inf,
        "handling_units": np.inf,
        "demand_share": np.nan,
    }
    return row | other


def lane(origin: str, destination: str, lead_days: int = 1, **other: Any) -> dict[str, Any]:
    row = {
        "lane": f"{origin}>{destination}",
        "origin": origin,
        "destination": destination,
        "lead_days": lead_days,
        "vehicle_m3": 3.0,
        "vehicle_cost": 5.0,
        "unit_cost": 0.0,
        "km": 100.0,
        "co2_kg": 10.0,
        "departs": "daily",
        "departs_on": (True,) * 7,
    }
    return row | other


LANE_COLUMNS = list(lane("a", "b"))


def on(*weekdays: int) -> tuple[bool, ...]:
    """``departs_on`` for these weekdays, Monday 0."""
    return tuple(day in weekdays for day in range(7))


def day(number: int) -> pd.Timestamp:
    """Day ``number`` of the plan; 0 is the day after the as-of day."""
    return AS_OF + pd.Timedelta(days=number + 1)


def _frame(rows: Sequence[tuple[Any, ...]], columns: list[str]) -> pd.DataFrame:
    padded = [(*row, *([pd.NaT] * (len(columns) - len(row)))) for row in rows]
    frame = pd.DataFrame(padded, columns=columns)
    for name in ("expires", "arrives"):
        if name in frame:
            frame[name] = pd.to_datetime(frame[name]).astype("datetime64[ns]")
    for name in frame.columns.intersection(["units", "max_units"]):
        frame[name] = frame[name].astype(float)
    return frame


def _with_shares(locations: pd.DataFrame) -> pd.DataFrame:
    size = locations.groupby(["region", "kind"])["location"].transform("size")
    share = locations["demand_share"].fillna(1 / size)
    return locations.assign(demand_share=share.where(locations["kind"] != "main"))


def one_front(**changes: Any) -> World:
    """A main, a front, one product."""
    rows: dict[str, Any] = {
        "products": [product("p")],
        "locations": [location("M", "main"), location("F", "front", "r")],
        "lanes": [lane("M", "F")],
        "stock": [("M", "p", 1000), ("F", "p", 10)],
        "demand": [("r", "p", 10.0)],
    }
    return World(**(rows | changes))


def two_products(**changes: Any) -> World:
    """A main, a front, two products, one of which spoils."""
    rows: dict[str, Any] = {
        "products": [product("p"), product("q", case_units=6, shelf_life_days=5.0)],
        "stock": [("M", "p", 1000), ("F", "p", 10), ("M", "q", 300), ("F", "q", 6)],
        "demand": [("r", "p", 10.0), ("r", "q", 8.0)],
    }
    return one_front(**(rows | changes))


def two_echelons(**changes: Any) -> World:
    """A main, two fronts in two regions, two stores in the first, three products."""
    skus = ["a", "b", "c"]
    rows: dict[str, Any] = {
        "products": [
            product("a"),
            product("b", shelf_life_days=4.0, case_units=6, unit_m3=0.006),
            product("c", case_units=1, margin=30.0, unit_m3=0.02),
        ],
        "locations": [
            location("M", "main"),
            location("F1", "front", "r1"),
            location("F2", "front", "r2"),
            location("S1", "store", "r1", demand_share=0.3),
            location("S2", "store", "r1", demand_share=0.5),
        ],
        "lanes": [
            lane("M", "F1", 1, vehicle_cost=20.0),
            lane("M", "F2", 2, vehicle_cost=30.0),
            lane("F1", "S1", 0, vehicle_m3=1.0),
            lane("F1", "S2", 1, vehicle_m3=1.0),
        ],
        "stock": [
            *(("M", sku, 600) for sku in skus),
            *(("F1", sku, 30) for sku in skus),
            *(("F2", sku, 10) for sku in skus),
            *(("S1", sku, 5) for sku in skus),
        ],
        "demand": [
            (region, sku, mean)
            for region in ("r1", "r2")
            for sku, mean in zip(skus, (20.0, 10.0, 3.0), strict=True)
        ],
    }
    return World(**(rows | changes))
