"""Screens, jobs and the command line; no arithmetic of its own."""

from __future__ import annotations

import os
from collections.abc import Sequence

__all__ = ["main"]

# One thread a process for linear algebra, before NumPy is loaded: matrices here are many and small,
# and threads that wait for each other cost more than they bring (docs/pooled.md).
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command of ``nearfield``; see :func:`dashboard.command_line.main`."""
    from dashboard.command_line import main as run

    return run(argv)
