"""A real PostgreSQL server for tests, started as an ordinary user and stopped by its process id."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.machine import POSTGRES_VARIABLE, find_postgres, in_ci

# Nothing of a test survives it, so nothing needs to reach the disk.
SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60")


@dataclass(frozen=True)
class Server:
    """A running server that listens on a socket in its own folder, on no network."""

    folder: Path

    def url(self, user: str = "postgres", database: str = "postgres") -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def new_ledger(self) -> str:
        """Return the address of a place without tables: a user with a schema of its own.

        A database of its own would be hundreds of files for every test.
        """
        name = f"ledger_{uuid.uuid4().hex[:12]}"
        self.execute(f"CREATE ROLE {name} LOGIN; CREATE SCHEMA {name} AUTHORIZATION {name}")
        return self.url(name)

    def execute(self, statement: str) -> list[Any]:
        import psycopg

        with psycopg.connect(self.url(), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def running_server(binaries: Path) -> Iterator[Server]:
    """Start a server in a temporary folder; PostgreSQL refuses root, so not as root."""
    user = _user()
    folder = Path(tempfile.mkdtemp(prefix="nearfield-pg-"))
    if user:
        shutil.chown(folder, user["user"], user["group"])
    data = folder / "data"
    initdb = [binaries / "initdb", "--auth=trust", "--no-sync", "--username=postgres"]
    initdb += ["--encoding=UTF8", "--locale=C", "--pgdata", data]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **user)
    options = [part for setting in SETTINGS for part in ("-c", setting)]
    options += ["-c", "listen_addresses=", "-k", str(folder)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, *options],
            stdout=log,
            stderr=log,
            cwd=folder,
            **user,
        )
    try:
        yield _ready(Server(folder), server)
    finally:
        server.send_signal(signal.SIGQUIT)  # PostgreSQL's immediate shutdown
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _user() -> dict[str, Any]:
    """Whom to start as: where we are root, the user of Debian's packages, or nobody."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError("PostgreSQL refuses root, and there is no other user to start it as")


def _ready(server: Server, process: subprocess.Popen[bytes], seconds: float = 60) -> Server:
    import psycopg

    end = time.monotonic() + seconds
    while True:
        try:
            server.execute("SELECT 1")
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > end:
                log = (server.folder / "log").read_text(errors="replace")
                raise RuntimeError(f"PostgreSQL did not start:\n{log}") from None
            time.sleep(0.05)
        else:
            return server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A PostgreSQL server for the session; skips where there is none, fails in CI."""
    binaries = find_postgres()
    if binaries is None:
        reason = f"no PostgreSQL server binary found (set {POSTGRES_VARIABLE} to its bin folder)"
        if in_ci():
            pytest.fail(reason)
        pytest.skip(reason)
    with running_server(binaries) as server:
        yield server
