"""Long work, done by the command line in a process of its own.

A job is a folder with ``state.json`` (what it is, how far it is, how it ended) and ``log.txt``.
While it runs, its process holds an operating-system lock on ``<kind>.lock`` beside it, which
names it: the lock goes when the process goes, however it goes, so that a killed job is never
taken for a running one and never stands in the way of the next. Pages only read these files:
a reload, another reader or a restarted server see the same.

Needs a POSIX system (``flock`` and process groups).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Literal

from dashboard import logs
from data.errors import BadInput, Cancelled
from data.sentence import packed, say, unpacked
from data.workspace import write_atomically

Status = Literal["running", "done", "failed", "cancelled"]

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = (sys.executable, "-m", "dashboard.command_line")
PID_FILE = "pid"
"""Holds the job's process, which also leads its process group, and whose processes count it."""

SECONDS_TO_STOP = 5.0
"""How long a cancelled job may take to stop by itself before it is killed."""


class AlreadyRunning(BadInput):
    """A job of the same kind is at work on this brand."""

    def __init__(self, job: Job) -> None:
        self.job = job
        super().__init__(
            say(
                "{who} has started this at {started}; it is still running.",
                who=job.who,
                started=job.started,
            )
        )


@dataclass(frozen=True, slots=True)
class Job:
    """One run of the command line and how far it is.

    ``started`` and ``ended`` are UTC, ISO; ``done`` of ``total`` steps, ``what`` names the
    step; ``message`` is how it ended, in a line or two, and may be a
    :class:`data.sentence.Sentence`.
    """

    id: str
    kind: str
    who: str
    arguments: tuple[str, ...]
    started: str
    ended: str = ""
    status: Status = "running"
    done: int = 0
    total: int = 0
    what: str = ""
    message: str = ""
    exit_code: int | None = None

    @property
    def seconds(self) -> float:
        """How long it ran, or has been running."""
        end = datetime.fromisoformat(self.ended) if self.ended else datetime.now(UTC)
        return (end - datetime.fromisoformat(self.started)).total_seconds()


def start(
    folder: Path,
    kind: str,
    arguments: Sequence[str],
    who: str = "",
    program: Sequence[str] = PROGRAM,
) -> Job:
    """Start the command line on ``arguments``, unless a job of this kind is running.

    :param folder: where the jobs of a brand are kept.
    :param program: what is run; it is given ``arguments`` and ``--job``, and uses
        :class:`Report`.
    :raises AlreadyRunning: says which job, and who started it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _lock_for_start(folder, kind) as lock:
        now = datetime.now(UTC)
        job = Job(
            id=f"{now:%Y%m%d-%H%M%S}-{kind}-{uuid.uuid4().hex[:6]}",
            kind=kind,
            who=who,
            arguments=tuple(arguments),
            started=now.isoformat(timespec="milliseconds"),
        )
        place = folder / job.id
        place.mkdir()
        _write(place, job)
        lock.seek(0)
        lock.truncate()
        lock.write(job.id)
        lock.flush()
        child = _spawn(place, [*program, *arguments], lock.fileno())
        _children.append(child)
        # Known before the job says its first word, so that it can be cancelled at once.
        (place / PID_FILE).write_text(f"{child.pid} {_processes()}", "utf-8")
    logs.log("job started", job=job.id, kind=kind, who=who, arguments=list(arguments))
    return job


_children: list[subprocess.Popen[bytes]] = []
"""Jobs started here and not yet seen to end, so that none stays behind as a zombie."""


def _spawn(place: Path, program: Sequence[str], lock: int) -> subprocess.Popen[bytes]:
    environment = dict(os.environ)
    paths = [str(ROOT), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    environment[logs.RUN_VARIABLE] = place.name
    command = [*program, "--job", str(place)]
    with (place / "log.txt").open("wb") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
            pass_fds=(lock,),
        )


@contextlib.contextmanager
def _lock_for_start(folder: Path, kind: str) -> Iterator[IO[str]]:
    path = folder / f"{kind}.lock"
    with path.open("a+") as lock:
        for _attempt in range(200):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                job = running(folder, kind)
                if job is not None:
                    raise AlreadyRunning(job) from None
                # Somebody only looked, is about to write his name, or has ended and not yet gone.
                time.sleep(0.05)
        else:
            raise BadInput(say("Another process holds {path}; try again in a moment.", path=path))
        yield lock


def _holder(folder: Path, kind: str) -> str:
    """Return the id of the job that holds the lock of a kind, or nothing."""
    try:
        lock = (folder / f"{kind}.lock").open()
    except FileNotFoundError:
        return ""
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return lock.read().strip()
    return ""


def read(folder: Path, ident: str) -> Job | None:
    """Return a job as it stands now; None where there is no such job."""
    place = folder / ident
    try:
        document: dict[str, Any] = json.loads((place / "state.json").read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return None
    job = _job(document)
    if job.status == "running" and _holder(folder, job.kind) != ident:
        again = json.loads((place / "state.json").read_text("utf-8"))
        if again["status"] != "running":  # it ended between our two looks
            return _job(again)
        return _died(place, job)
    return job


def _died(place: Path, job: Job) -> Job:
    """Return a job whose process went without a word."""
    written = (place / "state.json").stat().st_mtime
    ended = datetime.fromtimestamp(written, UTC).isoformat(timespec="milliseconds")
    if (place / "cancelled").exists():
        return replace(job, status="cancelled", ended=ended, message=_who_cancelled(place))
    message = say(
        "The run was broken off: its process was killed, as for want of memory, or the machine was "
        "stopped. The last good forecast and plan stand. Start it again."
    )
    return replace(job, status="failed", ended=ended, message=message)


def _who_cancelled(place: Path) -> str:
    who = (place / "cancelled").read_text("utf-8").strip()
    return say("Cancelled by {who}.", who=who) if who else say("Cancelled.")


def running(folder: Path, kind: str) -> Job | None:
    """Return the job of a kind that is at work now, if there is one."""
    ident = _holder(folder, kind)
    job = read(folder, ident) if ident else None
    return job if job is not None and job.status == "running" else None


def history(folder: Path, kind: str | None = None) -> list[Job]:
    """Return all jobs, the newest first."""
    _children[:] = [child for child in _children if child.poll() is None]
    if not folder.is_dir():
        return []
    found = (read(folder, path.name) for path in folder.iterdir() if path.is_dir())
    kept = [job for job in found if job is not None and kind in (None, job.kind)]
    # By the moment, not by the name: that knows seconds only.
    return sorted(kept, key=lambda job: (job.started, job.id), reverse=True)


def last(folder: Path, kind: str) -> Job | None:
    """Return the newest job of a kind."""
    return next(iter(history(folder, kind)), None)


def log(folder: Path, ident: str, lines: int = 30) -> str:
    """Return the last lines that a job wrote."""
    try:
        text = (folder / ident / "log.txt").read_bytes().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    # A progress bar rewrites its line: only what it said last counts.
    kept = [line.rsplit("\r", 1)[-1] for line in text.replace("\r\n", "\n").split("\n")]
    return "\n".join("\n".join(kept).rstrip().split("\n")[-lines:])


def cancel(folder: Path, ident: str, who: str = "", patience: float = SECONDS_TO_STOP) -> None:
    """Stop a job and all its workers; what it had written before stands."""
    job = read(folder, ident)
    if job is None or job.status != "running":
        return
    (folder / ident / "cancelled").write_text(who, "utf-8")
    logs.log("job cancelled", job=ident, kind=job.kind, who=who)
    group, _, processes = (folder / ident / PID_FILE).read_text("utf-8").partition(" ")
    if processes != _processes():
        # In another container its number means nothing here: it stops at its next step.
        _until_gone(folder, job, patience)
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(int(group), signal.SIGTERM)
        _until_gone(folder, job, patience)
        if _holder(folder, job.kind) == ident:
            os.killpg(int(group), signal.SIGKILL)
            while _holder(folder, job.kind) == ident:
                time.sleep(0.02)
    history(folder)  # reaps the child


def _until_gone(folder: Path, job: Job, patience: float) -> None:
    until = time.monotonic() + patience
    while _holder(folder, job.kind) == job.id and time.monotonic() < until:
        time.sleep(0.05)


def _processes() -> str:
    """Return what tells this machine's, or container's, processes from another's."""
    try:
        space = str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:  # not Linux, where containers have a system of their own
        space = ""
    return f"{socket.gethostname()} {space}".strip()


def _write(place: Path, job: Job) -> None:
    document = {**asdict(job), "message": packed(job.message)}
    with write_atomically(place / "state.json") as beside:
        beside.write_text(json.dumps(document, ensure_ascii=False, indent=1), "utf-8")


def _job(document: Mapping[str, Any]) -> Job:
    arguments, message = tuple(document["arguments"]), unpacked(document["message"])
    return Job(**{**document, "arguments": arguments, "message": message})


class Report:
    """The job's own side: tells the pages how far it is and how it ended.

    :param place: the job's folder, as given by ``--job``.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        document = json.loads((place / "state.json").read_text("utf-8"))
        self.job = _job(document)
        self._next = 0.0

    def progress(self, done: int, total: int, what: str) -> None:
        """Tell how far it is; at most twice a second.

        :raises Cancelled: somebody has cancelled it from where no signal reaches it.
        """
        now = time.monotonic()
        if now >= self._next or what != self.job.what:
            if (self.place / "cancelled").exists():
                raise Cancelled("cancelled")
            self._next = now + 0.5
            self._set(done=int(done), total=int(total), what=what)

    def ended(self, status: Status, message: str, exit_code: int) -> None:
        """Tell how it ended."""
        if status == "cancelled" and (self.place / "cancelled").exists():
            message = _who_cancelled(self.place)
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._set(status=status, message=message, exit_code=exit_code, ended=now)

    def _set(self, **changes: Any) -> None:
        self.job = replace(self.job, **changes)
        _write(self.place, self.job)
