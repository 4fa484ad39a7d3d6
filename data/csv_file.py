"""Reads a CSV table quickly where it is sound, and finds every fault of form where it is not."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv

from data.files import RawTable, find_bad_encoding, wrong_format
from data.findings import Findings, RowNumbers, listed, quoted
from data.header import check_header
from data.tables import MOST_ROWS, Kind, Table

_MOST_REFUSED_LINES = 1000
_ARROW_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.dictionary(pa.int32(), pa.utf8()),
    "number": pa.float64(),
    "whole": pa.float64(),
    "day": pa.timestamp("s"),
}
_EXPORT = "Export the table again as CSV in UTF-8 with commas between the columns"


def read_csv(
    path: Path, table: Table, wanted: set[str] | None, findings: Findings
) -> RawTable | None:
    """Return the table's columns, or None where the file as a whole is at fault.

    Cells are typed where every cell of the file allows it; otherwise all columns are text, so
    that the cells at fault can be shown as they are.

    :param wanted: names of extra columns to read (None: all of an open-ended table).
    """
    if not _is_text(path, table, findings):
        return None
    header = _header(path, table, findings)
    if header is None:
        return None
    columns = check_header(table, header, wanted, findings)
    if columns is None:
        return None
    reader = _Reader(path, columns, {c.name: c.kind for c in table.columns})
    try:
        arrow = reader.typed()
        numbers = RowNumbers()
    except pa.ArrowInvalid:
        try:
            arrow = reader.as_text()
        except pa.ArrowInvalid as error:
            findings.fault(
                table.name, None, "a CSV table", f"a file that cannot be split ({error})", _EXPORT
            )
            return None
        numbers = RowNumbers(refused=tuple(reader.refused_numbers))
    findings.numbers[table.name] = numbers = _with_blank_lines(path, numbers)
    if reader.refused:
        _refused_lines(table, reader, numbers, findings)
        if reader.refused > _MOST_REFUSED_LINES:
            return None
    if arrow.num_rows == 0 and not table.may_be_empty and not reader.refused:
        findings.fault(
            table.name,
            None,
            "at least one row",
            "a header and no rows",
            "Add the rows" if table.required else "Add the rows or remove the file",
        )
        return None
    return RawTable(
        table,
        path,
        {name: arrow.column(name) for name in columns},
        header,
        arrow.num_rows,
        numbers,
    )


def _is_text(path: Path, table: Table, findings: Findings) -> bool:
    if path.stat().st_size == 0:
        findings.fault(
            table.name,
            None,
            "a header row with the columns' names",
            "an empty file",
            "Write the header and the rows"
            if table.required
            else "Write the header and the rows, or remove the file",
        )
        return False
    if wrong := wrong_format(path):
        what, mend = wrong
        findings.fault(table.name, None, "a CSV table in UTF-8", f"{what} named .csv", mend)
        return False
    if bad := find_bad_encoding(path):
        findings.fault(
            table.name,
            None,
            "text in UTF-8",
            f"text in {bad.encoding} (first in line {bad.line}: {quoted(bad.sample)})",
            "Save it as UTF-8 (in Excel: “Save as”, “CSV UTF-8”)",
        )
        return False
    return True


def _header(path: Path, table: Table, findings: Findings) -> tuple[str, ...] | None:
    """Return the column names; the first line tells the separator as well."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = io.StringIO(file.read(1 << 20))
    first = next(csv.reader(lines), [])
    text = ",".join(first)
    if not text.strip():
        findings.fault(
            table.name,
            None,
            "a header row with the columns' names",
            "a blank first line",
            "Write the columns' names into the first line",
        )
        return None
    for separator, name in (
        (";", "semicolons"),
        ("\t", "tabs"),
        ("|", "bars"),
        ("，", "wide commas"),
    ):
        if len(first) <= 2 and text.count(separator) >= max(1, len(first)):
            findings.fault(
                table.name,
                None,
                "commas between the columns",
                f"{name} ({quoted(text)})",
                "Save it with commas between the columns and dots in decimals",
            )
            return None
    if "\0" in text:
        findings.fault(table.name, None, "a CSV table", "a binary file", _EXPORT)
        return None
    return tuple(first)


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
    mend = "Put text that holds a comma in double quotes"
    if actual > expected:
        mend += ", and write decimals with a dot (1.5, not 1,5)"
    else:
        mend = "Fill the row up to the header's columns or remove it"
    places = [number - 2 for number in reader.refused_numbers]
    findings.fault(
        table.name,
        None,
        f"{expected} values in every row, as in the header",
        f"{actual} values ({quoted(line.rstrip())})"
        + (f" in {reader.refused:,} rows" if reader.refused > _MOST_REFUSED_LINES else ""),
        mend,
        places,
        numbers=RowNumbers(blank=numbers.blank),
    )


def _with_blank_lines(path: Path, numbers: RowNumbers) -> RowNumbers:
    return numbers
