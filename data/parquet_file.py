"""Reads a Parquet table: only the columns that are needed, names dictionary-encoded."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from data.files import RawTable, first_line, no_rows, too_many_rows
from data.findings import Findings
from data.header import check_header
from data.sentence import say
from data.tables import MOST_ROWS, Table

_BROKEN = "Write the file again; it may have been cut off while it was copied"


def read_parquet(
    path: Path, table: Table, wanted: set[str] | None, findings: Findings
) -> RawTable | None:
    """Return the table's columns, or None where the file as a whole is at fault.

    :param wanted: undeclared columns to read from an open-ended table (None: all).
    """
    try:
        if path.stat().st_size == 0:
            found = say("an empty file")
        else:
            with pa.parquet.ParquetFile(path) as file:
                return _read(file, path, table, wanted, findings)
    # A damaged file can also fail deep inside, as a value that does not fit its type.
    except (pa.ArrowException, OSError, ValueError, TypeError, MemoryError) as error:
        found = say("a file that cannot be read ({error})", error=first_line(error))
    mend = say("Write the file again; it may have been cut off while it was copied")
    findings.fault(table.name, None, say("a Parquet file"), found, mend)
    return None


def _read(
    file: pa.parquet.ParquetFile,
    path: Path,
    table: Table,
    wanted: set[str] | None,
    findings: Findings,
) -> RawTable | None:
    schema, rows = file.schema_arrow, file.metadata.num_rows
    header = tuple(schema.names)
    columns = check_header(table, header, wanted, findings)
    if columns is None:
        return None
    if rows == 0 and not table.may_be_empty:
        no_rows(table, "a table without rows", findings)
        return None
    if rows > MOST_ROWS:
        too_many_rows(table, rows, findings)
        return None
    text = [name for name in columns if pa.types.is_string(schema.field(name).type)]
    with pa.parquet.ParquetFile(path, read_dictionary=text) as encoded:
        arrow = encoded.read(columns=list(columns))
    for name in text:  # reading does not look whether text is UTF-8
        arrow.column(name).validate(full=True)
    cells = {name: arrow.column(name) for name in columns}
    return RawTable(table, path, cells, header, arrow.num_rows)
