"""Where a command may write: found out before hours of work, and never over somebody's files."""

from __future__ import annotations

import os
from pathlib import Path

from data.errors import BadInput
from data.sentence import Sentence, say

PLAN_FILES = {"transfers.csv", "trips.csv", "plan.json", "reasons.parquet", "stockouts.parquet"}


def fresh_file(path: Path) -> None:
    """Make sure that a file can be written here.

    :raises BadInput: it is a folder, or its folder cannot be written.
    """
    if path.is_dir():
        raise BadInput(
            say("{path}: expected a file to write, found a folder. Add a file's name.", path=path)
        )
    _make(path.absolute().parent)


def fresh_folder(folder: Path, mark: str) -> None:
    """Make sure that a folder can be filled: new, empty, or one of the same kind.

    :param mark: the file by which a folder of this kind is known.
    :raises BadInput: it holds something else, or cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise BadInput(_no_folder(folder))
    if folder.is_dir() and any(folder.iterdir()) and not (folder / mark).is_file():
        raise BadInput(
            say("{folder}: holds other files, which would mix. Name a new folder.", folder=folder)
        )
    _make(folder.absolute().parent)


def plan_folder(folder: Path) -> None:
    """Make sure that a plan may replace this folder: new, empty, or nothing but a plan.

    :raises BadInput: it holds other files, which would be lost, or cannot be written.
    """
    if folder.is_dir():
        others = sorted(path.name for path in folder.iterdir() if path.name not in PLAN_FILES)
        if others:
            raise BadInput(
                say(
                    "{folder}: holds {files}, which a plan would replace. Name a new folder.",
                    folder=folder,
                    files=", ".join(others[:3]) + ("…" if len(others) > 3 else ""),
                )
            )
    elif folder.exists():
        raise BadInput(_no_folder(folder))
    _make(folder.absolute().parent)


def _no_folder(folder: Path) -> Sentence:
    return say("{folder}: expected a folder to write, found a file.", folder=folder)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(
            say("{folder}: cannot be made ({error}).", folder=folder, error=error.strerror)
        ) from None
    if not os.access(folder, os.W_OK):
        raise BadInput(say("{folder}: cannot be written. Name another place.", folder=folder))
