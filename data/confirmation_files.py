"""Files in which a warehouse says what it dispatched and received.

What an export gives out can be filled in and read here. A file with a fault is refused whole.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from data.confirmations import ACTIONS, Confirmation
from data.decisions import LONGEST_TEXT, MOST_CASES
from data.errors import BadInput
from data.ledger_deciding import listed
from data.sentence import say
from data.spreadsheet_cells import undefuse

NEEDED: Final = ("plan", "transfer", "status")
MOST_BYTES: Final = 50_000_000


def read_confirmations(content: bytes) -> tuple[Confirmation, ...]:
    """Read confirmations from a CSV, a JSON or an Excel workbook, told by their content.

    Columns: plan, transfer, status (dispatched or received; rows without one are passed
    over), and optionally confirmed_cases and text; others are ignored. In a workbook the sheet
    ``confirm``, else the first. In JSON a list of objects, or an object with ``lines``.

    :raises BadInput: every fault of the file, with its row.
    """
    if len(content) > MOST_BYTES:
        raise BadInput(
            say("the file has more than {most} MB: split it", most=MOST_BYTES // 1_000_000)
        )
    if content.startswith(b"PK"):
        rows = _excel_rows(content)
    elif content.lstrip()[:1] in (b"{", b"["):
        rows = _json_rows(content)
    else:
        rows = _csv_rows(content)
    found, faults = [], []
    for number, row in rows:
        try:
            confirmation = _confirmation(number, row)
        except BadInput as error:
            faults.append(say("row {row}: {fault}", row=number, fault=error.sentence))
        else:
            if confirmation is not None:
                found.append(confirmation)
    if faults:
        raise BadInput(listed(faults))
    return tuple(found)


def _confirmation(number: int, row: Mapping[str, str]) -> Confirmation | None:
    status = row.get("status", "").strip().lower()
    if not status:
        return None
    if status not in ACTIONS:
        raise BadInput(say("status is dispatched or received; found {found!r}", found=status))
    plan, transfer = row.get("plan", ""), row.get("transfer", "")
    if not plan or not transfer:
        raise BadInput(say("plan and transfer are needed, as in the export"))
    text = row.get("text", "")
    if len(text) > LONGEST_TEXT or "\0" in text:
        raise BadInput(say("a text has at most {most} characters and no NUL", most=LONGEST_TEXT))
    return Confirmation(number, plan, transfer, status, _cases(row, status), text)


def _cases(row: Mapping[str, str], status: str) -> int | None:
    text = row.get("confirmed_cases", "").strip()
    if not text:
        return None
    least = 1 if status == "dispatched" else 0
    if not re.fullmatch(r"\d{1,9}(\.0+)?", text) or not least <= float(text) <= MOST_CASES:
        raise BadInput(
            say(
                "confirmed_cases is a whole number from {least}; found {found!r}",
                least=least,
                found=text,
            )
        )
    return int(float(text))


def _csv_rows(content: bytes) -> Iterable[tuple[int, Mapping[str, str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(say("the file is not UTF-8 text: save it as CSV UTF-8")) from None
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise BadInput(say("the file is no CSV: {error}", error=str(error))) from None
    if not lines:
        raise BadInput(say("the file is empty"))
    return _rows(lines[0], ([undefuse(cell) for cell in line] for line in lines[1:]))


def _excel_rows(content: bytes) -> Iterable[tuple[int, Mapping[str, str]]]:
    from openpyxl import load_workbook

    from data.handover_excel import CONFIRM_SHEET

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise BadInput(say("the file is no Excel workbook: {error}", error=str(error))) from None
    name = CONFIRM_SHEET if CONFIRM_SHEET in book.sheetnames else book.sheetnames[0]
    lines = [
        ["" if cell is None else str(cell) for cell in row]
        for row in book[name].iter_rows(values_only=True)
    ]
    book.close()
    if not lines:
        raise BadInput(say("the sheet {name} is empty", name=name))
    return _rows(lines[0], lines[1:])


def _json_rows(content: bytes) -> Iterable[tuple[int, Mapping[str, str]]]:
    try:
        document = json.loads(content)
    except ValueError as error:
        raise BadInput(say("the file is no JSON: {error}", error=str(error))) from None
    rows = document.get("lines") if isinstance(document, dict) else document
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadInput(say("the JSON is not a list of confirmations, and has no lines"))
    return [
        (number, {name: "" if value is None else str(value) for name, value in row.items()})
        for number, row in enumerate(rows, 1)
    ]


def _rows(
    header: Sequence[str], lines: Iterable[Sequence[str]]
) -> Iterable[tuple[int, Mapping[str, str]]]:
    names = [name.strip().lower() for name in header]
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise BadInput(
            say(
                "column {missing} is missing; the first row names the columns {needed} and, "
                "optionally, confirmed_cases and text",
                missing=", ".join(missing),
                needed=", ".join(NEEDED),
            )
        )
    return [(number, dict(zip(names, line, strict=False))) for number, line in enumerate(lines, 2)]
