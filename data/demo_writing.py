"""Writing the demo brand's folder whole or not at all, and never over something else."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.atomic import replace_folder
from data.errors import BadInput
from data.sentence import say
from data.tables import BY_NAME


@contextmanager
def rewritten_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder that takes the place of ``target`` when the block ends well.

    What is in ``target`` and no table of a brand (decisions kept there, say) is carried over.

    :raises BadInput: when ``target`` holds something that is not a simulated brand.
    """
    target = target.resolve()
    _require_ours(target)
    with replace_folder(target) as fresh:
        yield fresh
        for path in sorted(target.iterdir()) if target.exists() else []:
            if path.stem in BY_NAME or (fresh / path.name).exists():
                continue
            if path.is_dir():
                shutil.copytree(path, fresh / path.name)
            else:
                shutil.copy2(path, fresh / path.name)


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
            say(
                "{folder}: expected a new folder or one with a simulated brand; found something "
                "else, which would be lost. Choose another folder.",
                folder=target,
            )
        )
