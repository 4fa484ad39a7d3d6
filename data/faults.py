"""What is wrong with a brand's tables (faults) and what was mended (repairs)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


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
        place = self.file or self.table
        if self.column:
            place += f", column {self.column}"
        if self.rows:
            listed = ", ".join(str(row) for row in self.rows)
            more = (
                "" if self.count <= len(self.rows) else f" and {self.count - len(self.rows):,} more"
            )
            place += f", row{'s' if self.count > 1 else ''} {listed}{more}"
        mend = self.mend if self.mend.endswith(".") else f"{self.mend}."
        return f"{place}: expected {self.expected}; found {self.found}. {mend}"


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
