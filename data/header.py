"""Checks a table's header: what is missing, misspelt or there twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from data.findings import Findings, listed, quoted
from data.suggest import nearest
from data.tables import Table


def check_header(
    table: Table, header: Sequence[str], wanted: set[str] | None, findings: Findings
) -> tuple[str, ...] | None:
    """Return the columns to read, or None where the header is at fault.

    An optional column that is missing while a very similar name is there is a fault too: it
    would be ignored in silence otherwise.

    :param wanted: undeclared columns to read from an open-ended table (None: all).
    """
    faults = len(findings.faults)
    twice = [name for name, count in Counter(header).items() if count > 1 and name.strip()]
    if twice:
        findings.fault(
            table.name,
            twice[0],
            "every column once",
            f"{listed(twice)} more than once",
            "Remove or rename the second one",
        )
    extras = [name for name in header if name.strip() and name not in table.names]
    for column in table.columns:
        if column.name in header:
            continue
        alike = nearest(column.name, extras, cutoff=0.6 if column.required else 0.84)
        if column.required:
            findings.fault(
                table.name,
                column.name,
                f"a column {quoted(column.name)} ({column.meaning})",
                f"the columns {listed(header, shown=12)}",
                f"Rename the column {quoted(alike)}" if alike else "Add the column",
            )
        elif alike is not None:
            findings.fault(
                table.name,
                alike,
                f"the optional column {quoted(column.name)} by its name, or no column like it",
                f"a column {quoted(alike)}",
                f"Rename it to {quoted(column.name)}, or to something less alike if it is "
                "something else",
            )
    for name in sorted((wanted or set()) - set(header)) if table.open_ended else ():
        alike = nearest(name, extras)
        findings.fault(
            table.name,
            name,
            f"a column {quoted(name)}, which [drivers] of brand.toml names",
            f"the columns {listed(header, shown=12)}",
            (f"Rename the column {quoted(alike)}" if alike else "Add the column")
            + ", or correct [drivers]",
        )
    if len(findings.faults) > faults:
        return None
    declared = tuple(name for name in table.names if name in header)
    if not table.open_ended:
        return declared
    return declared + tuple(name for name in extras if wanted is None or name in wanted)
