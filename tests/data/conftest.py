"""Fixtures of the data room: a ledger on each database."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.ledger import Ledger
from tests.data.ledger_cases import BRAND
from tests.postgres import postgres_server  # noqa: F401 (a fixture)

BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    return str(request.getfixturevalue("postgres_server").new_ledger())


@pytest.fixture(scope="session")
def made_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger without a plan, made once and copied: making one takes longer than many tests."""
    file = tmp_path_factory.mktemp("made") / "ledger.sqlite"
    Ledger(f"sqlite:///{file}").close()
    return file


@pytest.fixture(params=BOTH)
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a ledger without a plan, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return copied(request.getfixturevalue("made_file"), tmp_path)
    return str(request.getfixturevalue("postgres_server").new_ledger())


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """A ledger without a plan, on SQLite and on PostgreSQL."""
    with Ledger(ledger_url, BRAND) as opened:
        yield opened


@pytest.fixture
def file_ledger(made_file: Path, tmp_path: Path) -> Iterator[Ledger]:
    """A ledger without a plan on SQLite, for what does not depend on the database."""
    with Ledger(copied(made_file, tmp_path), BRAND) as opened:
        yield opened


def copied(file: Path, folder: Path) -> str:
    return f"sqlite:///{shutil.copy(file, folder / 'ledger.sqlite')}"
