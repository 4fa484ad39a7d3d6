"""Back-ups of the work on a brand: its ledger, its forecast, its plan and its jobs, in one file.

The file is a zip with ``manifest.json`` (what it is of, and a digest of each part),
``ledger.jsonl`` (:mod:`data.ledger_copy`) and the files of the workspace. The ledger is copied
as of one moment, while it is in use, and first: a plan that is in the workspace and not yet in
the ledger is recorded when it is next shown. The brand's own tables are not in it.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

from data.atomic import replace_folder, write_atomically
from data.errors import BadInput
from data.workspace import Workspace

FORMAT: Final = "nearfield-backup"
FORMAT_VERSION: Final = 1

_LEDGER: Final = "ledger.jsonl"
_MANIFEST: Final = "manifest.json"
_FILES: Final = "workspace/"
_TRIES: Final = 5
_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Backup:
    """What a back-up holds.

    :param at: when it was made (UTC).
    :param events: events of the ledger; None where the brand had no ledger yet.
    :param files: files of the workspace.
    """

    brand: str
    at: datetime
    events: int | None
    files: int


def back_up(workspace: Workspace, brand_name: str, out: Path) -> Backup:
    """Write a back-up to a file, whole or not at all; the ledger may be in use.

    :raises BadInput: the disk is full, or the ledger cannot be read.
    """
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as scratch, write_atomically(out) as beside:
        copy = Path(scratch) / _LEDGER
        events, revision = _copy_ledger(workspace, brand_name, copy)
        names = _write(beside, workspace, copy if events is not None else None, brand_name, now,
                       events, revision)  # fmt: skip
    return Backup(brand_name, now, events, names)


def _copy_ledger(workspace: Workspace, brand_name: str, copy: Path) -> tuple[int | None, str]:
    from data.ledger_copy import write_copy
    from data.ledger_tables import HEAD

    with workspace.ledger(brand_name) as ledger:
        if ledger.events(limit=1).empty:
            return None, HEAD
        return write_copy(ledger, copy), HEAD


def _write(
    path: Path,
    workspace: Workspace,
    ledger: Path | None,
    brand_name: str,
    now: datetime,
    events: int | None,
    revision: str,
) -> int:
    """Write the zip; begin again where a plan or forecast is replaced meanwhile."""
    for _attempt in range(_TRIES):
        before = _signature(workspace)
        parts: dict[str, str] = {}
        try:
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                if ledger is not None:
                    parts[_LEDGER] = _add(archive, ledger, _LEDGER)
                for file in _files(workspace.root):
                    name = _FILES + file.relative_to(workspace.root).as_posix()
                    parts[name] = _add(archive, file, name)
                manifest = {
                    "format": FORMAT,
                    "version": FORMAT_VERSION,
                    "brand": brand_name,
                    "at": now.isoformat(timespec="seconds"),
                    "revision": revision,
                    "events": events,
                    "sha256": parts,
                }
                text = json.dumps(manifest, ensure_ascii=False, indent=1)
                archive.writestr(_MANIFEST, text + "\n")
        except FileNotFoundError:
            continue
        if _signature(workspace) == before:
            return len(parts) - (ledger is not None)
    raise BadInput(f"the files in {workspace.root} change all the time; try again later")


def _files(root: Path) -> Iterator[Path]:
    """Yield what is worth keeping: not the ledger's own files, locks, logs or half-written."""
    for path in sorted(root.rglob("*")):
        inner = path.relative_to(root).parts
        hidden = any(part.startswith(".") for part in inner)
        if hidden or inner[0] == "logs" or not path.is_file() or path.is_symlink():
            continue
        if path.name.startswith("ledger.") or path.suffix == ".lock":
            continue
        yield path


def _signature(workspace: Workspace) -> list[tuple[str, int, int, int]]:
    found = []
    for path in (*_files(workspace.root),):
        if workspace.jobs in path.parents:
            continue  # a job that runs writes how far it is
        try:
            state = path.stat()
        except FileNotFoundError:
            continue
        found.append((str(path), state.st_ino, state.st_size, state.st_mtime_ns))
    return found


def _add(archive: zipfile.ZipFile, file: Path, name: str) -> str:
    digest = hashlib.sha256()
    info = zipfile.ZipInfo.from_file(file, name, strict_timestamps=False)
    info.compress_type = zipfile.ZIP_DEFLATED
    with file.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
        while block := source.read(_BLOCK):
            digest.update(block)
            target.write(block)
    return digest.hexdigest()


def restore(path: Path, workspace: Workspace, brand_name: str) -> Backup:
    """Bring back what :func:`back_up` wrote: the ledger first, then the files.

    The back-up is checked whole before anything is changed. The ledger may be in another kind
    of database than it came from; it must not hold the brand yet. Files of the workspace that
    the back-up has too are replaced.

    :raises BadInput: it is no back-up, is damaged, is of another brand or of a newer version,
        or the ledger knows the brand.
    """
    with tempfile.TemporaryDirectory(dir=workspace.root, prefix=".restore-") as scratch:
        folder = Path(scratch)
        manifest = _unpack(path, folder)
        if manifest["brand"] != brand_name:
            raise BadInput(f"{path} is a back-up of {manifest['brand']}, not of {brand_name}")
        if _LEDGER in manifest["sha256"]:
            from data.ledger_copy import read_copy

            read_copy(workspace.ledger_url, brand_name, folder / _LEDGER, str(manifest["revision"]))
        files = _put_back(folder / _FILES, workspace.root)
    return Backup(brand_name, datetime.fromisoformat(manifest["at"]), manifest["events"], files)


def _unpack(path: Path, folder: Path) -> dict[str, Any]:
    """Unpack and check every part; return the manifest."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest: dict[str, Any] = json.loads(archive.read(_MANIFEST))
            if manifest.get("format") != FORMAT or manifest.get("version") != FORMAT_VERSION:
                raise BadInput(f"{path} is no back-up that this version of Nearfield can read")
            for name, digest in manifest["sha256"].items():
                _extract(archive, name, str(digest), folder, path)
    except FileNotFoundError:
        raise BadInput(f"{path}: expected a back-up, found no such file") from None
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError) as error:
        raise BadInput(f"{path} is no back-up, or it is damaged ({error})") from error
    return manifest


def _extract(archive: zipfile.ZipFile, name: str, digest: str, folder: Path, path: Path) -> None:
    inner = PurePosixPath(name)
    allowed = name == _LEDGER or (name.startswith(_FILES) and ".." not in inner.parts)
    if not allowed or inner.is_absolute():
        raise BadInput(f"{path} is no back-up: it names {name!r}")
    target = folder.joinpath(*inner.parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    found = hashlib.sha256()
    with archive.open(name) as source, target.open("wb") as out:
        while block := source.read(_BLOCK):
            found.update(block)
            out.write(block)
    if found.hexdigest() != digest:
        raise BadInput(f"{path} is damaged: {name} is not what was backed up")


def _put_back(files: Path, root: Path) -> int:
    if not files.is_dir():
        return 0
    count = 0
    for entry in sorted(files.iterdir()):
        target = root / entry.name
        if entry.is_file():
            with write_atomically(target) as beside:
                entry.replace(beside)
            count += 1
            continue
        inside = [path for path in entry.rglob("*") if path.is_file()]
        count += len(inside)
        if entry.name == "jobs":  # those of today stay beside those of then
            for path in inside:
                there = target / path.relative_to(entry)
                if not there.exists():
                    there.parent.mkdir(parents=True, exist_ok=True)
                    path.replace(there)
            continue
        with replace_folder(target) as beside:
            for path in inside:
                there = beside / path.relative_to(entry)
                there.parent.mkdir(parents=True, exist_ok=True)
                path.replace(there)
    return count
