"""How long work tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int, str], None]
"""Called with (done, total, what is being done); may raise :class:`data.errors.Cancelled`."""


def silent(done: int, total: int, what: str) -> None:
    """Tell nobody."""
