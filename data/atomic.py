"""Files and folders that are replaced whole or not at all.

New content is written beside the old, forced to the disk and swapped in at the end. A process
that is killed, or a disk that fills up, leaves what was there before.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from data.errors import BadInput
from data.sentence import say

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_ABANDONED_AFTER: Final = 3600.0  # seconds; what a killed process left beside is then removed
_NEW, _OLD = ".new", ".old"
_EXCHANGE: Final = 2  # RENAME_EXCHANGE of renameat2(2)
_HERE: Final = -100  # AT_FDCWD


@contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """Give a path beside ``path`` to write to; at the end it becomes ``path``.

    Where the block raises, or the process is killed, ``path`` stays as it was.

    :raises BadInput: the disk is full or may not be written.
    """
    beside = _beside(path)
    try:
        with _told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            _remove_abandoned(path)
            yield beside
            _to_disk(beside)
            beside.replace(path)
            _to_disk(path.parent)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def replace_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder beside ``path`` to fill; at the end it takes the place of ``path``.

    On Linux the two are exchanged in one step. Elsewhere a process killed between two renames
    leaves the old folder beside, from where :func:`settle` brings it back.

    :raises BadInput: the disk is full or may not be written.
    """
    beside = _beside(path)
    try:
        with _told(path):
            settle(path)
            _remove_abandoned(path)
            beside.mkdir(parents=True)
            yield beside
            for file in (*beside.rglob("*"), beside):
                _to_disk(file)
            _swap(beside, path)
            _to_disk(path.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def settle(path: Path) -> None:
    """Bring back a folder that a killed :func:`replace_folder` had just moved away."""
    old = _old(path)
    if old.exists() and not path.exists():
        old.rename(path)
    elif old.exists():
        shutil.rmtree(old, ignore_errors=True)


def _swap(beside: Path, path: Path) -> None:
    if not path.exists():
        beside.rename(path)
        return
    if _exchange(beside, path):
        return  # what was there is now beside, and is removed
    old = _old(path)
    path.rename(old)
    beside.rename(path)
    shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step where the system can (Linux, most file systems)."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    names = (os.fsencode(one), os.fsencode(other))
    return bool(renameat2(_HERE, names[0], _HERE, names[1], _EXCHANGE) == 0)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{_NEW}")


def _old(path: Path) -> Path:
    return path.with_name(f".{path.name}{_OLD}")


def _to_disk(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows does not open folders
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_abandoned(path: Path) -> None:
    for left in path.parent.glob(f".{path.name}.*{_NEW}"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime < _ABANDONED_AFTER:
                continue
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise BadInput(
                say(
                    "there is no room left to write {path}; what was there before stands. "
                    "Free space on the disk of {folder}, then try again.",
                    path=path,
                    folder=path.parent,
                )
            ) from error
        if error.errno in _FORBIDDEN:
            raise BadInput(
                say(
                    "{path} may not be written ({error}); what was there before stands. "
                    "Give this user the right to write in {folder}, then try again.",
                    path=path,
                    error=error.strerror,
                    folder=path.parent,
                )
            ) from error
        raise
