"""The value of each driver on given days of given series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.keys import day_numbers

_KEYS = ("date", "region", "sku")


def driver_names(drivers: pd.DataFrame) -> list[str]:
    """Return the numeric columns of a brand's drivers."""
    return [name for name in drivers.columns if name not in _KEYS]


@dataclass(frozen=True)
class _Level:
    """The rows of drivers that apply as widely as each other: their keys in order, and where."""

    by_region: bool
    by_sku: bool
    keys: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]


class DriverLookup:
    """Finds the value of each driver for a region, sku and day.

    Drivers that leave region or sku blank apply to all of them. Where several rows apply, the
    value of the most special one that has a value counts: for all, for a region, for a sku, for
    a region and sku, in this order.

    :param drivers: a brand's drivers (region and sku are categories, ``""`` = all).
    """

    def __init__(self, drivers: pd.DataFrame) -> None:
        self.names = driver_names(drivers)
        self._values = [drivers[name].to_numpy() for name in self.names]
        self._regions = drivers["region"].cat.categories
        self._skus = drivers["sku"].cat.categories
        region, sku = _own(drivers["region"]), _own(drivers["sku"])
        day = day_numbers(drivers["date"])
        self._levels: list[_Level] = []
        for by_region, by_sku in ((False, False), (True, False), (False, True), (True, True)):
            places = np.flatnonzero(((region >= 0) == by_region) & ((sku >= 0) == by_sku))
            if len(places):
                keys = _key(region[places] * by_region, sku[places] * by_sku, day[places])
                if not (keys[1:] >= keys[:-1]).all():
                    order = np.argsort(keys, kind="stable")
                    keys, places = keys[order], places[order]
                self._levels.append(_Level(by_region, by_sku, keys, places))

    def values(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return a float32 column a driver for rows of date, region, sku; NaN = nothing said."""
        result = np.full((len(self.names), len(rows)), np.nan, dtype=np.float32)
        region = _codes(rows["region"], self._regions)
        sku = _codes(rows["sku"], self._skus)
        day = day_numbers(rows["date"])
        for level in self._levels:
            want = _key(region * level.by_region, sku * level.by_sku, day)
            place = np.minimum(np.searchsorted(level.keys, want), len(level.keys) - 1)
            found = level.keys[place] == want
            source = level.places[place]
            for line, values in zip(result, self._values, strict=True):
                said = values[source]
                np.copyto(line, said, where=found & ~np.isnan(said), casting="same_kind")
        return pd.DataFrame(result.T, index=rows.index, columns=self.names, copy=False)


def _codes(cells: pd.Series[Any], names: pd.Index[Any]) -> npt.NDArray[np.int64]:
    mapping = names.get_indexer(cells.cat.categories).astype(np.int64)
    return mapping[cells.cat.codes.to_numpy()]


def _own(cells: pd.Series[Any]) -> npt.NDArray[np.int64]:
    """Return category codes, -1 for all."""
    codes = cells.cat.codes.to_numpy().astype(np.int64)
    if "" in cells.cat.categories:
        codes[codes == cells.cat.categories.get_loc("")] = -1
    return codes


def _key(
    region: npt.NDArray[np.int64], sku: npt.NDArray[np.int64], day: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return one number for a region, sku and day: 21 bits for each name, 20 for the day."""
    return (region << 41) + (sku << 20) + day
