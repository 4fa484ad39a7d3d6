"""Series (one region × sku) of a sales table: their spans, gaps and every day of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

_DAY = np.timedelta64(1, "D")


def starts_of(sales: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the positions at which a new series starts, in sales sorted by region, sku, date."""
    if sales.empty:
        return np.zeros(0, dtype=np.int64)
    region = sales["region"].cat.codes.to_numpy()
    sku = sales["sku"].cat.codes.to_numpy()
    new = (region[1:] != region[:-1]) | (sku[1:] != sku[:-1])
    return np.concatenate(([0], np.flatnonzero(new) + 1))


def spans(sales: pd.DataFrame) -> pd.DataFrame:
    """Return each series' region, sku, first and last day, and days (rows)."""
    starts = starts_of(sales)
    ends = np.append(starts[1:], len(sales)) - 1 if len(starts) else starts
    return pd.DataFrame(
        {
            "region": sales["region"].iloc[starts].array,
            "sku": sales["sku"].iloc[starts].array,
            "first": sales["date"].iloc[starts].array,
            "last": sales["date"].iloc[ends].array,
            "days": ends - starts + 1,
        }
    )


def count_missing_days(sales: pd.DataFrame) -> int:
    """Return how many days between the first and last day of a series have no row."""
    series = spans(sales)
    length = (series["last"].to_numpy() - series["first"].to_numpy()) // _DAY + 1
    return int(length.sum()) - len(sales)


def daily(sales: pd.DataFrame) -> pd.DataFrame:
    """Return sales with every day of every series; missing ones with units 0, availability 1."""
    if count_missing_days(sales) == 0:
        return sales
    series = spans(sales)
    first = series["first"].to_numpy()
    length = ((series["last"].to_numpy() - first) // _DAY + 1).astype(np.int64)
    offset = np.cumsum(length) - length
    which = np.repeat(np.arange(len(series)), length)
    day = np.arange(int(length.sum())) - offset[which]
    series_of_row = np.repeat(np.arange(len(series)), series["days"].to_numpy())
    days_in = ((sales["date"].to_numpy() - first[series_of_row]) // _DAY).astype(np.int64)
    place = offset[series_of_row] + days_in
    units = np.zeros(len(day), dtype=np.float64)
    units[place] = sales["units"].to_numpy()
    availability = np.ones(len(day), dtype=np.float32)
    availability[place] = sales["availability"].to_numpy()
    return pd.DataFrame(
        {
            "date": first[which] + day * _DAY,
            "region": series["region"].array.take(which),
            "sku": series["sku"].array.take(which),
            "units": units,
            "availability": availability,
        }
    )
