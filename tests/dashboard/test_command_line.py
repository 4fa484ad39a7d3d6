"""The command line: what it prints, writes and returns, for good input, bad input and faults."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from dashboard.command_line import COMMANDS, main

ROOT = Path(__file__).resolve().parents[2]
Make = Callable[..., Path]


def run(*arguments: str | Path) -> int:
    return main([str(argument) for argument in arguments])


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    text = capsys.readouterr().out
    assert all(name in text for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_help_says_what_it_takes_and_gives_an_example(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(name, "--help") == 0
    text = capsys.readouterr().out
    assert f"nearfield {name} " in text.split("example:")[1]
    assert "--json" in text
    assert "Exit codes" in text


def test_help_imports_no_heavy_library() -> None:
    code = (
        "import sys; from dashboard.command_line import main; main(['--help']); "
        "print([m for m in ('pandas', 'numpy', 'streamlit', 'prophet') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().endswith("[]")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "COMMAND"),
        (["fly"], "invalid choice"),
        (["plan", "brand"], "--out"),
        (["forecast", "brand", "--out", "f", "--as-of", "2.11.2025"], "such as 2025-11-02"),
        (["forecast", "brand", "--out", "f", "--as-of", "2025-02-30"], "such as 2025-11-02"),
        (["forecast", "brand", "--out", "f", "--horizon", "0"], "from 1 to 60"),
        (["plan", "brand", "--out", "f", "--horizon", "two"], "from 1 to 60"),
        (["backtest", "brand", "--out", "f.csv", "--windows", "0"], "from 1 to 52"),
        (["serve", "--port", "99999"], "from 1 to 65535"),
        (["import", "kaggle", "x", "--out", "y"], "invalid choice"),
    ],
)
def test_wrong_usage_is_bad_input(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    assert says in capsys.readouterr().err


def test_check_lists_what_was_read(make_brand: Make, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", make_brand()) == 0
    out = capsys.readouterr().out
    assert "sales:" in out
    assert out.strip().endswith("No fault.")


def test_check_prints_json_for_machines(
    make_brand: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check", make_brand(), "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is True
    assert document["rows"]["sales"] > 0


def spoil(folder: Path) -> None:
    """Put three faults into two tables."""
    sales = next(folder.glob("sales.*"))
    lines = sales.read_text(encoding="utf-8").splitlines()
    header = lines[0].split(",")
    for row, (column, value) in {1: ("units", "-3"), 2: ("sku", "nobody-knows")}.items():
        cells = lines[row].split(",")
        cells[header.index(column)] = value
        lines[row] = ",".join(cells)
    sales.write_text("\n".join(lines) + "\n", encoding="utf-8")
    lanes = next(folder.glob("lanes.*"))
    text = lanes.read_text(encoding="utf-8").splitlines()
    cells = text[1].split(",")
    cells[text[0].split(",").index("destination")] = "nowhere"
    text[1] = ",".join(cells)
    lanes.write_text("\n".join(text) + "\n", encoding="utf-8")


@pytest.mark.parametrize("command", ["check", "forecast", "plan", "prepare", "backtest"])
def test_every_fault_is_told_at_once_and_nothing_is_written(
    command: str, make_brand: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_brand()
    spoil(folder)
    out = tmp_path / "out.csv"
    options = [] if command in ("check", "prepare") else ["--out", str(out)]
    assert run(command, folder, *options) == 2
    err = capsys.readouterr().err
    for word in ("units", "nobody-knows", "nowhere"):
        assert word in err
    assert "Traceback" not in err
    assert not out.exists()


def test_faults_as_json(make_brand: Make, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_brand()
    spoil(folder)
    for command in (["check"], ["forecast", "--out", "never.parquet"]):
        assert run(command[0], folder, "--json", *command[1:]) == 2
        document = json.loads(capsys.readouterr().out)
        assert document["ok"] is False
        assert {fault["table"] for fault in document["faults"]} == {"sales", "lanes"}


def test_a_folder_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("check", "prepare", "serve"):
        assert run(command, tmp_path / "none") == 2
        assert "none" in capsys.readouterr().err


def test_a_plan_never_replaces_other_files(
    make_brand: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_brand()
    before = sorted(path.name for path in folder.iterdir())
    assert run("plan", folder, "--out", folder) == 2
    assert "would replace" in capsys.readouterr().err
    assert sorted(path.name for path in folder.iterdir()) == before
    (tmp_path / "file").write_text("mine")
    assert run("plan", folder, "--out", tmp_path / "file") == 2
    assert run("forecast", folder, "--out", folder) == 2
    assert run("demo", tmp_path) == 2  # holds other files
    assert (tmp_path / "file").read_text() == "mine"


def test_backtest_knows_its_formats_before_it_starts(
    make_brand: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("backtest", make_brand(), "--out", "scores.xlsx") == 2
    assert ".csv or .parquet" in capsys.readouterr().err


def test_backtest_writes_rows_that_pandas_reads_and_keeps_the_past(
    make_brand: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = make_brand(), tmp_path / "scores.json"
    options = ("--horizon", 5, "--windows", 1, "--sample", 3, "--workers", 1, "--keep", "--json")
    assert run("backtest", folder, *options, "--out", out) == 0
    rows = pd.read_json(out)
    whole = rows[rows["group"].fillna("") == ""]
    assert list(whole["level"].unique()) == ["series", "product", "category", "region", "total"]
    measures = ["wape", "bias", "wql", "cover90", "seconds_per_series"]
    assert whole[measures].notna().all(axis=None)
    document = json.loads(capsys.readouterr().out)
    assert len(document["rows"]) == len(rows)
    kept = list((folder / ".nearfield" / "past").iterdir())
    assert [path.name for path in kept] == ["2024-05-25.parquet"]


def test_a_failure_of_ours_is_one_line_and_exit_1(
    make_brand: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(folder: Path) -> None:
        raise ZeroDivisionError("float division by zero")

    monkeypatch.setattr("data.check_brand", broken)
    folder = make_brand()
    assert run("check", folder) == 1
    err = capsys.readouterr().err.strip()
    assert len(err.splitlines()) == 1
    assert "ZeroDivisionError" in err
    assert "Traceback" not in err
    with pytest.raises(ZeroDivisionError):
        run("check", folder, "--debug")


def test_a_full_disk_is_said_and_leaves_what_was_there(
    make_brand: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(folder: Path) -> None:
        raise OSError(28, "No space left on device", "forecast.parquet")

    monkeypatch.setattr("data.check_brand", full)
    assert run("check", make_brand()) == 1
    err = capsys.readouterr().err
    assert "No space left on device" in err
    assert "what was there before stands" in err


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [(signal.SIGINT, 130, "stopped"), (signal.SIGTERM, 143, "signal")],
)
def test_stopping_a_long_job_says_so_and_leaves_the_last_good_state(
    planned_demo: Path, tmp_path: Path, number: signal.Signals, code: int, word: str
) -> None:
    out = tmp_path / "forecast.parquet"
    out.write_bytes(b"the last good one")
    command = [sys.executable, "-m", "dashboard.command_line", "forecast", str(planned_demo)]
    process = subprocess.Popen(
        [*command, "--out", str(out), "--workers", "1"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        # Tests that run in the background would hand on that they ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    with process:
        assert process.stderr is not None
        first = process.stderr.readline()  # the first word on its progress: it is at work
        process.send_signal(number)
        said = first + process.stderr.read()
    assert process.returncode == code, said
    assert word in said
    assert "Traceback" not in said
    assert out.read_bytes() == b"the last good one"
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_from_brand_to_forecast_to_plan(
    make_brand: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_brand()
    forecast, out = tmp_path / "forecast.parquet", tmp_path / "plan"
    assert run("forecast", folder, "--out", forecast, "--horizon", "7", "--workers", "1") == 0
    assert "series forecast as of" in capsys.readouterr().out
    assert run("plan", folder, "--forecast", forecast, "--out", out, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is True
    assert document["simulated"] is False
    assert document["horizon_days"] == 7
    assert {path.name for path in out.iterdir()} >= {"transfers.csv", "trips.csv", "plan.json"}
    # A plan takes the place of a plan.
    assert run("plan", folder, "--forecast", forecast, "--out", out) == 0
    assert "against doing nothing" in capsys.readouterr().out


def test_a_forecast_that_is_none(
    planned_demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other.parquet").write_text("not a forecast")
    for name in ("other.parquet", "none.parquet"):
        code = run("plan", planned_demo, "--forecast", tmp_path / name, "--out", tmp_path / "plan")
        assert code == 2
        assert name in capsys.readouterr().err
    assert not (tmp_path / "plan").exists()


def test_prepare_records_the_plan_for_decision(planned_demo: Path) -> None:
    from dashboard.prepared import plan_id
    from data.ledger import Ledger
    from data.workspace import Workspace
    from optimization import read_plan

    workspace = Workspace.of(planned_demo)
    recorded = Ledger(workspace.ledger_url).transfers(plan_id(workspace.plan))
    proposed = read_plan(workspace.plan).proposed
    assert set(recorded["transfer"]) == set(proposed["transfer"])
    assert len(recorded) > 0


def test_serve_listens_on_localhost_and_stops_when_asked(planned_demo: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "dashboard.command_line", "serve", str(planned_demo)]
    process = subprocess.Popen(
        [*command, "--port", str(port)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        said = ""
        while "URL" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        assert f"http://localhost:{port}" in said
        with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health") as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGINT)
        process.stdout.read()
    assert process.returncode == 0
