"""Demand by region and product, with its uncertainty."""

from forecasting.forecast import Forecast, read_forecast
from forecasting.quantiles import CUMULATIVE_COLUMNS, DAILY_COLUMNS, FORECAST_COLUMNS, QUANTILES

__all__ = [
    "CUMULATIVE_COLUMNS",
    "DAILY_COLUMNS",
    "FORECAST_COLUMNS",
    "QUANTILES",
    "Forecast",
    "read_forecast",
]
