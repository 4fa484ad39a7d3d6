"""What another number of cases does to a trip, to the gain and to the hard limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimization.decided_trips import GOES, decided_trips
from optimization.plan import Plan
from optimization.plan_tables import REASONS, TRANSFERS, TRIPS, typed
from optimization.stock_outlook import stock_outlook

if TYPE_CHECKING:
    from data import Brand
    from optimization.check import Violation


@dataclass(frozen=True, slots=True)
class TripLoad:
    """How one trip stands.

    :param fill: m3 over the vehicles' volume, 0 to 1.
    :param cost: of its vehicles.
    """

    m3: float
    vehicles: int
    fill: float
    cost: float


@dataclass(frozen=True, slots=True)
class EditEffect:
    """The effect of an edit, told before it is confirmed.

    :param before: the trip as it stands; ``after``: with the edit.
    :param gain_before: expected gain of the transfer as it stands.
    :param gain_after: the same in proportion to the cases. Every further case brings less than the
        one before it, so that the true gain is at least this for fewer cases (``is_least``) and at
        most this for more.
    :param storage_before: m3 at the destination on the fullest morning from the arrival on, at
        mean demand (:mod:`optimization.stock_outlook`); ``storage_after``: with the edit.
    :param storage_limit: m3 that the destination holds, inf where it has no limit.
    :param broken: hard limits that the edit would break and that are kept without it.
    """

    before: TripLoad
    after: TripLoad
    gain_before: float
    gain_after: float
    is_least: bool
    storage_before: float
    storage_after: float
    storage_limit: float
    broken: tuple[Violation, ...]

    @property
    def is_allowed(self) -> bool:
        """Whether it breaks no hard limit."""
        return not self.broken


def effect_of_edit(
    plan: Plan,
    brand: Brand,
    forecast: pd.DataFrame,
    standing: pd.DataFrame,
    transfer: tuple[str, str],
    cases: int,
) -> EditEffect:
    """Tell what ``cases`` cases instead of those that stand would do.

    :param standing: the transfers as they stand in the ledger
        (:data:`data.ledger_reading.TRANSFER_COLUMNS`), all that may still go.
    :param transfer: its plan and name.
    :param cases: whole cases, >= 1.
    :raises LookupError: the transfer is not among those that may still go.
    :raises ValueError: cases is below 1.
    """
    if cases < 1:
        raise ValueError(f"cases: expected >= 1, found {cases}")
    last = plan.as_of + pd.Timedelta(days=plan.horizon_days)
    in_horizon = standing["dispatch_date"].between(plan.as_of, last, inclusive="right")
    rows = standing[standing["state"].isin(GOES) & in_horizon].reset_index(drop=True)
    hit = (rows["plan"] == transfer[0]) & (rows["transfer"] == transfer[1])
    if hit.sum() != 1:
        raise LookupError(f"transfer {transfer[1]} of plan {transfer[0]} does not go")
    # Limits bind proposals: what is edited is checked as one, also where it is approved.
    rows.loc[hit, "state"] = "proposed"
    changed = _with_cases(rows, hit, cases)
    one = rows[hit].iloc[0]
    gain = float(one["expected_gain"])
    is_least = cases < int(one["cases"])
    near, demand = concerned(brand, forecast, rows, one)
    before = _broken(plan, brand, demand, rows[near])
    after = _broken(plan, brand, demand, changed[near])
    return EditEffect(
        before=_load(rows, brand, one),
        after=_load(changed, brand, one),
        gain_before=gain,
        gain_after=gain * cases / float(one["cases"]),
        is_least=is_least,
        storage_before=_fullest(brand, demand, rows[near], one),
        storage_after=_fullest(brand, demand, changed[near], one),
        storage_limit=_storage_limit(brand, str(one["destination"])),
        broken=newly_broken(before, after, fewer=is_least),
    )


def _fullest(brand: Brand, demand: pd.DataFrame, rows: pd.DataFrame, one: pd.Series[Any]) -> float:
    """Return the m3 at the destination on its fullest morning from the arrival on."""
    by_day = stock_outlook(brand, demand, rows).by_location()
    here = by_day[by_day["location"] == str(one["destination"])]
    after = here[here["date"] >= one["arrive_date"]]
    return float((after if len(after) else here)["m3"].max())


def _storage_limit(brand: Brand, location: str) -> float:
    places = brand.locations
    return float(places.loc[places["location"] == location, "storage_m3"].iloc[0])


def newly_broken(
    before: Sequence[Violation], after: Sequence[Violation], *, fewer: bool
) -> tuple[Violation, ...]:
    """Return what an edit breaks or makes worse; with fewer cases nothing broken gets worse."""
    if fewer:
        known = {(violation.code, violation.where) for violation in before}
        return tuple(v for v in after if (v.code, v.where) not in known)
    return tuple(violation for violation in after if violation not in before)


def concerned(
    brand: Brand, forecast: pd.DataFrame, rows: pd.DataFrame, one: pd.Series
) -> tuple[pd.Series, pd.DataFrame]:
    """Return which transfers and which demand an edit of ``one`` can touch.

    Every product shares the docks and the storage of the two ends, and the vehicles between them;
    elsewhere only the same product is concerned, through the stock of its origin. A place that
    serves no region (a main) is fed by all of them: then everything is concerned.

    :returns: a mask of ``rows``, and rows of ``forecast``.
    """
    of = brand.locations.astype({"location": "str"}).set_index("location")["region"].astype(str)
    destination, origin = str(one["destination"]), str(one["origin"])
    regions = {region for region in (of[destination], of[origin]) if region}
    if not of[destination]:
        return pd.Series(True, index=rows.index), forecast
    places = set(of.index[of.isin(regions)])
    same = rows["sku"] == one["sku"]
    near = rows["origin"].isin(places) | rows["destination"].isin(places)
    demand = forecast[forecast["region"].isin(regions) | (forecast["sku"] == one["sku"])]
    return same | near, demand.reset_index(drop=True)


def as_plan(plan: Plan, brand: Brand, standing: pd.DataFrame) -> Plan:
    """Return the plan that people's decisions leave: what may still go, on the trips it needs."""
    rows = standing[standing["state"].isin(GOES)].reset_index(drop=True)
    transfers = rows.assign(
        status=np.where(rows["state"] == "proposed", "proposed", "approved"), reason="{}"
    )
    empty = {name: np.nan for name, dtype in REASONS.items() if dtype == "float64"}
    reasons = transfers[["transfer", "status"]].assign(
        **empty, runs_out=pd.Timestamp("NaT"), limited_by="economics"
    )
    trips = decided_trips(rows, brand.lanes)
    return Plan(
        as_of=plan.as_of,
        horizon_days=plan.horizon_days,
        currency=plan.currency,
        status="feasible",
        objective=plan.objective,
        evaluated=plan.evaluated,
        doing_nothing=plan.doing_nothing,
        bound=None,
        gap=None,
        seconds=0.0,
        transfers=typed(transfers, TRANSFERS, "transfers"),
        trips=typed(trips, TRIPS, "trips"),
        reasons=reasons,
    )


def _with_cases(rows: pd.DataFrame, hit: pd.Series, cases: int) -> pd.DataFrame:
    times = cases / rows.loc[hit, "cases"].astype(float)
    changed = rows.copy()
    changed.loc[hit, "cases"] = cases
    for column in ("units", "m3"):
        changed.loc[hit, column] = rows.loc[hit, column] * times
    return changed


def _load(rows: pd.DataFrame, brand: Brand, one: pd.Series) -> TripLoad:
    same = (rows["lane"] == one["lane"]) & (rows["dispatch_date"] == one["dispatch_date"])
    trip = decided_trips(rows[same], brand.lanes).iloc[0]
    return TripLoad(
        float(trip["m3"]), int(trip["vehicles"]), float(trip["fill"]), float(trip["cost"])
    )


def _broken(
    plan: Plan, brand: Brand, forecast: pd.DataFrame, rows: pd.DataFrame
) -> list[Violation]:
    from optimization.check import check_plan

    checked = as_plan(plan, brand, rows)
    facts = checked.transfers[checked.transfers["status"] == "approved"]
    return check_plan(checked, brand, forecast, approved=facts)
