"""How good past forecasts of one series, or of the total of many, have been."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.accuracy import bias, coverage, wape
from forecasting.coherent import Together, total_quantiles
from forecasting.quantiles import DAILY_COLUMNS


@dataclass(frozen=True, slots=True)
class PastAccuracy:
    """What past forecasts got right.

    :param wape: of the days together; see :mod:`forecasting.accuracy`. :param bias: likewise.
    :param cover90: share of days within the 90 % band.
    :param nights: forecasts that were compared. :param days: days of sales, each once.
    :param daily: date, origin, units, mean, q05, q50, q95, of the last forecast of each day.
    """

    wape: float
    bias: float
    cover90: float
    nights: int
    days: int
    daily: pd.DataFrame


def past_accuracy(rows: pd.DataFrame, together: Together | None = None) -> PastAccuracy | None:
    """Add the series chosen up, day by day, and compare; None where nothing can be compared.

    Days of a series on which its stock was out do not tell demand; they count on neither side.

    :param rows: of :func:`forecasting.past.read_past`, of the series chosen.
    """
    rows = rows[rows["in_stock"]]
    if rows.empty or not rows["units"].sum() > 0:
        return None
    totals = total_quantiles(rows, ("origin",), together)
    sold = rows.groupby(["origin", "date"], as_index=False)["units"].sum()
    totals = totals.merge(sold, on=["origin", "date"])
    actual, mean = totals["units"].to_numpy(np.float64), totals["mean"].to_numpy(np.float64)
    low, high = (totals[name].to_numpy() for name in (DAILY_COLUMNS[0], DAILY_COLUMNS[-1]))
    daily = totals.sort_values("origin").drop_duplicates("date", keep="last").sort_values("date")
    return PastAccuracy(
        wape=wape(actual, mean),
        bias=bias(actual, mean),
        cover90=coverage(actual, low, high),
        nights=int(totals["origin"].nunique()),
        days=len(daily),
        daily=daily[["date", "origin", "units", "mean", "q05", "q50", "q95"]],
    )
