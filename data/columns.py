"""Turns a file's cells into names, numbers and days; cells that are none are told, not guessed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.findings import Findings, listed
from data.sentence import say
from data.tables import Column, Table

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?(inf|infinity)|nan", re.I)
_DECIMAL_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+),\d+")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}([ T]00:00(:00(\.0+)?)?)?")
_TRUTHS = {"true": "1", "false": "0"}
"""A driver may be a truth; typed columns read it as 1 and 0 too."""


@dataclass(frozen=True, slots=True)
class Cells:
    """One column's values and the positions whose cells could not be read.

    ``values`` is a Categorical of names (blank = missing), a float64 array (blank = NaN) or a
    datetime64[s] array (blank = NaT).
    """

    values: Any
    unread: npt.NDArray[np.bool_]


def read_cells(table: Table, column: Column, cells: pa.ChunkedArray, findings: Findings) -> Cells:
    """Convert a column; every cell that does not fit is a fault."""
    readers: dict[str, Callable[[Table, Column, pa.ChunkedArray, Findings], Cells]] = {
        "text": _names,
        "number": _numbers,
        "whole": _numbers,
        "day": _days,
    }
    return readers[column.kind](table, column, cells, findings)


def is_text(kind: pa.DataType) -> bool:
    """Whether an arrow type holds text, dictionary-encoded or not."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def is_number(kind: pa.DataType) -> bool:
    """Whether an arrow type holds numbers (truth values count as 0 and 1)."""
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
    )


def distinct(cells: pa.ChunkedArray) -> tuple[npt.NDArray[np.int32], list[str | None]]:
    """Return codes (-1 = null) and the distinct texts that they point to."""
    if not pa.types.is_dictionary(cells.type):
        cells = pc.dictionary_encode(cells.cast(pa.large_string()))
    array = cells.unify_dictionaries().combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], cells.type)
    codes = pc.fill_null(array.indices.cast(pa.int32()), -1).to_numpy(zero_copy_only=False)
    return codes, array.dictionary.to_pylist()


def blank_cells(column: Column, rows: int) -> Any:
    """Return a column of blanks."""
    if column.kind == "text":
        return _categories(np.full(rows, -1, dtype=np.int8), [])
    if column.kind == "day":
        return np.full(rows, "NaT", dtype="datetime64[s]")
    return np.full(rows, np.nan)


def _categories(codes: npt.NDArray[Any], names: list[str]) -> Any:
    return pd.Categorical.from_codes(codes, categories=pd.Index(names, dtype=str))


def _nothing_read(column: Column, rows: int) -> Cells:
    return Cells(blank_cells(column, rows), np.ones(rows, dtype=bool))


def _all_blank(column: Column, rows: int) -> Cells:
    return Cells(blank_cells(column, rows), np.zeros(rows, dtype=bool))


def _wrong_type(table: Table, column: Column, kind: object, findings: Findings, mend: str) -> None:
    what = {"text": say("text"), "day": say("days (dates)")}.get(column.kind, say("numbers"))
    findings.fault(table.name, column.name, what, say("a column of type {kind}", kind=kind), mend)


def _names(table: Table, column: Column, cells: pa.ChunkedArray, findings: Findings) -> Cells:
    rows = len(cells)
    if pa.types.is_null(cells.type):
        return _all_blank(column, len(cells))
    if pa.types.is_integer(cells.type):
        cells = cells.cast(pa.string())
    if not is_text(cells.type):
        _wrong_type(table, column, cells.type, findings, say("Write the column as text"))
        return _nothing_read(column, rows)
    codes, texts = distinct(cells)
    trimmed = pd.Series([None if text is None else text.strip() for text in texts], dtype=object)
    trimmed = trimmed.where(trimmed != "", None)
    changed = np.array([t is not None and t != t.strip() for t in texts] + [False])
    if changed.any():
        findings.repair(
            table.name,
            say("spaces around the text in column {column} left out", column=column.name),
            int(changed[codes].sum()),
        )
    merged, names = pd.factorize(trimmed)
    mapping = np.append(merged, -1).astype(np.int32)
    return Cells(_categories(mapping[codes], list(names)), np.zeros(rows, dtype=bool))


def _numbers(table: Table, column: Column, cells: pa.ChunkedArray, findings: Findings) -> Cells:
    rows = len(cells)
    kind = cells.type
    if pa.types.is_null(kind):
        return _all_blank(column, len(cells))
    if is_number(kind):
        if not pa.types.is_floating(kind) or kind == pa.float16():
            if pa.types.is_boolean(kind):
                cells = cells.cast(pa.int8())
            cells = cells.cast(pa.float64(), safe=False)
        values = cells.to_numpy()
        return Cells(values, np.zeros(rows, dtype=bool))
    if not is_text(kind):
        _wrong_type(table, column, kind, findings, say("Write the column as numbers"))
        return _nothing_read(column, rows)
    codes, texts = distinct(cells)
    if table.open_ended:
        texts = [_TRUTHS.get((text or "").strip().casefold(), text) for text in texts]
    parsed = np.array([_number(text) for text in texts] + [np.nan])
    bad = np.array([_is_bad(text, _NUMBER) for text in texts] + [False])
    unread = bad[codes]
    _explain_numbers(table, column, codes, texts, bad, findings)
    return Cells(parsed[codes], unread)


def _number(text: str | None) -> float:
    stripped = (text or "").strip()
    return float(stripped) if _NUMBER.fullmatch(stripped) else np.nan


def _is_bad(text: str | None, pattern: re.Pattern[str]) -> bool:
    stripped = (text or "").strip()
    return bool(stripped) and not pattern.fullmatch(stripped)


def _explain_numbers(
    table: Table,
    column: Column,
    codes: npt.NDArray[np.int32],
    texts: list[str | None],
    bad: npt.NDArray[np.bool_],
    findings: Findings,
) -> None:
    """Group the cells that are no numbers by how they can be mended."""
    groups: dict[str, list[int]] = {}
    for code in np.flatnonzero(bad):
        text = (texts[code] or "").strip()
        if _THOUSANDS.fullmatch(text) and not _DECIMAL_COMMA.fullmatch(text):
            mend: str = say("Leave out the thousands separator (1234.5, not 1,234.5)")
        elif _DECIMAL_COMMA.fullmatch(text):
            mend = say("Write decimals with a dot and no thousands separator (1234.5, not 1.234,5)")
        elif column.required:
            mend = say("Write a plain number such as 12 or 0.5")
        else:
            mend = say("Write a plain number such as 12 or 0.5 or leave the cell blank")
        groups.setdefault(mend, []).append(int(code))
    for mend, members in groups.items():
        _fault_of(table, column, codes, texts, members, say("numbers"), mend, findings)


def _fault_of(
    table: Table,
    column: Column,
    codes: npt.NDArray[np.int32],
    texts: list[str | None],
    members: list[int],
    expected: str,
    mend: str,
    findings: Findings,
) -> None:
    hit = np.zeros(len(texts) + 1, dtype=bool)
    hit[members] = True
    positions = np.flatnonzero(hit[codes])
    if not len(positions):
        return
    shown = list(dict.fromkeys(texts[codes[position]] for position in positions[:1000]))
    more = len(members) - min(len(members), len(shown))
    found = listed(shown + [""] * more)
    findings.fault(table.name, column.name, expected, found, mend, positions)


def _days(table: Table, column: Column, cells: pa.ChunkedArray, findings: Findings) -> Cells:
    rows = len(cells)
    kind = cells.type
    if pa.types.is_null(kind):
        return _all_blank(column, len(cells))
    if pa.types.is_timestamp(kind) and kind.tz is None:
        return _timestamps(table, column, cells, findings)
    if pa.types.is_date(kind):
        return _timestamps(table, column, cells.cast(pa.timestamp("s")), findings)
    if not is_text(kind):
        _wrong_type(
            table,
            column,
            kind,
            findings,
            say("Write the column as dates without a time or time zone"),
        )
        return _nothing_read(column, rows)
    codes, texts = distinct(cells)
    days = np.array([_day(text) for text in texts] + ["NaT"], dtype="datetime64[s]")
    blank = np.array([not (text or "").strip() for text in texts] + [True])
    bad = np.isnat(days) & ~blank
    members = [int(code) for code in np.flatnonzero(bad)]
    _fault_of(
        table,
        column,
        codes,
        texts,
        members,
        say("dates as YYYY-MM-DD"),
        say("Write dates as 2024-06-01 (in Excel: the number format yyyy-mm-dd)"),
        findings,
    )
    return Cells(days[codes], bad[codes])


def _day(text: str | None) -> np.datetime64:
    stripped = (text or "").strip()
    if not _DAY.fullmatch(stripped):
        return np.datetime64("NaT")
    try:
        return np.datetime64(stripped[:10], "s")
    except ValueError:
        return np.datetime64("NaT")


def _timestamps(table: Table, column: Column, cells: pa.ChunkedArray, findings: Findings) -> Cells:
    seconds = cells.cast(pa.timestamp("s"), safe=False).to_numpy()
    of_day = seconds.view(np.int64) % 86_400
    timed = (of_day != 0) & ~np.isnat(seconds)
    if timed.any():
        positions = np.flatnonzero(timed)
        found = listed(dict.fromkeys(str(v).replace("T", " ") for v in seconds[positions[:1000]]))
        findings.fault(
            table.name,
            column.name,
            say("days without a time of day"),
            found,
            say("Sum up each local day and write its date only (2024-06-01)"),
            positions,
        )
        seconds = np.where(timed, np.datetime64("NaT"), seconds)
    return Cells(seconds, timed)


def looks_numeric(texts: list[str | None]) -> bool:
    """Whether at least one text that is not blank is a number."""
    return any(
        text and (_NUMBER.fullmatch(text.strip()) or text.strip().casefold() in _TRUTHS)
        for text in texts
    )
