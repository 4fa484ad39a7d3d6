"""A forecast frame as arrays, checked against the network and the horizon."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from data import BadForecast, Brand
from forecasting.quantiles import CUMULATIVE_COLUMNS, DAILY_COLUMNS, FORECAST_COLUMNS

Array = npt.NDArray[np.float32]
_NUMBERS = ["mean", *DAILY_COLUMNS, *CUMULATIVE_COLUMNS]


@dataclass(frozen=True, eq=False)
class Demand:
    """What a forecast says, by series (sorted by sku, then region) and day.

    :param series: region, sku of each series.
    :param mean: (series, days) units.
    :param daily: (series, days, 7) quantiles of the day's demand at the forecast's levels.
    :param cumulated: (series, days, 7) quantiles of demand from the first day through the day.
    :param after: (series,) units a day after the horizon: the mean of the last 7 forecast days.
    """

    series: pd.DataFrame
    mean: Array
    daily: Array
    cumulated: Array
    after: Array


def read_demand(brand: Brand, forecast: pd.DataFrame, days: int) -> Demand:
    """Check a forecast frame and put it into arrays.

    :param forecast: rows region, sku, date, mean, q05 … q95, c05 … c95; days outside the
        horizon are ignored. Quantiles that cross are sorted.
    :raises data.errors.BadForecast: a column, a day or a number is missing or impossible, or a
        region or sku is not the brand's. A forecast without any series is allowed.
    """
    missing = [name for name in FORECAST_COLUMNS if name not in forecast.columns]
    if missing:
        raise BadForecast(f"forecast: expected columns {', '.join(missing)}, not found.")
    first = brand.as_of + pd.Timedelta(days=1)
    day = ((pd.to_datetime(forecast["date"]) - first).dt.days).to_numpy()
    inside = (day >= 0) & (day < days)
    if not inside.any() and len(forecast):
        raise BadForecast(
            f"forecast: expected {days} days from {first:%Y-%m-%d}, found"
            f" {forecast['date'].min():%Y-%m-%d} to {forecast['date'].max():%Y-%m-%d}."
            " Forecast again from this as-of day."
        )
    frame = forecast if inside.all() else forecast[inside]
    region = _codes(frame["region"], brand.regions["region"], "region")
    sku = _codes(frame["sku"], brand.products["sku"], "sku")
    key = sku * (len(brand.regions) + 1) + region
    order = np.lexsort((day[inside], key))
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    expected = np.tile(np.arange(days), len(starts))
    if len(order) != len(expected) or not np.array_equal(day[inside][order], expected):
        _report_days(frame, key, days)
    # One column at a time: a copy of the whole frame would be the largest thing in memory.
    columns = [frame[name].to_numpy(np.float32)[order] for name in _NUMBERS]
    values = np.stack(columns, axis=1).reshape(len(starts), days, len(_NUMBERS))
    if not np.isfinite(values).all() or (values < 0).any():
        name = _NUMBERS[int(np.argmax((~np.isfinite(values) | (values < 0)).any(axis=(0, 1))))]
        raise BadForecast(f"forecast, column {name}: expected finite numbers >= 0 in every row.")
    width = len(DAILY_COLUMNS)
    mean = np.ascontiguousarray(values[:, :, 0])
    last = mean[:, -min(7, days) :]
    rows = order[starts]
    return Demand(
        series=pd.DataFrame(
            {
                "region": frame["region"].astype(str).to_numpy()[rows],
                "sku": frame["sku"].astype(str).to_numpy()[rows],
            }
        ),
        mean=mean,
        daily=np.sort(values[:, :, 1 : 1 + width], axis=2),
        cumulated=np.sort(values[:, :, 1 + width :], axis=2),
        after=last.mean(axis=1, dtype=np.float64).astype(np.float32),
    )


def forecast_days(brand: Brand, forecast: pd.DataFrame) -> int:
    """Return how many days from the day after the as-of day the forecast reaches."""
    if "date" not in forecast.columns or forecast.empty:
        return 0
    return int((pd.to_datetime(forecast["date"]).max() - brand.as_of).days)


def _codes(values: pd.Series[str], names: pd.Series[str], column: str) -> npt.NDArray[np.int64]:
    """Row numbers in the sorted names."""
    known = pd.Index(sorted(names.astype(str)))
    if isinstance(values.dtype, pd.CategoricalDtype):
        table = known.get_indexer(values.cat.categories.astype(str))
        codes = values.cat.codes.to_numpy()
        result = np.where(codes < 0, -1, np.append(table, -1)[codes])
    else:
        result = known.get_indexer(pd.Index(values.astype(str)))
    if (result < 0).any():
        unknown = sorted(set(values[result < 0].astype(str)))[:5]
        raise BadForecast(
            f"forecast, column {column}: expected the brand's names, found {', '.join(unknown)}."
        )
    return result.astype(np.int64)


def _report_days(frame: pd.DataFrame, key: npt.NDArray[np.int64], days: int) -> None:
    counts = pd.Series(key).value_counts()
    wrong = int(counts.ne(days).sum())
    row = frame.iloc[int(np.flatnonzero(key == counts.ne(days).idxmax())[0])]
    raise BadForecast(
        f"forecast: expected {days} days in a row, each once, for every region and sku; {wrong}"
        f" series have others, such as {row['region']}, {row['sku']}. Forecast {days} days, or"
        " plan a shorter horizon."
    )
