"""Where the work on a brand is kept: its forecast, its plan, its jobs and its ledger."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from data.atomic import replace_folder, settle, write_atomically
from data.errors import BadInput
from data.sentence import say

if TYPE_CHECKING:
    from data.ledger import Ledger

__all__ = [
    "HOME_VARIABLE",
    "LEDGER_VARIABLE",
    "OWN_LEDGER",
    "Workspace",
    "replace_folder",
    "write_atomically",
]

HOME_VARIABLE: Final = "NEARFIELD_HOME"
LEDGER_VARIABLE: Final = "NEARFIELD_LEDGER_URL"
FOLDER: Final = ".nearfield"
OWN_LEDGER: Final = "own-ledger"
"""A file of this name in a workspace keeps its ledger apart from NEARFIELD_LEDGER_URL."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folder in which the work on a brand is kept.

    :param root: it exists and is writable when made by :meth:`of`.
    """

    root: Path

    @classmethod
    def of(cls, brand_folder: Path | str, home: Path | str | None = None) -> Workspace:
        """Find, or make, the workspace of a brand.

        The first of: ``home``; a folder of the brand's own in the environment's NEARFIELD_HOME;
        ``.nearfield`` in the brand folder where that may be written; a folder of the brand's
        own in ~/.local/share/nearfield.

        :raises BadInput: there is no place that may be written.
        """
        folder = Path(brand_folder).resolve()
        homes = os.environ.get(HOME_VARIABLE)
        if home is not None:
            places = [Path(home)]
        elif homes:
            places = [Path(homes) / _own_name(folder)]
        else:
            share = Path.home() / ".local" / "share" / "nearfield"
            places = [folder / FOLDER] if folder.is_dir() else []
            places.append(share / _own_name(folder))
        for place in places:
            if _is_writable(place):
                found = cls(place.resolve())
                settle(found.plan)
                return found
        tried = ", ".join(str(place) for place in places)
        raise BadInput(
            say(
                "nothing can be kept for the brand {folder}: {tried} may not be written. Give "
                "this user the right to, or name another folder in {variable}.",
                folder=folder,
                tried=tried,
                variable=HOME_VARIABLE,
            )
        )

    @property
    def forecast(self) -> Path:
        """The file of the forecast."""
        return self.root / "forecast.parquet"

    @property
    def effects(self) -> Path:
        """The file of what drivers and events do to demand."""
        return self.root / "forecast.effects.parquet"

    @property
    def past(self) -> Path:
        """The folder of past forecasts, one file a night."""
        return self.root / "past"

    @property
    def plan(self) -> Path:
        """The folder of the plan."""
        return self.root / "plan"

    @property
    def jobs(self) -> Path:
        """The folder of the jobs, one folder a job."""
        return self.root / "jobs"

    @property
    def exports(self) -> Path:
        """The folder of what was handed over."""
        return self.root / "exports"

    @property
    def ledger_url(self) -> str:
        """The ledger's address: the environment's NEARFIELD_LEDGER_URL, or a file here."""
        here = f"sqlite:///{self.root / 'ledger.sqlite'}"
        shared = None if (self.root / OWN_LEDGER).exists() else os.environ.get(LEDGER_VARIABLE)
        return shared or here

    def ledger(self, brand_name: str) -> Ledger:
        """Open the brand's ledger.

        :raises BadInput: it cannot be used; the message says how to mend it.
        """
        from data.ledger import Ledger

        return Ledger(self.ledger_url, brand_name)


def find_ledger_url(brand_folder: Path | str) -> str | None:
    """Return the address of a brand's ledger where there is one; nothing is made.

    Looks where :meth:`Workspace.of` does.
    """
    folder = Path(brand_folder).resolve()
    homes = os.environ.get(HOME_VARIABLE)
    share = Path.home() / ".local" / "share" / "nearfield" / _own_name(folder)
    roots = [Path(homes) / _own_name(folder)] if homes else [folder / FOLDER, share]
    root = next((root for root in roots if root.is_dir()), roots[0])
    url = Workspace(root).ledger_url
    file = url.removeprefix("sqlite:///")
    return None if file != url and not Path(file).is_file() else url


def _own_name(folder: Path) -> str:
    """Name a brand's folder among others: two brands of one name must not share a workspace."""
    return f"{folder.name}-{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}"


def _is_writable(place: Path) -> bool:
    try:
        place.mkdir(parents=True, exist_ok=True)
        probe = place / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink(missing_ok=True)
    except OSError:
        return False
    return True
