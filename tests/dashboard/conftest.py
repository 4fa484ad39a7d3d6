"""A demo brand that is forecast and planned, a server on it, and a browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock

from tests.dashboard.browser import Server, Visit, launched

if TYPE_CHECKING:
    from playwright.sync_api import Browser


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
            assert main(["prepare", str(folder), "--workers", "1"]) == 0
    return folder


@pytest.fixture
def own_demo(planned_demo: Path, tmp_path: Path) -> Path:
    """A copy of the planned demo brand that a test may change."""
    return Path(shutil.copytree(planned_demo, tmp_path / "own-demo"))


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
def visit(chromium: Browser, server: Server) -> Iterator[Callable[..., Visit]]:
    """Open a window on the server; it is closed after the test."""
    opened: list[Visit] = []

    def open_(**options: Any) -> Visit:
        opened.append(Visit(chromium, options.pop("server", server), **options))
        return opened[-1]

    yield open_
    for window in opened:
        window.close()
