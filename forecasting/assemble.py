"""The frames of a forecast, from what the workers gave back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecasting.batch import Outcome
from forecasting.forecast import COMPONENT_COLUMNS, SERIES_COLUMNS, Forecast
from forecasting.panel import Panel
from forecasting.quantiles import CUMULATIVE_COLUMNS, DAILY_COLUMNS

if TYPE_CHECKING:
    from data.brand import Brand

Floats = npt.NDArray[np.floating[Any]]


def assemble(brand: Brand, panel: Panel, outcomes: list[Outcome]) -> Forecast:
    """Put the batches' outcomes together in the order of the panel."""
    outcomes = sorted(outcomes, key=lambda outcome: int(outcome.series[0]))
    mean = np.concatenate([outcome.mean for outcome in outcomes])
    daily = np.concatenate([outcome.daily for outcome in outcomes])
    cumulated = np.concatenate([outcome.cumulated for outcome in outcomes])
    parts = np.concatenate([outcome.parts for outcome in outcomes])
    _shut(panel, mean, daily, parts)
    frame = _keyed(panel, np.ones(mean.shape, dtype=bool), panel.dates[panel.history :], brand)
    frame["mean"] = mean.ravel()
    for columns, values in ((DAILY_COLUMNS, daily), (CUMULATIVE_COLUMNS, cumulated)):
        for index, column in enumerate(columns):
            frame[column] = values[:, :, index].ravel()
    there = np.isfinite(parts[:, 0])
    components = _keyed(panel, there, panel.dates, brand)
    for index, column in enumerate(COMPONENT_COLUMNS[3:]):
        components[column] = parts[:, index][there]
    series = _keyed(panel, np.ones((len(panel), 1), dtype=bool), panel.dates[:1], brand)
    series = series.drop(columns="date")
    series["engine"] = [engine for outcome in outcomes for engine in outcome.engine]
    series["flag"] = [flag for outcome in outcomes for flag in outcome.flag]
    series["history_days"] = np.isfinite(panel.units).sum(axis=1)
    series["fitted_days"] = np.concatenate([outcome.fitted_days for outcome in outcomes])
    return Forecast(frame, series[list(SERIES_COLUMNS)], components)


def _shut(panel: Panel, mean: Floats, daily: Floats, parts: Floats) -> None:
    """Expect nothing of days on which nothing can be sold, whoever forecast them."""
    ahead = panel.closed[:, panel.history :]
    mean[ahead], daily[ahead] = 0.0, 0.0
    there = panel.closed[:, None, :] & np.isfinite(parts)
    parts[there] = 0.0


def _keyed(
    panel: Panel, there: npt.NDArray[np.bool_], dates: pd.DatetimeIndex, brand: Brand
) -> pd.DataFrame:
    """Region, sku and date of each true cell of (series, days), in that order."""
    row, day = np.nonzero(there)
    columns: dict[str, Any] = {}
    for name, values in (("region", panel.region), ("sku", panel.sku)):
        categories = brand.sales[name].cat.categories
        codes = categories.get_indexer(pd.Index(values))[row]
        columns[name] = pd.Categorical.from_codes(codes, categories=categories)
    return pd.DataFrame({**columns, "date": dates[day].as_unit("ns")})
