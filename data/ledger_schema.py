"""Whether a database holds a ledger of this version; if not, it is made or migrated."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from data.errors import BadInput
from data.ledger_faults import place
from data.ledger_tables import HEAD, VERSION_TABLE
from data.sentence import say

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 7_362_911_884  # any number that is ours alone among the server's locks


def revision(connection: Connection) -> str | None:
    """Return the revision of the schema; None where there is no ledger yet."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    return None if found is None else str(found)


def migrate(connection: Connection, *, to: str = HEAD) -> None:
    """Bring the schema to a revision, in the transaction that the connection is in.

    On SQLite a ledger that already held something is copied beside itself first.

    :raises BadInput: the ledger is of a newer version than this code.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
    found = revision(connection)
    if found == to:
        return
    _refuse_newer(connection, found)
    if found is not None and connection.dialect.name == "sqlite":
        back_up(Path(str(connection.engine.url.database)), f"before-{to}-was-{found}")
    _upgrade(connection, to)


def back_up(file: Path, label: str) -> Path:
    """Copy a SQLite ledger, while it is in use, to a new file beside it.

    :returns: the copy, named ``ledger.<label>.sqlite`` or with a number where that exists.
    """
    copy, number = file.with_suffix(f".{label}{file.suffix}"), 1
    while copy.exists():
        number += 1
        copy = file.with_suffix(f".{label}-{number}{file.suffix}")
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def _upgrade(connection: Connection, to: str) -> None:
    # Alembic costs a quarter of a second to import and is needed once in a ledger's life.
    from alembic import command

    config = migration_config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def known_revisions() -> frozenset[str]:
    """Return the revisions that can be migrated from; the newest is :data:`HEAD`."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(migration_config()).walk_revisions()
    return frozenset(script.revision for script in scripts)


def _refuse_newer(connection: Connection, found: str | None) -> None:
    if found is not None and found not in known_revisions():
        raise BadInput(
            say(
                "the ledger {place} was written by a newer Nearfield (its schema is {found}, this "
                "one knows up to {known}). Nothing was changed; update Nearfield.",
                place=place(connection.engine.url),
                found=found,
                known=HEAD,
            )
        )


def migration_config() -> Config:
    """Return Alembic's configuration: where the migrations are."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
