"""Whether a forecast frame keeps the contract and fits a brand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from data.errors import BadForecast
from forecasting.quantiles import CUMULATIVE_COLUMNS, DAILY_COLUMNS, FORECAST_COLUMNS

if TYPE_CHECKING:
    from data.brand import Brand

_TOLERANCE = 1e-6
"""Units by which float32 quantiles may cross before it is called a fault."""


def read_frame(path: Path) -> pd.DataFrame:
    """Read the Parquet file of a forecast.

    :raises BadForecast: there is none, or it is not Parquet.
    """
    if not path.is_file():
        raise BadForecast(
            f"{path}: expected a forecast file; found none. Make one with `forecast`."
        )
    try:
        return pd.read_parquet(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BadForecast(
            f"{path}: expected a Parquet file; it cannot be read ({error}). Forecast again."
        ) from error


def check_frame(frame: pd.DataFrame, brand: Brand, name: str = "forecast") -> pd.DataFrame:
    """Return ``frame`` in the contract's form, or say everything that is wrong with it.

    :param frame: columns :data:`FORECAST_COLUMNS` in any order; others are dropped.
    :param name: of the file, for messages.
    :raises BadForecast: all faults found, one a line.
    """
    missing = [column for column in FORECAST_COLUMNS if column not in frame]
    if missing:
        raise BadForecast(
            f"{name}: expected the columns {', '.join(FORECAST_COLUMNS)}; "
            f"found no {', '.join(missing)}. Write them, or forecast again."
        )
    frame = frame.loc[:, list(FORECAST_COLUMNS)].copy()
    faults = [*_type_faults(frame, name)]
    if not faults:
        faults = [*_key_faults(frame, brand, name), *_value_faults(frame, name)]
    if faults:
        raise BadForecast("\n".join(faults))
    return frame.sort_values(["region", "sku", "date"], ignore_index=True)


def _type_faults(frame: pd.DataFrame, name: str) -> list[str]:
    faults = []
    if frame.empty:
        return [f"{name}: expected rows; found none. Forecast again."]
    try:
        frame["date"] = pd.to_datetime(frame["date"], format="ISO8601").astype("datetime64[ns]")
    except (ValueError, TypeError) as error:
        faults.append(f"{name}, column date: expected days; found {error}. Write them as dates.")
    for column in FORECAST_COLUMNS[3:]:
        if not pd.api.types.is_numeric_dtype(frame[column]):
            faults.append(
                f"{name}, column {column}: expected units as numbers; found {frame[column].dtype}."
            )
        else:
            frame[column] = frame[column].astype("float64")
    return faults


def _key_faults(frame: pd.DataFrame, brand: Brand, name: str) -> list[str]:
    faults = []
    for column, known in (
        ("region", brand.regions["region"]),
        ("sku", brand.products["sku"]),
    ):
        values = frame[column].astype(str)
        strangers = sorted(set(values.unique()) - set(known.astype(str)))
        if strangers:
            faults.append(
                f"{name}, column {column}: expected those of the brand; found "
                f"{_listed(strangers)}. Forecast this brand again."
            )
        frame[column] = pd.Categorical(values, categories=brand.sales[column].cat.categories)
    if faults:
        return faults
    keys = frame.groupby(["region", "sku"], observed=True)["date"]
    first = brand.as_of + pd.Timedelta(days=1)
    days = pd.date_range(first, frame["date"].max())
    if frame["date"].min() != first:
        faults.append(
            f"{name}, column date: expected to begin on {first:%Y-%m-%d}, the day after the as-of "
            f"day; found {frame['date'].min():%Y-%m-%d}. Forecast again as of that day."
        )
    elif frame.duplicated(["region", "sku", "date"]).any() or (keys.size() != len(days)).any():
        faults.append(
            f"{name}: expected one row for each series and each day from {first:%Y-%m-%d} to "
            f"{days[-1]:%Y-%m-%d}; found series with days missing or double. Forecast again."
        )
    sold = brand.sales[["region", "sku"]].drop_duplicates().astype(str)
    held = set(keys.size().index)
    absent = [f"{r} × {s}" for r, s in sold.itertuples(index=False) if (r, s) not in held]
    if absent:
        faults.append(
            f"{name}: expected every series of the brand's sales; found none for "
            f"{_listed(absent)}. Forecast this brand again."
        )
    return faults


def _value_faults(frame: pd.DataFrame, name: str) -> list[str]:
    faults = []
    numbers = frame.loc[:, list(FORECAST_COLUMNS[3:])].to_numpy()
    if not np.isfinite(numbers).all():
        column = FORECAST_COLUMNS[3 + int(np.argmin(np.isfinite(numbers).all(axis=0)))]
        return [f"{name}, column {column}: expected numbers; found empty or infinite values."]
    if (numbers < 0).any():
        faults.append(f"{name}: expected units >= 0; found {numbers.min():.6g}.")
    for columns in (DAILY_COLUMNS, CUMULATIVE_COLUMNS):
        steps = np.diff(frame[list(columns)].to_numpy(), axis=1)
        if (steps < -_TOLERANCE).any():
            faults.append(
                f"{name}: expected {columns[0]} <= … <= {columns[-1]} in each row; found "
                f"{int((steps < -_TOLERANCE).any(axis=1).sum())} rows where they cross."
            )
    ordered = frame.sort_values(["region", "sku", "date"])
    cumulated = ordered[list(CUMULATIVE_COLUMNS)].to_numpy()
    same = (
        (ordered["region"].astype(str) + "\0" + ordered["sku"].astype(str))
        .eq((ordered["region"].astype(str) + "\0" + ordered["sku"].astype(str)).shift())
        .to_numpy()[1:]
    )
    if (np.diff(cumulated, axis=0)[same] < -_TOLERANCE).any():
        faults.append(
            f"{name}: expected c05 … c95 not to fall from day to day; found that they do."
        )
    return faults


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
