"""What is well and what is not, each told in a line."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboard import health, jobs
from dashboard.command_line import main
from dashboard.health import check_health
from data.workspace import Workspace
from tests.data.ledger_cases import plan_frame

NOW = datetime(2025, 11, 3, 8, 0, tzinfo=UTC)


@pytest.fixture
def folder(make_brand: Callable[..., Path]) -> Path:
    """A brand with a plan recorded six hours ago."""
    folder = make_brand()
    ledger = Workspace.of(folder).ledger("Tiny")
    ledger._clock = lambda: NOW - timedelta(hours=6)
    ledger.record_plan("monday", "2025-11-02", "Tiny", plan_frame(2))
    ledger.close()
    return folder


def found(folder: Path, **more: object) -> dict[str, tuple[bool, str]]:
    checks = check_health(folder, now=NOW, **more)  # type: ignore[arg-type]
    return {check.name: (check.ok, check.detail) for check in checks}


def test_all_is_well(folder: Path) -> None:
    checks = found(folder)
    assert {name: ok for name, (ok, _) in checks.items()} == dict.fromkeys(
        ("brand", "disk", "ledger", "plan", "job"), True
    )
    assert checks["plan"][1] == "monday was recorded 6 hours ago, as of 2025-11-02"


def test_a_young_plan_is_told_in_minutes(folder: Path) -> None:
    young = check_health(folder, now=NOW - timedelta(hours=5.5))
    assert "recorded 30 minutes ago" in {check.name: check.detail for check in young}["plan"]


def test_an_old_plan_is_not_well_unless_plans_are_not_looked_at(folder: Path) -> None:
    assert found(folder, oldest_plan_hours=5)["plan"][0] is False
    assert "plan" not in found(folder, oldest_plan_hours=0)


def test_a_planning_that_failed_is_not_well(folder: Path) -> None:
    place = Workspace.of(folder).jobs / "1-plan"
    place.mkdir(parents=True)
    job = jobs.Job("1-plan", "plan", "li", (), "2025-11-03T01:00:00+00:00")
    jobs._write(place, job)
    jobs.Report(place).ended("failed", "the solver gave up", 1)
    ok, told = found(folder)["job"]
    assert not ok
    assert told.startswith("1-plan failed after ")
    assert told.endswith(": the solver gave up")


def test_without_a_plan_a_ledger_a_disk_or_a_brand(
    make_brand: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = make_brand("fresh")
    assert found(fresh)["plan"] == (False, "none was ever recorded")
    monkeypatch.setattr(health, "LEAST_ROOM", 10**18)
    assert found(fresh)["disk"][0] is False
    monkeypatch.setenv("NEARFIELD_LEDGER_URL", "sqlite:////proc/nowhere/ledger.sqlite")
    ok, told = found(fresh)["ledger"]
    assert (ok, "cannot be opened" in told) == (False, True)
    assert list(found(tmp_path / "nowhere")) == ["brand"]


@pytest.fixture
def server() -> Iterator[str]:
    """A server that answers as Streamlit's does: ``ok`` at its path, not found elsewhere."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == health.HEALTH_PATH
            self.send_response(200 if known else 404)
            self.end_headers()
            self.wfile.write(b"ok" if known else b"")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Answers) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


def test_the_dashboard_is_asked(folder: Path, server: str) -> None:
    assert found(folder, server=server + "/")["server"][0] is True
    assert found(folder, server=server + "/elsewhere")["server"][0] is False
    assert found(folder, server="http://127.0.0.1:1")["server"][0] is False
    assert found(folder, server="file:///etc/passwd")["server"][0] is False


def test_the_command_exits_with_2_where_something_is_not_well(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["health", str(folder), "--oldest-plan", "0"]) == 0
    assert "ledger: ok, 3 events" in capsys.readouterr().out
    assert main(["health", str(folder), "--oldest-plan", "1"]) == 2  # it is years old by now
    assert "nearfield: plan: NOT OK, monday was recorded" in capsys.readouterr().err
