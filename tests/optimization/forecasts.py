"""Simple forecasts for tests: gamma demand around the mean of the last 14 days."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import gamma

from data import Brand
from forecasting.quantiles import (
    CUMULATIVE_COLUMNS,
    DAILY_COLUMNS,
    FORECAST_COLUMNS,
    QUANTILES,
)


def gamma_forecast(
    brand: Brand, days: int = 14, variation: float = 0.5, lasting: float = 0.2
) -> pd.DataFrame:
    """Mean of the last 14 days, coefficient of variation ``variation`` a day.

    ``lasting`` is the correlation between any two days of a series.
    """
    sales = brand.sales[brand.sales["date"] > brand.as_of - pd.Timedelta(days=14)]
    mean = sales.groupby(["region", "sku"], observed=True)["units"].sum() / 14
    return forecast_of(mean.rename("mean").reset_index(), brand.as_of, days, variation, lasting)


def forecast_of(
    series: pd.DataFrame,
    as_of: pd.Timestamp,
    days: int = 14,
    variation: float = 0.5,
    lasting: float = 0.2,
) -> pd.DataFrame:
    """A forecast frame for rows region, sku, mean (the same mean every day)."""
    mean = np.maximum(series["mean"].to_numpy(float), 0.01)
    frames = []
    for day in range(1, days + 1):
        spread = variation * np.sqrt((1 + (day - 1) * lasting) / day)
        frame = series[["region", "sku"]].copy()
        frame["date"] = as_of + pd.Timedelta(days=day)
        frame["mean"] = mean
        for names, total, cv in ((DAILY_COLUMNS, 1, variation), (CUMULATIVE_COLUMNS, day, spread)):
            for name, level in zip(names, QUANTILES, strict=True):
                frame[name] = _quantile(level, mean * total, cv)
        frames.append(frame)
    result = pd.concat(frames).sort_values(["region", "sku", "date"], ignore_index=True)
    return result[list(FORECAST_COLUMNS)]


def _quantile(level: float, mean: np.ndarray, variation: float) -> np.ndarray:
    if variation == 0:
        return mean
    shape = 1 / variation**2
    return gamma.ppf(level, shape) / shape * mean
