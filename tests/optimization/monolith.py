"""The planning problem as one mixed-integer programme with lost sales on every path, exactly.

Written from the brand's tables and the rules alone; shares nothing with the relaxation and the
simulation that it is compared to. What it knows: mains that feed fronts, no stores; stock that
does not spoil; whole cases; whole vehicles of several types; departures and lead times; storage in
expectation, handling, ``max_vehicles``, frozen days; inbound stock. On each path of demand

    sold of a front ≤ its share of what is wanted that day, and what it has;
    drawn far from the mains ≤ what is wanted and fronts did not serve, and what they have;

so that nothing waits for a later day. Selling as much as one can is left to the optimum: for given
moves no other sales earn more, because a unit held back earns the same later, less its holding,
and what it would have let the mains sell that day they lack the next. Stock that is promised is
there when it leaves, on every path, since it must not be negative.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from data import Brand

AFTER_DAYS = 7
GAP = 1e-8

Paths = Mapping[tuple[str, str], np.ndarray]
"""Units asked for: (region, sku) -> (days, paths)."""
Move = tuple[str, str, int, int]
"""Lane, product, day, cases."""


@dataclass(frozen=True)
class Optimum:
    """The most that any plan earns on the paths, ``objective``, and a plan that does."""

    objective: float
    moves: list[Move]


def exact_optimum(brand: Brand, demand: Paths, seconds: float = 60.0) -> Optimum:
    """Solve the whole problem to the optimum with HiGHS.

    :raises ValueError: the brand has what the programme does not know.
    :raises TimeoutError: no proven optimum in time.
    """
    from datetime import timedelta

    from ortools.math_opt.python import mathopt

    _require_known(brand)
    monolith = _Monolith(brand, demand, mathopt)
    parameters = mathopt.SolveParameters(
        time_limit=timedelta(seconds=seconds),
        relative_gap_tolerance=GAP,
        absolute_gap_tolerance=0.0,
    )
    result = mathopt.solve(monolith.model, mathopt.SolverType.HIGHS, params=parameters)
    if result.termination.reason is not mathopt.TerminationReason.OPTIMAL:
        raise TimeoutError(f"expected an optimum, found {result.termination}")
    values = result.variable_values()
    moves = [
        (lane, sku, day, round(values[cases]))
        for (lane, sku, day), cases in monolith.cases.items()
        if round(values[cases]) > 0
    ]
    return Optimum(result.objective_value(), moves)


def _require_known(brand: Brand) -> None:
    places = brand.locations.set_index("location")
    kinds = places["kind"]
    ends = brand.lanes["origin"].map(kinds) + ">" + brand.lanes["destination"].map(kinds)
    volume = brand.products.set_index("sku")["unit_m3"]
    rows = pd.concat([brand.stock, brand.inbound])
    own = (rows["units"] * rows["sku"].map(volume)).groupby(rows["location"]).sum()
    unknown = {
        "places over their storage without any plan": (own > places["storage_m3"][own.index]).any(),
        "stores": (kinds == "store").any(),
        "lanes but from mains to fronts": (ends != "main>front").any(),
        "products that spoil": brand.products["shelf_life_days"].notna().any(),
        "dates of stock": brand.stock["expires"].notna().any(),
        "an assortment": brand.has_assortment,
    }
    if any(unknown.values()):
        raise ValueError(
            f"monolith: does not know {[name for name, has in unknown.items() if has]}"
        )


class _Monolith:
    def __init__(self, brand: Brand, demand: Paths, mathopt: Any) -> None:
        self.brand, self.demand, self.mathopt = brand, demand, mathopt
        self.model = mathopt.Model()
        self.days, self.paths = next(iter(demand.values())).shape
        self.products = {row["sku"]: row for row in brand.products.to_dict("records")}
        self.places = {row["location"]: row for row in brand.locations.to_dict("records")}
        self.lanes = {row["lane"]: row for row in brand.lanes.to_dict("records")}
        self.mains = [name for name, row in self.places.items() if row["kind"] == "main"]
        self.fronts = [name for name, row in self.places.items() if row["kind"] == "front"]
        self.mid, self.far = brand.settings.promise.mid, brand.settings.promise.far
        self.held = brand.stock.groupby(["location", "sku"])["units"].sum().to_dict()
        late = np.maximum((brand.inbound["arrives"] - brand.as_of).dt.days - 1, 0)
        coming = brand.inbound.groupby(["location", "sku", late])["units"].sum()
        self.inbound: dict[Any, float] = coming.to_dict()
        self.profit: list[Any] = []
        self.mornings: dict[Any, list[Any]] = {}
        self.nothing = self.model.add_variable(lb=0, ub=0)
        self._moves()
        for sku in self.products:
            for path in range(self.paths):
                self._live(sku, path)
        self._limits()
        self.model.maximize(mathopt.fast_sum(self.profit))

    def _comes(self, place: str, sku: str, day: int) -> float:
        """Units that come that morning whatever is planned."""
        return self.inbound.get((place, sku, day), 0.0)

    def _moves(self) -> None:
        """Whole cases and whole vehicles by lane and day, and their money."""
        costs, plan = self.brand.settings.costs, self.brand.settings.plan
        self.cases: dict[tuple[str, str, int], Any] = {}
        for name, lane in self.lanes.items():
            for day in range(plan.frozen_days, self.days - lane["lead_days"]):
                leaves = self.brand.as_of + pd.Timedelta(days=day + 1)
                if not lane["departs_on"][leaves.weekday()]:
                    continue
                vehicles = self.model.add_integer_variable(lb=0, ub=plan.max_vehicles)
                each = lane["vehicle_cost"] + lane["co2_kg"] * costs.co2_per_kg
                self.profit.append(-each * vehicles)
                load = []
                for sku, product in self.products.items():
                    cases = self.model.add_integer_variable(lb=0)
                    self.cases[name, sku, day] = cases
                    units = product["case_units"] * cases
                    handled = costs.handling_per_unit + costs.handling_out_per_unit
                    self.profit.append(-(handled + lane["unit_cost"]) * units)
                    load.append(product["unit_m3"] * units)
                self.model.add_linear_constraint(sum(load) <= lane["vehicle_m3"] * vehicles)

    def _moved(self, place: str, sku: str, day: int, end: str) -> Any:
        """Units that proposals bring to (``destination``) or take from (``origin``) a place."""
        units = self.products[sku]["case_units"]
        lead = {name: row["lead_days"] * (end == "destination") for name, row in self.lanes.items()}
        keys = [
            (name, sku, day - lead[name]) for name, row in self.lanes.items() if row[end] == place
        ]
        return sum(units * self.cases[key] for key in keys if key in self.cases)

    def _live(self, sku: str, path: int) -> None:
        """One product's days on one path: what is sold where, what is left, what it is worth."""
        product, add = self.products[sku], self.model.add_linear_constraint
        wanted = {
            region: paths[:, path] for (region, item), paths in self.demand.items() if item == sku
        }
        stock: dict[str, Any] = {
            name: float(self.held.get((name, sku), 0.0)) for name in self.places
        }
        nightly = product["unit_m3"] * self.brand.settings.costs.holding_per_m3_day
        for day in range(self.days):
            for name in self.places:
                stock[name] = stock[name] + self._comes(name, sku, day)
                stock[name] = stock[name] + self._moved(name, sku, day, "destination")
                self.mornings.setdefault((name, day), []).append((product["unit_m3"], stock[name]))
                stock[name] = stock[name] - self._moved(name, sku, day, "origin")
            left = self._sell(product, {region: row[day] for region, row in wanted.items()}, stock)
            for name in self.places:
                stock[name] = self.model.add_variable(lb=0)
                add(stock[name] == left[name])
                if name in self.fronts:
                    self._earn(-nightly * stock[name])
        last = min(self.days, AFTER_DAYS)
        rate = {
            region: paths[-last:].mean()
            for (region, item), paths in self.demand.items()
            if item == sku
        }
        after = self._sell(product, {region: AFTER_DAYS * x for region, x in rate.items()}, stock)
        for units in after.values():
            add(units >= 0)

    def _sell(self, product: Any, wanted: dict[str, float], stock: dict[str, Any]) -> Any:
        """Sell, mid and then far; return what is left, which is not to be negative."""
        left, unserved = dict(stock), dict(wanted)
        for name in self.fronts:
            row = self.places[name]
            most = wanted.get(row["region"], 0.0) * row["demand_share"] * self.mid.conversion
            sold = self.model.add_variable(lb=0, ub=float(most))
            self._earn((product["margin"] - self.mid.delivery_cost) * sold)
            left[name] = left[name] - sold
            if most > 0:
                served = sold / self.mid.conversion
                unserved[row["region"]] = unserved[row["region"]] - served
        drawn = []
        for name in self.mains:
            far = self.model.add_variable(lb=0)
            self._earn((product["margin"] - self.far.delivery_cost) * far)
            left[name] = left[name] - far
            drawn.append(far)
        asked = self.far.conversion * self.mathopt.fast_sum(unserved.values())
        self.model.add_linear_constraint(self.mathopt.fast_sum(drawn) <= asked)
        return left

    def _earn(self, money: Any) -> None:
        self.profit.append(money / self.paths)

    def _limits(self) -> None:
        """Expected stock after the morning's arrivals, and units received, at fronts."""
        total, add = self.mathopt.fast_sum, self.model.add_linear_constraint
        for name in self.fronts:
            row = self.places[name]
            for day in range(self.days):
                comes = [self._moved(name, sku, day, "destination") for sku in self.products]
                if np.isfinite(row["storage_m3"]):
                    held = total(volume * units for volume, units in self.mornings[name, day])
                    add(held / self.paths + self.nothing <= row["storage_m3"])
                if np.isfinite(row["handling_units"]):
                    inbound = sum(self._comes(name, sku, day) for sku in self.products)
                    room = max(row["handling_units"] - inbound, 0.0)
                    add(total(comes) + self.nothing <= room)
