"""Drivers that are known ahead, laid on the grid of series and days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.errors import BadInput

if TYPE_CHECKING:
    from data.brand import Brand

Floats = npt.NDArray[np.floating[Any]]


def driver_grid(
    brand: Brand, keys: pd.DataFrame, dates: pd.DatetimeIndex, history: int
) -> tuple[Floats, tuple[str, ...]]:
    """Return the known drivers as an array (series, days, drivers), NaN where there is none.

    A row that names neither region nor sku holds for all; one that names more holds before one
    that names less.

    :param keys: region and sku of each series.
    :param dates: history and horizon; the first ``history`` are history.
    :raises BadInput: a driver with values in history misses days of the horizon.
    """
    names = tuple(name for name in known_drivers(brand) if name in brand.drivers)
    grid = np.full((len(keys), len(dates), len(names)), np.nan, dtype=np.float32)
    if not names:
        return grid, names
    frame = brand.drivers
    frame = frame[(frame["date"] >= dates[0]) & (frame["date"] <= dates[-1])]
    day = ((frame["date"].to_numpy() - dates[0].to_datetime64()) // np.timedelta64(1, "D")).astype(
        np.intp
    )
    region, regions = _codes(frame, "region", keys)
    sku, skus = _codes(frame, "sku", keys)
    values = frame[list(names)].to_numpy(dtype=np.float32)
    everywhere, everything = region == -1, sku == -1
    wide = np.full((len(regions) + 1, len(skus) + 1), -1, dtype=np.intp)
    own_region = regions.get_indexer(pd.Index(keys["region"]))
    own_sku = skus.get_indexer(pd.Index(keys["sku"]))
    wide[own_region, own_sku] = np.arange(len(keys))

    def spread(rows: npt.NDArray[np.bool_], groups: int, code: npt.NDArray[np.intp]) -> Floats:
        table = np.full((groups, len(dates), len(names)), np.nan, dtype=np.float32)
        table[code[rows], day[rows]] = values[rows]
        return table

    zero = np.zeros(len(frame), dtype=np.intp)
    for rows, groups, code, own in (
        (everywhere & everything, 1, zero, np.zeros(len(keys), dtype=np.intp)),
        (~everywhere & everything & (region >= 0), len(regions), region, own_region),
        (everywhere & ~everything & (sku >= 0), len(skus), sku, own_sku),
    ):
        if rows.any():
            table = spread(rows, groups, code)[own]
            grid = np.where(np.isnan(table), grid, table)
    series = np.where((region >= 0) & (sku >= 0), wide[region, sku], -1)
    rows = series >= 0
    if rows.any():
        table = spread(rows, len(keys), series)
        grid = np.where(np.isnan(table), grid, table)
    _require_horizon(grid, names, keys, dates, history)
    return grid, names


def known_drivers(brand: Brand) -> tuple[str, ...]:
    """Return the drivers declared ``known``, in the order of the table; all if none is declared."""
    columns = [name for name in brand.drivers.columns if name not in ("date", "region", "sku")]
    declared = brand.settings.drivers
    return tuple(name for name in columns if declared.get(name, "known") == "known")


def _codes(
    frame: pd.DataFrame, column: str, keys: pd.DataFrame
) -> tuple[npt.NDArray[np.intp], pd.Index[Any]]:
    """Code of each row's region or sku: -1 for all of them, -2 for one that no series has."""
    known = pd.Index(sorted(keys[column].unique()), dtype=object)
    if column not in frame:
        return np.full(len(frame), -1, dtype=np.intp), known
    values = frame[column].astype("category").cat
    labels = values.categories.astype(str)
    lookup = known.get_indexer(labels.astype(object))
    lookup = np.where(lookup < 0, -2, lookup)
    lookup = np.where(labels == "", -1, lookup)
    return np.append(lookup, -1)[values.codes.to_numpy()].astype(np.intp), known


def _require_horizon(
    grid: Floats,
    names: tuple[str, ...],
    keys: pd.DataFrame,
    dates: pd.DatetimeIndex,
    history: int,
) -> None:
    faults = []
    for index, name in enumerate(names):
        missing = np.isnan(grid[:, history:, index])
        used = np.isfinite(grid[:, :history, index]).any(axis=1)
        lacking = np.flatnonzero(used & missing.any(axis=1))
        if not len(lacking):
            continue
        first = dates[history + int(np.argmax(missing[lacking].any(axis=0)))]
        some = keys[["region", "sku"]].iloc[lacking[:5]]
        examples = [f"{region} × {sku}" for region, sku in some.itertuples(index=False)]
        faults.append(
            f"drivers, column {name}: expected a value for each day to {dates[-1]:%Y-%m-%d}; "
            f"found none from {first:%Y-%m-%d} for {len(lacking)} series ({', '.join(examples)}). "
            f'Add the days, shorten the horizon, or declare {name} = "past" in [drivers].'
        )
    if faults:
        raise BadInput("\n".join(faults))
