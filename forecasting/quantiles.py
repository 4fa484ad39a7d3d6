"""The quantile levels and the columns of a forecast frame."""

from __future__ import annotations

QUANTILES: tuple[float, ...] = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
"""Levels at which demand is forecast."""

DAILY_COLUMNS: tuple[str, ...] = tuple(f"q{round(100 * level):02d}" for level in QUANTILES)
"""Quantiles of the day's demand, ``q05`` to ``q95``."""

CUMULATIVE_COLUMNS: tuple[str, ...] = tuple(f"c{round(100 * level):02d}" for level in QUANTILES)
"""Quantiles of demand from the first forecast day through that day, ``c05`` to ``c95``."""

FORECAST_COLUMNS: tuple[str, ...] = (
    "region",
    "sku",
    "date",
    "mean",
    *DAILY_COLUMNS,
    *CUMULATIVE_COLUMNS,
)
"""The columns of ``forecast.parquet``, in order."""
