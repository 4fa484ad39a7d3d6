"""The tiny brand with a forecast and a plan written by hand, for tests of screens.

Nothing is fitted or optimized: demand is the mean of the last four weeks, and the plan has five
transfers on four trips that break no limit, so that a test knows every number it looks for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data import Brand, read_brand
from data.workspace import Workspace
from forecasting import CUMULATIVE_COLUMNS, DAILY_COLUMNS, FORECAST_COLUMNS, Forecast
from forecasting.forecast import COMPONENT_COLUMNS
from optimization.plan import Plan
from optimization.plan_tables import REASONS, UNMET
from tests.brand_factory import write_brand

STEPS = (-1.64, -1.28, -0.67, 0.0, 0.67, 1.28, 1.64)
MOVES = (
    # transfer, lane, origin, destination, sku, dispatch day, lead, cases, units, m3, gain
    ("T1", "main>hz", "main", "front-hz", "milk", 1, 1, 10, 60.0, 0.072, 120.0),
    ("T2", "main>hz", "main", "front-hz", "tea", 1, 1, 5, 60.0, 0.060, 80.0),
    ("T3", "main>hz", "main", "front-hz", "case", 3, 1, 2, 20.0, 0.008, 40.0),
    ("T4", "main>sz", "main", "front-sz", "milk", 1, 1, 8, 48.0, 0.0576, 90.0),
    ("T5", "hz>store", "front-hz", "store-hz", "tea", 3, 0, 1, 12.0, 0.012, 15.0),
)
COSTS = {"vehicles": 180.0, "handling": 40.0, "holding": 20.0, "waste": 0.0}
"""What the plan costs; with its sales and what is left it earns 980, which is 280 more than 700."""


def write_planned_brand(folder: Path, **tables: Any) -> Path:
    """Write the brand, its forecast and its plan; return the brand's folder."""
    write_brand(folder, **tables)
    brand = read_brand(folder)
    workspace = Workspace.of(folder)
    made = forecast_of(brand)
    made.write(workspace.forecast)
    plan_of(brand).write(workspace.plan)
    return folder


def forecast_of(brand: Brand) -> Forecast:
    """Return a forecast at the mean of the last four weeks; one series carries a flag."""
    days = brand.settings.plan.horizon_days
    recent = brand.sales[brand.sales["date"] > brand.as_of - pd.Timedelta(days=28)]
    means = recent.groupby(["region", "sku"], observed=True)["units"].mean().reset_index()
    frame = means.loc[means.index.repeat(days)].reset_index(drop=True)
    dates = pd.date_range(brand.as_of + pd.Timedelta(days=1), periods=days)
    frame["date"] = np.tile(dates.to_numpy(), len(means))
    frame["mean"] = frame.pop("units")
    total = frame.groupby(["region", "sku"], observed=True)["mean"].cumsum()
    for column, step in zip(DAILY_COLUMNS, STEPS, strict=True):
        frame[column] = np.maximum(frame["mean"] + step * np.sqrt(frame["mean"]), 0.0)
    for column, step in zip(CUMULATIVE_COLUMNS, STEPS, strict=True):
        frame[column] = np.maximum(total + step * np.sqrt(total), 0.0)
    series = means[["region", "sku"]].assign(engine="prophet", flag="", history_days=60)
    series["fitted_days"] = 55
    series.loc[0, ["engine", "flag"]] = ["fallback", "too_short"]
    parts = recent[["region", "sku", "date", "units"]].rename(columns={"units": "trend"})
    for column in COMPONENT_COLUMNS[4:]:
        parts[column] = 0.0
    parts["weekly"] = np.where(parts["date"].dt.dayofweek < 5, -1.0, 2.5)
    parts["fitted"] = parts["trend"] + parts["weekly"]
    parts = parts[list(COMPONENT_COLUMNS)].reset_index(drop=True)
    return Forecast(frame[list(FORECAST_COLUMNS)], series, parts)


def plan_of(brand: Brand) -> Plan:
    """Return a plan of :data:`MOVES`."""
    names = ["transfer", "lane", "origin", "destination", "sku", "day", "lead", "cases"]
    rows = pd.DataFrame(MOVES, columns=[*names, "units", "m3", "expected_gain"])
    rows["dispatch_date"] = brand.as_of + pd.to_timedelta(rows["day"], unit="D")
    rows["arrive_date"] = rows["dispatch_date"] + pd.to_timedelta(rows["lead"], unit="D")
    rows = rows.assign(reason="{}", status="proposed")
    numbers = {name: 1.0 for name, dtype in REASONS.items() if dtype == "float64"}
    reasons = rows[["transfer", "status"]].assign(
        **{**numbers, "stock": 30.0, "cover_days": 1.5, "saved_lost": 12.0, "demand_q90": 75.0},
        runs_out=rows["arrive_date"],
        limited_by=["main_stock", "economics", "vehicle", "case", "storage"],
    )
    reasons["gain"] = rows["expected_gain"]
    lanes = brand.lanes.set_index("lane")
    trips = rows.groupby(["lane", "dispatch_date"], as_index=False)["m3"].sum()
    trips["vehicles"] = 1
    for column, of in (("cost", "vehicle_cost"), ("co2_kg", "co2_kg")):
        trips[column] = trips["lane"].map(lanes[of])
    trips["fill"] = trips["m3"] / trips["lane"].map(lanes["vehicle_m3"])
    dates = pd.date_range(brand.as_of + pd.Timedelta(days=1), periods=7)
    keys = pd.MultiIndex.from_product(
        [brand.regions["region"].astype(str), brand.products["sku"].astype(str), dates]
    )
    stockouts = keys.to_frame(index=False).set_axis(["region", "sku", "date"], axis=1)
    for measure, value in (("probability", 0.2), ("lost_units", 2.0), ("lost_money", 10.0)):
        stockouts[f"{measure}_without"] = value
        stockouts[f"{measure}_with"] = value / 4
    unmet = pd.DataFrame(
        [("hangzhou", "front-hz", "milk", 5.0, 7.5, "main_stock", 3.0)], columns=list(UNMET)
    )
    return Plan(
        as_of=brand.as_of,
        horizon_days=7,
        currency="CNY",
        status="feasible",
        objective=1000.0,
        evaluated=980.0,
        doing_nothing=700.0,
        bound=1050.0,
        gap=0.05,
        seconds=1.0,
        transfers=rows,
        trips=trips,
        reasons=reasons,
        costs={**COSTS, "sales": 1000.0, "end_value": 220.0},
        service={"near": 40.0, "mid": 100.0, "far": 20.0, "lost": 40.0},
        unmet=unmet,
        stockouts=stockouts,
        details={
            "service_doing_nothing": {"near": 0.0, "mid": 20.0, "far": 180.0, "lost": 0.0},
            "costs_doing_nothing": {"sales": 600.0, "end_value": 110.0, "holding": 10.0},
        },
    )
