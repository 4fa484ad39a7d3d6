"""The hard limits that an edit would break, in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from dashboard.language import _
from optimization.check import Violation

_WORDS: Mapping[str, Callable[[], str]] = {
    "stock": lambda: _(
        "The origin does not have so much: of {limit} units that are to leave, {found} are "
        "lacking ({where})."
    ),
    "vehicle": lambda: _(
        "The vehicles cannot hold so much: at most {limit}, it would be {found} ({where})."
    ),
    "handling": lambda: _(
        "So many units cannot be received that day: at most {limit}, it would be {found} ({where})."
    ),
    "storage": lambda: _(
        "The storage would be too full: at most {limit} m³, it would be {found} ({where})."
    ),
    "assortment": lambda: _("The assortment does not allow so much there ({where})."),
}
_NUMBER = re.compile(r"\d[\d.,]*")


def violation(broken: Violation) -> str:
    """Say which hard limit would be broken, where, and by how much."""
    tell = _WORDS.get(broken.code)
    limit, found = _number(broken.expected), _number(broken.found)
    if tell is None or (broken.code != "assortment" and not (limit and found)):
        return str(broken)
    return tell().format(where=broken.where, limit=limit, found=found)


def sentences(broken: Iterable[Violation]) -> list[str]:
    """Say each limit once for each place, by the most that it is exceeded.

    A product that lacks at a place lacks for each transfer there, and the many that go without
    hide the one that takes it.
    """
    worst: dict[tuple[str, str], Violation] = {}
    for one in sorted(broken, key=_found, reverse=True):
        worst.setdefault((one.code, one.where), one)
    return [violation(one) for one in worst.values()]


def _found(broken: Violation) -> float:
    return float(_number(broken.found).replace(",", "") or 0)


def _number(text: str) -> str:
    """Return the first number of a text, "" where it has none."""
    match = _NUMBER.search(text)
    return match.group().rstrip(".,") if match else ""
