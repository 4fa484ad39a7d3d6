"""The house: four rooms, one direction, heavy libraries only where and when they are needed."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("data", "forecasting", "optimization", "dashboard")
MAY_IMPORT = {
    "data": {"data"},
    "forecasting": {"data", "forecasting"},
    "optimization": {"data", "forecasting", "optimization"},
    "dashboard": set(ROOMS),
}
# Of the forecasting room the planner knows only the forecast table, and the one way to a cluster.
FORECAST_TABLE = {"forecasting.forecast", "forecasting.quantiles", "forecasting.workers"}
LIBRARY_ROOM = {
    "streamlit": "dashboard",
    "altair": "dashboard",
    "prophet": "forecasting",
    "cmdstanpy": "forecasting",
    "ortools": "optimization",
}
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager"}


def python_files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imports(path: Path) -> list[tuple[str, int]]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            found.append((node.module or "", node.lineno))
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_no_import_runs_against_the_direction(room: str) -> None:
    against = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in python_files(room)
        for module, line in imports(path)
        if module.split(".")[0] in ROOMS and module.split(".")[0] not in MAY_IMPORT[room]
    ]
    assert not against


def test_the_planner_knows_only_the_forecast_table() -> None:
    against = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in python_files("optimization")
        for module, line in imports(path)
        if module.split(".")[0] == "forecasting" and module not in FORECAST_TABLE
    ]
    assert not against


@pytest.mark.parametrize("room", ROOMS)
def test_libraries_stay_in_their_room(room: str) -> None:
    strays = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in python_files(room)
        for module, line in imports(path)
        if LIBRARY_ROOM.get(module.split(".")[0], room) != room
    ]
    assert not strays


def test_a_page_opens_without_prophet_and_or_tools() -> None:
    code = (
        "import sys; import data, forecasting, optimization, dashboard.command_line; "
        "print([m for m in ('prophet', 'cmdstanpy', 'ortools', 'streamlit') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("room", ROOMS)
def test_all_names_what_is_exported(room: str) -> None:
    module = importlib.import_module(room)
    public = set(module.__all__)
    assert public, f"{room} has no public face"
    assert sorted(module.__all__) == sorted(public)
    assert all(hasattr(module, name) for name in public)


def test_files_are_named_for_what_they_hold() -> None:
    names = {path.stem for room in ROOMS for path in python_files(room)}
    assert not names & FORBIDDEN_NAMES


def test_no_registry_address_and_no_index_line_in_the_locks() -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "pyproject.toml"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "--index-url" not in text
        assert "--extra-index" not in text
        assert not re.search(r"https?://\S*(pypi|simple)\S*", text), name


def test_the_lock_pins_what_must_move_together() -> None:
    locked = dict(
        line.split("==")
        for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").split()
        if "==" in line
    )
    assert {"prophet", "cmdstanpy", "ortools", "streamlit", "pandas"} <= set(locked)


def test_the_documents_name_every_command() -> None:
    from dashboard.command_line import COMMANDS

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"nearfield {name}" not in readme] == []
