"""One series, or the total of many, of sales, forecast and components."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.series import daily
from forecasting.forecast import COMPONENT_COLUMNS
from forecasting.quantiles import CUMULATIVE_COLUMNS, DAILY_COLUMNS

if TYPE_CHECKING:
    from data import Brand
    from forecasting.forecast import Forecast

PARTS = COMPONENT_COLUMNS[3:]


def rows_of(
    frame: pd.DataFrame, region: str | None, skus: Collection[str] | None
) -> npt.NDArray[np.bool_]:
    """Return which rows are of this region and these products; None stands for all.

    :param frame: with region and sku as categories.
    """
    chosen = np.ones(len(frame), dtype=bool)
    for column, wanted in (("region", None if region is None else [region]), ("sku", skus)):
        if wanted is None:
            continue
        categories = frame[column].cat.categories
        codes = categories.get_indexer(pd.Index(list(wanted), dtype=categories.dtype))
        # Few products are compared one by one, many looked up.
        allowed = np.zeros(len(categories) + 1, dtype=bool)
        allowed[codes[codes >= 0]] = True
        allowed[-1] = False
        chosen &= allowed[frame[column].cat.codes.to_numpy()]
    return chosen


def sales_history(
    brand: Brand, region: str | None = None, skus: Collection[str] | None = None
) -> pd.DataFrame:
    """Return what sold, day by day, added up over the series chosen.

    :returns: date, units, availability (mean over the series of that day), one row a day.
    """
    sales = brand.sales[rows_of(brand.sales, region, skus)]
    dense = daily(sales)
    return dense.groupby("date", as_index=False).agg(
        units=("units", "sum"), availability=("availability", "mean")
    )


def expected_demand(
    forecast: Forecast, region: str | None = None, skus: Collection[str] | None = None
) -> pd.DataFrame:
    """Return the demand expected of the series chosen, day by day.

    Means add up. Quantiles do not: those of a total depend on how its series move together, which
    their own quantiles do not tell. So quantiles are returned for a single series only.

    :returns: date, mean and, for one series, the daily and cumulated quantiles.
    """
    frame = forecast.frame[rows_of(forecast.frame, region, skus)]
    if not frame.empty and len(frame) == frame["date"].nunique():
        return frame[["date", "mean", *DAILY_COLUMNS, *CUMULATIVE_COLUMNS]].reset_index(drop=True)
    return frame.groupby("date", as_index=False)[["mean"]].sum()


def parts_of(
    forecast: Forecast, region: str | None = None, skus: Collection[str] | None = None
) -> pd.DataFrame:
    """Return what the forecast is made of, added up over the series chosen.

    :returns: date, fitted, trend, weekly, yearly, events, drivers; empty where it is not known.
    """
    frame = forecast.components[rows_of(forecast.components, region, skus)]
    return frame.groupby("date", as_index=False)[list(PARTS)].sum()


@dataclass(frozen=True, slots=True)
class LastDays:
    """What sold on the last days.

    :param units: sold, together.
    :param availability: mean share of the hours in stock, NaN without a day.
    """

    units: float
    availability: float

    def change_to(self, ahead: float) -> float:
        """Return how much more ``ahead`` is, as a share of what sold; NaN where nothing did."""
        return ahead / self.units - 1 if self.units else float("nan")


def last_days(history: pd.DataFrame, days: int) -> LastDays:
    """Sum up the last days of a history.

    :param history: date, units, availability, one row a day, sorted.
    """
    recent = history.tail(days)
    return LastDays(float(recent["units"].sum()), float(recent["availability"].mean()))
