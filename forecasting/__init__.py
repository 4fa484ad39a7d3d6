"""Demand by region and product, with its uncertainty."""

from data.errors import BadForecast
from data.progress import Progress
from forecasting.calendar import china_events, china_holidays
from forecasting.effects import driver_effects
from forecasting.forecast import Forecast, read_forecast
from forecasting.quantiles import CUMULATIVE_COLUMNS, DAILY_COLUMNS, FORECAST_COLUMNS, QUANTILES
from forecasting.recovery import recovered_by_series, recovered_demand
from forecasting.run import forecast

__all__ = [
    "CUMULATIVE_COLUMNS",
    "DAILY_COLUMNS",
    "FORECAST_COLUMNS",
    "QUANTILES",
    "BadForecast",
    "Forecast",
    "Progress",
    "china_events",
    "china_holidays",
    "driver_effects",
    "forecast",
    "read_forecast",
    "recovered_by_series",
    "recovered_demand",
]
