"""A brand's network as arrays: locations, products, lanes, stock, money, facts.

Indices: ``location``, ``sku``, ``region``, ``lane`` count rows of the sorted names; ``day`` 0 is
the day after the as-of day and ``day`` -1 the as-of day. A **cell** is one product at one
location, cells are sorted by product, then location; a **series** is one region × product, sorted
by product, then region: so a range of products is a slice of both.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]
Names = npt.NDArray[np.object_]

MAIN, FRONT, STORE = 0, 1, 2
KINDS = ("main", "front", "store")
NEAR, MID, FAR = 0, 1, 2
NEVER = 1 << 30
"""The expiry of what does not expire."""
AFTER_DAYS = 7
"""Days after the horizon in which stock that is left can still be sold."""


@dataclass(frozen=True, eq=False)
class Moves:
    """Units of products dispatched on lanes: what a plan decides, and what is already a fact.

    All arrays have one entry a move: ``lane``, ``sku``, ``day`` (of dispatch) and ``cases``
    are whole numbers. Several entries for one lane, sku and day add up.
    """

    lane: Ints
    sku: Ints
    day: Ints
    cases: Ints

    def __post_init__(self) -> None:
        for item in fields(self):
            value = np.ascontiguousarray(getattr(self, item.name), dtype=np.int64)
            object.__setattr__(self, item.name, value)
        if not self.lane.shape == self.sku.shape == self.day.shape == self.cases.shape:
            raise ValueError("moves: expected arrays of one length")

    def __len__(self) -> int:
        return len(self.lane)

    def __add__(self, other: Moves) -> Moves:
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        return Moves(*(np.concatenate(pair) for pair in pairs))

    def where(self, rows: npt.NDArray[Any]) -> Moves:
        """Return the moves of these rows (a mask or row numbers)."""
        return Moves(self.lane[rows], self.sku[rows], self.day[rows], self.cases[rows])

    def merged(self) -> Moves:
        """Add up entries of one lane, sku and day, leave out empty ones, sort by sku, lane, day."""
        frame = pd.DataFrame({f.name: getattr(self, f.name) for f in fields(self)})
        frame = frame.groupby(["sku", "lane", "day"], sort=True)[["cases"]].sum()
        frame = frame[frame["cases"] > 0].reset_index()
        return Moves(*(frame[f.name].to_numpy() for f in fields(self)))

    @classmethod
    def none(cls) -> Moves:
        """Return no moves."""
        return cls(*(np.zeros(0, dtype=np.int64) for _ in range(4)))


@dataclass(frozen=True, eq=False)
class Lots:
    """Stock that is there or will come without any decision of ours.

    :param cell: where.
    :param day: the morning on which it arrives; -1: it is there at the as-of close.
    :param units: > 0.
    :param expiry: the last day on which it can be sold, :data:`NEVER` where it does not expire
        or where it is undated stock of a main: its shelf life begins when it reaches a front or
        store (``fresh``).
    """

    cell: Ints
    day: Ints
    units: Floats
    expiry: Ints
    fresh: Truths


@dataclass(frozen=True, eq=False)
class Money:
    """Prices of the plan, in the brand's currency.

    :param conversion: (3,) share of demand that buys, by field near, mid, far.
    :param delivery: (3,) cost of a delivered unit, by field.
    :param handling: per unit received by a transfer; ``handling_out``: per unit that leaves.
    :param holding: per m³ and night at fronts and stores.
    :param waste_share: of the price of a unit that expires.
    :param co2: per kg.
    """

    conversion: Floats
    delivery: Floats
    handling: float
    holding: float
    waste_share: float
    co2: float
    handling_out: float = 0.0

    @property
    def handled(self) -> float:
        """Money per unit moved, at both ends."""
        return self.handling + self.handling_out


@dataclass(frozen=True, eq=False)
class Network:
    """Everything about a brand that a plan needs but the demand. See the module's docstring.

    :param storage_m3: (locations,) inf where unlimited; ``handling_units`` likewise, a day.
    :param share: (locations,) of its region's demand, among its kind; 0 for mains.
    :param shelf_life: (skus,) days, inf where it does not spoil.
    :param open: (lanes, days) whether new stock may leave that day: the lane departs, the day is
        not frozen, and the arrival is within the horizon.
    :param departs: (lanes, days) whether the lane departs at all.
    :param series_weight: (series,) what serving it counts, as a multiple of its money: 1 but
        while a plan is chosen under priorities (:mod:`optimization.priorities`).
    :param last: what the last plan moves within the horizon (:mod:`optimization.churn`);
        ``churn_price``: money a unit of departing from it.
    :param handling_at_origin: whether what leaves counts against ``handling_units`` too.
    :param lateral: whether moves between fronts and back to a main may be proposed.
    :param cell_series: the series that a front's or store's cell serves, -1 for none and mains.
    :param receives: (cells,) whether the assortment allows the product there (always at mains).
    :param max_units: (cells,) most expected stock of the product there, inf where unlimited.
    :param facts: approved transfers that leave within the horizon.
    :param barred_until: keys lane × skus + sku (sorted) of rejected transfers, and the last day
        on which each must not be proposed again.
    :param dropped: counts of what was left out, by reason.
    """

    as_of: pd.Timestamp
    days: int
    frozen_days: int
    currency: str
    money: Money
    regions: Names
    vip_share: Floats
    skus: Names
    unit_m3: Floats
    case_units: Ints
    price: Floats
    margin: Floats
    shelf_life: Floats
    locations: Names
    kind: Ints
    region: Ints
    storage_m3: Floats
    handling_units: Floats
    share: Floats
    lanes: Names
    origin: Ints
    destination: Ints
    lead: Ints
    vehicle_m3: Floats
    vehicle_cost: Floats
    unit_cost: Floats
    co2_kg: Floats
    max_vehicles: int
    departs: Truths
    open: Truths
    series_region: Ints
    series_sku: Ints
    cell_location: Ints
    cell_sku: Ints
    cell_series: Ints
    receives: Truths
    max_units: Floats
    lots: Lots
    facts: Moves
    barred_keys: Ints
    barred_until: Ints
    dropped: dict[str, int]
    series_weight: Floats
    last: Moves
    churn_price: float = 0.0
    handling_at_origin: bool = False
    lateral: bool = True

    def __post_init__(self) -> None:
        n_lanes = len(self.lanes)
        checks = {
            "days >= 1": self.days >= 1,
            "lanes x days": self.open.shape == self.departs.shape == (n_lanes, self.days),
            "lanes": (self.lead >= 0).all() and (self.vehicle_m3 > 0).all(),
            "cells sorted": bool((np.diff(self.cell_key) > 0).all()),
            "series sorted": bool((np.diff(self.series_key) > 0).all()),
            "products": (self.unit_m3 > 0).all() and (self.case_units >= 1).all(),
            "lots": (self.lots.units >= 0).all(),
        }
        wrong = [name for name, holds in checks.items() if not holds]
        if wrong:
            raise ValueError(f"network: does not hold: {', '.join(wrong)}")

    @property
    def cell_key(self) -> Ints:
        """(cells,) sku × locations + location, increasing."""
        return self.cell_sku * len(self.locations) + self.cell_location

    @property
    def series_key(self) -> Ints:
        """(series,) sku × regions + region, increasing."""
        return self.series_sku * max(len(self.regions), 1) + self.series_region

    @property
    def cell_kind(self) -> Ints:
        """(cells,) kind of the location."""
        return self.kind[self.cell_location]

    @property
    def profit(self) -> Floats:
        """(3, skus) profit of a unit sold from each field: margin - delivery."""
        return self.margin[None, :] - self.money.delivery[:, None]

    @property
    def dates(self) -> pd.DatetimeIndex:
        """The days of the horizon."""
        return pd.date_range(self.as_of + pd.Timedelta(days=1), periods=self.days, unit="ns")

    def cells(self, location: Ints, sku: Ints) -> Ints:
        """Return the cells of these locations and products, -1 where there is none."""
        keys = self.cell_key
        wanted = np.asarray(sku, dtype=np.int64) * len(self.locations) + location
        if not len(keys):
            return np.full(wanted.shape, -1, dtype=np.int64)
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[place] == wanted, place, -1)

    def units(self, moves: Moves) -> Floats:
        """Return the units of each move."""
        return (moves.cases * self.case_units[moves.sku]).astype(np.float64)

    def barred(self, lane: Ints, sku: Ints, day: Ints) -> Truths:
        """Whether a person has rejected this transfer for that day."""
        keys = np.asarray(lane, dtype=np.int64) * len(self.skus) + sku
        if not len(self.barred_keys):
            return np.zeros(keys.shape, dtype=bool)
        place = np.minimum(np.searchsorted(self.barred_keys, keys), len(self.barred_keys) - 1)
        found: Truths = (self.barred_keys[place] == keys) & (day <= self.barred_until[place])
        return found

    def volume(self, moves: Moves) -> Floats:
        """(lanes, days) m³ that these moves load."""
        load = np.zeros((len(self.lanes), self.days))
        np.add.at(load, (moves.lane, moves.day), self.units(moves) * self.unit_m3[moves.sku])
        return load

    def vehicles(self, load: Floats) -> Ints:
        """Return the whole vehicles for a load in m³, (lanes, days)."""
        needed = np.ceil(load / self.vehicle_m3[:, None] - 1e-9)
        return np.maximum(needed, 0).astype(np.int64)

    def moving_costs(self, moves: Moves) -> dict[str, float]:
        """Money for what moves, by kind: vehicles, moving (unit cost), handling and CO2.

        Facts and proposals share vehicles, so pass them together.
        """
        units = self.units(moves)
        vehicles = self.vehicles(self.volume(moves))
        return {
            "vehicles": float((vehicles * self.vehicle_cost[:, None]).sum()),
            "moving": float((units * self.unit_cost[moves.lane]).sum()),
            "handling": float(units.sum() * self.money.handled),
            "co2": float((vehicles * self.co2_kg[:, None]).sum() * self.money.co2),
        }
