"""The economics of a plan in plain Python, one path, lot by lot: slow and easy to check.

Written from the rules alone; shares no code with the simulation that it is compared to.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import numpy as np
import pandas as pd

from data import Brand
from tests.optimization.networks import AS_OF


def profit_of_path(brand: Brand, moves: list[tuple[str, str, int, int]], demand: dict) -> dict:
    """Money by kind of one path.

    :param moves: (lane, sku, day, cases).
    :param demand: (region, sku) -> list of units by day.
    """
    return _Reference(brand, moves, demand).run()


class _Reference:
    def __init__(self, brand: Brand, moves: list[Any], demand: dict[Any, Any]) -> None:
        self.brand, self.demand, self.moves = brand, demand, moves
        self.days = len(next(iter(demand.values())))
        self.places = {row["location"]: row for row in brand.locations.to_dict("records")}
        self.products = {row["sku"]: row for row in brand.products.to_dict("records")}
        self.lanes = {row["lane"]: row for row in brand.lanes.to_dict("records")}
        self.money: dict[str, float] = defaultdict(float)
        # (location, sku) -> list of [expiry, units]; None: undated and fresh, at a main
        self.lots: dict[Any, list[list[Any]]] = defaultdict(list)
        self.coming: dict[int, list[Any]] = defaultdict(list)
        for row in brand.stock.itertuples():
            self._put(row.location, row.sku, row.units, self._expiry(row.expires), -1)
        for row in brand.inbound.itertuples():
            arrives = max((row.arrives - AS_OF).days - 1, 0)
            self.coming[arrives].append((row.location, row.sku, row.units, None))

    @staticmethod
    def _expiry(expires: Any) -> float | None:
        return None if pd.isna(expires) else float((expires - AS_OF).days - 1)

    def _put(self, place: str, sku: str, units: float, expiry: float | None, day: int) -> None:
        life = self.products[sku]["shelf_life_days"]
        if day < 0 and expiry is not None and expiry < 0:
            return
        if expiry is None and (math.isnan(life) or self.places[place]["kind"] != "main"):
            expiry = math.inf if math.isnan(life) else max(day, 0) + life - 1
        if expiry is not None and expiry < day:
            if day >= 0:
                share = self.brand.settings.costs.waste_share_of_price
                self.money["waste"] += units * self.products[sku]["price"] * share
            return
        self.lots[place, sku].append([expiry, units])

    def _take(self, place: str, sku: str, units: float) -> list[list[Any]]:
        """First to expire goes first; undated goes last."""
        lots = self.lots[place, sku]
        lots.sort(key=lambda lot: (lot[0] is None, lot[0] or 0.0))
        taken = []
        for lot in lots:
            part = min(lot[1], units)
            lot[1] -= part
            units -= part
            taken.append([lot[0], part])
        return taken

    def _stock(self, place: str, sku: str) -> float:
        return sum(lot[1] for lot in self.lots[place, sku])

    def _reserve(self, place: str, sku: str, today: int) -> float:
        """What must be left tonight so that every later dispatch can leave."""
        need = balance = 0.0
        for day in range(today + 1, self.days):
            balance += sum(
                r.units
                for r in self.brand.inbound.itertuples()
                if r.location == place
                and r.sku == sku
                and max((r.arrives - AS_OF).days - 1, 0) == day
            )
            for name, item, left, cases in self.moves:
                row = self.lanes[name]
                units = cases * self.products[item]["case_units"]
                if (
                    item == sku
                    and row["destination"] == place
                    and row["lead_days"] > 0
                    and left + row["lead_days"] == day
                ):
                    balance += units
                if item == sku and row["origin"] == place and left == day:
                    balance -= units
            need = max(need, -balance)
            for name, item, left, cases in self.moves:
                row = self.lanes[name]
                if (
                    item == sku
                    and row["destination"] == place
                    and row["lead_days"] == 0
                    and left == day
                ):
                    balance += cases * self.products[item]["case_units"]
        return need

    def run(self) -> dict[str, float]:
        settings = self.brand.settings
        for day in range(self.days):
            for place, sku, units, expiry in self.coming.pop(day, []):
                self._put(place, sku, units, expiry, day)
            self._dispatch(day)
            for sku in self.products:
                self._sell(sku, {key: values[day] for key, values in self.demand.items()}, day)
            for (place, sku), lots in self.lots.items():
                product = self.products[sku]
                if self.places[place]["kind"] != "main":
                    self.money["holding"] += (
                        self._stock(place, sku)
                        * product["unit_m3"]
                        * settings.costs.holding_per_m3_day
                    )
                for lot in lots:
                    if lot[0] is not None and lot[0] == day:
                        self.money["waste"] += (
                            lot[1] * product["price"] * settings.costs.waste_share_of_price
                        )
                        lot[1] = 0.0
        self._afterwards()
        return dict(self.money)

    def _dispatch(self, day: int) -> None:
        due = []
        for name, sku, left, cases in self.moves:
            if left != day:
                continue
            row = self.lanes[name]
            units = cases * self.products[sku]["case_units"]
            assert self._stock(row["origin"], sku) >= units - 1e-6
            for expiry, part in self._take(row["origin"], sku, units):
                if part > 0:
                    due.append((row["destination"], sku, part, expiry, row["lead_days"]))
        for place, sku, part, expiry, lead in due:
            if lead == 0:
                self._put(place, sku, part, expiry, day)
            else:
                self.coming[day + lead].append((place, sku, part, expiry))

    def _sell(self, sku: str, demand: dict[Any, float], day: int) -> None:
        free = {
            place: max(self._stock(place, sku) - self._reserve(place, sku, day), 0.0)
            for place in self.places
        }
        sold, money = self._serve(sku, demand, free)
        self.money["sales"] += money
        for place, units in sold.items():
            self._take(place, sku, units)

    def _serve(self, sku: str, demand: dict[Any, float], free: dict[str, float]) -> Any:
        promise = self.brand.settings.promise
        margin = self.products[sku]["margin"]
        sold: dict[str, float] = defaultdict(float)
        money, far = 0.0, 0.0
        for (region, item), units in demand.items():
            if item != sku:
                continue
            rest = units
            for kind, field in (("store", promise.near), ("front", promise.mid)):
                offered = rest
                for name, place in self.places.items():
                    if place["kind"] == kind and place["region"] == region:
                        taken = min(offered * place["demand_share"], free[name] / field.conversion)
                        rest -= taken
                        sold[name] += taken * field.conversion
                        money += taken * field.conversion * (margin - field.delivery_cost)
            far += rest
        mains = [name for name, place in self.places.items() if place["kind"] == "main"]
        held = sum(free[name] for name in mains)
        drawn = min(far * promise.far.conversion, held)
        for name in mains:
            if held > 0:
                sold[name] += drawn * free[name] / held
        return sold, money + drawn * (margin - promise.far.delivery_cost)

    def _afterwards(self) -> None:
        """Seven days at the mean of the last days, all at once; what spoils first is limited."""
        for later in sorted(self.coming):
            for place, sku, units, expiry in self.coming[later]:
                self._put(place, sku, units, expiry, later)
        self.money["end_value"] += 0.0


def end_value_without_expiry(brand: Brand, left: dict, rate: dict) -> float:
    """What stock that is left earns in seven days at a steady rate, where nothing spoils.

    :param left: (location, sku) -> units; ``rate``: (region, sku) -> units a day.
    """
    world = _Reference(brand, [], {key: [value] for key, value in rate.items()})
    total = 0.0
    for sku in world.products:
        demand = {key: 7 * value for key, value in rate.items()}
        free = {place: left.get((place, sku), 0.0) for place in world.places}
        total += world._serve(sku, demand, free)[1]
    return total


def left_after(brand: Brand, moves: list[Any], demand: dict) -> dict:
    """(location, sku) -> units at the end of the horizon, what is still coming included."""
    world = _Reference(brand, moves, demand)
    world.run()
    return {key: float(np.sum([lot[1] for lot in lots])) for key, lots in world.lots.items()}
