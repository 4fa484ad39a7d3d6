"""The hard limits that an edit would break, in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dashboard import brand_names, style
from dashboard.language import _
from optimization.check import Violation

if TYPE_CHECKING:
    from data import Brand


@dataclass(frozen=True, slots=True)
class Names:
    """What places, products and lanes are called, by their codes; unknown ones stay codes."""

    places: Mapping[str, str] = field(default_factory=dict)
    products: Mapping[str, str] = field(default_factory=dict)
    lanes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, brand: Brand) -> Names:
        """Return the names of a brand; a lane is called by its ends."""
        places = brand_names.of_places(brand.locations)
        return cls(
            places,
            brand_names.of_products(brand.products),
            {
                str(lane.lane): f"{places[str(lane.origin)]} → {places[str(lane.destination)]}"
                for lane in brand.lanes[["lane", "origin", "destination"]].itertuples()
            },
        )


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
_NUMBER = re.compile(r"\d[\d.,]*(?:e[+-]?\d+)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def violation(broken: Violation, names: Names | None = None) -> str:
    """Say which hard limit would be broken, where, and by how much."""
    tell = _WORDS.get(broken.code)
    limit, found = _number(broken.expected), _number(broken.found)
    if tell is None or (broken.code != "assortment" and not (limit and found)):
        return str(broken)
    where = _where(broken, names or Names())
    return tell().format(where=where, limit=_shown(limit), found=_shown(found))


def sentences(broken: Iterable[Violation], names: Names | None = None) -> list[str]:
    """Say each limit once for each place, by the most that it is exceeded.

    A product that lacks at a place lacks for each transfer there, and the many that go without
    hide the one that takes it.
    """
    worst: dict[tuple[str, str], Violation] = {}
    for one in sorted(broken, key=_found, reverse=True):
        worst.setdefault((one.code, one.where), one)
    return [violation(one, names) for one in worst.values()]


def _where(broken: Violation, names: Names) -> str:
    """Return the first part's name (a lane's or a place's), the product's, and the day."""
    first, *rest = broken.where.split(", ")
    named = (names.lanes if broken.code == "vehicle" else names.places).get(first, first)
    others = (
        style.date(part) if _DAY.fullmatch(part) else names.products.get(part, part)
        for part in rest
    )
    return style.listed([named, *others])


def _shown(amount: str) -> str:
    """Return an amount of a violation as others are shown: ``60,080``, ``4.5``."""
    try:
        value = float(amount.replace(",", ""))
    except ValueError:
        return amount
    return style.number(value, 0 if value.is_integer() or value >= 1000 else 1)


def _found(broken: Violation) -> float:
    return float(_number(broken.found).replace(",", "") or 0)


def _number(text: str) -> str:
    """Return the first number of a text, "" where it has none."""
    match = _NUMBER.search(text)
    return match.group().rstrip(".,") if match else ""
