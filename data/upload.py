"""Unpacks a brand folder that somebody sent as a zip file, without trusting it."""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from data.atomic import replace_folder
from data.errors import BadBrand
from data.faults import Fault
from data.files import first_line
from data.findings import quoted
from data.sentence import say
from data.settings_file import SETTINGS_FILE

MOST_FILES = 500
MOST_BYTES = 4 << 30
"""All files together, unpacked; counted while unpacking, because a zip's own figures can lie."""

_CHUNK = 1 << 20
_JUNK = {"__macosx", "thumbs.db", "desktop.ini"}


def read_zipped(source: str | Path | bytes, into: str | Path, most_bytes: int = MOST_BYTES) -> Path:
    """Unpack a zipped brand folder into a folder that is new or empty, and return it.

    The tables may lie at the top of the zip or in one folder of it; what a system adds
    (``__MACOSX``, hidden files) and other folders are left out. Nothing is written where
    anything is wrong. Check the result with :func:`data.brand.check_brand`.

    :param source: a file's path or its content.
    :raises BadBrand: with one fault: not a zip, damaged, locked, names that lead outside, links,
        too large, no brand.toml or several.
    """
    into = Path(into)
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise _refused("a new or empty folder to unpack into", str(into), "Choose a new one")
    try:
        with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as file:
            members = _members_of_brand(file)
            with replace_folder(into) as folder:
                _unpack(file, members, folder, most_bytes)
    except FileNotFoundError as error:
        raise _refused(
            say("a zip file"),
            say("no file {name}", name=error.filename),
            say("Give the path of the file"),
        ) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        found = say("a file that cannot be read as one ({error})", error=first_line(error))
        raise _refused(say("a zip file"), found, say("Zip the brand folder again")) from None
    return into


def _members_of_brand(file: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the files of the brand by their plain names."""
    infos = file.infolist()
    if len(infos) > MOST_FILES:
        expected = say("at most {most} files", most=MOST_FILES)
        found = say("{count:,} files", count=len(infos))
        raise _refused(expected, found, say("Zip the brand folder alone"))
    files: dict[PurePosixPath, zipfile.ZipInfo] = {}
    for info in infos:
        path = _safe_path(info)
        if not info.is_dir() and not _is_junk(path):
            files[path] = info
    tops = {path.parent for path in files if path.name == SETTINGS_FILE}
    if len(tops) != 1:
        found = (
            say("no brand.toml") if not tops else say("{count} files brand.toml", count=len(tops))
        )
        mend = say("Zip one brand folder with its brand.toml")
        raise _refused(say("one brand.toml"), found, mend)
    (top,) = tops
    members: dict[str, zipfile.ZipInfo] = {}
    for path, info in files.items():
        if path.parent != top:
            continue
        if path.name.casefold() in (name.casefold() for name in members):
            twice = say("{name} twice", name=quoted(path.name))
            raise _refused(say("every file once"), twice, say("Keep one of them"))
        members[path.name] = info
    return members


def _safe_path(info: zipfile.ZipInfo) -> PurePosixPath:
    """Return a member's path if it leads nowhere else and is a plain file or folder."""
    name = info.filename
    path = PurePosixPath(name)
    leads_outside = path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", name)
    if leads_outside or "\\" in name or not path.parts:
        found = say("{name}, which leads outside the folder", name=quoted(name))
        expected = say("names of files in the brand folder")
        raise _refused(expected, found, say("Zip the brand folder again"))
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        found = say("{name}, a link", name=quoted(name))
        raise _refused(say("files"), found, say("Put the file itself into the zip file"))
    if info.flag_bits & 0x1:
        mend = say("Zip the folder without one")
        raise _refused(say("files that can be read"), say("a password"), mend)
    return path


def _is_junk(path: PurePosixPath) -> bool:
    return any(part.startswith(".") or part.casefold() in _JUNK for part in path.parts)


def _unpack(
    file: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], into: Path, most_bytes: int
) -> None:
    left = most_bytes
    for name, info in members.items():
        with file.open(info) as packed, (into / name).open("wb") as unpacked:
            while chunk := packed.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise _refused(
                        say("at most {most:,} bytes unpacked", most=most_bytes),
                        say("more"),
                        say("Keep fewer days of history, or write the tables as Parquet"),
                    )
                unpacked.write(chunk)


def _refused(expected: str, found: str, mend: str) -> BadBrand:
    return BadBrand([Fault("upload", None, expected, found, mend, file="zip file")])
