"""A ledger of an earlier version becomes one of this version, on both databases."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Inspector, create_engine, inspect, make_url

import data.ledger_database
import data.ledger_schema
from data.errors import BadInput
from data.handover import read_export
from data.ledger import Action, Ledger
from data.ledger_database import Database
from data.ledger_schema import back_up, migrate, migration_config, revision
from data.ledger_tables import HEAD, VERSION_TABLE, metadata
from data.people import list_people
from tests.data.ledger_cases import BRAND, decide, record
from tests.data.ledger_rows import load, path_of

REVISIONS = [
    one.revision for one in ScriptDirectory.from_config(migration_config()).walk_revisions()
]

NEXT = """
from alembic import op
import sqlalchemy as sa

revision = "next"
down_revision = "{head}"


def upgrade() -> None:
    op.add_column("ledger_state", sa.Column("weather", sa.Text, server_default="dry"))
    {then}
"""


def test_this_version_knows_its_newest_migration() -> None:
    assert ScriptDirectory.from_config(migration_config()).get_heads() == [HEAD]


def test_the_migrations_make_what_the_tables_say(ledger: Ledger) -> None:
    def compare(connection: Connection) -> list[object]:
        options = {"version_table": VERSION_TABLE, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, metadata))

    assert ledger.database.read(compare) == []


@pytest.mark.parametrize("earlier", REVISIONS)
def test_a_ledger_of_every_earlier_version_keeps_what_it_held(empty_url: str, earlier: str) -> None:
    """A new revision needs its rows: python -m tests.data.ledger_rows, before its release."""
    held = json.loads(path_of(earlier).read_text("utf-8"))
    database = opened_without_migrating(empty_url)
    database.write(lambda connection: migrate(connection, to=earlier))
    database.write(lambda connection: load(connection, held))
    assert database.read(revision) == earlier
    database.close()
    with Ledger(empty_url, BRAND) as ledger:
        assert ledger.database.read(revision) == HEAD
        assert ledger.verify() == []
        assert len(ledger.events()) == len(held["ledger_event"])
        states = sorted(row["state"] for row in held["ledger_state"])
        assert sorted(pd.concat(every_plan(ledger))["state"]) == states
        assert len(set(states)) >= 5
        (export,) = held["ledger_export"]
        lines = json.loads(read_export(ledger, export["export"]).to_json())["lines"]
        assert lines == json.loads(export["lines"])
        assert list(list_people(ledger)["roles"]) == ["admin, planner"]
        decide(ledger, ledger.transfers(states=["proposed"]), Action.APPROVE)
        assert ledger.verify() == []


def every_plan(ledger: Ledger) -> list[pd.DataFrame]:
    return [ledger.transfers(plan) for plan in ledger.plans()["plan"]]


@pytest.fixture
def add_migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Add a migration after the newest; ``then`` is what it does after adding a column."""
    folder = tmp_path / "migrations"
    here = Path(data.ledger_schema.__file__).parent / "migrations"
    shutil.copytree(here, folder, ignore=shutil.ignore_patterns("__pycache__"))

    def add(then: str = "pass") -> None:
        text = NEXT.format(head=HEAD, then=then)
        (folder / "versions" / "next.py").write_text(text, encoding="utf-8")
        monkeypatch.setattr(data.ledger_schema, "FOLDER", folder)
        monkeypatch.setattr(data.ledger_database, "HEAD", "next")

    return add


def test_migrating_keeps_what_was_decided(
    ledger: Ledger, add_migration: Callable[[str], None]
) -> None:
    record(ledger)
    decide(ledger, ledger.transfers()[:3], Action.APPROVE)
    add_migration("pass")
    ledger.database.write(lambda connection: migrate(connection, to="next"))
    assert ledger.database.read(revision) == "next"
    assert "weather" in columns_of_state(ledger.database)
    assert (ledger.transfers()["state"] == "approved").sum() == 3
    assert ledger.verify() == []


def test_sqlite_is_copied_before_it_is_migrated(
    file_ledger: Ledger, tmp_path: Path, add_migration: Callable[[str], None]
) -> None:
    record(file_ledger)
    add_migration("pass")
    file_ledger.database.write(lambda connection: migrate(connection, to="next"))
    copies = sorted(tmp_path.glob("ledger.before*.sqlite"))
    assert [one.name for one in copies] == [f"ledger.before-next-was-{HEAD}.sqlite"]
    connection = sqlite3.connect(copies[0])
    assert connection.execute("SELECT count(*) FROM ledger_proposal").fetchone() == (6,)
    assert connection.execute(f"SELECT * FROM {VERSION_TABLE}").fetchall() == [(HEAD,)]
    connection.close()


def test_a_migration_that_fails_leaves_the_earlier_version(
    ledger: Ledger, add_migration: Callable[[str], None]
) -> None:
    record(ledger)
    add_migration("raise RuntimeError('the power went')")
    with pytest.raises(RuntimeError, match="the power went"):
        ledger.database.write(lambda connection: migrate(connection, to="next"))
    assert ledger.database.read(revision) == HEAD
    assert "weather" not in columns_of_state(ledger.database)
    assert len(ledger.transfers()) == 6


def test_a_ledger_of_a_newer_version_is_left_alone(ledger_url: str) -> None:
    with Ledger(ledger_url, BRAND) as ledger:
        record(ledger)
        statement = f"UPDATE {VERSION_TABLE} SET version_num = '2099'"
        ledger.database.write(lambda connection: connection.exec_driver_sql(statement))
    with pytest.raises(BadInput, match=r"written by a newer Nearfield \(its schema is 2099"):
        Ledger(ledger_url, BRAND)


def test_a_back_up_is_a_ledger_and_replaces_no_other(file_ledger: Ledger) -> None:
    record(file_ledger)
    file = Path(str(file_ledger.database.url.database))
    copies = [back_up(file, "monday"), back_up(file, "monday")]
    assert [one.name for one in copies] == ["ledger.monday.sqlite", "ledger.monday-2.sqlite"]
    for one in copies:
        with Ledger(f"sqlite:///{one}", BRAND) as restored:
            assert len(restored.transfers()) == 6
            assert restored.verify() == []


def opened_without_migrating(url: str) -> Database:
    """A database as an earlier version would have left it: not migrated when opened."""
    database = Database.__new__(Database)
    database.url = make_url(url)
    if not database.is_sqlite:
        database.url = database.url.set(drivername="postgresql+psycopg")
    database.wait = 5.0
    database.engine = create_engine(database.url)
    return database


def columns_of_state(database: Database) -> set[str]:
    def names(connection: Connection) -> set[str]:
        found: Inspector = inspect(connection)
        return {column["name"] for column in found.get_columns("ledger_state")}

    return database.read(names)
