"""Reads FreshRetailNet-50K's parquet files in pieces; what is not as its card says is a fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from data.files import first_line
from data.findings import Findings, RowNumbers, listed, quoted
from data.keys import day_numbers
from data.suggest import nearest

IDS = ("city_id", "store_id", "product_id", "first_category_id")
AMOUNTS = {
    "sale_amount": (0.0, np.inf),
    "stock_hour6_22_cnt": (0.0, 16.0),
    "discount": (0.0, np.inf),
    "holiday_flag": (0.0, 1.0),
    "activity_flag": (0.0, 1.0),
    "precpt": (0.0, np.inf),
    "avg_temperature": (-90.0, 60.0),
}
"""Columns that are read as numbers, with the range of their values."""

LARGEST_ID = (1 << 20) - 1
_BATCH = 1 << 18
_OWN_FILES = "Use the data set's own parquet files"
_AGAIN = "Download the file again"


@dataclass(frozen=True)
class Part:
    """One piece of a file, checked: a number array a column, and ``day`` (days since 1970)."""

    file: str
    columns: dict[str, npt.NDArray[Any]]
    rows: int


def count_rows(path: Path, findings: Findings) -> int:
    """Return a file's rows; a file that is not the data set's is a fault."""
    name = path.name
    try:
        with pa.parquet.ParquetFile(path) as file:
            header, rows = file.schema_arrow.names, int(file.metadata.num_rows)
    except (pa.ArrowException, OSError) as error:
        found = f"a file that cannot be read ({first_line(error)})"
        findings.fault("source", None, "a Parquet file", found, _AGAIN, file=name)
        return 0
    for column in (*IDS, "dt", *AMOUNTS):
        if column not in header:
            alike = nearest(column, header, cutoff=0.8)
            findings.fault(
                "source",
                column,
                f"a column {quoted(column)}, as the data set's card gives it",
                f"the columns {listed(header, shown=12)}",
                f"Rename {quoted(alike)}" if alike else _OWN_FILES,
                file=name,
            )
    if rows == 0:
        findings.fault("source", None, "at least one row", "none", "Leave it out", file=name)
    return rows


def read_parts(path: Path, findings: Findings) -> Iterator[Part]:
    """Yield a file piece by piece; values at fault are told once a column and read as 0."""
    start = 0
    try:
        with pa.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(_BATCH, columns=[*IDS, "dt", *AMOUNTS]):
                reader = _Reader(batch, start, path.name, findings)
                columns: dict[str, npt.NDArray[Any]] = {n: reader.whole(n) for n in IDS}
                columns |= {n: reader.amount(n, *span) for n, span in AMOUNTS.items()}
                columns["day"] = reader.day()
                yield Part(path.name, columns, batch.num_rows)
                start += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        found = f"damage after row {start + 1:,} ({first_line(error)})"
        findings.fault("source", None, "a Parquet file", found, _AGAIN, file=path.name)


@dataclass(frozen=True)
class _Reader:
    batch: pa.RecordBatch
    start: int
    file: str
    findings: Findings

    def whole(self, name: str) -> npt.NDArray[np.int64]:
        values = self._numbers(name, 0, LARGEST_ID, f"whole numbers from 0 to {LARGEST_ID}", True)
        return values.astype(np.int64)

    def amount(self, name: str, least: float, most: float) -> npt.NDArray[np.float64]:
        span = f"numbers from {least:g}" + (f" to {most:g}" if np.isfinite(most) else "")
        return self._numbers(name, least, most, span, False)

    def _numbers(
        self, name: str, least: float, most: float, expected: str, whole: bool
    ) -> npt.NDArray[np.float64]:
        cells = self.batch.column(name)
        try:
            values = np.asarray(pc.cast(cells, pa.float64()), dtype=np.float64)
        except pa.ArrowException:
            self._tell(name, expected, np.ones(len(cells), dtype=bool))
            return np.zeros(len(cells))
        bad = ~((values >= least) & (values <= most) & np.isfinite(values))
        if whole:
            bad |= np.floor(values) != values
        if not bad.any():
            return values
        self._tell(name, expected, bad)
        return np.where(bad, 0.0, values)

    def day(self) -> npt.NDArray[np.int64]:
        cells = pd.Series(self.batch.column("dt").to_pandas())
        dates = pd.to_datetime(cells, errors="coerce", format="%Y-%m-%d")
        bad = dates.isna() | ~dates.dt.year.between(2000, 2099)
        if bad.any():
            self._tell("dt", "days as YYYY-MM-DD from 2000 to 2099", bad.to_numpy())
        return day_numbers(dates.where(~bad, pd.Timestamp("2000-01-01")).astype("datetime64[ns]"))

    def _tell(self, name: str, expected: str, bad: npt.NDArray[np.bool_]) -> None:
        """Add a fault unless an earlier piece of the file had the same one."""
        if any(f.column == name and f.file == self.file for f in self.findings.faults):
            return
        cells, places = self.batch.column(name), np.flatnonzero(bad)
        shown = dict.fromkeys(str(cells[int(place)].as_py()) for place in places[:100])
        self.findings.fault(
            "source",
            name,
            expected,
            listed(shown),
            _OWN_FILES,
            places + self.start,
            file=self.file,
            numbers=RowNumbers(),
        )
