"""Jobs: started once, watched, stopped, and never mistaken for running when they are not."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard import jobs
from dashboard.job_history import by_kind, history_frame

# Reports as the command line does; "wait" goes on until the file `go` stands beside the jobs,
# "deaf" ignores a polite signal, "worker" keeps a child of its own.
PROGRAM = """
import argparse, pathlib, signal, subprocess, sys, time
from dashboard.jobs import Report
parser = argparse.ArgumentParser()
parser.add_argument("what")
parser.add_argument("--job", type=pathlib.Path)
options = parser.parse_args()
report = Report(options.job)
print("began", options.what, flush=True)
if options.what == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if options.what == "worker":
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    (options.job.parent / "child").write_text(str(child.pid))
report.progress(1, 3, "fitting")
while options.what != "quick" and not (options.job.parent / "go").exists():
    time.sleep(0.02)
report.progress(3, 3, "planning")
report.ended("failed" if options.what == "fails" else "done", "as asked", 0)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    return tmp_path / "jobs"


def start(folder: Path, what: str, kind: str = "plan", who: str = "Wei") -> jobs.Job:
    program = (sys.executable, str(folder.parent / "program.py"))
    return jobs.start(folder, kind, [what], who, program=program)


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that must happen; the limit only ends a hung test."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def status(folder: Path, job: jobs.Job) -> str:
    now = jobs.read(folder, job.id)
    assert now is not None
    return now.status


def begun(folder: Path, job: jobs.Job) -> bool:
    now = jobs.read(folder, job.id)
    return now is not None and now.done > 0


def test_a_job_tells_how_far_it_is_and_how_it_ended(folder: Path) -> None:
    job = start(folder, "wait")
    until(lambda: begun(folder, job))
    now = jobs.read(folder, job.id)
    assert now is not None
    assert (now.status, now.done, now.total, now.what, now.who) == (
        "running", 1, 3, "fitting", "Wei",
    )  # fmt: skip
    (folder / "go").touch()
    until(lambda: status(folder, job) == "done")
    ended = jobs.read(folder, job.id)
    assert ended is not None
    assert (ended.message, ended.exit_code, ended.done) == ("as asked", 0, 3)
    assert ended.ended >= ended.started
    assert "began wait" in jobs.log(folder, job.id)


def test_one_job_of_a_kind_at_a_time_and_the_second_says_whose_it_is(folder: Path) -> None:
    first = start(folder, "wait", who="Wei")
    with pytest.raises(jobs.AlreadyRunning, match="Wei") as refused:
        start(folder, "wait", who="Li")
    assert refused.value.job.id == first.id
    other = start(folder, "wait", kind="demo")  # another kind is free
    (folder / "go").touch()
    until(lambda: status(folder, first) == status(folder, other) == "done")
    again = start(folder, "quick")
    until(lambda: status(folder, again) == "done")
    assert [job.id for job in jobs.history(folder, "plan")] == [again.id, first.id]


def test_cancelling_stops_a_job_and_its_workers(folder: Path) -> None:
    job = start(folder, "worker")
    until(lambda: begun(folder, job))
    child = int((folder / "child").read_text())
    jobs.cancel(folder, job.id, who="Li")
    now = jobs.read(folder, job.id)
    assert now is not None
    assert now.status == "cancelled"
    assert now.message == "Cancelled by Li."
    assert jobs.running(folder, "plan") is None
    until(lambda: not _lives(child))


def test_a_job_can_be_cancelled_before_its_first_word(folder: Path) -> None:
    job = start(folder, "wait")
    jobs.cancel(folder, job.id, who="Li")
    assert status(folder, job) == "cancelled"
    assert jobs.running(folder, "plan") is None


def test_a_job_that_ignores_the_signal_is_killed(folder: Path) -> None:
    job = start(folder, "deaf")
    until(lambda: begun(folder, job))
    jobs.cancel(folder, job.id, patience=0.2)
    assert status(folder, job) == "cancelled"
    assert jobs.running(folder, "plan") is None


def test_a_job_in_another_container_stops_at_its_next_step(folder: Path) -> None:
    job = start(folder, "wait")
    until(lambda: begun(folder, job))
    number = (folder / job.id / "pid").read_text().split()[0]
    (folder / job.id / "pid").write_text(f"{number} another-container 1")
    jobs.cancel(folder, job.id, who="Li", patience=0.1)
    assert status(folder, job) == "running"  # no signal was sent
    (folder / "go").touch()
    until(lambda: status(folder, job) == "cancelled")


def test_a_killed_job_is_shown_as_failed_and_does_not_stand_in_the_way(folder: Path) -> None:
    job = start(folder, "wait")
    until(lambda: begun(folder, job))
    os.killpg(int((folder / job.id / jobs.PID_FILE).read_text().split()[0]), signal.SIGKILL)
    until(lambda: status(folder, job) == "failed")
    after = jobs.read(folder, job.id)
    assert after is not None
    assert "killed" in after.message
    assert after.ended
    assert "began wait" in jobs.log(folder, job.id)
    (folder / "go").touch()
    again = start(folder, "quick")
    until(lambda: status(folder, again) == "done")


def test_a_job_that_ends_badly_by_its_own_word(folder: Path) -> None:
    (folder).mkdir()
    (folder / "go").touch()
    job = start(folder, "fails")
    until(lambda: status(folder, job) == "failed")
    jobs.cancel(folder, job.id)  # too late: nothing to cancel, nothing changes
    now = jobs.read(folder, job.id)
    assert now is not None
    assert (now.status, now.message) == ("failed", "as asked")


def test_a_broken_state_file_is_no_job(folder: Path) -> None:
    place = folder / "20250101-000000-plan-abc"
    place.mkdir(parents=True)
    assert jobs.read(folder, place.name) is None
    (place / "state.json").write_text("{", encoding="utf-8")
    assert jobs.read(folder, place.name) is None
    assert jobs.history(folder) == []
    assert jobs.history(folder / "nowhere") == []


def test_a_progress_bar_in_the_log_counts_once(folder: Path) -> None:
    place = folder / "job"
    place.mkdir(parents=True)
    (place / "log.txt").write_bytes(b"begin\n 1%\r 50%\r100%\nend\n")
    assert jobs.log(folder, "job") == "begin\n100%\nend"
    assert jobs.log(folder, "job", lines=1) == "end"


def test_state_is_plain_json(folder: Path) -> None:
    job = start(folder, "quick")
    until(lambda: status(folder, job) == "done")
    document = json.loads((folder / job.id / "state.json").read_text("utf-8"))
    assert document["arguments"] == ["quick"]
    assert set(document) == set(jobs.Job.__dataclass_fields__)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie that its new parent has not reaped yet is not alive either.
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_the_history_tells_how_long_each_took_and_how_it_ended(folder: Path) -> None:
    assert history_frame(folder).empty
    assert by_kind(history_frame(folder)).empty
    lasted = [
        ("plan", "done", 60),
        ("plan", "failed", 5),
        ("demo", "done", 9),
        ("plan", "done", 80),
    ]
    for number, (kind, end, seconds) in enumerate(lasted):
        (folder / f"{number}-{kind}").mkdir(parents=True)
        began = f"2025-11-0{number + 1}T02:30:00.000+00:00"
        ended = f"2025-11-0{number + 1}T02:{30 + seconds // 60}:{seconds % 60:02d}.000+00:00"
        job = jobs.Job(f"{number}-{kind}", kind, "li", (), began, ended, end, message=end)  # type: ignore[arg-type]
        jobs._write(folder / job.id, job)
    history = history_frame(folder)
    assert list(history["job"]) == ["3-plan", "2-demo", "1-plan", "0-plan"]
    assert list(history["seconds"]) == [80, 9, 5, 60]
    assert list(history_frame(folder, "demo")["kind"]) == ["demo"]
    plan = by_kind(history).set_index("kind").loc["plan"]
    assert (plan["runs"], plan["done"], plan["failed"], plan["cancelled"]) == (3, 2, 1, 0)
    assert (plan["median_seconds"], plan["longest_seconds"]) == (70, 80)
    assert str(plan["last_failed"]) == "2025-11-02 02:30:00+00:00"
