"""A table's rules as a pandera schema, validated lazily: every rule is tried on every row."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pa
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaErrors

from data.findings import SHOWN, Findings, listed
from data.rules import Rule, rules_of
from data.sentence import say
from data.tables import Table


def check_rows(
    table: Table,
    frame: pd.DataFrame,
    unread: dict[str, npt.NDArray[np.bool_]],
    findings: Findings,
) -> None:
    """Check every rule of a table; the frame's index is the records' position from 0.

    :param unread: for each column, the cells that are faults already.
    """
    rules = {rule.name: rule for rule in rules_of(table) if rule.column in frame}
    schema = schema_of(table, tuple(frame.columns))
    try:
        # pandera can be switched off by environment variables; these checks cannot.
        with config_context(True, ValidationDepth.SCHEMA_AND_DATA):
            schema.validate(frame, lazy=True, inplace=True)
    except SchemaErrors as errors:
        for error in errors.schema_errors:
            rule = rules[error.check.name]
            broken = ~error.check_output.to_numpy(dtype=bool)
            if rule.column in unread:
                broken &= ~unread[rule.column]
            _tell(table, rule, frame, broken, findings)


def _tell(
    table: Table,
    rule: Rule,
    frame: pd.DataFrame,
    broken: npt.NDArray[np.bool_],
    findings: Findings,
) -> None:
    if not broken.any():
        return
    shown = frame[rule.column].iloc[np.flatnonzero(broken)[: 200 * SHOWN]]
    positions = frame.index.to_numpy()[broken]
    findings.fault(table.name, rule.column, rule.expected, _found(shown), rule.mend, positions)


def _found(cells: pd.Series[Any]) -> str:
    if cells.isna().all():
        return say("blank cells")
    if cells.dtype.kind == "M":
        return listed(dict.fromkeys(str(day)[:10] for day in cells.dropna()))
    if cells.dtype.kind == "f":
        return listed(dict.fromkeys(f"{float(value):.10g}" for value in cells.dropna()))
    return listed(dict.fromkeys(cells.dropna()))


@cache
def schema_of(table: Table, present: tuple[str, ...]) -> pa.DataFrameSchema:
    """Return the pandera schema of a table with these columns."""
    rules = [rule for rule in rules_of(table) if rule.column in present]
    columns = {
        name: pa.Column(
            nullable=True,
            checks=[_check(rule) for rule in rules if rule.column == name and not rule.of_row],
        )
        for name in present
    }
    return pa.DataFrameSchema(
        columns,
        checks=[_check(rule) for rule in rules if rule.of_row],
        name=table.name,
    )


def _check(rule: Rule) -> pa.Check:
    return pa.Check(rule.holds, name=rule.name, ignore_na=False, n_failure_cases=SHOWN)
