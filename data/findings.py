"""Collects faults and repairs while a brand is read, so that all are told at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from data.faults import Fault, Repair
from data.sentence import say

SHOWN = 5
"""Row numbers and values that a fault lists; the rest is counted."""


@dataclass(frozen=True, slots=True)
class RowNumbers:
    """Turns a record's position into the row number that a user sees.

    The header is row 1, so the first record (position 0) is row 2.

    :param refused: row numbers of lines that could not be split into cells and so are no
        records, counted without blank lines; ascending.
    :param blank: row numbers of blank lines; ascending.
    """

    refused: tuple[int, ...] = ()
    blank: tuple[int, ...] = ()

    def __call__(self, positions: npt.ArrayLike) -> tuple[int, ...]:
        """Return the row numbers of the records at these positions."""
        return tuple(
            _after(self.blank, _after(self.refused, int(position) + 2))
            for position in np.asarray(positions, dtype=np.int64)
        )


def _after(skipped: tuple[int, ...], row: int) -> int:
    for number in skipped:
        if number > row:
            break
        row += 1
    return row


@dataclass(slots=True)
class Findings:
    """The faults and repairs found so far, with each table's file and row numbering."""

    faults: list[Fault] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, RowNumbers] = field(default_factory=dict)

    def fault(
        self,
        table: str,
        column: str | None,
        expected: str,
        found: str,
        mend: str,
        positions: npt.ArrayLike | None = None,
        file: str | None = None,
        numbers: RowNumbers | None = None,
    ) -> None:
        """Add a fault; ``positions`` are the records' positions from 0 (None: the whole table)."""
        rows: tuple[int, ...] = ()
        count = 0
        if positions is not None:
            places = np.asarray(positions, dtype=np.int64)
            count = len(places)
            first = np.sort(places)[:SHOWN]
            rows = (numbers or self.numbers.get(table) or RowNumbers())(first)
        self.faults.append(
            Fault(
                table=table,
                column=column,
                expected=expected,
                found=found,
                mend=mend,
                file=file or self.files.get(table),
                rows=rows,
                count=count,
            )
        )

    def repair(self, table: str, what: str, count: int) -> None:
        """Add a repair unless nothing was repaired."""
        if count:
            self.repairs.append(Repair(table, what, count))

    def faulty(self, table: str) -> bool:
        """Whether the table has a fault already."""
        return any(fault.table == table for fault in self.faults)


def listed(values: Iterable[object], shown: int = SHOWN) -> str:
    """Return the first values in quotes, and how many more there are.

    >>> listed(["a", "b", "c"], shown=2)
    "'a', 'b' and 1 more"
    """
    everything = list(values)
    text = ", ".join(quoted(value) for value in everything[:shown])
    more = len(everything) - shown
    return say("{text} and {more} more", text=text, more=more) if more > 0 else text


def quoted(value: object) -> str:
    """Return a value in quotes, shortened, on one line.

    >>> quoted("C00")
    "'C00'"
    """
    text = " ".join(str(value).split()) if isinstance(value, str) else str(value)
    if isinstance(value, str) and text != value:
        text = value.replace("\n", "⏎").replace("\r", "⏎").replace("\t", "⇥")
    return f"'{text if len(text) <= 60 else text[:57] + '…'}'"
