"""From a table's file to typed columns, with every fault of form and of its own rows told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from data.columns import blank_cells, distinct, is_number, is_text, looks_numeric, read_cells
from data.csv_file import read_csv
from data.files import RawTable
from data.findings import Findings, quoted
from data.parquet_file import read_parquet
from data.rules import EARLIEST, LATEST
from data.sentence import say
from data.tables import Column, Table


@dataclass(frozen=True)
class Rows:
    """The typed rows of one table, as they stand in the file.

    :param frame: all declared columns (blank where absent) and the drivers, if any; names are
        categories, numbers float, days datetime64[ns]; the index is the record's position in
        the file, from 0.
    :param header: all column names of the file.
    """

    table: Table
    path: Path
    frame: pd.DataFrame
    header: tuple[str, ...]

    def at(self, chosen: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the positions in the file of the rows that are chosen (a truth a row)."""
        mask = np.asarray(chosen, dtype=bool)
        places: npt.NDArray[np.int64] = self.frame.index.to_numpy(dtype=np.int64)[mask]
        return places


def read_rows(path: Path, table: Table, wanted: set[str] | None, findings: Findings) -> Rows | None:
    """Read and check one table by itself; None where nothing of it can be used.

    :param wanted: undeclared columns to read from an open-ended table (None: the numeric ones).
    """
    # pandera takes as long to import as pandas; whoever only opens a page does without.
    from data.schemas import check_rows

    reader = read_csv if path.suffix == ".csv" else read_parquet
    try:
        raw = reader(path, table, wanted, findings)
    except OSError as error:
        found = error.strerror or type(error).__name__
        findings.fault(
            table.name, None, say("a file that can be read"), found, say("Allow to read it")
        )
        return None
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
            cells[column.name] = blank_cells(column, raw.rows)
    frame = pd.DataFrame(cells, index=pd.RangeIndex(raw.rows), copy=False)
    frame, unread = _without_blank_rows(table, frame, unread, findings)
    check_rows(table, frame, unread, findings)
    for column in table.columns:
        if column.kind == "day":
            frame[column.name] = _nanoseconds(frame[column.name])
    header = raw.header
    del raw
    # Arrow keeps what the file took for the next one: hundreds of MB of a large table.
    pa.default_memory_pool().release_unused()
    return Rows(table, path, frame, header)


def _columns(
    table: Table, raw: RawTable, wanted: set[str] | None, findings: Findings
) -> tuple[Column, ...]:
    """Return the declared columns and, for an open-ended table, its numeric ones."""
    if not table.open_ended:
        return table.columns
    drivers = []
    for name in [name for name in raw.columns if name not in table.names]:
        cells = raw.columns[name]
        if wanted is None and not is_number(cells.type) and not _meant_as_numbers(cells):
            what = say(
                "rows whose column {name} holds no numbers and is no driver", name=quoted(name)
            )
            findings.repair(table.name, what, raw.rows)
            continue
        drivers.append(Column(name, "number", "a driver"))
    return (*table.columns, *drivers)


def _meant_as_numbers(cells: pa.ChunkedArray) -> bool:
    """Whether text cells are meant as numbers: at least one of them is one."""
    return is_text(cells.type) and looks_numeric(distinct(cells)[1])


def _without_blank_rows(
    table: Table,
    frame: pd.DataFrame,
    unread: dict[str, npt.NDArray[np.bool_]],
    findings: Findings,
) -> tuple[pd.DataFrame, dict[str, npt.NDArray[np.bool_]]]:
    """Leave out rows that are blank from end to end, as spreadsheets leave them behind."""
    blank = np.ones(len(frame), dtype=bool)
    required = [column.name for column in table.columns if column.required]
    for name in [*required, *(name for name in frame.columns if name not in required)]:
        blank &= frame[name].isna().to_numpy()
        if name in unread:
            blank &= ~unread[name]
        if not blank.any():
            return frame, unread
    findings.repair(table.name, say("blank rows left out"), int(blank.sum()))
    return frame[~blank], {name: cells[~blank] for name, cells in unread.items()}


def _nanoseconds(days: pd.Series[Any]) -> pd.Series[Any]:
    """Return days in nanoseconds; absurd years, already told, become missing."""
    values = days.to_numpy()
    absurd = (values < EARLIEST) | (values > LATEST)
    if absurd.any():
        values = np.where(absurd, np.datetime64("NaT"), values)
    return pd.Series(values.astype("datetime64[ns]"), index=days.index)
