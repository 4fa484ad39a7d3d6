"""What is wrong with a brand's tables (faults) and what was mended (repairs)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from data.sentence import Sentence, say


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the input, and how to mend it.

    ``rows`` are the first five row numbers as a user sees them in the file (the header is
    row 1, so the first data row is 2); ``count`` is how many rows there are in all (0 where
    the fault is of the whole table or file). ``file`` is the file's name in the folder.
    """

    table: str
    column: str | None
    expected: str
    found: str
    mend: str
    file: str | None = None
    rows: tuple[int, ...] = ()
    count: int = 0

    def __str__(self) -> str:
        return str(self.sentence)

    @property
    def sentence(self) -> Sentence:
        """All of it in one sentence."""
        mend = self.mend if self.mend.endswith(".") else say("{mend}.", mend=self.mend)
        return say(
            "{place}: expected {expected}; found {found}. {mend}",
            place=self._place(),
            expected=self.expected,
            found=self.found,
            mend=mend,
        )

    def _place(self) -> str:
        place: str = self.file or self.table
        if self.column:
            place = say("{file}, column {column}", file=place, column=self.column)
        if not self.rows:
            return place
        rows: str = ", ".join(str(row) for row in self.rows)
        if self.count > len(self.rows):
            rows = say("{rows} and {more:,} more", rows=rows, more=self.count - len(self.rows))
        if self.count > 1:
            return say("{place}, rows {rows}", place=place, rows=rows)
        return say("{place}, row {rows}", place=place, rows=rows)


@dataclass(frozen=True, slots=True)
class Repair:
    """Something that was mended while reading, and how often; never done in silence."""

    table: str
    what: str
    count: int

    def __str__(self) -> str:
        return f"{self.table}: {self.what} ({self.count:,})"


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The outcome of reading a brand folder: faults, repairs and the size of each table."""

    faults: tuple[Fault, ...] = ()
    repairs: tuple[Repair, ...] = ()
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the folder can be used."""
        return not self.faults

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "ok": self.ok,
            "faults": [asdict(fault) for fault in self.faults],
            "repairs": [asdict(repair) for repair in self.repairs],
            "rows": dict(self.rows),
        }
