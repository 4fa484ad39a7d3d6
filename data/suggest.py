"""The nearest known name, for sentences that tell how to mend a misspelt one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from heapq import nlargest

_MANY = 500


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known name that is most like ``name``, or None.

    Case, spaces, hyphens and underscores do not count.

    >>> nearest("Unit", ["units", "date"])
    'units'
    """
    folded = {_fold(candidate): candidate for candidate in known}
    wanted = _fold(name)
    if wanted in folded:
        return folded[wanted]
    candidates = list(folded)
    if len(candidates) > _MANY:
        # Comparing takes some microseconds each: of many names, those that begin most alike.
        candidates = nlargest(_MANY, candidates, key=lambda c: _alike(c, wanted))
    found = difflib.get_close_matches(wanted, candidates, n=1, cutoff=cutoff)
    return folded[found[0]] if found else None


def _fold(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter not in " -_\t\ufeff")


def _alike(one: str, other: str) -> int:
    """Return how many letters two names begin with together."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
