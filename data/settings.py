"""The settings of ``brand.toml``, with every default in one place."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass, replace
from math import isfinite
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from data.faults import Fault
from data.suggest import nearest

_Section = TypeVar("_Section")

DriverUse = Literal["known", "past"]
"""``known``: known over the horizon, a regressor; ``past``: only in history, not used to forecast."""


def _require(holds: bool, name: str, expected: str, found: object) -> None:
    if not holds:
        raise ValueError(f"{name}|{expected}|{found!r}")


@dataclass(frozen=True, slots=True)
class Promise:
    """What a shopper gets from one field.

    :param hours: promised delivery time, > 0.
    :param delivery_cost: money per unit sold, >= 0.
    :param conversion: share of demand that still buys when served from this field, 0 to 1.
    """

    hours: float
    delivery_cost: float
    conversion: float

    def __post_init__(self) -> None:
        _require(self.hours > 0, "hours", "> 0", self.hours)
        _require(self.delivery_cost >= 0, "delivery_cost", ">= 0", self.delivery_cost)
        _require(0 <= self.conversion <= 1, "conversion", "0 to 1", self.conversion)


@dataclass(frozen=True, slots=True)
class Costs:
    """Money for what stands, moves, spoils and emits.

    :param holding_per_m3_day: for what stands at fronts and stores overnight, >= 0.
    :param handling_per_unit: for each unit received by a transfer, >= 0.
    :param waste_share_of_price: lost on each unit that expires, as a share of its price, 0 to 1.
    :param co2_per_kg: price of a kilogram of CO2 from transport, >= 0.
    """

    holding_per_m3_day: float = 6.0
    handling_per_unit: float = 0.08
    waste_share_of_price: float = 0.6
    co2_per_kg: float = 0.0

    def __post_init__(self) -> None:
        for name in ("holding_per_m3_day", "handling_per_unit", "co2_per_kg"):
            _require(getattr(self, name) >= 0, name, ">= 0", getattr(self, name))
        share = self.waste_share_of_price
        _require(0 <= share <= 1, "waste_share_of_price", "0 to 1", share)


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """How to plan.

    :param horizon_days: days planned from the day after the as-of day, 1 to 60.
    :param frozen_days: first days in which nothing new is dispatched, 0 to horizon_days.
    :param time_limit_seconds: the planner returns its best plan by then, > 0.
    :param min_gain: a move whose expected gain is below this money is not proposed, >= 0.
    :param max_vehicles: vehicles a lane and day, >= 1.
    :param seed: seed of the sample paths.
    """

    horizon_days: int = 14
    frozen_days: int = 0
    time_limit_seconds: float = 240.0
    min_gain: float = 0.0
    max_vehicles: int = 99
    seed: int = 0

    def __post_init__(self) -> None:
        _require(1 <= self.horizon_days <= 60, "horizon_days", "1 to 60", self.horizon_days)
        frozen = self.frozen_days
        _require(0 <= frozen <= self.horizon_days, "frozen_days", "0 to horizon_days", frozen)
        limit = self.time_limit_seconds
        _require(limit > 0, "time_limit_seconds", "> 0", limit)
        _require(self.min_gain >= 0, "min_gain", ">= 0", self.min_gain)
        _require(self.max_vehicles >= 1, "max_vehicles", ">= 1", self.max_vehicles)
        _require(self.seed >= 0, "seed", ">= 0", self.seed)


Engine = Literal["prophet"]


@dataclass(frozen=True, slots=True)
class ForecastSettings:
    """How to forecast.

    :param engine: ``prophet``: Prophet as it is published.
    :param samples: sample paths a series from which quantiles are taken, 100 to 10,000.
    :param seed: seed of those paths.
    """

    engine: Engine = "prophet"
    samples: int = 400
    seed: int = 0

    def __post_init__(self) -> None:
        _require(
            self.engine in get_args(Engine), "engine", " or ".join(get_args(Engine)), self.engine
        )
        _require(100 <= self.samples <= 10_000, "samples", "100 to 10000", self.samples)
        _require(self.seed >= 0, "seed", ">= 0", self.seed)


@dataclass(frozen=True, slots=True)
class History:
    """What the recorded past means.

    :param far_field: whether the far field sold while a region's own stock was out.
    """

    far_field: bool = True


@dataclass(frozen=True, slots=True)
class Promises:
    """The promise of each field."""

    near: Promise = Promise(hours=0.5, delivery_cost=5.0, conversion=1.0)
    mid: Promise = Promise(hours=4.0, delivery_cost=4.0, conversion=0.95)
    far: Promise = Promise(hours=30.0, delivery_cost=6.0, conversion=0.7)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that ``brand.toml`` can say; ``Settings()`` is a brand that says nothing.

    ``simulated`` is true for brands whose demand was made up; every screen and file that
    shows such a brand says so.
    """

    name: str = "Unnamed brand"
    currency: str = "CNY"
    frequency: Literal["D"] = "D"
    simulated: bool = False
    promise: Promises = field(default_factory=Promises)
    costs: Costs = field(default_factory=Costs)
    plan: PlanSettings = field(default_factory=PlanSettings)
    forecast: ForecastSettings = field(default_factory=ForecastSettings)
    history: History = field(default_factory=History)
    drivers: dict[str, DriverUse] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _require(bool(self.name.strip()), "name", "a name", self.name)
        _require(self.frequency == "D", "frequency", "D (daily)", self.frequency)
        for driver, use in self.drivers.items():
            _require(use in get_args(DriverUse), driver, "known or past", use)


def parse_settings(document: dict[str, Any]) -> tuple[Settings, tuple[Fault, ...]]:
    """Read settings from a parsed ``brand.toml``; every fault is collected, none is raised.

    :returns: the settings (defaults where a value is at fault) and the faults.
    """
    faults: list[Fault] = []
    settings = _read_section(Settings, document, "", faults)
    return settings, tuple(faults)


def _read_section(kind: type[_Section], values: Any, path: str, faults: list[Fault]) -> _Section:
    """Build one dataclass from a TOML table; a value at fault takes its default."""
    base = _defaults(kind, path)
    if not isinstance(values, dict):
        faults.append(
            _fault(path, f"a section [{path}]", values, f"Write [{path}] and its settings below")
        )
        return base
    hints = get_type_hints(kind)
    known = [item.name for item in fields(kind)]
    for name, value in values.items():
        where = f"{path}.{name}" if path else name
        if name not in known:
            faults.append(_unknown(where, name, known))
            continue
        if is_dataclass(hints[name]):
            part = _read_section(hints[name], value, where, faults)
        elif name == "drivers":
            part = _read_drivers(value, faults)
        else:
            typed = _typed(hints[name], value)
            if typed is None:
                faults.append(
                    _fault(where, _TYPE_NAMES.get(hints[name], "text"), value, "Correct the value")
                )
                continue
            part = typed
        try:
            base = replace(base, **{name: part})
        except ValueError as error:
            _, expected, found = str(error).split("|", 2)
            faults.append(_fault(where, expected, part, "Correct the value"))
    return base


def _defaults(kind: type[_Section], path: str) -> _Section:
    if kind is Promise:
        return getattr(Promises(), path.rpartition(".")[2])
    return kind()


_TYPE_NAMES: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text in quotes",
}


def _typed(kind: Any, value: Any) -> Any:
    """Return the value as its type, or None where it is of another."""
    if get_origin(kind) is Literal:
        return value if isinstance(value, str) else None
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if isinstance(value, bool) != (kind is bool) or not isinstance(value, kind):
        return None
    if isinstance(value, float) and not isfinite(value):
        return None
    return value


def _read_drivers(values: Any, faults: list[Fault]) -> dict[str, DriverUse]:
    drivers: dict[str, DriverUse] = {}
    if not isinstance(values, dict):
        faults.append(
            _fault(
                "drivers",
                "a section [drivers]",
                values,
                'Write [drivers] and below it lines such as discount = "known"',
            )
        )
        return drivers
    for name, use in values.items():
        if isinstance(use, str) and use in get_args(DriverUse):
            drivers[name] = "known" if use == "known" else "past"
        else:
            faults.append(
                _fault(
                    f"drivers.{name}",
                    "known or past",
                    use,
                    'Write "known" where it is known over the days to come, else "past"',
                )
            )
            drivers[name] = "known"
    return drivers


def _unknown(where: str, name: str, known: list[str]) -> Fault:
    alike = nearest(name, known)
    return Fault(
        table="settings",
        column=where,
        expected=f"a known setting ({', '.join(known)})",
        found=f"an unknown one, '{name}'",
        mend=f"Write '{alike}'" if alike else "Remove it or correct its name",
        file="brand.toml",
    )


def _fault(where: str, expected: str, found: object, mend: str) -> Fault:
    return Fault("settings", where, expected, repr(found)[:80], mend, file="brand.toml")
