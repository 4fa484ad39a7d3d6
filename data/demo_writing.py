"""Writing the demo brand's folder whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.errors import BadInput


@contextmanager
def rewritten_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder beside ``target`` that takes its place when the block ends well.

    What the new content does not name (decisions kept in the folder, say) is carried over.
    After an error or a kill the old folder stands; the next call mends a swap cut short.

    :raises BadInput: when ``target`` holds something that is not a simulated brand.
    """
    target = target.absolute()
    previous = target.with_name(f".{target.name}.previous")
    _mend(target, previous)
    _require_ours(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent))
    try:
        yield fresh
        fresh.chmod(0o755)
        if target.exists():
            target.replace(previous)
        fresh.replace(target)
        _mend(target, previous)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        _mend(target, previous)
        raise


def _mend(target: Path, previous: Path) -> None:
    """Bring a swap to its end: the previous folder comes back, or gives what only it has."""
    if not previous.is_dir():
        return
    if not target.exists():
        previous.replace(target)
        return
    for path in sorted(previous.iterdir()):
        if not (target / path.name).exists():
            path.replace(target / path.name)
    shutil.rmtree(previous)


def _require_ours(target: Path) -> None:
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    try:
        settings = tomllib.loads((target / "brand.toml").read_text(encoding="utf-8"))
        ours = settings.get("simulated") is True
    except (OSError, ValueError):
        ours = False
    if not ours:
        raise BadInput(
            f"{target}: expected a new folder or one with a simulated brand; found something "
            "else, which would be lost. Choose another folder."
        )
