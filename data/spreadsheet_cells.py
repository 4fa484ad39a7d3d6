"""Cells that a spreadsheet program would run as a formula, made harmless and back.

Source: OWASP, CSV Injection, https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

_STARTS_A_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")
_MARK: Final = "'"


def defuse(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run; :func:`undefuse` removes it.

    >>> defuse("=1+1"), defuse("tea"), defuse("'tea")
    ("'=1+1", 'tea', "''tea")
    """
    return _MARK + text if text.startswith((*_STARTS_A_FORMULA, _MARK)) else text


def undefuse(cell: str) -> str:
    """Give back the text that :func:`defuse` was given.

    An apostrophe before anything else was not put there by it, and stays.
    """
    rest = cell[1:]
    return rest if cell[:1] == _MARK and rest.startswith((*_STARTS_A_FORMULA, _MARK)) else cell


def write_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Write a CSV (UTF-8, RFC 4180) whose texts are defused; the same rows give the same bytes."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([defuse(cell) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue().encode("utf-8")


def marked(text: bytes) -> bytes:
    """Put a byte order mark before UTF-8: without it Excel garbles Chinese names.

    For files that people open; what another system reads goes without.
    """
    return codecs.BOM_UTF8 + text
