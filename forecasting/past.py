"""Forecasts of the past, kept so that they can be compared with what came.

Every night's forecast is kept in a file named for its as-of day; a back-test can fill in nights
on which none was made. From them the screens tell how good the forecast in view has been, totals
learn how errors go together (:mod:`forecasting.coherent`), and overrides are judged
(:mod:`forecasting.override_value`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from data.atomic import write_atomically
from forecasting.coherent import Together, learn_together, spread_of
from forecasting.panel import MIN_AVAILABILITY
from forecasting.quantiles import CUMULATIVE_COLUMNS, DAILY_COLUMNS

if TYPE_CHECKING:
    from data.brand import Brand

RUN_COLUMNS = (CUMULATIVE_COLUMNS[0], CUMULATIVE_COLUMNS[-1])

PAST_COLUMNS: tuple[str, ...] = (
    "region",
    "sku",
    "date",
    "origin",
    "mean",
    "planned",
    *DAILY_COLUMNS,
    *RUN_COLUMNS,
)
"""origin: the as-of day of the forecast; planned: the mean with people's overrides."""

KEPT_NIGHTS = 60
"""Files that are kept; older ones are removed."""


def past_rows(
    frame: pd.DataFrame, as_of: pd.Timestamp, planned: npt.NDArray[np.floating[Any]] | None = None
) -> pd.DataFrame:
    """Return what is kept of a forecast.

    :param frame: :data:`~forecasting.quantiles.FORECAST_COLUMNS`.
    :param as_of: the last day whose sales it knew.
    :param planned: mean of each row with overrides; default: the mean.
    :returns: :data:`PAST_COLUMNS`, numbers as float32, index from 0.
    """
    rows = frame.reset_index(drop=True)
    rows = rows.assign(origin=as_of, planned=rows["mean"] if planned is None else planned)
    numbers = [name for name in PAST_COLUMNS if name not in ("region", "sku", "date", "origin")]
    return rows[list(PAST_COLUMNS)].astype(dict.fromkeys(numbers, np.float32))


def keep_past(folder: Path, rows: pd.DataFrame) -> None:
    """Write one night's rows into the folder, and remove the oldest nights beyond 60.

    :param rows: from :func:`past_rows`, of one origin.
    :raises BadInput: the disk is full or may not be written.
    """
    origin = rows["origin"].iloc[0]
    with write_atomically(folder / f"{origin:%Y-%m-%d}.parquet") as beside:
        rows.to_parquet(beside, index=False, compression="zstd")
    for old in _files(folder)[:-KEPT_NIGHTS]:
        old.unlink(missing_ok=True)


def read_past(folder: Path, brand: Brand) -> pd.DataFrame:
    """Return the kept forecasts of days whose sales are known by now, with those sales.

    A file that cannot be read is left out: it only told of the past.

    :returns: :data:`PAST_COLUMNS` and units, availability, category, in_stock.
    """
    found = []
    for file in _files(folder):
        try:
            rows = pd.read_parquet(file, columns=list(PAST_COLUMNS))
        except (OSError, ValueError, KeyError, pa.ArrowException):
            continue
        rows = rows[(rows["date"] <= brand.as_of) & (rows["origin"] < brand.as_of)]
        found.append(rows)
    found = [rows for rows in found if not rows.empty]
    if not found:
        empty = pd.DataFrame({name: pd.Series(dtype=np.float32) for name in PAST_COLUMNS})
        for name in ("date", "origin"):
            empty[name] = pd.Series(dtype="datetime64[ns]")
        return with_sales(empty, brand)
    return with_sales(pd.concat(found, ignore_index=True), brand)


def with_sales(rows: pd.DataFrame, brand: Brand) -> pd.DataFrame:
    """Add what sold: units, availability, category and in_stock; rows without sales go."""
    daily = brand.daily_sales()
    for name in ("region", "sku"):
        categories = daily[name].cat.categories
        rows = rows.assign(**{name: pd.Categorical(rows[name].astype(str), categories=categories)})
    rows = rows.merge(daily, on=["region", "sku", "date"], how="inner")
    category = brand.products.set_index(brand.products["sku"].astype(str))["category"]
    rows["category"] = rows["sku"].astype(str).map(category).to_numpy()
    rows["in_stock"] = rows["availability"] >= MIN_AVAILABILITY
    return rows


def learn_from(rows: pd.DataFrame | None) -> Together | None:
    """Learn how errors go together from kept forecasts; None where there are none.

    :param rows: from :func:`with_sales`.
    """
    if rows is None or rows.empty or not rows["in_stock"].any():
        return None
    rows = rows.sort_values(["origin", "region", "sku", "date"])
    stocked = rows[rows["in_stock"]]
    day = _errors(stocked, stocked["units"], stocked["mean"], spread_of(stocked))
    by = [rows[name] for name in ("origin", "region", "sku")]
    sums = rows[["units", "mean"]].astype(np.float64).groupby(by, observed=True).cumsum()
    # Cumulated sales tell demand only as long as stock has been there on every day.
    whole = rows["in_stock"].groupby(by, observed=True).cummin().astype(bool)
    some = rows[whole]
    run = _errors(
        some, sums.loc[whole, "units"], sums.loc[whole, "mean"], spread_of(some, RUN_COLUMNS)
    )
    return learn_together(day, run)


def _errors(
    rows: pd.DataFrame, sold: pd.Series[float], mean: pd.Series[float], spread: Any
) -> pd.DataFrame:
    error = sold.to_numpy(np.float64) - mean.to_numpy(np.float64)
    names = ["region", "sku", "category", "date", "origin"]
    return rows[names].assign(error=error, spread=spread)


def _files(folder: Path) -> list[Path]:
    """The nights' files, oldest first: their names are their days."""
    return sorted(folder.glob("????-??-??.parquet")) if folder.is_dir() else []
