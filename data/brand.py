"""A brand: checked tables and settings, read from a folder."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from data.assemble import assemble, empty
from data.checks import check_together
from data.day_checks import check_days
from data.driver_checks import check_drivers_file, count_unknown_in_history, unknown_over_horizon
from data.driver_values import DriverLookup, driver_names
from data.duplicates import leave_out_copies
from data.errors import BadBrand
from data.faults import CheckReport, Fault
from data.files import digest_of, find_files
from data.findings import Findings, quoted
from data.reading import Rows, read_rows
from data.sentence import say
from data.series import count_missing_days, daily, spans
from data.settings import Settings
from data.settings_file import SETTINGS_FILE, read_settings
from data.tables import BY_NAME, TABLES

_DRIVER_FILES = ("drivers.csv", "drivers.parquet")


@dataclass(frozen=True, eq=False)
class Brand:
    """Everything that is known of a brand at the close of its as-of day.

    Tables are always there (empty where the file is absent), sorted by their key, with a
    RangeIndex, every column of the input contract and its defaults filled. ``region`` and
    ``sku`` of sales, stock, inbound, drivers, assortment and fulfilments are categories that
    share one sorted list over all tables. Frames are shared, not copied: do not write into them.

    :param sales: date, region, sku, units (float64), availability (float32); sorted by region,
        sku, date; days up to ``as_of`` only, as in the file (see :meth:`daily_sales`).
    :param products: sku, name, category, unit_m3, case_units (int), price, margin,
        shelf_life_days (NaN = does not spoil), launched (NaT), similar_to ("").
    :param regions: region, name, lat, lon, vip_share.
    :param locations: location, name, kind, region ("" for mains), lat, lon, storage_m3 (inf =
        unlimited), handling_units (inf), demand_share (adds up to 1 over a region's locations
        of one kind; NaN for mains), branch ("" = its region's).
    :param lanes: lane, origin, destination, lead_days (int), vehicle_m3, vehicle_cost,
        unit_cost, km (NaN), co2_kg, departs (``daily``, ``Mon-Sat`` …), departs_on (seven
        truths, Monday first).
    :param stock: location, sku, units, expires (NaT = never).
    :param inbound: location, sku, units, arrives.
    :param drivers: date, region, sku ("" = all of them) and numeric columns (NaN = not said);
        not cut at ``as_of``; ``settings.drivers`` names the columns and their use.
    :param assortment: location, sku, max_units (inf); ``has_assortment`` tells an absent table
        (everything is allowed) from an empty one.
    :param events: event, starts, ends, regions and categories (tuples; () = all), strength.
    :param fulfilments: date, location, sku, region ("" = the location's own), units; not cut at
        ``as_of``.
    """

    folder: Path | None
    settings: Settings
    as_of: pd.Timestamp
    report: CheckReport
    version: str
    sales: pd.DataFrame = field(repr=False)
    products: pd.DataFrame = field(repr=False)
    regions: pd.DataFrame = field(repr=False)
    locations: pd.DataFrame = field(repr=False)
    lanes: pd.DataFrame = field(repr=False)
    stock: pd.DataFrame = field(repr=False)
    inbound: pd.DataFrame = field(repr=False)
    drivers: pd.DataFrame = field(repr=False)
    assortment: pd.DataFrame = field(repr=False)
    events: pd.DataFrame = field(repr=False)
    has_assortment: bool = False
    fulfilments: pd.DataFrame = field(
        default_factory=lambda: empty(BY_NAME["fulfilments"]), repr=False
    )

    @property
    def dates(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """First and last day with sales."""
        return self.sales["date"].min(), self.sales["date"].max()

    def series(self) -> pd.DataFrame:
        """Return the series: region, sku, first, last (days with a row), days (rows)."""
        return spans(self.sales)

    def daily_sales(self) -> pd.DataFrame:
        """Return sales with a row for every day between a series' first and last one.

        A missing day is a day without sales: units 0, availability 1.
        """
        return daily(self.sales)

    def driver_values(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the drivers' values for rows of date, region, sku; NaN where none is said.

        See :class:`data.driver_values.DriverLookup` for drivers that apply to all.
        """
        return DriverLookup(self.drivers).values(rows)

    def driver_faults(self, horizon_days: int) -> list[Fault]:
        """Return a fault for each known driver that is not known over the days to be forecast."""
        name = next((n for n in _DRIVER_FILES if self.folder and (self.folder / n).exists()), None)
        return unknown_over_horizon(
            self.drivers,
            self.settings.drivers,
            self.series()[["region", "sku"]],
            self.as_of,
            horizon_days,
            name or _DRIVER_FILES[0],
        )

    def until(self, as_of: str | pd.Timestamp) -> Brand:
        """Return the brand as its sales looked on an earlier day.

        Sales after that day are cut; drivers stay, because they were planned; stock and inbound
        stay as they are, because the past's are not recorded: a plan for a past day moves
        today's stock.

        :raises BadBrand: when there are no sales up to that day, or it is after ``self.as_of``.
        """
        day = _as_day(as_of)
        first = self.dates[0]
        if not first <= day <= self.as_of:
            raise BadBrand([_as_of_fault(first, self.as_of, f"{day:%Y-%m-%d}")])
        if day == self.as_of:
            return self
        sales = self.sales[self.sales["date"] <= day].reset_index(drop=True)
        return replace(self, sales=sales, as_of=day, version=f"{self.version}@{day:%Y%m%d}")


def read_brand(folder: str | Path, as_of: str | pd.Timestamp | None = None) -> Brand:
    """Read and check a brand folder.

    :param as_of: the last day whose sales are known; default: the last day with sales.
    :raises BadBrand: with every fault of the folder at once.
    """
    brand, report = _read(Path(folder), None if as_of is None else _as_day(as_of))
    if brand is None:
        raise BadBrand(report.faults)
    return brand


def check_brand(folder: str | Path, as_of: str | pd.Timestamp | None = None) -> CheckReport:
    """Check a brand folder; faults are in the report, never raised."""
    try:
        return _read(Path(folder), None if as_of is None else _as_day(as_of))[1]
    except BadBrand as error:
        return CheckReport(faults=error.faults)


def _as_day(as_of: str | pd.Timestamp) -> pd.Timestamp:
    try:
        day = pd.Timestamp(as_of)
        if pd.isna(day) or day.tzinfo is not None:
            raise ValueError(as_of)
    except (ValueError, TypeError, OverflowError):
        fault = Fault(
            "sales",
            "date",
            say("an as-of day as YYYY-MM-DD"),
            quoted(as_of),
            say("Write a day such as 2024-06-01"),
        )
        raise BadBrand([fault]) from None
    return day.normalize().as_unit("ns")


def _read(folder: Path, as_of: pd.Timestamp | None) -> tuple[Brand | None, CheckReport]:
    findings = Findings()
    if not folder.is_dir():
        return None, CheckReport(faults=(_no_folder(folder),))
    settings, named = read_settings(folder, findings)
    files = find_files(folder, findings)
    check_drivers_file(named, findings)
    tables: dict[str, Rows] = {}
    for table in TABLES:
        if table.name in files:
            rows = read_rows(files[table.name], table, named, findings)
            if rows is not None:
                tables[table.name] = rows
    check_together(tables, findings)
    check_days(tables, findings)
    sizes = {name: len(rows.frame) for name, rows in tables.items()}
    frames = {name: leave_out_copies(tables.pop(name), findings) for name in list(tables)}
    if findings.faults:
        return None, _report(findings, sizes)
    finished = assemble(frames, findings)
    first, last = finished["sales"]["date"].min(), finished["sales"]["date"].max()
    day = last if as_of is None else as_of
    if not first <= day <= last:
        findings.faults.append(_as_of_fault(first, last, f"{day:%Y-%m-%d}"))
        return None, _report(findings, sizes)
    if day < last:
        sales = finished["sales"]
        finished["sales"] = sales[sales["date"] <= day].reset_index(drop=True)
    missing = count_missing_days(finished["sales"])
    findings.repair(
        "sales", say("missing days within series, taken as days without sales"), missing
    )
    count_unknown_in_history(finished["drivers"], finished["sales"], findings)
    uses = {name: settings.drivers.get(name, "known") for name in driver_names(finished["drivers"])}
    brand = Brand(
        folder=folder,
        settings=replace(settings, drivers=uses),
        as_of=day,
        report=_report(findings, sizes),
        version=digest_of([*files.values(), folder / SETTINGS_FILE], f"{day:%Y-%m-%d}"),
        has_assortment="assortment" in frames,
        **finished,
    )
    findings.faults += brand.driver_faults(settings.plan.horizon_days)
    return (None if findings.faults else brand), _report(findings, sizes)


def _report(findings: Findings, sizes: dict[str, int]) -> CheckReport:
    order = {table.name: place for place, table in enumerate(TABLES)}
    faults = sorted(findings.faults, key=lambda fault: order.get(fault.table, -1))
    repairs = sorted(findings.repairs, key=lambda repair: order.get(repair.table, -1))
    return CheckReport(tuple(faults), tuple(repairs), sizes)


def _no_folder(folder: Path) -> Fault:
    return Fault(
        "folder",
        None,
        say("a brand folder"),
        say("a file") if folder.exists() else say("no such folder"),
        say("Give the folder that holds brand.toml and the tables"),
        file=str(folder),
    )


def _as_of_fault(first: pd.Timestamp, last: pd.Timestamp, found: str) -> Fault:
    expected = say(
        "an as-of day with sales, from {first:%Y-%m-%d} to {last:%Y-%m-%d}", first=first, last=last
    )
    return Fault("sales", "date", expected, found, say("Choose another as-of day"))
