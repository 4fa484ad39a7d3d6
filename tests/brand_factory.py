"""A tiny valid brand, any part of which a test can replace.

Two regions (Hangzhou with a front and a store, Suzhou with a front), three products (milk that
spoils in 7 days, tea, a phone case), one main in Shanghai, 60 days of sales to 2024-05-30.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

Part = pd.DataFrame | str | bytes | Callable[[pd.DataFrame], pd.DataFrame] | None

FIRST = pd.Timestamp("2024-04-01")
DAYS = 60
AS_OF = FIRST + pd.Timedelta(days=DAYS - 1)

SETTINGS: dict[str, Any] = {
    "name": "Tiny",
    "currency": "CNY",
    "plan": {"horizon_days": 7},
    "forecast": {"samples": 100},
    "history": {"far_field": False},
}

REGIONS = pd.DataFrame(
    {
        "region": ["hangzhou", "suzhou"],
        "name": ["Hangzhou", "Suzhou"],
        "lat": [30.27, 31.30],
        "lon": [120.15, 120.58],
        "vip_share": [0.2, 0.1],
    }
)
PRODUCTS = pd.DataFrame(
    {
        "sku": ["case", "milk", "tea"],
        "name": ["Phone case", "Milk", "Tea"],
        "category": ["phone", "fresh", "drinks"],
        "unit_m3": [0.0004, 0.0012, 0.001],
        "case_units": [10, 6, 12],
        "price": [59.0, 12.0, 25.0],
        "margin": [30.0, 4.0, 10.0],
        "shelf_life_days": [np.nan, 7, 365],
    }
)
LOCATIONS = pd.DataFrame(
    {
        "location": ["main", "front-hz", "front-sz", "store-hz"],
        "name": ["Shanghai main", "Hangzhou front", "Suzhou front", "Hangzhou store"],
        "kind": ["main", "front", "front", "store"],
        "region": [None, "hangzhou", "suzhou", "hangzhou"],
        "lat": [31.23, 30.27, 31.30, 30.25],
        "lon": [121.47, 120.15, 120.58, 120.17],
        "storage_m3": [np.nan, 40, 30, 4],
        "handling_units": [np.nan, 4000, 3000, 400],
    }
)
LANES = pd.DataFrame(
    {
        "lane": ["main>hz", "main>sz", "hz>store"],
        "origin": ["main", "main", "front-hz"],
        "destination": ["front-hz", "front-sz", "store-hz"],
        "lead_days": [1, 1, 0],
        "vehicle_m3": [6.0, 6.0, 1.0],
        "vehicle_cost": [60.0, 50.0, 15.0],
        "km": [170, 100, 6],
        "co2_kg": [40.0, 25.0, 1.5],
        "departs": ["daily", "Mon-Sat", None],
    }
)
STOCK = pd.DataFrame(
    {
        "location": ["main"] * 3 + ["front-hz"] * 3 + ["front-sz"] * 3 + ["store-hz"] * 3,
        "sku": ["case", "milk", "tea"] * 4,
        "units": [900, 1200, 1500, 20, 30, 40, 10, 20, 30, 5, 6, 8],
    }
)


def sales() -> pd.DataFrame:
    """Return 60 days of sales of six series: a weekly shape, steady noise, a few days without."""
    rng = np.random.default_rng(7)
    dates = pd.date_range(FIRST, periods=DAYS)
    weekly = np.array([0.9, 0.9, 0.95, 1.0, 1.1, 1.2, 1.15])[dates.day_of_week]
    frames = []
    for region, size in (("hangzhou", 1.5), ("suzhou", 1.0)):
        for sku, level in (("case", 4.0), ("milk", 12.0), ("tea", 7.0)):
            availability = np.where(rng.random(DAYS) < 0.1, rng.choice([0.25, 0.5], DAYS), 1.0)
            demand = rng.poisson(size * level * weekly)
            frames.append(
                pd.DataFrame(
                    {
                        "date": dates,
                        "region": region,
                        "sku": sku,
                        "units": np.floor(demand * availability),
                        "availability": availability,
                    }
                )
            )
    return pd.concat(frames, ignore_index=True)


def drivers(days_ahead: int = 60) -> pd.DataFrame:
    """Return a discount for each product and day, to ``days_ahead`` days after the as-of day."""
    rng = np.random.default_rng(11)
    dates = pd.date_range(FIRST, periods=DAYS + days_ahead)
    rows = pd.MultiIndex.from_product([dates, PRODUCTS["sku"]], names=["date", "sku"]).to_frame(
        index=False
    )
    return rows.assign(discount=rng.choice([1.0, 0.9, 0.8], len(rows), p=[0.8, 0.1, 0.1]))


def tables() -> dict[str, pd.DataFrame]:
    """Return fresh copies of the tables that a tiny brand has when nothing is replaced."""
    return {
        "sales": sales(),
        "products": PRODUCTS.copy(),
        "regions": REGIONS.copy(),
        "locations": LOCATIONS.copy(),
        "lanes": LANES.copy(),
        "stock": STOCK.copy(),
    }


def write_brand(
    folder: str | Path,
    *,
    settings: dict[str, Any] | str | None = None,
    form: str = "csv",
    **parts: Part,
) -> Path:
    """Write a tiny brand and return its folder.

    Keywords replace tables by name: a frame, the text or bytes of a CSV file, a function from
    the usual frame to another one, or None to leave the file out. ``settings`` replaces
    sections of brand.toml (a dict, merged by section) or all of it (text). ``form`` is ``csv``
    or ``parquet``.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    usual = tables()
    for name, part in parts.items():
        if callable(part):
            base = usual.get(name)
            part = part(drivers() if base is None and name == "drivers" else base)
        usual[name] = part
    for name, part in usual.items():
        if isinstance(part, bytes | str):
            content = part.encode() if isinstance(part, str) else part
            (folder / f"{name}.csv").write_bytes(content)
        elif part is not None and form == "parquet":
            part.to_parquet(folder / f"{name}.parquet", index=False)
        elif part is not None:
            part.to_csv(folder / f"{name}.csv", index=False)
    text = settings if isinstance(settings, str) else _toml({**SETTINGS, **(settings or {})})
    (folder / "brand.toml").write_text(text, encoding="utf-8")
    return folder


def _toml(values: dict[str, Any], path: str = "") -> str:
    plain = [f"{_key(k)} = {_value(v)}" for k, v in values.items() if not isinstance(v, dict)]
    lines = [f"\n[{path}]", *plain] if path else plain
    for name, section in values.items():
        if isinstance(section, dict):
            lines.append(_toml(section, f"{path}.{_key(name)}" if path else _key(name)))
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if name.replace("_", "").isalnum() and name.isascii() else json.dumps(name)


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
