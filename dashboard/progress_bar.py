"""How far long work is, on a terminal: a bar; in a log: a line now and then."""

from __future__ import annotations

import time
from typing import Any, TextIO


class ProgressBar:
    """A :data:`data.progress.Progress` that writes to a stream.

    :param stream: usually stderr; a bar where it is a terminal, else plain lines.
    :param every: seconds between two plain lines of one step.
    """

    def __init__(self, stream: TextIO, every: float = 10.0) -> None:
        self.stream = stream
        self.every = every
        self._bar: Any = None
        self._what = ""
        self._said = 0.0

    def __call__(self, done: int, total: int, what: str) -> None:
        """Show that ``done`` of ``total`` is done of ``what``."""
        if self.stream.isatty():
            self._draw(done, total, what)
        else:
            self._write(done, total, what)

    def _draw(self, done: int, total: int, what: str) -> None:
        from tqdm import tqdm

        if self._bar is None or what != self._what:
            self.close()
            self._what = what
            self._bar = tqdm(total=total, desc=what, file=self.stream, dynamic_ncols=True)
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def _write(self, done: int, total: int, what: str) -> None:
        now = time.monotonic()
        begins, ends = what != self._what, 0 < total <= done
        if begins or ends or now - self._said >= self.every:
            self._what, self._said = what, now
            print(f"{what}: {done:,} of {total:,}", file=self.stream, flush=True)

    def close(self) -> None:
        """Leave the bar as it is and go to the next line."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
