"""The brand that plans are measured on: its first products, with a forecast that costs nothing."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pandas as pd

from data import Brand, read_brand
from tests.optimization.forecasts import gamma_forecast

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("NEARFIELD_SHARED_BRANDS", ROOT.parent / "shared" / "brands"))


def instance(name: str, products: int | None = None) -> tuple[Brand, pd.DataFrame]:
    """Return a brand cut to its first products (all by default), and a forecast for it.

    The forecast is the mean of the last 14 days with gamma demand around it: the planner is
    measured, not the forecast.
    """
    brand = read_brand(SHARED / name)
    forecast = gamma_forecast(brand)
    if products is None:
        return brand, forecast
    keep = set(brand.products["sku"].astype(str)[:products])
    cut = {
        table: _of(getattr(brand, table), keep)
        for table in ("products", "stock", "inbound", "assortment")
    }
    return dataclasses.replace(brand, **cut), _of(forecast, keep)


def _of(rows: pd.DataFrame, keep: set[str]) -> pd.DataFrame:
    return rows[rows["sku"].astype(str).isin(keep)].reset_index(drop=True)
