"""Rows that share a key: exact copies are left out and counted, contradictions are faults."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from data.findings import Findings, listed
from data.keys import key_codes
from data.reading import Rows
from data.sentence import say


def leave_out_copies(rows: Rows, findings: Findings) -> pd.DataFrame:
    """Return the rows without exact copies; rows of one key that differ are a fault.

    Columns that are ignored otherwise count here: two rows that differ in an order number only
    are no copies of each other.
    """
    frame, table = rows.frame, rows.table
    shared = _share_a_key(rows)
    if shared is None:
        return frame
    places = np.flatnonzero(shared)
    part = frame.iloc[places].reset_index(drop=True)
    in_file = frame.index.to_numpy()[places]
    ignored = [name for name in rows.header if name.strip() and name not in frame.columns]
    for name in ignored:
        part[f"\0{name}"] = _cells_at(rows, name, in_file)
    whole = part.astype({c: object for c in part.columns if part[c].dtype == "category"})
    copies = whole.duplicated(keep="first").to_numpy()
    findings.repair(table.name, say("exact copies of a row left out"), int(copies.sum()))
    if not table.repeats:
        rest = whole[~copies]
        differ = rest.duplicated(subset=list(table.key), keep=False).to_numpy()
        if differ.any():
            _contradiction(rows, rest[differ], in_file[~copies][differ], findings)
    keep = np.ones(len(frame), dtype=bool)
    keep[places[copies]] = False
    return frame[keep]


def _share_a_key(rows: Rows) -> npt.NDArray[np.bool_] | None:
    """Return which rows share their key with another one; None where no row does."""
    frame, table = rows.frame, rows.table
    code = key_codes(frame, table.key)
    ordered = np.sort(code)
    if not (ordered[1:] == ordered[:-1]).any():
        return None
    shared = pd.Series(code).duplicated(keep=False).to_numpy(copy=True)
    for name in table.key:
        if table.column(name).required:
            shared &= frame[name].notna().to_numpy()
    return shared if shared.any() else None


def _cells_at(rows: Rows, name: str, places: npt.NDArray[np.int64]) -> list[Any]:
    """Return the cells of a column that is ignored otherwise."""
    if rows.path.suffix == ".parquet":
        column = pa.parquet.read_table(rows.path, columns=[name]).column(name)
    else:
        options = pa.csv.ConvertOptions(include_columns=[name], column_types={name: pa.utf8()})
        parse = pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=lambda row: "skip")
        column = pa.csv.read_csv(rows.path, parse_options=parse, convert_options=options).column(
            name
        )
    return [str(value) for value in column.take(pa.array(places)).to_pylist()]


def _contradiction(
    rows: Rows, rest: pd.DataFrame, places: npt.NDArray[np.int64], findings: Findings
) -> None:
    table = rows.table
    key = [name for name in table.key if rest[name].notna().any()]
    first = rest.iloc[0]
    named = ", ".join(_shown(first[name]) for name in key)
    findings.fault(
        table.name,
        key[-1] if len(key) == 1 else None,
        say("one row for each {key}", key=", ".join(key)),
        say("rows that share them and differ, such as {rows}", rows=listed([named])),
        say("Keep one of them")
        if len(key) == 1
        else say("Keep the right one, or add them up into one row"),
        places,
    )


def _shown(value: object) -> str:
    return str(value)[:10] if isinstance(value, pd.Timestamp) else str(value)
