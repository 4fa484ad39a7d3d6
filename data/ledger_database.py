"""The ledger's database: how it is opened, and transactions that are all or nothing.

SQLite (a file, WAL) and PostgreSQL answer alike: a write waits for the one before it, reads
see one moment, what fails is tried again where that is safe and told where it is not.

Sources: https://www.sqlite.org/wal.html, https://www.sqlite.org/lang_transaction.html,
https://www.postgresql.org/docs/current/explicit-locking.html
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from data.errors import BadInput, Failure
from data.ledger_faults import is_lost, may_retry, place, told
from data.ledger_schema import migrate, revision
from data.ledger_tables import HEAD
from data.sentence import say

T = TypeVar("T")

TRIES: Final = 6
_FILE: Final = "sqlite:///"
_FIRST_PAUSE: Final = 0.05
_FAMILIES: Final = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}


class Database:
    """A ledger's database, opened.

    :param url: ``sqlite:///path/to/ledger.sqlite`` or ``postgresql://user@host/database``.
    :param wait: seconds to wait for others' writes, > 0.
    :raises BadInput: the address is none, or the database cannot be used; the message says
        how to mend it.
    """

    def __init__(self, url: str, *, wait: float = 30.0) -> None:
        self.url = _parse(url)
        self.wait = wait
        self.engine = _sqlite(self.url, wait) if self.is_sqlite else _postgres(self.url, wait)
        try:
            if self.read(revision) != HEAD:
                self.write(migrate)
        except BaseException:
            self.close()
            raise

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of SQLite."""
        return self.url.get_backend_name() == "sqlite"

    def read(self, work: Callable[[Connection], T]) -> T:
        """Do work that only reads; all its queries see the same moment."""
        return self._transact(work, writing=False)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Do work in one transaction: all of it or nothing.

        The work may be done more than once, so it must first look whether its request was
        already carried out.

        :raises BadInput: what the user can mend: a full disk, a locked or read-only file.
        :raises Failure: the connection was lost and could not be had again.
        """
        return self._transact(work, writing=True)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    def _transact(self, work: Callable[[Connection], T], *, writing: bool) -> T:
        for left in reversed(range(TRIES)):
            try:
                with self._begin(writing) as connection:
                    return work(connection)
            except DBAPIError as error:
                if not (left and may_retry(error)):
                    raise told(error, self.url, writing=writing, wait=self.wait) from error
                pause = _FIRST_PAUSE * 2 ** (TRIES - left) * (0.5 + random.random())
                time.sleep(pause if is_lost(error) else pause / 4)
            except PoolTimeout as error:
                raise Failure(
                    say(
                        "the ledger {place} was busy for {seconds:g} seconds. Nothing was "
                        "changed; try again.",
                        place=place(self.url),
                        seconds=self.wait,
                    )
                ) from error
        raise AssertionError("unreachable")

    @contextmanager
    def _begin(self, writing: bool) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            if self.is_sqlite:
                connection = connection.execution_options(nearfield_writing=writing)
            elif not writing:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection


def _parse(url: str) -> URL:
    if url.startswith(_FILE) and "uri=true" not in url:
        # A path may hold a question mark, which is no query.
        url, path = "sqlite://", url.removeprefix(_FILE)
    else:
        path = ""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise BadInput(
            say(
                "{address} is no address of a ledger. {mend}", address=_hidden(url), mend=_ADDRESSES
            )
        ) from None
    parsed = parsed.set(database=path) if path else parsed
    family = parsed.drivername
    parsed = parsed.set(drivername=_FAMILIES.get(family, family))
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise BadInput(
            say("a ledger cannot be kept in {database}. {mend}", database=family, mend=_ADDRESSES)
        )
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise BadInput(say("a ledger is kept in a file, not in memory. {mend}", mend=_ADDRESSES))
    return parsed


_ADDRESSES = say(
    "Give sqlite:///path/to/ledger.sqlite or postgresql://user:password@host/database "
    "(NEARFIELD_LEDGER_URL)."
)


def _hidden(url: str) -> str:
    """Show no more of a broken address than its beginning: a password may be in it."""
    return repr(url.split("://", 1)[0][:20])


def _sqlite(url: URL, wait: float) -> Engine:
    engine = create_engine(url, pool_size=5, max_overflow=45, pool_timeout=wait)

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we begin ourselves, see below
        for pragma in (
            f"busy_timeout={int(wait * 1000)}",
            "journal_mode=WAL",
            "synchronous=FULL",  # in WAL anything less can lose the last decisions with the power
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        # A write takes its lock at once: one that reads first and then finds that somebody
        # has written in between could only be given up.
        writing = connection.get_execution_options().get("nearfield_writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _postgres(url: URL, wait: float) -> Engine:
    options = f"-c lock_timeout={int(wait * 1000)} -c timezone=UTC"
    try:
        return create_engine(
            url,
            pool_size=5,
            max_overflow=45,
            pool_timeout=wait,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": 10,
                "application_name": "nearfield",
                "options": options,
            },
        )
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise BadInput(
            say(
                "a ledger in PostgreSQL needs one package more ({error}): install "
                "nearfield[postgres].",
                error=str(error),
            )
        ) from error
