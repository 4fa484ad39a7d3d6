"""Check any plan against the brand, in plain pandas, without the planner's model.

Every hard limit of a plan has its own function below. Limits bind proposals only: approved
transfers that break one by themselves are people's decision and are never a violation. Expected
stock (for storage and assortment limits) comes from the lost-sales simulation, which the tests
hold against a plain reference, on paths that the planner has not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data import Brand
from optimization.carrying_out import each, shortages
from optimization.evaluation import evaluate
from optimization.network import Moves
from optimization.plan import Plan
from optimization.problem import state_problem

STOCK_TOLERANCE = 0.01
"""Expected stock is an estimate: a limit is broken when it is exceeded by more than 1 %."""
CHECK_PATHS = 40
_KEY = ["lane", "sku", "dispatch_date"]


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken limit: which (``code``), where, what was expected and found."""

    code: str
    where: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.code} at {self.where}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True, eq=False)
class _Case:
    """A plan beside what it is checked against; ``rows``: its transfers with lane and product."""

    plan: Plan
    brand: Brand
    forecast: pd.DataFrame
    facts: pd.DataFrame
    on_the_way: pd.DataFrame
    approved: pd.DataFrame | None
    rejected: pd.DataFrame | None
    rows: pd.DataFrame


def check_plan(
    plan: Plan,
    brand: Brand,
    forecast: pd.DataFrame,
    approved: pd.DataFrame | None = None,
    rejected: pd.DataFrame | None = None,
) -> list[Violation]:
    """Return every limit that the plan breaks; empty for a good plan.

    :param forecast: the frame that was planned on; needed for expected stock.
    :param approved: lane, sku, dispatch_date, cases: facts that the plan must hold as they are.
    :param rejected: lane, sku, until: what must not be proposed up to that day.
    """
    broken = list(_names(plan, brand))
    if broken:
        return broken
    facts, on_the_way = _facts(plan, brand, approved)
    rows = plan.transfers.merge(
        brand.lanes.drop(columns=["origin", "destination", "co2_kg"]), on="lane", how="left"
    ).merge(brand.products[["sku", "unit_m3", "case_units"]], on="sku", how="left")
    case = _Case(plan, brand, forecast, facts, on_the_way, approved, rejected, rows)
    return [violation for check in CHECKS for violation in check(case)]


def _names(plan: Plan, brand: Brand) -> Iterator[Violation]:
    """Lanes, their ends and products are the brand's; each key once; the days are the plan's."""
    transfers = plan.transfers
    if plan.as_of != brand.as_of:
        yield Violation("as_of", "plan", f"{brand.as_of:%Y-%m-%d}", f"{plan.as_of:%Y-%m-%d}")
    for column, names in (("lane", brand.lanes["lane"]), ("sku", brand.products["sku"])):
        unknown = sorted(set(transfers[column]) - set(names.astype(str)))
        if unknown:
            yield Violation("unknown", column, "the brand's names", ", ".join(unknown[:5]))
    ends = brand.lanes.set_index("lane")[["origin", "destination"]]
    known = transfers[transfers["lane"].isin(ends.index)]
    for column in ends.columns:
        wrong = known[ends.loc[known["lane"], column].to_numpy() != known[column].to_numpy()]
        for row in each(wrong):
            yield Violation("lane", str(row.transfer), f"{column} of its lane", row.lane)
    for row in each(transfers[transfers.duplicated(_KEY)]):
        yield Violation("duplicate", str(row.transfer), "each lane, product and day once", row.lane)
    last = plan.as_of + pd.Timedelta(days=plan.horizon_days)
    outside = (transfers["dispatch_date"] <= plan.as_of) | (transfers["dispatch_date"] > last)
    late = (transfers["status"] == "proposed") & (transfers["arrive_date"] > last)
    for row in each(transfers[outside | late]):
        found = f"{row.dispatch_date:%Y-%m-%d} to {row.arrive_date:%Y-%m-%d}"
        yield Violation("horizon", str(row.transfer), f"by {last:%Y-%m-%d}", found)


def _facts(
    plan: Plan, brand: Brand, approved: pd.DataFrame | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Approved transfers of the plan's days, and those on their way; unknown names left out."""
    columns = [*_KEY, "cases"]
    given = pd.DataFrame(columns=columns) if approved is None else approved[columns].copy()
    given = given.astype({"lane": str, "sku": str, "cases": "int64"})
    given["dispatch_date"] = pd.to_datetime(given["dispatch_date"]).astype("datetime64[ns]")
    rows = given.groupby(_KEY)[["cases"]].sum().reset_index()
    rows = rows[rows["cases"] > 0]
    rows = rows.merge(brand.lanes[["lane", "origin", "destination", "lead_days"]], on="lane")
    rows = rows.merge(brand.products[["sku", "case_units"]], on="sku")
    rows["arrive_date"] = rows["dispatch_date"] + pd.to_timedelta(rows["lead_days"], unit="D")
    rows["units"] = rows["cases"] * rows["case_units"].astype(float)
    left = rows["dispatch_date"] <= plan.as_of
    last = plan.as_of + pd.Timedelta(days=plan.horizon_days)
    planned = rows[~left & (rows["dispatch_date"] <= last)]
    return planned, rows[left & (rows["arrive_date"] > plan.as_of)]


def _amounts(case: _Case) -> Iterator[Violation]:
    """Whole cases, at least one; units and volume follow from them."""
    rows = case.rows
    for row in each(rows[rows["cases"] < 1]):
        yield Violation("case", str(row.transfer), "at least 1 case", f"{row.cases}")
    units = rows["cases"] * rows["case_units"]
    for row in each(rows[~np.isclose(rows["units"], units, rtol=1e-9)]):
        found = f"{row.units:g} units of {row.cases} cases"
        yield Violation("case", str(row.transfer), f"{row.case_units} units a case", found)
    for row in each(rows[~np.isclose(rows["m3"], units * rows["unit_m3"], rtol=1e-6)]):
        yield Violation("volume", str(row.transfer), "units × unit_m3", f"{row.m3:g} m³")


def _days(case: _Case) -> Iterator[Violation]:
    """Lead times hold; proposals leave on departure days, after the frozen days."""
    rows = case.rows
    due = rows["dispatch_date"] + pd.to_timedelta(rows["lead_days"], unit="D")
    for row in each(rows[rows["arrive_date"] != due]):
        expected = f"{row.lead_days} days on the way"
        yield Violation("lead_time", str(row.transfer), expected, f"{row.arrive_date:%Y-%m-%d}")
    proposed = rows[rows["status"] == "proposed"]
    weekday = proposed["dispatch_date"].dt.weekday
    departs = [on[day] for on, day in zip(proposed["departs_on"], weekday, strict=True)]
    for row in each(proposed[~np.array(departs, dtype=bool)]):
        found = f"{row.dispatch_date:%A}"
        yield Violation("departure", str(row.transfer), f"departs {row.departs}", found)
    frozen = case.brand.settings.plan.frozen_days
    first = case.plan.as_of + pd.Timedelta(days=frozen)
    for row in each(proposed[proposed["dispatch_date"] <= first]):
        found = f"{row.dispatch_date:%Y-%m-%d}"
        if frozen:
            yield Violation("frozen", str(row.transfer), f"after {first:%Y-%m-%d}", found)


def _decisions(case: _Case) -> Iterator[Violation]:
    """Approved transfers are in the plan as they are, rejected ones are not proposed."""
    held = case.plan.transfers[case.plan.transfers["status"] == "approved"]
    both = case.facts[[*_KEY, "cases"]].merge(
        held[[*_KEY, "cases"]], on=_KEY, how="outer", suffixes=("_given", "_held")
    )
    for row in each(both[both["cases_given"] != both["cases_held"]]):
        where = f"{row.lane}, {row.sku}, {row.dispatch_date:%Y-%m-%d}"
        expected, found = f"{row.cases_given:g} cases", f"{row.cases_held:g} cases"
        yield Violation("approved", where, expected, found)
    if case.rejected is not None and len(case.rejected):
        rejected = case.rejected.astype({"lane": str, "sku": str}).groupby(["lane", "sku"])
        until = rejected[["until"]].max().reset_index()
        proposed = case.plan.proposed.merge(until, on=["lane", "sku"])
        for row in each(proposed[proposed["dispatch_date"] <= proposed["until"]]):
            expected = f"not before {row.until:%Y-%m-%d}"
            yield Violation("rejected", str(row.transfer), expected, f"{row.dispatch_date:%F}")


def _stock(case: _Case) -> Iterator[Violation]:
    """What leaves is there: stock and arrivals by then, less what left or expired before."""
    transfers = case.plan.transfers
    lacking = shortages(case.brand, transfers, case.on_the_way)
    if not lacking:
        return
    facts = transfers[transfers["status"] == "approved"]
    alone = shortages(case.brand, facts, case.on_the_way)
    for index, units in lacking.items():
        row = transfers.loc[index]
        if units > alone.get(index, 0.0) + 1e-6:
            where = f"{row['origin']}, {row['sku']}, {row['dispatch_date']:%Y-%m-%d}"
            yield Violation("stock", where, f"{row['units']:g} units there", f"{units:g} lacking")


def _trips(case: _Case) -> Iterator[Violation]:
    """Each lane's day has whole vehicles that hold the load, no more than allowed."""
    key = ["lane", "dispatch_date"]
    load = case.rows.groupby(key)["m3"].sum().rename("load")
    facts = case.rows[case.rows["status"] == "approved"].groupby(key)["m3"].sum().rename("facts")
    trips = case.plan.trips
    for row in each(trips[trips.duplicated(key)]):
        yield Violation("vehicle", f"{row.lane}", "one trip a lane and day", "several")
    rows = trips.merge(load.reset_index(), on=key, how="outer")
    rows = rows.merge(facts.reset_index(), on=key, how="left").fillna({"load": 0.0, "facts": 0.0})
    rows = rows.merge(
        case.brand.lanes[["lane", "vehicle_m3", "vehicle_cost", "co2_kg"]],
        on="lane",
        suffixes=("", "_each"),
    )
    most = case.brand.settings.plan.max_vehicles
    for row in each(rows):
        where = f"{row.lane}, {row.dispatch_date:%Y-%m-%d}"
        count = 0 if pd.isna(row.vehicles) else int(row.vehicles)
        room = count * row.vehicle_m3
        if row.load > room * (1 + 1e-9) + 1e-9:
            yield Violation("vehicle", where, f"at most {room:g} m³", f"{row.load:g} m³")
        if count > max(most, np.ceil(row.facts / row.vehicle_m3 - 1e-9)):
            yield Violation("vehicle", where, f"at most {most} vehicles", f"{count}")
        said = (row.m3, row.cost, row.co2_kg)
        true = (row.load, count * row.vehicle_cost, count * row.co2_kg_each)
        if count and not np.allclose(said, true, rtol=1e-6, atol=1e-9):
            yield Violation("trip", where, f"m³, cost, CO2 of {true}", f"{said}")


def _handling(case: _Case) -> Iterator[Violation]:
    """No place handles more units a day than it can, or than it would without proposals."""
    proposed = case.plan.proposed
    held = case.plan.transfers[case.plan.transfers["status"] == "approved"]
    inbound = case.brand.inbound.rename(
        columns={"location": "destination", "arrives": "arrive_date"}
    )
    coming = [_handled(frame, "destination") for frame in (inbound, case.on_the_way, held)]
    new = [_handled(proposed, "destination")]
    if case.brand.settings.plan.handling_at_origin:
        coming.append(_handled(held, "origin"))
        new.append(_handled(proposed, "origin"))
    key = ["place", "date"]
    without = pd.concat(coming).groupby(key)["units"].sum().rename("facts").reset_index()
    rows = pd.concat(new).groupby(key)["units"].sum().rename("new").reset_index()
    rows = rows.merge(without, on=key, how="left").fillna({"facts": 0.0})
    limits = case.brand.locations[["location", "handling_units"]]
    rows = rows.merge(limits, left_on="place", right_on="location")
    room = np.maximum(rows["handling_units"] - rows["facts"], 0)
    for row in each(rows[rows["new"] > room * (1 + 1e-9) + 1e-6]):
        found = f"{row.new + row.facts:g} units"
        expected = f"at most {row.handling_units:g} units"
        yield Violation("handling", f"{row.place}, {row.date:%Y-%m-%d}", expected, found)


def _handled(frame: pd.DataFrame, end: str) -> pd.DataFrame:
    """Place, date, units of what one end of these transfers handles."""
    date = "arrive_date" if end == "destination" else "dispatch_date"
    rows = frame[[end, date, "units"]].set_axis(["place", "date", "units"], axis=1)
    return rows.astype({"place": str})


def _assortment(case: _Case) -> Iterator[Violation]:
    """Proposals bring to a front or store only what it may hold."""
    if not case.brand.has_assortment:
        return
    mains = case.brand.locations.loc[case.brand.locations["kind"] == "main", "location"]
    proposed = case.plan.proposed
    proposed = proposed[~proposed["destination"].isin(set(mains))]
    allowed = case.brand.assortment[["location", "sku", "max_units"]].astype(
        {"location": str, "sku": str}
    )
    rows = proposed.merge(
        allowed, left_on=["destination", "sku"], right_on=["location", "sku"], how="left"
    )
    for row in each(rows[~(rows["max_units"] > 0)]):
        where = f"{row.destination}, {row.sku}"
        yield Violation("assortment", where, "a product that it may hold", str(row.transfer))


def _storage(case: _Case) -> Iterator[Violation]:
    """Expected stock after the morning's arrivals fits each place, and each product's limit."""
    proposed = case.plan.proposed
    limited = np.isfinite(case.brand.locations["storage_m3"]).any() or (
        case.brand.has_assortment and np.isfinite(case.brand.assortment["max_units"]).any()
    )
    if proposed.empty or not limited:
        return
    problem = state_problem(
        case.brand, case.forecast, approved=case.approved, horizon=case.plan.horizon_days
    )
    network = problem.network
    moves = Moves(
        np.searchsorted(network.lanes, proposed["lane"].to_numpy(object)),
        np.searchsorted(network.skus, proposed["sku"].to_numpy(object)),
        np.asarray((proposed["dispatch_date"] - case.plan.as_of).dt.days - 1, dtype=np.int64),
        proposed["cases"].to_numpy(),
    )
    stock = [
        evaluate(network, every, lambda rows: problem.fresh(rows, CHECK_PATHS)).morning
        for every in (moves, Moves.none())
    ]
    room = [np.zeros((len(network.locations), network.days)) for _ in stock]
    for units, total in zip(stock, room, strict=True):
        np.add.at(total, network.cell_location, units * network.unit_m3[network.cell_sku, None])
    most = np.maximum(network.storage_m3[:, None], room[1]) * (1 + STOCK_TOLERANCE) + 1e-6
    for place, day in zip(*np.nonzero(room[0] > most), strict=True):
        where = f"{network.locations[place]}, {network.dates[day]:%Y-%m-%d}"
        expected = f"at most {network.storage_m3[place]:g} m³ expected"
        yield Violation("storage", where, expected, f"{room[0][place, day]:g} m³")
    most = np.maximum(network.max_units[:, None], stock[1]) * (1 + STOCK_TOLERANCE) + 1e-3
    for cell, day in zip(*np.nonzero(stock[0] > most), strict=True):
        place, sku = network.cell_location[cell], network.cell_sku[cell]
        where = f"{network.locations[place]}, {network.skus[sku]}, {network.dates[day]:%Y-%m-%d}"
        expected = f"at most {network.max_units[cell]:g} units expected"
        yield Violation("assortment", where, expected, f"{stock[0][cell, day]:g}")


def _money(case: _Case) -> Iterator[Violation]:
    """The costs by kind add up to the evaluated profit."""
    costs = case.plan.costs
    if not costs:
        return
    total = sum(v if kind in ("sales", "end_value") else -v for kind, v in costs.items())
    if not np.isclose(total, case.plan.evaluated, rtol=1e-6, atol=0.01):
        yield Violation("money", "costs", f"{case.plan.evaluated:g} in all", f"{total:g}")


CHECKS: tuple[Callable[[_Case], Iterator[Violation]], ...] = (
    _amounts,
    _days,
    _decisions,
    _stock,
    _trips,
    _handling,
    _assortment,
    _storage,
    _money,
)
"""Every check that runs on a plan whose names are right."""
