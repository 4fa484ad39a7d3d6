"""Checks a table's header: what is missing, misspelt or there twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from data.findings import Findings, listed, quoted
from data.sentence import Sentence, say
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
            say("every column once"),
            say("{names} more than once", names=listed(twice)),
            say("Remove or rename the second one"),
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
                say(
                    "a column {column} ({meaning})",
                    column=quoted(column.name),
                    meaning=Sentence(column.meaning),
                ),
                say("the columns {names}", names=listed(header, shown=12)),
                say("Rename the column {alike}", alike=quoted(alike))
                if alike
                else say("Add the column"),
            )
        elif alike is not None:
            findings.fault(
                table.name,
                alike,
                say(
                    "the optional column {column} by its name, or no column like it",
                    column=quoted(column.name),
                ),
                say("a column {alike}", alike=quoted(alike)),
                say(
                    "Rename it to {column}, or to something less alike if it is something else",
                    column=quoted(column.name),
                ),
            )
    for name in sorted((wanted or set()) - set(header)) if table.open_ended else ():
        alike = nearest(name, extras)
        findings.fault(
            table.name,
            name,
            say("a column {name}, which [drivers] of brand.toml names", name=quoted(name)),
            say("the columns {names}", names=listed(header, shown=12)),
            say("Rename the column {alike}, or correct [drivers]", alike=quoted(alike))
            if alike
            else say("Add the column, or correct [drivers]"),
        )
    if len(findings.faults) > faults:
        return None
    declared = tuple(name for name in table.names if name in header)
    if not table.open_ended:
        return declared
    return declared + tuple(name for name in extras if wanted is None or name in wanted)
