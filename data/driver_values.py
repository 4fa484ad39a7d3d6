"""The value of each driver on given days of given series."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

_KEYS = ("date", "region", "sku")


def driver_names(drivers: pd.DataFrame) -> list[str]:
    """Return the numeric columns of a brand's drivers."""
    return [name for name in drivers.columns if name not in _KEYS]


def driver_values(drivers: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each of ``rows`` and one float column a driver; NaN where none is said.

    Drivers that leave region or sku blank apply to all of them. Where several rows of drivers
    apply, the value of the most special one that has a value counts: for all, for a region, for
    a sku, for a region and sku, in this order.

    :param drivers: a brand's drivers (region and sku categories with ``""`` for all).
    :param rows: date, region, sku; categories as in the brand's sales.
    """
    names = driver_names(drivers)
    values = drivers[names].to_numpy(dtype=np.float32, na_value=np.nan)
    result = np.full((len(rows), len(names)), np.nan, dtype=np.float32)
    region, sku = _codes(rows["region"], drivers["region"]), _codes(rows["sku"], drivers["sku"])
    day = _days(rows["date"])
    own_region, own_sku = _own(drivers["region"]), _own(drivers["sku"])
    for by_region, by_sku in ((False, False), (True, False), (False, True), (True, True)):
        level = np.flatnonzero(((own_region >= 0) == by_region) & ((own_sku >= 0) == by_sku))
        if not len(level):
            continue
        have = _key(
            own_region[level] if by_region else None,
            own_sku[level] if by_sku else None,
            _days(drivers["date"])[level],
        )
        want = _key(region if by_region else None, sku if by_sku else None, day)
        order = np.argsort(have, kind="stable")
        place = np.minimum(np.searchsorted(have, want, sorter=order), len(have) - 1)
        source = level[order[place]]
        hit = np.flatnonzero(have[order[place]] == want)
        said = values[source[hit]]
        result[hit] = np.where(np.isnan(said), result[hit], said)
    return pd.DataFrame(result, index=rows.index, columns=names)


def _codes(cells: pd.Series[Any], like: pd.Series[Any]) -> npt.NDArray[np.int64]:
    mapping = like.cat.categories.get_indexer(cells.cat.categories)
    return mapping.astype(np.int64)[cells.cat.codes.to_numpy()]


def _own(cells: pd.Series[Any]) -> npt.NDArray[np.int64]:
    """Return category codes, -1 for all."""
    codes = cells.cat.codes.to_numpy().astype(np.int64)
    if "" in cells.cat.categories:
        codes[codes == cells.cat.categories.get_loc("")] = -1
    return codes


def _days(dates: pd.Series[Any]) -> npt.NDArray[np.int64]:
    return dates.to_numpy().astype("datetime64[D]").astype(np.int64)


def _key(
    region: npt.NDArray[np.int64] | None,
    sku: npt.NDArray[np.int64] | None,
    day: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """Return one number for a region, sku and day; 2^21 regions and skus, 2^20 days fit."""
    key = day
    if region is not None:
        key = key + (region << 41)
    if sku is not None:
        key = key + (sku << 20)
    return key
