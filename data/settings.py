"""The settings of ``brand.toml``, with every default in one place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from data.faults import Fault
from data.sentence import say
from data.suggest import nearest

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_Section = TypeVar("_Section", bound="DataclassInstance")

DriverUse = Literal["known", "past"]
"""``known``: known over the horizon, a regressor; ``past``: of the history only, no regressor."""


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
    :param handling_out_per_unit: for each unit that leaves its origin by a transfer, >= 0.
    :param waste_share_of_price: lost on each unit that expires, as a share of its price, 0 to 1.
    :param co2_per_kg: price of a kilogram of CO2 from transport, >= 0.
    """

    holding_per_m3_day: float = 6.0
    handling_per_unit: float = 0.08
    handling_out_per_unit: float = 0.0
    waste_share_of_price: float = 0.6
    co2_per_kg: float = 0.0

    def __post_init__(self) -> None:
        money = ("holding_per_m3_day", "handling_per_unit", "handling_out_per_unit", "co2_per_kg")
        for name in money:
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
    :param min_trip_gain: a trip whose moves gain less than this money beyond the cost of its
        vehicles is not proposed, >= 0.
    :param max_vehicles: vehicles a lane and day, >= 1.
    :param handling_at_origin: whether units that leave a place count against its
        ``handling_units`` too, not only those that arrive.
    :param lateral: whether moves between fronts and back to a main are proposed, where lanes
        allow them.
    :param churn_price: money a unit by which the plan departs from the last one, >= 0; it steers
        the plan and is not booked as a cost.
    :param vip_weight: serving a region is worth 1 + vip_weight × its ``vip_share`` times its money
        while the plan is chosen, >= 0.
    :param fairness_floor: least share of demand served in any region, as a share of the mean of
        all, that a plan aims at while stock is short, 0 to 1.
    :param seed: seed of the sample paths.
    """

    horizon_days: int = 14
    frozen_days: int = 0
    time_limit_seconds: float = 240.0
    min_gain: float = 0.0
    min_trip_gain: float = 0.0
    max_vehicles: int = 99
    handling_at_origin: bool = False
    lateral: bool = True
    churn_price: float = 0.0
    vip_weight: float = 0.0
    fairness_floor: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        _require(1 <= self.horizon_days <= 60, "horizon_days", "1 to 60", self.horizon_days)
        frozen = self.frozen_days
        _require(0 <= frozen <= self.horizon_days, "frozen_days", "0 to horizon_days", frozen)
        limit = self.time_limit_seconds
        _require(limit > 0, "time_limit_seconds", "> 0", limit)
        for name in ("min_gain", "min_trip_gain", "churn_price", "vip_weight"):
            _require(getattr(self, name) >= 0, name, ">= 0", getattr(self, name))
        floor = self.fairness_floor
        _require(0 <= floor <= 1, "fairness_floor", "0 to 1", floor)
        _require(self.max_vehicles >= 1, "max_vehicles", ">= 1", self.max_vehicles)
        _require(self.seed >= 0, "seed", ">= 0", self.seed)


Engine = Literal["nearfield", "prophet"]


@dataclass(frozen=True, slots=True)
class ForecastSettings:
    """How to forecast.

    :param engine: ``nearfield``: Prophet's regression with pooled priors and a carried level, all
        series at once; ``prophet``: Prophet's own fit, first of each pool, then of each
        series, with its spread measured on the brand.
    :param samples: sample paths a series from which quantiles are taken, 100 to 10,000.
    :param seed: seed of those paths.
    """

    engine: Engine = "nearfield"
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
        _require(bool(self.name.strip()), "name", say("a name"), self.name)
        letters = len(self.currency) == 3 and self.currency.isascii() and self.currency.isupper()
        _require(letters, "currency", say("three capital letters such as CNY"), self.currency)
        _require(self.frequency == "D", "frequency", say("D (daily)"), self.frequency)
        for driver, use in self.drivers.items():
            _require(use in get_args(DriverUse), driver, say("known or past"), use)


def parse_settings(document: dict[str, Any]) -> tuple[Settings, tuple[Fault, ...]]:
    """Read settings from a parsed ``brand.toml``; every fault is collected, none is raised.

    :returns: the settings (defaults where a value is at fault) and the faults.
    """
    faults: list[Fault] = []
    settings = _read_section(Settings(), document, "", faults)
    return settings, tuple(faults)


def setting_names() -> dict[str, Any]:
    """Return every setting by its dotted name, with its default."""
    return dict(_flat(Settings(), ""))


def _flat(section: Any, path: str) -> Iterator[tuple[str, Any]]:
    for item in fields(section):
        value, where = getattr(section, item.name), f"{path}{item.name}"
        if is_dataclass(value):
            yield from _flat(value, f"{where}.")
        else:
            yield where, value


def _read_section(base: _Section, values: Any, path: str, faults: list[Fault]) -> _Section:
    """Return ``base`` with the values of a TOML table; a value at fault keeps its default."""
    if not isinstance(values, dict):
        mend = say("Write [{path}] on a line of its own and its settings below", path=path)
        faults.append(_fault(path, say("a section [{path}]", path=path), values, mend))
        return base
    hints = get_type_hints(type(base))
    good: dict[str, Any] = {}
    for name, value in values.items():
        where = f"{path}.{name}" if path else name
        if name not in hints:
            faults.append(_unknown(where, name, [*hints], path))
        elif is_dataclass(hints[name]):
            good[name] = _read_section(getattr(base, name), value, where, faults)
        elif name == "drivers":
            good[name] = _read_drivers(value, faults)
        elif _is_of(hints[name], value):
            good[name] = float(value) if hints[name] is float else value
        else:
            expected = _TYPES.get(hints[name], say("text in quotes"))
            faults.append(_fault(where, expected, value, say("Correct the value")))
    return _replace_valid(base, good, path, faults)


def _replace_valid(
    base: _Section, values: dict[str, Any], path: str, faults: list[Fault]
) -> _Section:
    """Replace what the section's own checks accept; what they refuse becomes a fault."""
    values = dict(values)
    while True:
        try:
            return replace(base, **values)
        except ValueError as error:
            name, expected, _ = str(error).split("|", 2)
            where = f"{path}.{name}" if path else name
            # A default can break a rule too: 14 horizon days and 20 frozen ones.
            found = values.pop(name, getattr(base, name))
            faults.append(_fault(where, expected, found, say("Correct the value")))


_TYPES: dict[Any, str] = {
    int: say("a whole number"),
    float: say("a number"),
    bool: say("true or false"),
    str: say("text in quotes"),
}


def _is_of(kind: Any, value: Any) -> bool:
    if get_origin(kind) is Literal:
        return isinstance(value, str)
    if kind is bool or isinstance(value, bool):
        return kind is bool and isinstance(value, bool)
    if kind is float:
        return isinstance(value, int | float) and isfinite(value)
    return isinstance(value, kind)


def _read_drivers(values: Any, faults: list[Fault]) -> dict[str, DriverUse]:
    drivers: dict[str, DriverUse] = {}
    if not isinstance(values, dict):
        mend = say(
            'Write [drivers] on a line of its own and below it lines such as discount = "known"'
        )
        faults.append(_fault("drivers", say("a section [drivers]"), values, mend))
        return drivers
    for name, use in values.items():
        where = f"drivers.{name}"
        if name in ("date", "region", "sku"):
            mend = say("Name the numeric columns of the table drivers only")
            faults.append(_fault(where, say("a driver"), name, mend))
        elif use == "known" or use == "past":
            drivers[name] = use
        else:
            mend = say('Write "known" if it is known over the days to come, else "past"')
            faults.append(_fault(where, say('"known" or "past"'), use, mend))
            drivers[name] = "known"
    return drivers


def _unknown(where: str, name: str, known: list[str], path: str) -> Fault:
    everywhere = setting_names()
    alike = nearest(name, known)
    elsewhere = nearest(name, [full.rpartition(".")[2] for full in everywhere], cutoff=0.85)
    if alike is None and elsewhere is not None:
        section = next(full for full in everywhere if full.rpartition(".")[2] == elsewhere)
        mend = say(
            "Write it as {name} in [{section}]",
            name=section.rpartition(".")[2],
            section=section.rpartition(".")[0],
        )
    else:
        mend = (
            say("Write {alike!r}", alike=alike) if alike else say("Remove it or correct its name")
        )
    place = f"[{path}]" if path else "brand.toml"
    return _fault(
        where,
        say("a setting of {place} ({names})", place=place, names=", ".join(known)),
        name,
        mend,
    )


def _fault(where: str, expected: str, found: object, mend: str) -> Fault:
    shown = repr(found)
    shown = shown if len(shown) <= 80 else f"{shown[:77]}…"
    return Fault("settings", where, expected, shown, mend, file="brand.toml")
