"""Logs are JSON lines that share a run's id, and nothing secret gets into them."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from dashboard import jobs, logs
from dashboard.command_line import main
from data.workspace import Workspace

SECRET = "geh?im+Wort"
IN_ADDRESS = "geh%3Fim%2BWort"


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in (logs.LOG_VARIABLE, logs.RUN_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    yield
    logs.end()


def lines(path: Path) -> list[dict[str, Any]]:
    if path.is_dir():
        (path,) = path.iterdir()
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_line_says_when_what_and_of_which_run(tmp_path: Path) -> None:
    logs.begin(tmp_path / "logs")
    logs.log("backed up", files=3, file=tmp_path)
    try:
        raise ZeroDivisionError("of ours")
    except ZeroDivisionError:
        logs.log("failure", level=logs.ERROR, error=True)
    first, second = lines(tmp_path / "logs")
    assert (first["event"], first["files"], first["file"]) == ("backed up", 3, str(tmp_path))
    assert (first["level"], second["level"]) == ("info", "error")
    assert first["at"].endswith("+00:00")
    assert first["run"] == second["run"] == logs.run_id()
    assert first["process"] == os.getpid()
    assert second["error"].endswith("ZeroDivisionError: of ours")


def test_the_environment_says_where_and_which_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(logs.RUN_VARIABLE, "handed-down")
    monkeypatch.setenv(logs.LOG_VARIABLE, str(tmp_path / "deep" / "one.jsonl"))
    logs.begin(tmp_path / "logs")
    logs.log("one")
    monkeypatch.setenv(logs.LOG_VARIABLE, "stderr")
    logs.begin(None)
    logs.log("two")
    assert [line["run"] for line in lines(tmp_path / "deep" / "one.jsonl")] == ["handed-down"]
    assert json.loads(capsys.readouterr().err)["event"] == "two"
    assert not (tmp_path / "logs").exists()


def test_without_a_place_nothing_is_written_and_nothing_fails(tmp_path: Path) -> None:
    logs.begin(None)
    logs.log("nobody hears it")
    (tmp_path / "logs").touch()  # a file where the folder should be
    logs.begin(tmp_path / "logs")
    logs.log("nor this")


def test_only_the_last_days_are_kept(tmp_path: Path) -> None:
    for day in range(1, logs.DAYS_KEPT + 6):
        (tmp_path / f"2025-{1 + day // 29:02d}-{1 + day % 28:02d}.jsonl").touch()
    (tmp_path / "mine.jsonl").touch()
    logs.begin(tmp_path)
    assert len(list(tmp_path.glob("2025*"))) == logs.DAYS_KEPT
    assert (tmp_path / "mine.jsonl").exists()


def test_the_server_logs_its_own_errors(tmp_path: Path) -> None:
    server = logging.getLogger("streamlit")
    before = list(server.handlers)
    try:
        logs.of_server(tmp_path / "logs")
        logs.of_server(tmp_path / "logs")  # every run of a page asks for it
        server.error("a page failed at postgresql://li:%s@host/db", IN_ADDRESS)
        (line,) = lines(tmp_path / "logs")
    finally:
        for handler in [one for one in server.handlers if one not in before]:
            server.removeHandler(handler)
    assert (line["logger"], line["level"]) == ("streamlit", "error")
    assert line["event"] == "a page failed at postgresql://li:***@host/db"


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("postgresql://li:a@b@host/db", "postgresql://li:***@host/db"),
        ("postgresql://host/db?user=li&password=xyz", "postgresql://host/db?user=li&password=***"),
        (f"the word {SECRET} and {IN_ADDRESS}", "the word *** and ***"),
        ("a cookie s3cret-value", "a cookie ***"),
        ("https://example.org/a:b, 12:30 by li@brand.example", None),
        ("no more than a key", None),
    ],
)
def test_secrets_are_hidden_and_nothing_else(text: str, safe: str | None) -> None:
    environment = {
        "NEARFIELD_LEDGER_URL": f"postgresql://li:{IN_ADDRESS}@host/db",
        "STREAMLIT_COOKIE_SECRET": "s3cret-value",
        "SHORT_TOKEN": "a",
        "HOME": "key",
    }
    assert logs.redacted(text, environment) == (text if safe is None else safe)


def test_a_command_logs_how_it_went(
    make_brand: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(logs.LOG_VARIABLE, str(tmp_path / "log.jsonl"))
    folder = make_brand()
    assert main(["check", str(folder)]) == 0
    assert main(["backup", str(tmp_path / "nowhere"), "--out", str(tmp_path / "x.zip")]) == 2
    began, ended, _, failed = lines(tmp_path / "log.jsonl")
    assert (began["event"], began["arguments"]) == ("command began", ["check", str(folder)])
    assert (ended["event"], ended["exit_code"], ended["status"]) == ("command ended", 0, "done")
    assert ended["seconds"] >= 0
    assert (failed["level"], failed["exit_code"]) == ("error", 2)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://li:{secret}@/db?host={nowhere}",
        "postgresql://li@/db?host={nowhere}&password={secret}",
        "postgresql://li:{secret}@[broken",
        "mysql://li:{secret}@host/db",
    ],
)
def test_a_password_is_in_no_log_no_message_and_no_job(
    make_brand: Callable[..., Path],
    tmp_path: Path,
    address: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = make_brand()
    url = address.format(secret=IN_ADDRESS, nowhere=tmp_path)
    monkeypatch.setenv("NEARFIELD_LEDGER_URL", url)
    monkeypatch.setattr(time, "sleep", lambda _: None)  # a lost server is asked again
    place = Workspace.of(folder).jobs / "1-plan"
    place.mkdir(parents=True)
    job = jobs.Job("1-plan", "plan", "li", ("prepare",), "2025-11-03T01:00:00+00:00")
    (place / "state.json").write_text(json.dumps(asdict(job)))
    assert main(["prepare", str(folder), "--job", str(place)]) in (1, 2)
    assert main(["health", str(folder), "--json"]) == 2
    assert main(["backup", str(folder), "--out", str(tmp_path / "x.zip")]) in (1, 2)
    told = "".join(capsys.readouterr())
    files = [path for path in (folder / ".nearfield").rglob("*") if path.is_file()]
    kept = "".join(path.read_text("utf-8", errors="replace") for path in files)
    assert told.count("ledger") >= 3
    assert '"status": "failed"' in (place / "state.json").read_text()
    assert '"event": "command ended"' in kept
    for word in (SECRET, IN_ADDRESS):
        assert word not in told
        assert word not in kept
