"""What went wrong in the database, in words that say how to mend it, and whether to try again."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from data.errors import BadInput, Failure, NearfieldError

UNDONE: Final = "Nothing was changed."

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
            f"the ledger {file} was kept locked by another program for {wait:g} seconds. "
            f"{UNDONE} Close what else has it open, then try again."
        )
    if code == sqlite3.SQLITE_FULL:
        return BadInput(
            f"there is no room left to write the ledger {file}. {UNDONE} Free space on the disk "
            f"of {folder}, then try again."
        )
    if code == sqlite3.SQLITE_IOERR:
        return BadInput(
            f"the ledger {file} cannot be read or written ({error.orig}). {UNDONE} Look whether "
            f"the disk of {folder} is full or failing, then try again."
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return BadInput(
            f"the ledger {file} is read-only. {UNDONE} Give this user the right to write the "
            f"file and its folder {folder}, then try again."
        )
    if code == sqlite3.SQLITE_CANTOPEN:
        return BadInput(
            f"the ledger {file} cannot be opened. {UNDONE} Look whether the folder {folder} "
            "exists and may be written by this user."
        )
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return BadInput(
            f"{file} is not a ledger, or it is damaged ({error.orig}). Put the last back-up in "
            "its place, or name another file."
        )
    return Failure(f"the ledger {file} refused the work: {error.orig}. {UNDONE}")


def _postgres_fault(error: DBAPIError, url: URL, *, writing: bool) -> NearfieldError:
    code, where, why = _code(error), place(url), " ".join(str(error.orig).split())
    if code.startswith(("28", "3D")) or (not code and any(word in why for word in _REFUSED)):
        return BadInput(
            f"the ledger {where} cannot be opened: {why}. Correct the address and its user, or "
            "create the database first."
        )
    if code == "55P03":
        return BadInput(f"the ledger {where} was kept locked by somebody else. {UNDONE} Try again.")
    if code == "53100":
        return BadInput(f"the disk of the ledger {where} is full. {UNDONE} Free space there.")
    if code in ("25006", "42501"):
        return BadInput(
            f"the ledger {where} may not be written: {why}. {UNDONE} Give the user the right to."
        )
    if code == "53300":
        return BadInput(f"the ledger {where} has no connection free: {why}. {UNDONE}")
    if is_lost(error):
        unsure = (
            "Whether it was still saved is not known: look at the history before deciding again."
            if writing
            else "Look whether the server runs and can be reached, then try again."
        )
        return Failure(f"the connection to the ledger {where} was lost: {why}. {unsure}")
    return Failure(f"the ledger {where} refused the work: {why}. {UNDONE}")
