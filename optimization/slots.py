"""The trips of a plan, as slots that cells can be sent stock in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.links import Links
from optimization.network import Floats, Ints


@dataclass(frozen=True, eq=False)
class Slots:
    """Trips, sorted by destination, then day, then link; (trips,) each.

    :param link, day: of dispatch; ``arrival`` day; ``location`` of the destination.
    :param room: m³ that the vehicles hold.
    """

    link: Ints
    day: Ints
    arrival: Ints
    location: Ints
    room: Floats

    def __len__(self) -> int:
        return len(self.link)

    @property
    def key(self) -> Ints:
        """(trips,) names a link and day."""
        return self.link * 1024 + self.day


def make_slots(links: Links, link: Ints, day: Ints, room: Floats) -> Slots:
    """Put trips in order."""
    order = np.lexsort((link, day, links.destination[link]))
    link, day = link[order], day[order]
    return Slots(link, day, day + links.lead[link], links.destination[link], room[order])
