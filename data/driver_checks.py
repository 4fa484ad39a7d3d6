"""Whether the drivers are what brand.toml says, and known over the days to be forecast."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.driver_values import DriverLookup
from data.faults import Fault
from data.findings import Findings
from data.sentence import say
from data.settings import DriverUse

_STEP = 1_000_000
"""Rows looked up at a time, to keep memory bounded."""


def check_drivers_file(named: set[str] | None, findings: Findings) -> None:
    """Add a fault where brand.toml names drivers and there is no table of drivers."""
    if named and "drivers" not in findings.files:
        findings.fault(
            "settings",
            "drivers",
            say("a table drivers.csv or drivers.parquet with the columns that [drivers] names"),
            say("no such file"),
            say("Add the table or remove the section"),
        )


def unknown_over_horizon(
    drivers: pd.DataFrame,
    uses: dict[str, DriverUse],
    series: pd.DataFrame,
    as_of: pd.Timestamp,
    horizon_days: int,
    file: str,
) -> list[Fault]:
    """Return a fault for each driver that is not known on every day of every series' horizon.

    :param series: region and sku of each series, categories as in the brand's tables.
    """
    known = [name for name, use in uses.items() if use == "known" and name in drivers]
    if not known or series.empty:
        return []
    days = pd.date_range(as_of + pd.Timedelta(days=1), periods=horizon_days, unit="ns")
    ahead = drivers[drivers["date"].between(days[0], days[-1])]
    rows = pd.DataFrame(
        {
            "date": np.tile(days.to_numpy(), len(series)),
            "region": series["region"].array.repeat(horizon_days),
            "sku": series["sku"].array.repeat(horizon_days),
        }
    )
    values = DriverLookup(ahead[["date", "region", "sku", *known]]).values(rows)
    faults = []
    for name in known:
        missing = values[name].isna().to_numpy()
        if missing.any():
            faults.append(_fault(name, rows, missing, days, file))
    return faults


def _fault(
    name: str, rows: pd.DataFrame, missing: np.ndarray, days: pd.DatetimeIndex, file: str
) -> Fault:
    first = rows[missing].iloc[0]
    return Fault(
        table="drivers",
        column=name,
        expected=say(
            "a value for every series and day from {first:%Y-%m-%d} to {last:%Y-%m-%d}, the "
            "{count} days to be forecast",
            first=days[0],
            last=days[-1],
            count=len(days),
        ),
        found=say(
            "none for {missing:,} of {rows:,}, first {region} × {sku} on {day:%Y-%m-%d}",
            missing=int(missing.sum()),
            rows=len(rows),
            region=first["region"],
            sku=first["sku"],
            day=first["date"],
        ),
        mend=say('Add the rows, choose a shorter horizon, or declare it "past" in [drivers]'),
        file=file,
    )


def count_unknown_in_history(
    drivers: pd.DataFrame, sales: pd.DataFrame, findings: Findings
) -> None:
    """Count the days of sales for which a driver has no value; they tell nothing about it."""
    lookup = DriverLookup(drivers)
    unknown: dict[str, int] = {}
    for start in range(0, len(sales), _STEP):
        values = lookup.values(sales.iloc[start : start + _STEP])
        for name in lookup.names:
            unknown[name] = unknown.get(name, 0) + int(values[name].isna().sum())
    for name, count in unknown.items():
        what = say(
            "days of sales without a value of {name}, left out where it is needed", name=name
        )
        findings.repair("drivers", what, count)
