"""Reads a Parquet table: only the columns that are needed, names dictionary-encoded."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from data.files import RawTable
from data.findings import Findings, RowNumbers
from data.header import check_header
from data.tables import MOST_ROWS, Table

_BROKEN = "Write the file again; it may have been cut off while it was copied"


def read_parquet(
    path: Path, table: Table, wanted: set[str] | None, findings: Findings
) -> RawTable | None:
    """Return the table's columns, or None where the file as a whole is at fault.

    :param wanted: names of extra columns to read (None: all of an open-ended table).
    """
    try:
        with pa.parquet.ParquetFile(path) as file:
            return _read(file, path, table, wanted, findings)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        what = (
            "an empty file"
            if path.stat().st_size == 0
            else f"a file that cannot be read ({_first_line(error)})"
        )
        findings.fault(table.name, None, "a Parquet file", what, _BROKEN)
        return None


def _read(
    file: pa.parquet.ParquetFile,
    path: Path,
    table: Table,
    wanted: set[str] | None,
    findings: Findings,
) -> RawTable | None:
    header = tuple(file.schema_arrow.names)
    rows = file.metadata.num_rows
    columns = check_header(table, header, wanted, findings)
    if columns is None:
        return None
    if rows == 0 and not table.may_be_empty:
        findings.fault(
            table.name,
            None,
            "at least one row",
            "a table without rows",
            "Add the rows" if table.required else "Add the rows or remove the file",
        )
        return None
    if rows > MOST_ROWS:
        too_many_rows(table, rows, findings)
        return None
    text = [name for name in columns if pa.types.is_string(file.schema_arrow.field(name).type)]
    with pa.parquet.ParquetFile(path, read_dictionary=text) as encoded:
        arrow = encoded.read(columns=list(columns))
    return RawTable(
        table,
        path,
        {name: arrow.column(name) for name in columns},
        header,
        rows,
        RowNumbers(),
    )


def too_many_rows(table: Table, rows: int, findings: Findings) -> None:
    """Add the fault of a table that is too large to read."""
    findings.fault(
        table.name,
        None,
        f"at most {MOST_ROWS:,} rows",
        f"{rows:,} rows",
        "Keep fewer days of history, or split the brand by region into several folders",
    )


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0].rstrip(".")[:200]
