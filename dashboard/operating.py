"""What the commands do that keep Nearfield running; see :mod:`dashboard.commands`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from dashboard import logs
from dashboard.commands import Outcome
from data.errors import BadInput, Failure
from data.findings import Findings
from data.progress import Progress
from data.sentence import in_a_row
from data.settings_file import read_settings
from data.workspace import Workspace

BAD_INPUT: Final = 2
"""How a job ends whose input is at fault."""


def nightly(options: argparse.Namespace, progress: Progress) -> Outcome:
    """Back up, forecast and plan: now, or every night until stopped."""
    from dashboard.nightly import run_night, wait_until

    name = _name(options.folder)
    more = [] if options.workers is None else ["--workers", str(options.workers)]
    while True:
        if options.at is not None:
            logs.log("waiting", until=f"{options.at:%H:%M}")
            wait_until(options.at)
        night = run_night(
            options.folder,
            name,
            progress,
            arguments=[*more, "--backend", options.backend],
            retries=options.retries,
            backups=options.backups,
            keep=options.keep,
        )
        job = night.job
        facts: dict[str, Any] = {
            "ok": not night.faults,
            "job": None if job is None else job.id,
            "seconds": None if job is None else round(job.seconds, 1),
            "tries": night.tries,
            "backup": None if night.backup is None else str(night.backup),
            "faults": list(night.faults),
        }
        logs.log("night ended", level=logs.ERROR if night.faults else logs.INFO, **facts)
        if options.at is None:
            if night.faults:
                bad_input = job is not None and job.exit_code == BAD_INPUT
                raise (BadInput if bad_input else Failure)(in_a_row(night.faults))
            return Outcome(facts, job.message if job else "")
        for fault in night.faults:
            print(f"nearfield: {fault}", file=sys.stderr, flush=True)


def health(options: argparse.Namespace, progress: Progress) -> Outcome:
    """Say what is well and what is not."""
    from dashboard.health import check_health

    checks = check_health(
        options.folder, oldest_plan_hours=options.oldest_plan, server=options.server
    )
    well = all(check.ok for check in checks)
    for check in checks:
        if not check.ok and not options.json:
            print(f"nearfield: {check}", file=sys.stderr)
    return Outcome(
        {"ok": well, "checks": [asdict(check) for check in checks]},
        "\n".join(str(check) for check in checks if check.ok),
    )


def backup(options: argparse.Namespace, progress: Progress) -> Outcome:
    """Copy a brand's ledger and workspace into one file."""
    from dashboard.targets import fresh_file
    from data.backup import back_up

    fresh_file(options.out)
    made = back_up(Workspace.of(options.folder), _name(options.folder), options.out)
    events = "no ledger yet" if made.events is None else f"{made.events:,} events"
    return Outcome(
        {"ok": True, "out": str(options.out), "events": made.events, "files": made.files},
        f"{options.out}: {events}, {made.files} files",
    )


def restore(options: argparse.Namespace, progress: Progress) -> Outcome:
    """Bring back what a back-up holds."""
    from data.backup import restore as bring_back

    workspace = Workspace.of(options.folder)
    made = bring_back(options.file, workspace, _name(options.folder))
    events = "no ledger" if made.events is None else f"{made.events:,} events"
    return Outcome(
        {"ok": True, "at": made.at.isoformat(), "events": made.events, "files": made.files},
        f"{workspace.root}: as of {made.at:%Y-%m-%d %H:%M} UTC, {events}, {made.files} files",
    )


def _name(folder: Path) -> str:
    """Return the brand's name from its settings alone.

    :raises BadInput: with the faults of brand.toml.
    """
    findings = Findings()
    settings = read_settings(folder, findings)[0]
    if findings.faults:
        raise BadInput(in_a_row(fault.sentence for fault in findings.faults))
    return settings.name
