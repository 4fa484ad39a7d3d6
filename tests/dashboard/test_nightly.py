"""The nightly job: backs up, plans as a job, tries again where that may help."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from datetime import datetime
from datetime import time as clock_time
from pathlib import Path

import pytest

from dashboard import jobs, nightly
from dashboard.command_line import main
from dashboard.nightly import run_night, seconds_until, wait_until
from data.progress import silent
from data.workspace import Workspace
from tests.data.ledger_cases import plan_frame

# Ends as the first line of the file `ends` says: a status and an exit code, `killed` or `stuck`.
PROGRAM = """
import json, os, pathlib, signal, sys, time
state = pathlib.Path(sys.argv[-1]) / "state.json"
ends = pathlib.Path(__file__).with_name("ends")
first, *rest = ends.read_text().splitlines()
ends.write_text("\\n".join(rest))
def tell(**changes):
    beside = state.with_name("beside")
    beside.write_text(json.dumps({**json.loads(state.read_text()), **changes}))
    beside.rename(state)
tell(done=1, total=2, what="fit")
if first == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
if first == "stuck":
    time.sleep(60)
status, code = first.split()
tell(status=status, message=" ".join(sys.argv[1:-2]), exit_code=int(code),
     ended="2100-01-01T00:00:00+00:00")
"""


@pytest.fixture
def folder(make_brand: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = make_brand()
    program = folder.parent / "program.py"
    program.write_text(PROGRAM)
    started = functools.partial(jobs.start, program=(sys.executable, str(program)))
    monkeypatch.setattr(jobs, "start", started)
    monkeypatch.setattr(nightly, "LOOK_EVERY", 0.02)
    return folder


def ends(folder: Path, *how: str) -> None:
    (folder.parent / "ends").write_text("\n".join(how))


def test_it_plans_as_a_job_that_the_dashboard_shows(folder: Path) -> None:
    ends(folder, "done 0")
    night = run_night(folder, "Tiny", silent, arguments=["--workers", "1"])
    assert (night.tries, night.faults, night.backup) == (1, (), None)
    (job,) = jobs.history(Workspace.of(folder).jobs)
    assert (job.kind, job.who, job.status) == ("plan", "nightly job", "done")
    assert job.message == f"prepare {folder} --workers 1"


@pytest.mark.parametrize(
    ("how", "tries", "status"),
    [
        (("failed 1", "killed", "done 0"), 3, "done"),
        (("failed 2", "done 0"), 1, "failed"),  # bad input stays bad
        (("cancelled 143", "done 0"), 1, "cancelled"),  # somebody did not want it
    ],
)
def test_it_tries_again_where_that_may_help(
    folder: Path, how: tuple[str, ...], tries: int, status: str
) -> None:
    ends(folder, *how)
    pauses: list[float] = []
    night = run_night(folder, "Tiny", silent, retries=2, sleep=pauses.append)
    assert night.job is not None
    assert (night.tries, night.job.status) == (tries, status)
    assert pauses == [60.0, 120.0][: tries - 1]
    assert bool(night.faults) == (status != "done")


def test_it_does_not_plan_beside_another_job(folder: Path) -> None:
    space = Workspace.of(folder)
    space.jobs.mkdir()
    place = space.jobs / "1-plan"
    place.mkdir()
    jobs._write(place, jobs.Job("1-plan", "plan", "Wei", (), "2025-11-03T01:00:00+00:00"))
    with jobs._lock_for_start(space.jobs, "plan") as lock:
        lock.write("1-plan")
        lock.flush()
        night = run_night(folder, "Tiny", silent)
    assert night.job is None
    assert night.faults[0].startswith("nothing was planned: Wei has started this")


def test_back_ups_come_first_and_the_newest_are_kept(folder: Path, tmp_path: Path) -> None:
    with Workspace.of(folder).ledger("Tiny") as ledger:
        ledger.record_plan("monday", "2025-11-02", "Tiny", plan_frame(2))
    backups = tmp_path / "backups"
    backups.mkdir()
    for day in (1, 2, 3):
        (backups / f"2025110{day}-023000.nearfield.zip").touch()
    (backups / "mine.zip").touch()
    ends(folder, "failed 2")
    night = run_night(folder, "Tiny", silent, backups=backups, keep=2)
    assert night.backup is not None
    kept = {path.name for path in backups.iterdir()}
    assert kept == {"mine.zip", "20251103-023000.nearfield.zip", night.backup.name}


def test_a_back_up_that_fails_is_told_and_keeps_no_plan_from_being_made(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "backups").touch()
    ends(folder, "done 0")
    night = run_night(folder, "Tiny", silent, backups=tmp_path / "backups")
    assert night.job is not None
    assert night.job.status == "done"
    assert night.faults[0].startswith("no back-up was made: ")


def test_stopping_it_stops_its_job(folder: Path) -> None:
    ends(folder, "stuck")

    def stop(done: int, total: int, what: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_night(folder, "Tiny", stop)
    (job,) = jobs.history(Workspace.of(folder).jobs)
    assert (job.status, job.message) == ("cancelled", "Cancelled by nightly job.")


@pytest.mark.parametrize(
    ("how", "code", "word"),
    [("done 0", 0, "prepare"), ("failed 2", 2, "planning failed"), ("failed 1", 1, "planning f")],
)
def test_the_command_ends_as_its_job_did(
    folder: Path, capsys: pytest.CaptureFixture[str], how: str, code: int, word: str
) -> None:
    ends(folder, how)
    assert main(["nightly", str(folder), "--retries", "0"]) == code
    assert word in "".join(capsys.readouterr())


def test_it_waits_for_its_time_in_parts() -> None:
    waited: list[float] = []
    soon = clock_time((datetime.now().hour + 12) % 24)

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wait_until(soon, sleep)
    assert waited == [30.0, 30.0, 30.0]
    assert seconds_until(clock_time(2, 30), datetime(2025, 11, 3, 23, 30)) == 3 * 3600
