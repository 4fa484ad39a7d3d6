"""What the processes did, as JSON lines that share a run's id; no secret is in them.

A line holds ``at`` (UTC), ``level``, ``run``, ``event`` and what belongs to the event. The run is
the command's or the server's, and the job's own id for a job, so that a page's job, its log and
these lines can be brought together. ``NEARFIELD_LOG`` is ``stderr``, or a file; without it,
commands that keep something for a brand write to ``logs/<day>.jsonl`` in its workspace.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

LOG_VARIABLE: Final = "NEARFIELD_LOG"
RUN_VARIABLE: Final = "NEARFIELD_RUN"
FOLDER: Final = "logs"
DAYS_KEPT: Final = 30
INFO: Final = logging.INFO
ERROR: Final = logging.ERROR

_LOGGER: Final = logging.getLogger("nearfield")
_IN_ADDRESS: Final = re.compile(r"(?<=://)([^\s/@:]*):[^\s/]*@")
_IN_QUERY: Final = re.compile(r"([?&]password=)[^&\s'\"]*")
_SECRET_NAME: Final = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|API_?KEY|PRIVATE_?KEY")
_HIDDEN: Final = "***"
_SHORTEST: Final = 4  # a shorter value would be found everywhere


_run = ""


def run_id() -> str:
    """Return the id of this run: the one that was handed down, or one of its own."""
    global _run
    handed_down = os.environ.get(RUN_VARIABLE, "")
    if handed_down:
        return handed_down
    if not _run:
        _run = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}"
    return _run


def begin(folder: Path | None) -> None:
    """Decide where lines go from now on.

    :param folder: where a day's file may be kept (made if need be); None: nowhere but where
        ``NEARFIELD_LOG`` says.
    """
    end()
    named = os.environ.get(LOG_VARIABLE, "")
    handler: logging.Handler
    try:
        if named == "stderr":
            handler = logging.StreamHandler(sys.stderr)
        elif named:
            handler = logging.FileHandler(named, encoding="utf-8", delay=True)
            Path(named).parent.mkdir(parents=True, exist_ok=True)
        elif folder is not None:
            handler = _of_today(folder)
        else:
            return
    except OSError as error:  # work is not given up because it cannot be logged
        print(f"nearfield: no log is kept: {error}", file=sys.stderr)
        return
    handler.setFormatter(JsonLines())
    handler.handleError = lambda record: None  # type: ignore[method-assign]
    _LOGGER.setLevel(INFO)
    _LOGGER.propagate = False
    _LOGGER.addHandler(handler)
    _opened.append(handler)


_opened: list[logging.Handler] = []


def end() -> None:
    """Close what :func:`begin` opened."""
    while _opened:
        handler = _opened.pop()
        _LOGGER.removeHandler(handler)
        handler.close()


def of_server(folder: Path | None) -> None:
    """Log the server's own words too, its errors with their traceback; once a process."""
    if _opened:
        return
    begin(folder)
    for handler in _opened:
        logging.getLogger("streamlit").addHandler(handler)


def log(event: str, *, level: int = INFO, error: bool = False, **facts: Any) -> None:
    """Write a line.

    :param event: what happened, in a few words that stay the same.
    :param error: add the traceback of the exception being handled.
    :param facts: plain values.
    """
    _LOGGER.log(level, event, exc_info=error, extra={"facts": facts})


def redacted(text: str, environment: Mapping[str, str] | None = None) -> str:
    """Return a text without the passwords in addresses and the secrets of the environment.

    >>> redacted("postgresql://li:geheim@host/db is away", {})
    'postgresql://li:***@host/db is away'
    """
    text = _IN_QUERY.sub(rf"\1{_HIDDEN}", _IN_ADDRESS.sub(rf"\1:{_HIDDEN}@", text))
    for secret in _secrets(os.environ if environment is None else environment):
        text = text.replace(secret, _HIDDEN)
    return text


def _secrets(environment: Mapping[str, str]) -> list[str]:
    found = set()
    for name, value in environment.items():
        if _SECRET_NAME.search(name.upper()):
            found.add(value)
        elif "://" in value:
            with suppress(ValueError):
                parts = urlsplit(value)
                named = [parts.password or "", *parse_qs(parts.query).get("password", [])]
                found |= {*named, *map(unquote, named)}
    return sorted((one for one in found if len(one) >= _SHORTEST), key=len, reverse=True)


class JsonLines(logging.Formatter):
    """A record as one line of JSON, redacted."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "at": at,
            "level": record.levelname.lower(),
            "run": run_id(),
            "process": record.process,
            "event": record.getMessage(),
        }
        if record.name != _LOGGER.name:
            line["logger"] = record.name
        line |= getattr(record, "facts", {})
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        safe = {name: _redacted(value) for name, value in line.items()}
        return json.dumps(safe, ensure_ascii=False, default=str)


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, (list, tuple)):
        return [_redacted(one) for one in value]
    return value if isinstance(value, (int, float, bool, type(None))) else redacted(str(value))


def _of_today(folder: Path) -> logging.Handler:
    folder.mkdir(parents=True, exist_ok=True)
    files = sorted(folder.glob("????-??-??.jsonl"))
    for old in files[:-DAYS_KEPT]:
        with suppress(OSError):
            old.unlink()
    # A line is one small write in append mode: several processes may share the file.
    return _EachDay(folder)


class _EachDay(logging.Handler):
    """Writes each line to the file of its day, so that a server goes on past midnight."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def emit(self, record: logging.LogRecord) -> None:
        try:
            day = f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%d}.jsonl"
            with (self._folder / day).open("ab", buffering=0) as file:
                file.write(f"{self.format(record)}\n".encode())
        except OSError:
            self.handleError(record)
