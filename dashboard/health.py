"""Whether the brand, its ledger, its plan, its disk and its dashboard are well."""

from __future__ import annotations

import shutil
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from dashboard import jobs
from data.errors import NearfieldError
from data.findings import Findings
from data.ledger import Ledger
from data.sentence import in_a_row, say
from data.settings_file import read_settings
from data.workspace import Workspace

HEALTH_PATH: Final = "/_stcore/health"
"""Where Streamlit's server answers ``ok`` while it is well."""

LEAST_ROOM: Final = 200_000_000
"""Bytes that must be free on the workspace's disk."""

SECONDS_TO_ANSWER: Final = 10.0


_ENDED: Final = {
    "done": say("done"),
    "failed": say("failed"),
    "cancelled": say("cancelled"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    :param name: ``brand``, ``ledger``, ``plan``, ``job``, ``disk`` or ``server``.
    :param detail: what was found, in one line (:mod:`data.sentence`).
    """

    name: str
    ok: bool
    detail: str

    def __str__(self) -> str:
        return f"{self.name}: {'ok' if self.ok else 'NOT OK'}, {self.detail}"


def check_health(
    folder: Path,
    *,
    oldest_plan_hours: float = 36.0,
    server: str | None = None,
    now: datetime | None = None,
) -> tuple[Check, ...]:
    """Look at everything that a brand's dashboard needs; never raises for what is not well.

    :param oldest_plan_hours: the last plan must have been recorded since; 0: not looked at,
        nor at how the last planning ended.
    :param server: the dashboard's address, such as http://localhost:8501; None: not asked.
    :param now: UTC; None: this moment.
    """
    findings = Findings()
    name = read_settings(folder, findings)[0].name
    found = in_a_row([fault.sentence for fault in findings.faults], "; ")
    checks = [Check("brand", not found, found or name)]
    if not found:
        checks += _of_work(folder, name, oldest_plan_hours, now or datetime.now(UTC))
    if server is not None:
        checks.append(_server(server))
    return tuple(checks)


def _of_work(folder: Path, name: str, hours: float, now: datetime) -> list[Check]:
    try:
        workspace = Workspace.of(folder)
    except NearfieldError as error:
        return [Check("disk", False, error.sentence)]
    checks = [_disk(workspace)]
    try:
        with workspace.ledger(name) as ledger:
            events = ledger.events(limit=1)["number"].max()
            last = 0 if events != events else int(events)
            checks.append(Check("ledger", True, say("{count:,} events", count=last)))
            if hours:
                checks.append(_plan(ledger, hours, now))
    except NearfieldError as error:
        checks.append(Check("ledger", False, error.sentence))
    if hours:
        checks.append(_job(workspace))
    return checks


def _disk(workspace: Workspace) -> Check:
    free = shutil.disk_usage(workspace.root).free
    room = say("{room:.1f} GB free", room=free / 1e9)
    return Check("disk", free >= LEAST_ROOM, room)


def _plan(ledger: Ledger, hours: float, now: datetime) -> Check:
    plans = ledger.plans()
    if plans.empty:
        return Check("plan", False, say("none was ever recorded"))
    newest = plans.iloc[0]
    age = (now - newest["recorded_at"].to_pydatetime()).total_seconds() / 3600
    day = f"{newest['as_of']:%Y-%m-%d}"
    if age < 0.1:
        found = say("{plan} was recorded just now, as of {day}", plan=newest["plan"], day=day)
    elif age < 2:
        found = say(
            "{plan} was recorded {minutes:.0f} minutes ago, as of {day}",
            plan=newest["plan"],
            minutes=60 * age,
            day=day,
        )
    else:
        found = say(
            "{plan} was recorded {hours:.0f} hours ago, as of {day}",
            plan=newest["plan"],
            hours=age,
            day=day,
        )
    return Check("plan", age <= hours, found)


def _job(workspace: Workspace) -> Check:
    ended = (job for job in jobs.history(workspace.jobs, "plan") if job.status != "running")
    last = next(ended, None)
    if last is None:
        return Check("job", True, say("no planning has ended yet"))
    found = say(
        "{job} {status} after {seconds:.0f} s",
        job=last.id,
        status=_ENDED.get(last.status, last.status),
        seconds=last.seconds,
    )
    if last.status != "failed":
        return Check("job", True, found)
    return Check("job", False, say("{found}: {message}", found=found, message=last.message))


def _server(address: str) -> Check:
    url = address.rstrip("/") + HEALTH_PATH
    if not url.startswith(("http://", "https://")):
        found = say("{address} is no address such as http://localhost:8501", address=address)
        return Check("server", False, found)
    try:
        with urllib.request.urlopen(url, timeout=SECONDS_TO_ANSWER) as answer:
            said = answer.read(100).decode("utf-8", "replace").strip()
    except (urllib.error.URLError, OSError) as error:
        found = say("{address} does not answer: {error}", address=url, error=str(error))
        return Check("server", False, found)
    return Check("server", said == "ok", say("{address} says {said!r}", address=url, said=said))
