"""The files of a brand folder: which there are, and what is wrong with a file as a whole."""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from data.findings import Findings
from data.sentence import Sentence, say
from data.tables import MOST_ROWS, TABLES, Table

ENDINGS = (".csv", ".parquet")

_CHUNK = 1 << 22

_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (
        b"PK\x03\x04",
        say("an Excel workbook (or another zip file)"),
        say("Open it in Excel, choose “Save as”, “CSV UTF-8”, and replace the file"),
    ),
    (
        b"\xd0\xcf\x11\xe0",
        say("an old Excel workbook (.xls)"),
        say("Open it in Excel, choose “Save as”, “CSV UTF-8”, and replace the file"),
    ),
    (b"PAR1", say("a Parquet file"), say("Rename it so that it ends in .parquet")),
    (b"\x1f\x8b", say("a gzip file"), say("Unpack it")),
    (b"%PDF", say("a PDF document"), say("Export the table as CSV from the system it came from")),
    (b"\xff\xfe", say("UTF-16 text"), say("Save it as UTF-8 (in Excel: “CSV UTF-8”)")),
    (b"\xfe\xff", say("UTF-16 text"), say("Save it as UTF-8 (in Excel: “CSV UTF-8”)")),
)


@dataclass(frozen=True)
class RawTable:
    """A table as its file has it: nothing converted, nothing checked.

    :param columns: arrow columns of one length; only those that were asked for.
    :param header: all column names of the file.
    :param rows: number of records.
    """

    table: Table
    path: Path
    columns: dict[str, pa.ChunkedArray]
    header: tuple[str, ...]
    rows: int


def find_files(folder: Path, findings: Findings) -> dict[str, Path]:
    """Return each table's file; a missing required table or two files for one are faults."""
    found: dict[str, Path] = {}
    for table in TABLES:
        present = [
            folder / f"{table.name}{ending}"
            for ending in ENDINGS
            if (folder / f"{table.name}{ending}").is_file()
        ]
        if len(present) > 1:
            findings.fault(
                table.name,
                None,
                say("one file a table"),
                say("both {one} and {other}", one=present[0].name, other=present[1].name),
                say("Keep the one that holds and remove the other"),
                file=f"{present[0].name}, {present[1].name}",
            )
        elif present:
            found[table.name] = present[0]
            findings.files[table.name] = present[0].name
        elif table.required:
            _missing(folder, table, findings)
    return found


def _missing(folder: Path, table: Table, findings: Findings) -> None:
    alike = sorted(
        path.name
        for path in folder.iterdir()
        if path.is_file() and path.name.casefold().split(".")[0] == table.name
    )
    columns = ", ".join(column.name for column in table.columns if column.required)
    mend = say("Add it with at least the columns {columns}", columns=columns)
    if alike:
        mend = say("Save {file} as {table}.csv or {table}.parquet", file=alike[0], table=table.name)
    findings.fault(
        table.name,
        None,
        say(
            "a file {table}.csv or {table}.parquet ({meaning})",
            table=table.name,
            meaning=Sentence(table.meaning),
        ),
        alike[0] if alike else say("no such file"),
        mend,
        file=f"{table.name}.csv",
    )


def digest_of(paths: list[Path], *words: str) -> str:
    """Return a hex digest of the files' names and content and of the words."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(paths):
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    for word in words:
        digest.update(f"\0{word}".encode())
    return digest.hexdigest()


def wrong_format(path: Path) -> tuple[str, str] | None:
    """Return what a file named ``.csv`` really is and how to mend it, or None for text."""
    with path.open("rb") as file:
        head = file.read(8)
    for signature, what, mend in _SIGNATURES:
        if head.startswith(signature):
            return what, mend
    return None


@dataclass(frozen=True, slots=True)
class NotUtf8:
    """Where a file stops being UTF-8, and what it seems to be."""

    line: int
    encoding: str
    sample: str


@dataclass(frozen=True, slots=True)
class Scan:
    """What one pass over a text file tells.

    :param lines: line ends; too small where a fault ended the pass.
    :param bad: where it is not UTF-8, or None.
    :param binary: it holds NUL bytes, which no text does.
    """

    lines: int
    bad: NotUtf8 | None = None
    binary: bool = False


def scan_text(path: Path) -> Scan:
    """Look once through a text file, in pieces."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            if b"\0" in chunk:
                return Scan(lines, binary=True)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                # The decoder may have carried some bytes over from the chunk before.
                carried = len(error.object) - len(chunk)
                place = file.tell() - len(chunk) - carried + error.start
                lines += error.object[: error.start].count(b"\n")
                return Scan(lines, _describe(path, place, lines + 1))
            if not chunk:
                return Scan(lines)
            lines += chunk.count(b"\n")


def _describe(path: Path, place: int, line: int) -> NotUtf8:
    with path.open("rb") as file:
        start = max(place - 200, 0)
        file.seek(start)
        around = file.read(400)
    before = around[: place - start]
    after = around[place - start :]
    text = before.split(b"\n")[-1] + after.split(b"\n")[0]
    for encoding, name in (("gb18030", "GBK"), ("big5", "Big5"), ("cp1252", "Windows-1252")):
        try:
            decoded = text.decode(encoding)
        except UnicodeDecodeError:
            continue
        chinese = any("\u4e00" <= letter <= "\u9fff" for letter in decoded)
        if name == "Windows-1252" or chinese:
            return NotUtf8(line, name, decoded.strip("\r"))
    return NotUtf8(line, say("another encoding"), text.decode("latin-1").strip("\r"))


def no_rows(table: Table, found: str, findings: Findings) -> None:
    """Add the fault of a table without rows that says nothing by being empty."""
    mend = say("Add the rows") if table.required else say("Add the rows or remove the file")
    findings.fault(table.name, None, say("at least one row"), found, mend)


def too_many_rows(table: Table, rows: int, findings: Findings) -> None:
    """Add the fault of a table that is too large to read."""
    findings.fault(
        table.name,
        None,
        say("at most {most:,} rows", most=MOST_ROWS),
        say("{rows:,} rows", rows=rows),
        say("Keep fewer days of history, or split the brand by region into several folders"),
    )


def first_line(error: BaseException) -> str:
    """Return what a library's error says, shortened to one line."""
    return str(error).strip().split("\n")[0].rstrip(".")[:200]
