"""A region's own stock of one product against what may be asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from data import Brand


@dataclass(frozen=True, slots=True)
class RegionCover:
    """How long a region's fronts and stores can serve a product.

    :param stock: units there at the as-of close.
    :param days: date; stock_without: units there or arrived by that morning, without transfers
        of the plan, as if nothing were sold; stock_with: with them; and c05, c50, c95: demand
        cumulated to that day.
    :param median_days: whole days until cumulated demand passes ``stock_without`` at the median,
        ``high_days`` at the 95 % quantile; the horizon where it does not.
    :param median_days_with: the same with the plan's transfers; ``high_days_with`` likewise.
    """

    stock: float
    days: pd.DataFrame
    median_days: int
    high_days: int
    median_days_with: int
    high_days_with: int


def region_cover(
    brand: Brand, region: str, sku: str, demand: pd.DataFrame, transfers: pd.DataFrame
) -> RegionCover:
    """Compare stock with the cumulated demand of one series.

    :param demand: date, c05, c50, c95, one row a day of the horizon, sorted.
    :param transfers: origin, destination, sku, dispatch_date, arrive_date, units. What moves
        within the region changes nothing.
    """
    own = set(brand.locations.loc[brand.locations["region"] == region, "location"].astype(str))
    stock = _of(brand.stock, sku, "location", own)["units"].sum()
    inbound = _of(brand.inbound, sku, "location", own)
    into = _of(transfers, sku, "destination", own)
    out = _of(transfers, sku, "origin", own)
    days = demand[["date", "c05", "c50", "c95"]].reset_index(drop=True)
    dates = days["date"].to_numpy()
    days["stock_without"] = stock + _by(dates, inbound, "arrives")
    days["stock_with"] = (
        days["stock_without"] + _by(dates, into, "arrive_date") - _by(dates, out, "dispatch_date")
    )
    return RegionCover(
        stock=float(stock),
        days=days,
        median_days=_lasts(days["stock_without"], days["c50"]),
        high_days=_lasts(days["stock_without"], days["c95"]),
        median_days_with=_lasts(days["stock_with"], days["c50"]),
        high_days_with=_lasts(days["stock_with"], days["c95"]),
    )


def _of(frame: pd.DataFrame, sku: str, place: str, own: set[str]) -> pd.DataFrame:
    rows = frame[frame["sku"] == sku]
    return rows[rows[place].astype(str).isin(own)]


def _by(dates: np.ndarray, moves: pd.DataFrame, column: str) -> np.ndarray:
    """Units moved up to and including each day."""
    when = moves[column].to_numpy(dtype="datetime64[ns]")
    units = moves["units"].to_numpy(dtype=float)
    return np.array([units[when <= day].sum() for day in dates])


def _lasts(stock: pd.Series, demand: pd.Series) -> int:
    short = (demand > stock).to_numpy()
    return int(short.argmax()) if short.any() else len(short)
