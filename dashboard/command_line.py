"""The command ``nearfield``: every job of the house from a terminal or a nightly script.

Exit codes: 0 done, 1 a failure of ours, 2 bad input (each fault on stderr), 130 stopped by
Ctrl-C, 143 by a signal. With ``--json`` the outcome is one JSON document on stdout.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from dashboard import logs
from dashboard.arguments import COMMANDS, parser

if TYPE_CHECKING:
    from dashboard.commands import Outcome
    from dashboard.jobs import Report, Status
    from data.errors import BadBrand
    from data.progress import Progress

__all__ = ["COMMANDS", "main"]

DONE, FAILED, BAD_INPUT, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143
KEEPS = frozenset({"prepare", "nightly", "backup", "restore", "serve"})
"""Commands that keep something in the brand's workspace, and so their log too."""


class Terminated(BaseException):
    """A signal asked the process to stop."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    :param argv: the arguments after the program's name; default: those of the process.
    :returns: the exit code.
    """
    try:
        options = parser().parse_args(argv)
    except SystemExit as stop:  # argparse: 0 after --help, 2 after a usage error
        return int(stop.code or 0)
    report = _report(options.job)
    _begin_log(options, argv)
    began = time.monotonic()
    status, code, message, outcome = _run(options, report)
    _end_log(options, status, code, message, time.monotonic() - began)
    document = dict(outcome.document) if outcome else {"ok": code == DONE, "message": message}
    if report is not None:
        report.ended(status, message, code)
    try:
        if options.json:
            json.dump(document, sys.stdout, ensure_ascii=False, indent=1, default=str)
            print(flush=True)
        elif outcome:
            print(outcome.text, flush=True)
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more on closing it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _report(place: Path | None) -> Report | None:
    if place is None:
        return None
    from dashboard.jobs import Report

    return Report(place)


def _run(
    options: argparse.Namespace, report: Report | None
) -> tuple[Status, int, str, Outcome | None]:
    """Do the work; turn every way to end into a status, an exit code and one line."""
    from data.errors import BadBrand, BadInput, Cancelled
    from data.sentence import say

    try:
        with _signals(), _progress(report) as progress:
            command = getattr(importlib.import_module(options.module), options.run)
            # The nightly job's steps are those of the job that it starts, which logs them.
            told = progress if options.run == "nightly" else _logged(progress)
            outcome: Outcome = command(options, told)
    except BadBrand as faulty:
        for fault in faulty.faults:
            print(fault, file=sys.stderr)
        count = len(faulty.faults)
        message = (
            say("{count} fault in {folder}", count=count, folder=options.folder)
            if count == 1
            else say("{count} faults in {folder}", count=count, folder=options.folder)
        )
        print(f"nearfield: {message}", file=sys.stderr)
        return "failed", BAD_INPUT, message, _faults(faulty)
    except BadInput as wrong:
        return "failed", BAD_INPUT, _tell(wrong.sentence), None
    except (KeyboardInterrupt, Cancelled):
        return "cancelled", INTERRUPTED, _tell(say("stopped; what was there before stands")), None
    except Terminated:
        stopped = say("stopped by a signal; what was there before stands")
        return "cancelled", TERMINATED, _tell(stopped), None
    except Exception as failure:
        logs.log("failure", level=logs.ERROR, error=True)
        if options.debug:
            raise
        return "failed", FAILED, _tell(_one_line(failure)), None
    if not outcome.document["ok"]:
        return "failed", BAD_INPUT, outcome.text, outcome
    return "done", DONE, outcome.text, outcome


def _begin_log(options: argparse.Namespace, argv: Sequence[str] | None) -> None:
    if options.run == "serve":
        os.environ[logs.RUN_VARIABLE] = logs.run_id()  # for the server that takes our place
    folder = None
    if options.run in KEEPS and options.folder is not None and options.folder.is_dir():
        from data.errors import BadInput
        from data.workspace import Workspace

        with suppress(BadInput):  # the command itself will say so
            folder = Workspace.of(options.folder).root / logs.FOLDER
    logs.begin(folder)
    arguments = list(sys.argv[1:] if argv is None else map(str, argv))
    logs.log("command began", command=options.run, arguments=arguments)


def _end_log(
    options: argparse.Namespace, status: Status, code: int, message: str, seconds: float
) -> None:
    logs.log(
        "command ended",
        level=logs.INFO if code == DONE else logs.ERROR,
        command=options.run,
        status=status,
        exit_code=code,
        seconds=round(seconds, 3),
        message=message,
    )
    logs.end()


def _logged(progress: Progress) -> Progress:
    """Log each new step of the work, and the seconds that the one before took."""
    step, began = "", time.monotonic()

    def tell(done: int, total: int, what: str) -> None:
        nonlocal step, began
        if what != step:
            now = time.monotonic()
            logs.log("step", step=what, before=step, seconds=round(now - began, 3))
            step, began = what, now
        progress(done, total, what)

    return tell


def _faults(faulty: BadBrand) -> Outcome:
    from dashboard.commands import Outcome
    from data.faults import CheckReport

    return Outcome(CheckReport(faults=faulty.faults).to_dict(), "")


def _tell(message: str) -> str:
    print(f"nearfield: {message}", file=sys.stderr)
    return message


def _one_line(failure: Exception) -> str:
    from data.errors import NearfieldError
    from data.sentence import Sentence, say

    kind = type(failure).__name__
    words = " ".join(str(failure).split()) or kind
    if isinstance(failure, OSError):
        return say("{error}; what was there before stands", error=words)
    if isinstance(failure, NearfieldError):
        return failure.sentence if isinstance(failure.sentence, Sentence) else words
    return say(
        "{error} (a failure of ours; --debug shows where); what was there before stands",
        error=f"{kind}: {words}",
    )


@contextmanager
def _signals() -> Iterator[None]:
    """Let a termination signal unwind the work, so that nothing half-written stays."""

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        raise Terminated

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not in the main thread: whoever runs us there handles signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _progress(report: Report | None) -> Iterator[Progress]:
    if report is not None:
        yield report.progress
        return
    from dashboard.progress_bar import ProgressBar

    bar = ProgressBar(sys.stderr)
    try:
        yield bar
    finally:
        bar.close()


if __name__ == "__main__":
    sys.exit(main())
