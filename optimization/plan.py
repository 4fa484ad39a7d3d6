"""A plan: transfers with their reasons, trips, costs, service, bound; written and read whole."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd

from data.errors import BadInput
from optimization.plan_folder import replaced

Status = Literal["optimal", "feasible", "time_limit", "nothing_to_do", "no_bound"]
"""``optimal``: the bound is met within 0.1 %; ``feasible``: checked, with its gap; ``time_limit``:
the best by the limit; ``nothing_to_do``: no transfer is worth its cost or allowed, so none is
proposed; ``no_bound``: checked, but the solver gave no bound, so how much better a plan could be is
not known."""

TRANSFERS = {
    "transfer": "str",
    "lane": "str",
    "origin": "str",
    "destination": "str",
    "sku": "str",
    "dispatch_date": "datetime64[ns]",
    "arrive_date": "datetime64[ns]",
    "cases": "int64",
    "units": "float64",
    "m3": "float64",
    "expected_gain": "float64",
    "reason": "str",
    "status": "str",
}
"""``transfers``; ``status`` is proposed or approved (a fact that this plan builds on)."""

TRIPS = {
    "lane": "str",
    "dispatch_date": "datetime64[ns]",
    "vehicles": "int64",
    "m3": "float64",
    "fill": "float64",
    "cost": "float64",
    "co2_kg": "float64",
}
"""``trips``; ``fill`` is m3 over the vehicles' volume, ``cost`` the vehicles' money."""

REASONS = {
    "transfer": "str",
    "status": "str",
    "stock": "float64",
    "inbound": "float64",
    "cover_days": "float64",
    "runs_out": "datetime64[ns]",
    "demand_q50": "float64",
    "demand_q90": "float64",
    "gain": "float64",
    "saved_lost": "float64",
    "saved_far": "float64",
    "cost_share": "float64",
    "limited_by": "str",
    "nothing": "float64",
    "later": "float64",
    "later_date": "datetime64[ns]",
    "other_origin": "float64",
    "other_origin_name": "str",
    "other_vehicle": "float64",
    "other_vehicle_lane": "str",
}
"""``reasons``, one row a transfer, in the order of ``transfers``.

``stock``: units at the destination at the as-of close; ``inbound``: units arriving there by the
arrival day from elsewhere, without this transfer; ``cover_days``: days that stock and inbound last
at median demand (the horizon where they outlast it); ``runs_out``: the first day on which the
destination, without this transfer, is more likely out of stock than not (NaT: none);
``demand_q50``, ``demand_q90``: demand to be covered from the arrival day until the next transfer
of the product arrives there or the horizon ends; ``gain``: expected profit lost if this transfer
alone were dropped and the trip still went; ``saved_lost``, ``saved_far``: units of demand that
it keeps from being lost, from being served far; ``cost_share``: its share by volume of the trip's
vehicle cost; ``limited_by``: why it is not larger, one of :data:`LIMITS`.

The alternatives: money that the plan earns less with each in the transfer's place, vehicles
counted (below 0: it would earn more); NaN where there is none. ``nothing``: it does not go;
``later``: it goes on the lane's next departure, ``later_date``; ``other_origin``,
``other_vehicle``: the best of other origins, and of other lanes from its origin, that arrives no
sooner (:mod:`optimization.alternatives`).
"""

UNMET = {
    "region": "str",
    "location": "str",
    "sku": "str",
    "units": "float64",
    "value": "float64",
    "constraint": "str",
    "limit_value": "float64",
}
"""``unmet``: expected demand that the region's own stock does not serve over the horizon under the
plan, its worth in missed profit, and the constraint that stopped it, one of :data:`LIMITS`.
``location`` is the front or store where it binds, "" where none is particular. ``limit_value``:
money that one more unit of that limit would bring (:data:`optimization.limit_values.PER`), NaN
where it has no price; the dearest limits of all are in ``details["limits"]``."""

LIMITS = (
    "economics",
    "main_stock",
    "vehicle",
    "storage",
    "handling",
    "case",
    "lead_time",
    "departure",
    "assortment",
    "rejected",
    "no_lane",
    "expiry",
)
"""What stops a unit: ``economics``: one more costs more than it brings; ``main_stock``: the origin
has no more; ``vehicle``: no volume left, or one more vehicle is not worth it; ``case``: less than
a case was wanted; ``departure``: no departure in time; ``expiry``: it would spoil unsold."""

STOCKOUTS = {
    "region": "str",
    "sku": "str",
    "date": "datetime64[ns]",
    "probability_without": "float64",
    "probability_with": "float64",
    "lost_units_without": "float64",
    "lost_units_with": "float64",
    "lost_money_without": "float64",
    "lost_money_with": "float64",
}
"""``stockouts``: by region, product and day, without and with the plan's proposals: the
probability that the region's own stock (near and mid) does not serve the whole day's demand;
expected units of demand that no field serves; expected profit missed against serving all of the
day's demand from the region's own stock."""

COSTS = ("vehicles", "moving", "handling", "holding", "waste", "co2")
FIELDS = ("near", "mid", "far", "lost")
SERIAL = "transfers.csv", "trips.csv", "plan.json", "reasons.parquet", "stockouts.parquet"


@dataclass(frozen=True)
class Plan:
    """What to move, why, and what it is expected to bring.

    Money is in ``currency``. ``objective`` is the profit in the planner's own model,
    ``evaluated`` that on fresh sample paths, ``doing_nothing`` the same for a plan without
    proposals (approved transfers still run); all over the horizon, with the value of what is left.
    ``bound`` is an upper bound on the objective, ``gap`` = (bound − objective) / |bound|; None
    where there is none; ``details["bound_of"]`` says of which problem it is a bound.

    :param seconds: time that planning took.
    :param costs: money by kind (:data:`COSTS`), also ``sales`` (profit of sold units after
        delivery) and ``end_value``; sales + end_value − the costs = ``evaluated``.
    :param service: expected units of demand by field (:data:`FIELDS`).
    :param details: what else is to be known, JSON values.
    :raises ValueError: a frame lacks a column, a status or key is unknown.
    """

    as_of: pd.Timestamp
    horizon_days: int
    currency: str
    status: Status
    objective: float
    evaluated: float
    doing_nothing: float
    bound: float | None
    gap: float | None
    seconds: float
    transfers: pd.DataFrame = field(default_factory=lambda: empty(TRANSFERS))
    trips: pd.DataFrame = field(default_factory=lambda: empty(TRIPS))
    reasons: pd.DataFrame = field(default_factory=lambda: empty(REASONS))
    costs: Mapping[str, float] = field(default_factory=dict)
    service: Mapping[str, float] = field(default_factory=dict)
    unmet: pd.DataFrame = field(default_factory=lambda: empty(UNMET))
    stockouts: pd.DataFrame = field(default_factory=lambda: empty(STOCKOUTS))
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.status not in get_args(Status):
            raise ValueError(f"status: expected one of {get_args(Status)}, found {self.status!r}")
        # A plan made before these columns were told has them empty.
        for name, later in LATER_COLUMNS.items():
            object.__setattr__(self, name, completed(getattr(self, name), later))
        for name, columns in FRAMES.items():
            object.__setattr__(self, name, typed(getattr(self, name), columns, name))
        if list(self.reasons["transfer"]) != list(self.transfers["transfer"]):
            raise ValueError("reasons: expected one row a transfer, in the order of transfers")

    @property
    def proposed(self) -> pd.DataFrame:
        """The transfers that wait for a decision."""
        rows = self.transfers[self.transfers["status"] == "proposed"]
        return rows.reset_index(drop=True)

    @property
    def gain(self) -> float:
        """Evaluated profit above doing nothing."""
        return self.evaluated - self.doing_nothing

    @property
    def captured(self) -> float | None:
        """Share of the gain that the bound allows; None without a bound above doing nothing."""
        if self.bound is None or self.bound <= self.doing_nothing:
            return None
        return self.gain / (self.bound - self.doing_nothing)

    def to_dict(self) -> dict[str, Any]:
        """Return the content of plan.json: everything but the long frames, as JSON values."""
        document = {
            "as_of": f"{self.as_of:%Y-%m-%d}",
            "horizon_days": self.horizon_days,
            "currency": self.currency,
            "status": self.status,
            "objective": self.objective,
            "evaluated": self.evaluated,
            "doing_nothing": self.doing_nothing,
            "bound": self.bound,
            "gap": self.gap,
            "seconds": self.seconds,
            "transfers": len(self.transfers),
            "vehicles": int(self.trips["vehicles"].sum()),
            "costs": dict(self.costs),
            "service": dict(self.service),
            "unmet": self.unmet.to_dict("records"),
            "details": dict(self.details),
        }
        return _finite(document)  # type: ignore[no-any-return]

    def write(self, folder: str | Path) -> None:
        """Write transfers.csv, trips.csv, plan.json, reasons.parquet and stockouts.parquet.

        The folder is replaced whole at the end, so a kill leaves the last good plan.
        """
        with replaced(Path(folder)) as fresh:
            transfers = self.transfers.drop(columns="status")
            transfers.to_csv(fresh / "transfers.csv", index=False, date_format="%Y-%m-%d")
            self.trips.to_csv(fresh / "trips.csv", index=False, date_format="%Y-%m-%d")
            text = json.dumps(self.to_dict(), ensure_ascii=False, indent=1, allow_nan=False)
            (fresh / "plan.json").write_text(text + "\n", encoding="utf-8")
            self.reasons.to_parquet(fresh / "reasons.parquet", index=False)
            self.stockouts.to_parquet(fresh / "stockouts.parquet", index=False)


FRAMES = {
    "transfers": TRANSFERS,
    "trips": TRIPS,
    "reasons": REASONS,
    "unmet": UNMET,
    "stockouts": STOCKOUTS,
}


LATER_COLUMNS: dict[str, dict[str, str]] = {
    "reasons": {
        name: REASONS[name]
        for name in (
            "nothing",
            "later",
            "later_date",
            "other_origin",
            "other_origin_name",
            "other_vehicle",
            "other_vehicle_lane",
        )
    },
    "unmet": {"limit_value": "float64"},
}


def read_plan(folder: str | Path) -> Plan:
    """Read a plan that :meth:`Plan.write` wrote.

    :raises data.errors.BadInput: a file is missing or does not hold what it should.
    """
    folder = Path(folder)
    missing = [name for name in SERIAL if not (folder / name).is_file()]
    if missing:
        raise BadInput(f"{folder}: no plan here, {', '.join(missing)} missing. Plan again.")
    try:
        document = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
        reasons = pd.read_parquet(folder / "reasons.parquet")
        transfers = _read_csv(folder / "transfers.csv", TRANSFERS)
        transfers["status"] = reasons["status"].to_numpy()
        return Plan(
            as_of=pd.Timestamp(document["as_of"]),
            transfers=transfers,
            trips=_read_csv(folder / "trips.csv", TRIPS),
            reasons=reasons,
            unmet=pd.DataFrame(document["unmet"], columns=list(UNMET)),
            stockouts=pd.read_parquet(folder / "stockouts.parquet"),
            **{name: document[name] for name in _SCALARS},
        )
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise BadInput(f"{folder}: this plan cannot be read ({error}). Plan again.") from error


_SCALARS = [
    "horizon_days",
    "currency",
    "status",
    "objective",
    "evaluated",
    "doing_nothing",
    "bound",
    "gap",
    "seconds",
    "costs",
    "service",
    "details",
]


def empty(columns: Mapping[str, str]) -> pd.DataFrame:
    """Return a frame with these columns and dtypes and no row."""
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in columns.items()})


def completed(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Return the frame with the columns that it lacks (an older plan's) and empty cells filled.

    Text becomes "", numbers NaN, days NaT.
    """
    nothing: dict[str, Any] = {"str": "", "datetime64[ns]": pd.NaT}
    frame = frame.copy()
    for name, dtype in columns.items():
        if name not in frame:
            frame = frame.assign(**{name: nothing.get(dtype, float("nan"))})
        elif dtype == "str":
            frame[name] = frame[name].fillna("")
    return frame


def typed(frame: pd.DataFrame, columns: Mapping[str, str], name: str) -> pd.DataFrame:
    """Return the frame with exactly these columns and dtypes and a RangeIndex.

    :raises ValueError: a column is missing.
    """
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"{name}: expected columns {list(columns)}, missing {missing}")
    return frame[list(columns)].astype(dict(columns)).reset_index(drop=True)


def _read_csv(path: Path, columns: Mapping[str, str]) -> pd.DataFrame:
    dates = [name for name, dtype in columns.items() if dtype.startswith("datetime")]
    types = {name: dtype for name, dtype in columns.items() if name not in dates}
    frame = pd.read_csv(
        path,
        dtype=types,
        parse_dates=dates,
        date_format="%Y-%m-%d",
        keep_default_na=False,
        float_precision="round_trip",
    )
    expected = [name for name in columns if name != "status"]
    if list(frame.columns) != expected:
        raise ValueError(f"{path.name}: expected columns {expected}, found {list(frame.columns)}")
    return frame


def _finite(value: Any) -> Any:
    """Replace what JSON cannot say (NaN, infinity, NumPy scalars) by null and plain numbers."""
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
