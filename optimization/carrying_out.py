"""Whether transfers can be carried out: a walk through the days, lot by lot, without any sales.

Stock promised to a transfer is not sold before it leaves, and sales take what expires first, so
that a plan that can be carried out without sales can be carried out with them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pandas as pd

from data import Brand

Lot = list[Any]
"""[last day of sale as a Timestamp, or None where it never expires or has not begun; units]."""


def each(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows as tuples with the columns' names; their values are untyped."""
    yield from frame.itertuples()


def shortages(brand: Brand, transfers: pd.DataFrame, on_the_way: pd.DataFrame) -> dict[Any, float]:
    """Return the units that each transfer lacks when it is to leave, by its index; 0 left out.

    :param transfers: lane, origin, destination, sku, dispatch_date, arrive_date, units, status;
        on one day approved ones load before proposed ones.
    :param on_the_way: destination, sku, arrive_date, units of what left by the as-of day.
    """
    walk = _Walk(brand, transfers)
    for row in each(on_the_way):
        walk.expect(row.arrive_date, row.destination, row.sku, row.units)
    rank = (transfers["status"] != "approved").astype(int)
    order = transfers.assign(rank=rank).sort_values(
        ["dispatch_date", "rank", "lane", "sku"], kind="stable"
    )
    lacking: dict[Any, float] = {}
    same_day: list[tuple[Any, ...]] = []
    today = None
    for row in each(order):
        if row.dispatch_date != today:
            walk.receive(same_day)
            same_day = []
            today = row.dispatch_date
            walk.open_day(today)
        taken = walk.take(row.origin, row.sku, row.units)
        missing = row.units - sum(units for _, units in taken)
        if missing > 1e-6 * max(row.units, 1):
            lacking[row.Index] = missing
        arrivals = [(row.destination, row.sku, u, e, row.arrive_date) for e, u in taken]
        if row.arrive_date == today:
            same_day += arrivals
        else:
            walk.coming[row.arrive_date] += arrivals
    return lacking


class _Walk:
    """Stock by lots at the places from which something leaves."""

    def __init__(self, brand: Brand, transfers: pd.DataFrame) -> None:
        self.as_of = brand.as_of
        self.life = dict(zip(brand.products["sku"], brand.products["shelf_life_days"], strict=True))
        self.mains = set(brand.locations.loc[brand.locations["kind"] == "main", "location"])
        self.origins = set(zip(transfers["origin"], transfers["sku"], strict=True))
        self.lots: defaultdict[tuple[str, str], list[Lot]] = defaultdict(list)
        self.coming: defaultdict[pd.Timestamp, list[tuple[Any, ...]]] = defaultdict(list)
        stock = brand.stock[brand.stock["units"] > 0]
        first = self.as_of + pd.Timedelta(days=1)
        self.receive(
            (row.location, row.sku, row.units, None if pd.isna(row.expires) else row.expires, first)
            for row in each(stock)
        )
        for row in each(brand.inbound):
            self.expect(max(row.arrives, first), row.location, row.sku, row.units)

    def expect(self, day: pd.Timestamp, place: str, sku: str, units: float) -> None:
        """Note an arrival without a date of expiry."""
        self.coming[day].append((place, sku, units, None, day))

    def receive(self, arrivals: Any) -> None:
        """Take in (place, sku, units, expiry, day); what expired on the way is lost."""
        for place, sku, units, expiry, day in arrivals:
            if (place, sku) in self.origins:
                last = expiry
                if last is None and place not in self.mains and not math.isnan(self.life[sku]):
                    last = day + pd.Timedelta(days=int(self.life[sku]) - 1)
                if last is None or last >= day:
                    self.lots[place, sku].append([last, units])

    def open_day(self, day: pd.Timestamp) -> None:
        """Take in everything that arrives by this morning."""
        for due in sorted(date for date in self.coming if date <= day):
            self.receive(self.coming.pop(due))
        self.today = day

    def take(self, place: str, sku: str, units: float) -> list[tuple[Any, float]]:
        """Take up to ``units``, first to expire first."""
        lots = [lot for lot in self.lots[place, sku] if lot[0] is None or lot[0] >= self.today]
        lots.sort(key=lambda lot: (lot[0] is None, lot[0] or self.today))
        self.lots[place, sku] = lots
        taken = []
        for lot in lots:
            part = min(lot[1], units)
            if part > 0:
                lot[1] -= part
                units -= part
                taken.append((lot[0], part))
        return taken
