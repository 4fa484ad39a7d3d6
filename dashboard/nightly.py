"""The nightly job: back up, then forecast and plan as a job that the dashboard shows."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as ClockTime  # noqa: N812
from pathlib import Path
from typing import Final

from dashboard import jobs, logs
from data.backup import back_up
from data.errors import BadInput, NearfieldError
from data.progress import Progress
from data.sentence import say
from data.workspace import Workspace

WHO: Final = "nightly job"
KIND: Final = "plan"
FIRST_PAUSE: Final = 60.0
"""Seconds before the first try more; each pause after it is twice as long."""
LOOK_EVERY: Final = 0.5

Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Night:
    """How one night went.

    :param job: the last planning job; None where it could not be started.
    :param tries: how often planning was tried.
    :param backup: the back-up's file; None where none was asked for, or it failed.
    :param faults: what went wrong, a sentence each; empty where all is well.
    """

    job: jobs.Job | None
    tries: int
    backup: Path | None
    faults: tuple[str, ...]


def run_night(
    folder: Path,
    brand_name: str,
    progress: Progress,
    *,
    arguments: Sequence[str] = (),
    retries: int = 2,
    backups: Path | None = None,
    keep: int = 14,
    sleep: Sleep = time.sleep,
) -> Night:
    """Back up, forecast and plan.

    A back-up that fails is told and does not keep the plan from being made. Planning that fails
    through a failure of ours (a lost connection, a killed process) is tried again; bad input is
    not, for it would stay bad.

    :param arguments: more arguments of the command prepare.
    :param backups: the folder of the back-ups; the newest ``keep`` stay.
    :raises BaseException: whatever stops this process; the job is stopped with it.
    """
    workspace = Workspace.of(folder)
    faults = []
    made = None
    if backups is not None:
        try:
            made = _back_up(workspace, brand_name, backups, keep)
        except (NearfieldError, OSError) as error:
            faults.append(say("no back-up was made: {error}", error=_message(error)))
            logs.log("back-up failed", level=logs.ERROR, error=True)
    job, tries = None, 0
    while tries <= retries:
        tries += 1
        try:
            job = _plan(workspace.jobs, [str(folder), *arguments], progress)
        except BadInput as refused:  # another job is at work, or no folder may be written
            faults.append(say("nothing was planned: {why}", why=refused.sentence))
            break
        if job.status == "done" or not _may_get_better(job) or tries > retries:
            break
        logs.log("trying again", level=logs.ERROR, job=job.id, message=job.message, tries=tries)
        sleep(FIRST_PAUSE * 2 ** (tries - 1))
    if job is not None and job.status != "done":
        faults.append(say("planning {status}: {message}", status=job.status, message=job.message))
    return Night(job, tries, made, tuple(faults))


def _message(error: NearfieldError | OSError) -> str:
    return error.sentence if isinstance(error, NearfieldError) else str(error)


def _may_get_better(job: jobs.Job) -> bool:
    # Exit code 1 is a failure of ours; none at all is a process that was killed.
    return job.status == "failed" and job.exit_code in (1, None)


def _plan(folder: Path, arguments: Sequence[str], progress: Progress) -> jobs.Job:
    job = jobs.start(folder, KIND, ["prepare", *arguments], WHO)
    try:
        while (now := jobs.read(folder, job.id) or job).status == "running":
            if now.total:
                progress(now.done, now.total, now.what)
            time.sleep(LOOK_EVERY)
    except BaseException:
        jobs.cancel(folder, job.id, WHO)
        raise
    return now


def _back_up(workspace: Workspace, brand_name: str, folder: Path, keep: int) -> Path:
    now = datetime.now().astimezone()
    path = folder / f"{now:%Y%m%d-%H%M%S}.nearfield.zip"
    folder.mkdir(parents=True, exist_ok=True)
    made = back_up(workspace, brand_name, path)
    logs.log("backed up", file=str(path), events=made.events, files=made.files)
    for old in sorted(folder.glob("????????-??????.nearfield.zip"))[:-keep]:
        with suppress(OSError):
            old.unlink()
    return path


def seconds_until(at: ClockTime, now: datetime) -> float:
    """Return how long it is from ``now`` to the next time that a local clock shows ``at``.

    >>> seconds_until(ClockTime(2, 30), datetime(2025, 11, 3, 2, 0))
    1800.0
    >>> seconds_until(ClockTime(2, 30), datetime(2025, 11, 3, 2, 30))
    86400.0
    """
    today = datetime.combine(now.date(), at, now.tzinfo)
    later = today if today > now else today + timedelta(days=1)
    return (later - now).total_seconds()


def wait_until(at: ClockTime, sleep: Sleep = time.sleep) -> None:
    """Wait for the next time that the local clock shows ``at``."""
    # In parts: a machine that slept, or whose clock was set, is then not hours late.
    left = seconds_until(at, datetime.now())
    end = datetime.now() + timedelta(seconds=left)
    while (left := (end - datetime.now()).total_seconds()) > 0:
        sleep(min(left, 30.0))
