"""Reads a CSV table quickly where it is sound, and finds every fault of form where it is not."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv

from data.files import (
    RawTable,
    first_line,
    no_rows,
    scan_text,
    too_many_rows,
    wrong_format,
)
from data.findings import Findings, RowNumbers, quoted
from data.header import check_header
from data.sentence import say
from data.tables import MOST_ROWS, Kind, Table

_CHUNK = 1 << 22
_MOST_REFUSED_LINES = 1000
_MOST_BLANK_LINES = 10_000
_ARROW_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.dictionary(pa.int32(), pa.utf8()),
    "number": pa.float64(),
    "whole": pa.float64(),
    "day": pa.timestamp("s"),
}
_EXPORT = say("Export the table again as CSV in UTF-8 with commas between the columns")


def read_csv(
    path: Path, table: Table, wanted: set[str] | None, findings: Findings
) -> RawTable | None:
    """Return the table's columns, or None where the file as a whole is at fault.

    Cells are typed where every cell of the file allows it; otherwise all columns are text, so
    that the cells at fault can be shown as they are.

    :param wanted: undeclared columns to read from an open-ended table (None: all).
    """
    if not _is_text(path, table, findings):
        return None
    header = _header(path, table, findings)
    if header is None:
        return None
    columns = check_header(table, header, wanted, findings)
    if columns is None:
        return None
    reader = _Reader(path, columns, {column.name: column.kind for column in table.columns})
    arrow = _read(reader, table, findings)
    if arrow is None:
        return None
    if arrow.num_rows == 0 and not table.may_be_empty and not reader.refused:
        no_rows(table, "a header and no rows", findings)
        return None
    numbers = RowNumbers(tuple(reader.refused_numbers), _blank_lines(path))
    findings.numbers[table.name] = numbers
    if reader.refused:
        _refused_lines(table, reader, numbers, findings)
        if reader.refused > _MOST_REFUSED_LINES:
            return None
    cells = {name: arrow.column(name) for name in columns}
    return RawTable(table, path, cells, header, arrow.num_rows)


def _read(reader: _Reader, table: Table, findings: Findings) -> pa.Table | None:
    try:
        return reader.typed()
    except pa.ArrowInvalid:
        pass
    try:
        return reader.as_text()
    except pa.ArrowInvalid as error:
        found = say("a file that cannot be split into cells ({error})", error=first_line(error))
        findings.fault(table.name, None, say("a CSV table"), found, _EXPORT)
        return None


def _is_text(path: Path, table: Table, findings: Findings) -> bool:
    """Whether the file is UTF-8 text of a size that can be read; what else it is is a fault."""
    if path.stat().st_size == 0:
        mend = (
            say("Write the header and the rows")
            if table.required
            else say("Write the header and the rows or remove the file")
        )
        findings.fault(
            table.name,
            None,
            say("a header row with the columns' names"),
            say("an empty file"),
            mend,
        )
        return False
    if wrong := wrong_format(path):
        what, how = wrong
        findings.fault(
            table.name, None, say("a CSV table in UTF-8"), say("{what} named .csv", what=what), how
        )
        return False
    scanned = scan_text(path)
    if scanned.bad is not None:
        bad = scanned.bad
        findings.fault(
            table.name,
            None,
            say("text in UTF-8"),
            say(
                "text in {encoding} (first in line {line}: {sample})",
                encoding=bad.encoding,
                line=bad.line,
                sample=quoted(bad.sample),
            ),
            say("Save it as UTF-8 (in Excel: “Save as”, “CSV UTF-8”)"),
        )
        return False
    if scanned.binary:
        findings.fault(table.name, None, say("a CSV table"), say("a binary file"), _EXPORT)
        return False
    if scanned.lines > MOST_ROWS:
        too_many_rows(table, scanned.lines, findings)
        return False
    return True


_SEPARATORS = (
    (";", say("semicolons")),
    ("\t", say("tabs")),
    ("|", say("bars")),
    ("，", say("full-width commas")),
)


def _header(path: Path, table: Table, findings: Findings) -> tuple[str, ...] | None:
    """Return the column names; the first line tells the separator as well."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        start = io.StringIO(file.read(1 << 18), newline="")
    try:
        names = next(csv.reader(start), [])
    except csv.Error:
        names = []
    text = ",".join(names)
    if not text.strip(" ,\r\n"):
        findings.fault(
            table.name,
            None,
            say("a header row with the columns' names"),
            say("a blank first line"),
            say("Write the columns' names into the first line"),
        )
        return None
    for separator, name in _SEPARATORS:
        if text.count(separator) >= len(names) and not set(names) & set(table.names):
            findings.fault(
                table.name,
                None,
                say("commas between the columns"),
                say("{name} ({text})", name=name, text=quoted(text)),
                say("Save it with commas between the columns and dots in decimals"),
            )
            return None
    return tuple(names)


class _Reader:
    def __init__(self, path: Path, columns: tuple[str, ...], kinds: dict[str, Kind]) -> None:
        self._path = path
        self._columns = list(columns)
        self._types = {name: _ARROW_TYPES[kinds[name]] for name in columns if name in kinds}
        self.refused = 0
        self.refused_numbers: list[int] = []
        self.refused_lines: list[tuple[int, int, str]] = []

    def typed(self) -> pa.Table:
        return self._read(self._types, pa.csv.ParseOptions(newlines_in_values=True), threads=True)

    def as_text(self) -> pa.Table:
        types = dict.fromkeys(self._columns, _ARROW_TYPES["text"])
        parse = pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=self._refuse)
        return self._read(types, parse, threads=False)

    def _refuse(self, row: Any) -> str:
        self.refused += 1
        if len(self.refused_numbers) <= _MOST_REFUSED_LINES:
            self.refused_numbers.append(row.number)
            self.refused_lines.append((row.expected_columns, row.actual_columns, row.text))
        return "skip"

    def _read(
        self, types: dict[str, pa.DataType], parse: pa.csv.ParseOptions, threads: bool
    ) -> pa.Table:
        return pa.csv.read_csv(
            self._path,
            read_options=pa.csv.ReadOptions(use_threads=threads, block_size=1 << 22),
            parse_options=parse,
            convert_options=pa.csv.ConvertOptions(
                column_types=types, null_values=[""], include_columns=self._columns
            ),
        )


def _refused_lines(table: Table, reader: _Reader, numbers: RowNumbers, findings: Findings) -> None:
    expected, actual, line = reader.refused_lines[0]
    if actual > expected:
        mend = say(
            "Put text that holds a comma in double quotes, and write decimals with a dot (1.5, "
            "not 1,5)"
        )
    else:
        mend = say("Fill the row up to the header's columns or remove it")
    found = say("{actual} values ({line})", actual=actual, line=quoted(line.rstrip()))
    if reader.refused > _MOST_REFUSED_LINES:
        found = say("{found} and {rows:,} such rows", found=found, rows=reader.refused)
    findings.fault(
        table.name,
        None,
        say("{expected} values in every row, as in the header", expected=expected),
        found,
        mend,
        [number - 2 for number in reader.refused_numbers],
        numbers=RowNumbers(blank=numbers.blank),
    )


def _blank_lines(path: Path) -> tuple[int, ...]:
    """Return the row numbers of the first blank lines: they hold no record but are counted."""
    blank: list[int] = []
    with path.open("rb") as file:
        chunk, before = file.read(_CHUNK), b""
        while chunk and not re.search(rb"\n\r?\n|\r\r[^\n]", before + chunk):
            chunk, before = file.read(_CHUNK), chunk[-2:]
        if not chunk:
            return ()
    with path.open(encoding="utf-8-sig", newline="") as text:
        try:
            for row, cells in enumerate(csv.reader(text), start=1):
                if not cells:
                    blank.append(row)
                if len(blank) == _MOST_BLANK_LINES:
                    break
        except csv.Error:
            pass
    return tuple(blank)
