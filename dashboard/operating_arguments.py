"""The commands that keep Nearfield running: the nightly job, its health, back-ups."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.argument_parts import add_brand, add_command, add_out_file, add_workers, whole

if TYPE_CHECKING:
    from dashboard.argument_parts import Commands

MODULE = "dashboard.operating"


def _nightly(commands: Commands) -> None:
    command = add_command(
        commands,
        "nightly",
        "back up, forecast and plan, once or every night",
        "nearfield nightly my-brand --at 02:30 --backups backups",
        "Does what prepare does as a job that the dashboard shows, tries again after a failure "
        "of ours, and never runs beside another job that plans.",
    )
    command.set_defaults(module=MODULE)
    add_brand(command)
    command.add_argument(
        "--at",
        metavar="HH:MM",
        type=_time,
        help="run every day at this local time, until stopped (default: once, now)",
    )
    command.add_argument(
        "--retries", metavar="N", type=whole(0, 10), default=2, help="tries more (default: 2)"
    )
    command.add_argument(
        "--backups", metavar="FOLDER", type=Path, help="back up into this folder first"
    )
    command.add_argument(
        "--keep", metavar="N", type=whole(1, 3650), default=14, help="back-ups kept (default: 14)"
    )
    add_workers(command)


def _health(commands: Commands) -> None:
    command = add_command(
        commands,
        "health",
        "say whether the brand, its ledger, its plan and its dashboard are well",
        "nearfield health my-brand --server http://localhost:8501",
        "Exits with 2 where one of them is not.",
    )
    command.set_defaults(module=MODULE)
    add_brand(command)
    command.add_argument(
        "--oldest-plan",
        metavar="HOURS",
        type=whole(0, 24 * 365),
        default=36,
        help="the last plan must be younger; 0: plans are not looked at (default: 36)",
    )
    command.add_argument("--server", metavar="URL", help="the dashboard's address, to ask it too")


def _backup(commands: Commands) -> None:
    command = add_command(
        commands,
        "backup",
        "copy a brand's ledger, forecast, plan and jobs into one file",
        "nearfield backup my-brand --out my-brand.zip",
        "Everything may be in use meanwhile.",
    )
    command.set_defaults(module=MODULE)
    add_brand(command)
    add_out_file(command)


def _restore(commands: Commands) -> None:
    command = add_command(
        commands,
        "restore",
        "bring back what a back-up holds",
        "nearfield restore my-brand.zip my-brand",
        "The ledger must not know the brand yet; it may be in another kind of database than the "
        "one that was backed up.",
    )
    command.set_defaults(module=MODULE)
    command.add_argument("file", metavar="FILE", type=Path, help="the back-up")
    add_brand(command)


def _time(text: str) -> time:
    try:
        found = time.fromisoformat(text)
        if len(text) != len("02:30") or found.tzinfo is not None:
            raise ValueError
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a time such as 02:30, found {text!r}") from None
    return found


OPERATING: dict[str, Callable[[Commands], None]] = {
    "nightly": _nightly,
    "health": _health,
    "backup": _backup,
    "restore": _restore,
}
"""Every such command and the function that declares it."""
