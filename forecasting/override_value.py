"""Whether an override was right: forecast, override and what was sold, side by side.

The value added is that of forecast value added analysis (Gilliland, *The Business Forecasting
Deal*, 2010): the error with the step minus the error without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from forecasting.accuracy import bias, wape
from forecasting.overridden import in_scope, overridden_mean

if TYPE_CHECKING:
    from data.brand import Brand

VALUE_COLUMNS: Final = (
    "override",
    "days",
    "units",
    "forecast_units",
    "override_units",
    "wape_forecast",
    "wape_override",
    "bias_forecast",
    "bias_override",
    "value_added",
)


def override_value(overrides: pd.DataFrame, past: pd.DataFrame, brand: Brand) -> pd.DataFrame:
    """Measure each override by itself on the days that have come.

    Each day of a series is taken from the last forecast before it for which the override stood;
    days on which stock was out do not tell demand and are left out.

    :param overrides: from :func:`data.overrides.overrides`.
    :param past: from :func:`forecasting.past.read_past`.
    :returns: :data:`VALUE_COLUMNS`, one row an override: days (series-days that came), units
        sold, and those that forecast and override had expected; value_added is wape_forecast −
        wape_override: above 0 the override was nearer. NaN where no day has come yet.
    """
    rows = [_value(row, past, brand) for row in overrides.to_dict("records")]
    return pd.DataFrame(rows, columns=list(VALUE_COLUMNS))


def _value(override: dict[Any, Any], past: pd.DataFrame, brand: Brand) -> dict[str, object]:
    until = override["withdrawn_as_of"]
    stood = (past["origin"] >= override["as_of"]) & (past["origin"] <= override["expires"])
    if not pd.isna(until):
        stood &= past["origin"] < until
    nights = past[stood.to_numpy() & in_scope(past, override, brand)]
    expected = overridden_mean(nights, pd.DataFrame([override]), brand)
    nights = nights.assign(expected=expected)
    nights = nights[nights["in_stock"]].sort_values("origin", kind="stable")
    last = nights.drop_duplicates(["region", "sku", "date"], keep="last")
    sold = last["units"].to_numpy(dtype=np.float64)
    made = last["mean"].to_numpy(dtype=np.float64)
    meant = last["expected"].to_numpy(dtype=np.float64)
    errors = (wape(sold, made), wape(sold, meant))
    return {
        "override": override["override"],
        "days": len(last),
        "units": sold.sum(),
        "forecast_units": made.sum(),
        "override_units": meant.sum(),
        "wape_forecast": errors[0],
        "wape_override": errors[1],
        "bias_forecast": bias(sold, made),
        "bias_override": bias(sold, meant),
        "value_added": errors[0] - errors[1],
    }
