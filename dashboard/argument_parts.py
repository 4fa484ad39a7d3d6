"""What the commands of ``nearfield`` share: a command's own parser, and arguments of several."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

EXIT_CODES = "Exit codes: 0 done, 1 a failure of ours, 2 bad input, 130 stopped by Ctrl-C."


def add_command(
    commands: Commands, name: str, summary: str, example: str, more: str = ""
) -> argparse.ArgumentParser:
    """Add a command; ``module`` and ``run`` say which function does it."""
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}. {more}".strip(),
        epilog=f"example:\n  {example}\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(module="dashboard.commands", run=name.replace("-", "_"))
    command.add_argument("--json", action="store_true", help="print one JSON document on stdout")
    command.add_argument(
        "--debug", action="store_true", help="show the traceback of a failure of ours"
    )
    command.add_argument("--job", type=Path, default=None, help=argparse.SUPPRESS)
    return command


def add_brand(command: argparse.ArgumentParser, help_: str = "the brand folder") -> None:
    """Add the brand folder."""
    command.add_argument("folder", metavar="DIR", type=Path, help=help_)


def add_out_file(command: argparse.ArgumentParser) -> None:
    """Add ``--out``, the file that a command writes."""
    command.add_argument("--out", metavar="FILE", type=Path, required=True, help="file to write")


def add_past(command: argparse.ArgumentParser) -> None:
    """Add ``--as-of``."""
    command.add_argument(
        "--as-of",
        metavar="DATE",
        type=day,
        help="ignore sales after this day, so that the past is seen as it looked then "
        "(default: the last day of sales)",
    )


def add_horizon(command: argparse.ArgumentParser) -> None:
    """Add ``--horizon``."""
    command.add_argument(
        "--horizon",
        metavar="DAYS",
        type=whole(1, 60),
        help="days ahead, 1 to 60 (default: horizon_days of brand.toml)",
    )


def add_workers(command: argparse.ArgumentParser) -> None:
    """Add ``--workers`` and ``--backend``."""
    command.add_argument(
        "--workers", metavar="N", type=whole(1, 4096), help="processors (default: all)"
    )
    command.add_argument(
        "--backend",
        metavar="NAME",
        default="loky",
        help="joblib backend: loky (processes, the default), dask, ray, threading, sequential",
    )


def day(text: str) -> date:
    """Read a day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected a date such as 2025-11-02, found {text!r}"
        ) from None


class whole:  # noqa: N801  (argparse shows the name of a type)
    """A whole number from ``least`` to ``most``."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most

    def __call__(self, text: str) -> int:
        """Read the number."""
        expected = f"expected a whole number from {self.least} to {self.most}, found {text!r}"
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(expected) from None
        if not self.least <= value <= self.most:
            raise argparse.ArgumentTypeError(expected)
        return value
