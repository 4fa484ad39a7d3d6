"""What went wrong in the database, in words that say how to mend it, and whether to try again."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from data.errors import BadInput, Failure, NearfieldError
from data.sentence import Sentence, say

UNDONE: Final = say("Nothing was changed.")
_UNSURE: Final = say(
    "Whether it was still saved is not known: look at the history before deciding again."
)
_LOOK: Final = say("Look whether the server runs and can be reached, then try again.")

# PostgreSQL's codes, https://www.postgresql.org/docs/current/errcodes-appendix.html
_TRY_AGAIN: Final = ("40001", "40P01")
_CONNECTION: Final = ("08", "57P01", "57P02", "57P03")

# A connection that never came to be has no code, only words.
_REFUSED: Final = ("authentication", "password", "does not exist", "no pg_hba.conf entry")
_LOST: Final = ("connect", "server closed", "terminat", "timeout", "SSL")


def may_retry(error: DBAPIError) -> bool:
    """Whether the same work may succeed when it is done again in a new transaction.

    A lost connection is among it: every write looks first whether its request was already
    carried out, so that doing it again never does it twice.
    """
    return is_lost(error) or _code(error) in _TRY_AGAIN


def is_lost(error: DBAPIError) -> bool:
    """Whether the connection to the server was lost or refused."""
    if _sqlite_code(error) is not None:
        return False
    code = _code(error)
    if code:
        return code.startswith(_CONNECTION)
    why = str(error.orig)
    if any(word in why for word in _REFUSED):
        return False
    return bool(error.connection_invalidated) or any(word in why for word in _LOST)


def told(error: DBAPIError, url: URL, *, writing: bool, wait: float) -> NearfieldError:
    """Return our error for the database's.

    :param writing: whether it was met while saving.
    :param wait: seconds that were waited for a lock.
    """
    return _sqlite_fault(error, url, wait) or _postgres_fault(error, url, writing=writing)


def place(url: URL) -> str:
    """Name the database without its password."""
    if _is_sqlite(url):
        return url.database or "?"
    return url.difference_update_query(["password"]).render_as_string(hide_password=True)


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _sqlite_code(error: DBAPIError) -> int | None:
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None


def _code(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


def _sqlite_fault(error: DBAPIError, url: URL, wait: float) -> NearfieldError | None:
    code = _sqlite_code(error)
    if code is None:
        return None
    file = place(url)
    folder = Path(file).parent
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return BadInput(
            say(
                "the ledger {file} was kept locked by another program for {seconds:g} seconds. "
                "{undone} Close what else has it open, then try again.",
                file=file,
                seconds=wait,
                undone=UNDONE,
            )
        )
    if code == sqlite3.SQLITE_FULL:
        return BadInput(
            say(
                "there is no room left to write the ledger {file}. {undone} Free space on the "
                "disk of {folder}, then try again.",
                file=file,
                undone=UNDONE,
                folder=folder,
            )
        )
    if code == sqlite3.SQLITE_IOERR:
        return BadInput(
            say(
                "the ledger {file} cannot be read or written ({error}). {undone} Look whether "
                "the disk of {folder} is full or failing, then try again.",
                file=file,
                error=error.orig,
                undone=UNDONE,
                folder=folder,
            )
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return BadInput(
            say(
                "the ledger {file} is read-only. {undone} Give this user the right to write the "
                "file and its folder {folder}, then try again.",
                file=file,
                undone=UNDONE,
                folder=folder,
            )
        )
    if code == sqlite3.SQLITE_CANTOPEN:
        return BadInput(
            say(
                "the ledger {file} cannot be opened. {undone} Look whether the folder {folder} "
                "exists and may be written by this user.",
                file=file,
                undone=UNDONE,
                folder=folder,
            )
        )
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return BadInput(
            say(
                "{file} is not a ledger, or it is damaged ({error}). Put the last back-up in "
                "its place, or name another file.",
                file=file,
                error=error.orig,
            )
        )
    return Failure(_refused(file, str(error.orig)))


def _postgres_fault(error: DBAPIError, url: URL, *, writing: bool) -> NearfieldError:
    code, where, why = _code(error), place(url), " ".join(str(error.orig).split())
    if is_lost(error):
        return Failure(
            say(
                "the connection to the ledger {file} was lost: {why}. {unsure}",
                file=where,
                why=why,
                unsure=_UNSURE if writing else _LOOK,
            )
        )
    if code.startswith(("28", "3D")) or (not code and any(word in why for word in _REFUSED)):
        return BadInput(
            say(
                "the ledger {file} cannot be opened: {why}. Correct the address and its user, or "
                "create the database first.",
                file=where,
                why=why,
            )
        )
    if code == "55P03":
        return BadInput(
            say(
                "the ledger {file} was kept locked by somebody else. {undone} Try again.",
                file=where,
                undone=UNDONE,
            )
        )
    if code == "53100":
        return BadInput(
            say(
                "the disk of the ledger {file} is full. {undone} Free space there.",
                file=where,
                undone=UNDONE,
            )
        )
    if code in ("25006", "42501"):
        return BadInput(
            say(
                "the ledger {file} may not be written: {why}. {undone} Give the user the right to.",
                file=where,
                why=why,
                undone=UNDONE,
            )
        )
    if code == "53300":
        return BadInput(
            say(
                "the ledger {file} has no connection free: {why}. {undone}",
                file=where,
                why=why,
                undone=UNDONE,
            )
        )
    return Failure(_refused(where, why))


def _refused(file: str, why: str) -> Sentence:
    return say(
        "the ledger {file} refused the work: {why}. {undone}", file=file, why=why, undone=UNDONE
    )
