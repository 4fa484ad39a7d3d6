"""Screens, jobs and the command line; no arithmetic of its own."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command of ``nearfield``; see :func:`dashboard.command_line.main`."""
    from dashboard.command_line import main as run

    return run(argv)
