"""A brand's ledger as plain lines, and back: from any database to any other.

One line a row: ``["ledger_event", {"brand": 1, "number": 1, …}]``, moments and days in ISO
form, tables in an order in which they can be added. What an earlier schema wrote is read too:
it is migrated on the way.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, MetaData, Table, create_engine, select

from data.errors import BadInput
from data.ledger import Ledger
from data.ledger_database import Database
from data.ledger_replay import verify
from data.ledger_schema import known_revisions, migrate
from data.ledger_tables import HEAD, brands, metadata
from data.ledger_writing import in_parts

Line = tuple[str, dict[str, Any]]

_TABLES: Final = tuple(table.name for table in metadata.sorted_tables)


def lines_of(connection: Connection, brand: int) -> Iterator[str]:
    """Yield a brand's ledger, all of it as of one moment.

    :param brand: the brand's number.
    """
    for table in metadata.sorted_tables:
        owner = table.c.id if table is brands else table.c.brand
        query = select(table).where(owner == brand).order_by(*table.primary_key)
        for row in connection.execute(query).mappings():
            plain = {name: _plain(value) for name, value in row.items()}
            yield json.dumps([table.name, plain], ensure_ascii=False) + "\n"


def write_copy(ledger: Ledger, path: Path) -> int:
    """Write the ledger's brand to a file; return how many events it holds.

    :raises BadInput: nothing was ever recorded for the brand.
    """

    def work(connection: Connection, brand: int, _plan: str | None, position: int) -> int:
        if not brand:
            raise BadInput(f"the ledger holds nothing of {ledger.brand} yet")
        with path.open("w", encoding="utf-8") as file:
            file.writelines(lines_of(connection, brand))
        return position

    return ledger.look(work)


def read_copy(url: str, name: str, path: Path, revision: str) -> int:
    """Add a brand's ledger, as :func:`write_copy` wrote it, to a database that lacks the brand.

    All of it or nothing; every event is replayed and compared before it is kept.

    :param revision: of the schema that wrote it.
    :returns: how many events it holds.
    :raises BadInput: the database knows the brand already, the copy is damaged, or a newer
        version wrote it.
    """
    if revision not in known_revisions():
        raise BadInput(
            f"the copy was written by a newer Nearfield (its schema is {revision}, this one knows "
            f"up to {HEAD}). Nothing was changed; update Nearfield."
        )
    if revision != HEAD:
        with tempfile.TemporaryDirectory() as folder:
            return _add(url, name, _migrated(path, revision, Path(folder)))
    return _add(url, name, path)


def _migrated(path: Path, revision: str, folder: Path) -> Path:
    """Let a ledger of the earlier schema hold the copy, migrate it, and write it again."""
    file = folder / "earlier.sqlite"
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        migrate(connection, to=revision)
        add_lines(connection, _read(path), brand=1)
    engine.dispose()
    again = folder / "ledger.jsonl"
    with Ledger(f"sqlite:///{file}") as ledger:
        write_copy(ledger, again)
    return again


def _add(url: str, name: str, path: Path) -> int:
    database = Database(url)

    def work(connection: Connection) -> int:
        found = connection.execute(select(brands).where(brands.c.name == name)).one_or_none()
        if found is not None:
            raise BadInput(
                f"the ledger already holds {found.last_event} events of {name}, and nothing in a "
                "ledger is overwritten. Move it away first (the file ledger.sqlite with its -wal "
                "and -shm), or name an empty database in NEARFIELD_LEDGER_URL."
            )
        numbers = connection.execute(select(brands.c.id)).scalars().all()
        brand = max(numbers, default=0) + 1
        add_lines(connection, _read(path), brand=brand)
        row = connection.execute(select(brands).where(brands.c.id == brand)).one_or_none()
        if row is None or row.name != name:
            raise BadInput(f"the copy is not of {name}. Nothing was changed.")
        faults = verify(connection, brand)
        if faults:
            raise BadInput(
                f"the copy is damaged: {faults[0]} ({len(faults)} such). Nothing was changed."
            )
        if not database.is_sqlite:
            connection.exec_driver_sql(
                "SELECT setval(pg_get_serial_sequence('ledger_brand', 'id'), "
                "(SELECT max(id) FROM ledger_brand))"
            )
        return int(row.last_event)

    try:
        return database.write(work)
    finally:
        database.close()


def add_lines(connection: Connection, lines: Iterable[Line], *, brand: int) -> None:
    """Add rows to the tables as they are in the database, under a brand's number there.

    :param lines: (table, row), tables in an order in which they can be added.
    """
    there = MetaData()
    tables: dict[str, Table] = {}
    for name, rows in _together(lines):
        if name not in tables:
            tables[name] = Table(name, there, autoload_with=connection)
        table = tables[name]
        owner = "id" if name == brands.name else "brand"
        for part in in_parts(rows):
            values = [_typed(table, {**row, owner: brand}) for row in part]
            connection.execute(table.insert(), values)


def _together(lines: Iterable[Line]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the rows of a table together, some thousands at a time."""
    name, rows = "", list[dict[str, Any]]()
    for table, row in lines:
        if rows and (table != name or len(rows) >= 10_000):
            yield name, rows
            rows = []
        name = table
        rows.append(row)
    if rows:
        yield name, rows


def _read(path: Path) -> Iterator[Line]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                table, row = json.loads(line)
                known = table in _TABLES and isinstance(row, dict)
            except (ValueError, TypeError):
                known = False
            if not known:
                raise BadInput(f"the copy of the ledger is damaged in line {number}")
            yield table, row


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _typed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(table, name, value) for name, value in row.items()}


def _value(table: Table, column: str, value: Any) -> Any:
    kind = table.c[column].type.python_type
    if value is None or kind not in (date, datetime):
        return value
    moment = datetime.fromisoformat(value)
    return moment.astimezone(UTC).replace(tzinfo=None) if kind is datetime else moment.date()
