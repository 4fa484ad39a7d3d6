"""A demo brand that is forecast and planned, a server on it, and a browser."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock

from tests.dashboard.browser import Server, Visit, launched
from tests.dashboard.planned_brand import write_planned_brand

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from data.ledger import Ledger


@pytest.fixture(scope="session")
def planned_demo(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small demo brand with its forecast and plan, made once; read only."""
    from dashboard.command_line import main

    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder = base / "demo-planned"
    with FileLock(f"{folder}.lock"):
        if not (folder / ".nearfield" / "plan" / "plan.json").exists():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(demo_folder, folder, ignore=shutil.ignore_patterns(".nearfield"))
            # A plan to look at, not the best one: the search may go on for a minute otherwise.
            settings = folder / "brand.toml"
            usual = settings.read_text("utf-8")
            quick = re.sub(r"(?m)^time_limit_seconds = \d+", "time_limit_seconds = 5", usual)
            assert quick != usual
            settings.write_text(quick, "utf-8")
            assert main(["prepare", str(folder), "--workers", "1"]) == 0
    return folder


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny brand with its plan recorded in its ledger; read only."""
    from dashboard import prepared
    from data import read_brand
    from data.ledger import Ledger
    from data.workspace import Workspace
    from optimization.plan import read_plan

    folder = write_planned_brand(tmp_path_factory.mktemp("recorded") / "brand")
    workspace, brand = Workspace.of(folder), read_brand(folder)
    with Ledger(workspace.ledger_url, brand.settings.name) as ledger:
        ident = prepared.plan_id(workspace.plan)
        prepared.record(ledger, ident, brand, read_plan(workspace.plan))
    return folder


@pytest.fixture
def folder(recorded: Path, tmp_path: Path) -> Path:
    """A copy of the tiny brand that a test may change."""
    return Path(shutil.copytree(recorded, tmp_path / "brand"))


@pytest.fixture
def ledger(folder: Path) -> Iterator[Ledger]:
    """The ledger of the tiny brand."""
    from data.ledger import Ledger
    from data.workspace import Workspace

    with Ledger(Workspace.of(folder).ledger_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def server(planned_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboard on the planned demo brand (a copy, since readers decide there)."""
    home = tmp_path_factory.mktemp("server")
    running = Server(Path(shutil.copytree(planned_demo, home / "brand")), home)
    yield running
    running.stop()


@pytest.fixture
def shown(server: Server) -> Callable[[Path], str]:
    """Let the one server show another brand: the value of the link's ``uploaded``."""

    def show(folder: Path) -> str:
        uploads = server.home / ".local" / "share" / "nearfield" / "uploads"
        uploads.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
        (uploads / name).symlink_to(folder)
        return name

    return show


@pytest.fixture
def visit(chromium: Browser, server: Server) -> Iterator[Callable[..., Visit]]:
    """Open a window on the server; it is closed after the test."""
    opened: list[Visit] = []

    def open_(**options: Any) -> Visit:
        opened.append(Visit(chromium, options.pop("server", server), **options))
        return opened[-1]

    yield open_
    for window in opened:
        window.close()
