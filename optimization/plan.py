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
from optimization.plan_tables import (
    FRAMES,
    LATER_COLUMNS,
    REASONS,
    STOCKOUTS,
    TRANSFERS,
    TRIPS,
    UNMET,
    completed,
    empty,
    typed,
)

Status = Literal["optimal", "feasible", "time_limit", "nothing_to_do", "no_bound"]
"""``optimal``: the bound is met within 0.1 %; ``feasible``: checked, with its gap; ``time_limit``:
the best by the limit; ``nothing_to_do``: no transfer is worth its cost or allowed, so none is
proposed; ``no_bound``: checked, but the solver gave no bound, so how much better a plan could be is
not known."""

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
