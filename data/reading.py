"""From a table's file to typed columns, with every fault of form and of its own rows told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.columns import distinct, is_number, is_text, looks_numeric, read_cells
from data.csv_file import read_csv
from data.files import RawTable
from data.findings import Findings, quoted
from data.parquet_file import read_parquet
from data.schemas import EARLIEST, LATEST, check_rows
from data.tables import Column, Table


@dataclass(frozen=True)
class Rows:
    """The typed rows of one table, as they stand in the file.

    :param frame: all declared columns (blank where absent) and the drivers, if any; names are
        categories, numbers float, days datetime64[ns]; the index is the record's position.
    :param unread: for each column, which cells are at fault already.
    :param header: all column names of the file.
    """

    table: Table
    path: Path
    frame: pd.DataFrame
    unread: dict[str, npt.NDArray[np.bool_]]
    header: tuple[str, ...]


def read_rows(path: Path, table: Table, wanted: set[str] | None, findings: Findings) -> Rows | None:
    """Read and check one table by itself; None where nothing of it can be used."""
    reader = read_csv if path.suffix == ".csv" else read_parquet
    raw = reader(path, table, wanted, findings)
    if raw is None:
        return None
    cells: dict[str, Any] = {}
    unread: dict[str, npt.NDArray[np.bool_]] = {}
    for column in _columns(table, raw, wanted, findings):
        if column.name in raw.columns:
            read = read_cells(table, column, raw.columns.pop(column.name), findings)
            cells[column.name] = read.values
            if read.unread.any():
                unread[column.name] = read.unread
        else:
            cells[column.name] = _blank(column, raw.rows)
    frame = pd.DataFrame(cells, index=pd.RangeIndex(raw.rows), copy=False)
    check_rows(table, frame, unread, findings)
    for column in table.columns:
        if column.kind == "day":
            frame[column.name] = _nanoseconds(frame[column.name])
    return Rows(table, path, frame, unread, raw.header)


def _columns(
    table: Table, raw: RawTable, wanted: set[str] | None, findings: Findings
) -> tuple[Column, ...]:
    """Return the declared columns and, for an open-ended table, its numeric ones."""
    if not table.open_ended:
        return table.columns
    extras = [name for name in raw.columns if name not in table.names]
    drivers = []
    for name in extras:
        column = Column(name, "number", "a driver")
        cells = raw.columns[name]
        if wanted is None and not is_number(cells.type) and not _numeric(cells):
            findings.repair(
                table.name, f"column {quoted(name)} holds text and is no driver", raw.rows
            )
            continue
        drivers.append(column)
    return (*table.columns, *drivers)


def _numeric(cells: pa.ChunkedArray) -> bool:
    """Whether text cells are meant as numbers: at least one of them is one."""
    if pa.types.is_null(cells.type):
        return True
    return is_text(cells.type) and looks_numeric(distinct(cells)[1])


def _blank(column: Column, rows: int) -> Any:
    if column.kind == "text":
        return pd.Categorical.from_codes(np.full(rows, -1, dtype=np.int8), categories=[])
    if column.kind == "day":
        return np.full(rows, "NaT", dtype="datetime64[s]")
    return np.full(rows, np.nan, dtype=np.float32 if rows > 1_000_000 else np.float64)


def _nanoseconds(days: pd.Series[Any]) -> pd.Series[Any]:
    """Return days in nanoseconds; absurd years, already told, become missing."""
    values = days.to_numpy()
    absurd = (values < EARLIEST) | (values > LATEST)
    if absurd.any():
        values = np.where(absurd, np.datetime64("NaT"), values)
    return pd.Series(values.astype("datetime64[ns]"), index=days.index)
