"""The nearest known name, for sentences that tell how to mend a misspelt one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known name that is most like ``name``, or None.

    Case, spaces, hyphens and underscores do not count.

    >>> nearest("Unit", ["units", "date"])
    'units'
    """
    folded = {_fold(candidate): candidate for candidate in known}
    if _fold(name) in folded:
        return folded[_fold(name)]
    found = difflib.get_close_matches(_fold(name), list(folded), n=1, cutoff=cutoff)
    return folded[found[0]] if found else None


def _fold(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter not in " -_\t\ufeff")
