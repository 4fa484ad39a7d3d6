"""brand.toml: defaults, values at fault, names that nobody knows."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.brand import check_brand, read_brand
from data.settings import Costs, PlanSettings, Promise, Settings, parse_settings, setting_names


def parse(text: str) -> tuple[Settings, list[str]]:
    settings, faults = parse_settings(tomllib.loads(text))
    assert all(fault.file == "brand.toml" and fault.table == "settings" for fault in faults)
    return settings, [str(fault) for fault in faults]


def test_nothing_said_is_every_default() -> None:
    assert parse("") == (Settings(), [])


def test_every_setting_can_be_said() -> None:
    settings, faults = parse(
        """
        name = "晨光"
        currency = "EUR"
        frequency = "D"
        simulated = true
        [promise.near]
        hours = 1
        delivery_cost = 3
        conversion = 0.9
        [costs]
        holding_per_m3_day = 5
        co2_per_kg = 0.1
        [plan]
        horizon_days = 10
        frozen_days = 2
        [forecast]
        samples = 200
        [history]
        far_field = false
        [drivers]
        discount = "known"
        visits = "past"
        """
    )
    assert faults == []
    assert settings.promise.near == Promise(hours=1.0, delivery_cost=3.0, conversion=0.9)
    assert settings.promise.mid == Settings().promise.mid
    assert settings.costs == replace(Costs(), holding_per_m3_day=5.0, co2_per_kg=0.1)
    assert settings.plan == PlanSettings(horizon_days=10, frozen_days=2)
    assert settings.drivers == {"discount": "known", "visits": "past"}
    assert isinstance(settings.promise.near.hours, float)
    assert settings.simulated
    assert not settings.history.far_field


def test_a_section_may_be_said_in_part() -> None:
    settings, faults = parse("[promise.far]\ndelivery_cost = 9")
    assert faults == []
    assert settings.promise.far == replace(Settings().promise.far, delivery_cost=9.0)


@pytest.mark.parametrize(
    ("text", "place", "says", "mend"),
    [
        # a value out of its range
        ("[plan]\nhorizon_days = 90", "plan.horizon_days", "1 to 60; found 90", "Correct"),
        ("[plan]\nfrozen_days = 15", "plan.frozen_days", "0 to horizon_days; found 15", "Correct"),
        ("[promise.mid]\nconversion = 97", "promise.mid.conversion", "0 to 1; found 97", ""),
        ("[costs]\nhandling_per_unit = -1", "costs.handling_per_unit", ">= 0; found -1.0", ""),
        ("frequency = 'W'", "frequency", "D (daily); found 'W'", ""),
        ("name = ' '", "name", "a name; found ' '", ""),
        ("currency = 'yuan'", "currency", "three capital letters such as CNY; found 'yuan'", ""),
        # a value of another kind
        ("[plan]\nhorizon_days = 14.5", "plan.horizon_days", "a whole number; found 14.5", ""),
        ("[plan]\nhorizon_days = true", "plan.horizon_days", "a whole number; found True", ""),
        ("[costs]\nco2_per_kg = '0.1'", "costs.co2_per_kg", "a number; found '0.1'", ""),
        ("[costs]\nco2_per_kg = nan", "costs.co2_per_kg", "a number; found nan", ""),
        ("[costs]\nco2_per_kg = inf", "costs.co2_per_kg", "a number; found inf", ""),
        ("[history]\nfar_field = 'no'", "history.far_field", "true or false; found 'no'", ""),
        ("name = 3", "name", "text in quotes; found 3", ""),
        ("plan = 3", "plan", "a section [plan]; found 3", "Write [plan] on a line of its own"),
        ("drivers = 'discount'", "drivers", "a section [drivers]", 'discount = "known"'),
        ("[drivers]\ndiscount = true", "drivers.discount", '"known" or "past"; found True', ""),
        ("[drivers]\nsku = 'known'", "drivers.sku", "a driver; found 'sku'", "numeric columns"),
        # a name that nobody knows
        ("[plan]\nhorizon = 7", "plan.horizon", "a setting of [plan]", "Write 'horizon_days'"),
        ("[costs]\nholding = 7", "costs.holding", "a setting of [costs]", "'holding_per_m3_day'"),
        ("[plans]\nseed = 1", "plans", "a setting of brand.toml", "Write 'plan'"),
        ("horizon_days = 7", "horizon_days", "", "Write it as horizon_days in [plan]"),
        ("[promise.home]\nhours = 1", "promise.home", "(near, mid, far); found 'home'", "Remove"),
    ],
)
def test_faults(text: str, place: str, says: str, mend: str) -> None:
    settings, faults = parse(text)
    assert len(faults) == 1, faults
    assert faults[0].startswith(f"brand.toml, column {place}: expected ")
    assert says in faults[0]
    assert mend in faults[0]
    assert replace(settings, drivers={}) == Settings()


def test_every_fault_at_once_and_the_rest_is_read() -> None:
    settings, faults = parse(
        "nam = 'x'\n[plan]\nhorizon_days = 0\nfrozen_days = -1\nseed = 5\n[costs]\nx = 1"
    )
    assert len(faults) == 4
    assert settings == Settings(plan=PlanSettings(seed=5))


def test_the_order_of_settings_does_not_matter() -> None:
    settings, faults = parse("[plan]\nfrozen_days = 20\nhorizon_days = 30")
    assert faults == []
    assert settings.plan == PlanSettings(horizon_days=30, frozen_days=20)


def test_settings_cannot_be_changed_in_place() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().name = "other"  # type: ignore[misc]


def test_every_setting_has_a_name_and_a_default() -> None:
    names = setting_names()
    assert names["plan.horizon_days"] == 14
    assert names["promise.far.conversion"] == 0.7
    assert names["drivers"] == {}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("az杭0 .", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from([*setting_names(), "plan", "costs", "promise", "near", "seed", "?"])
            | st.text("az杭0 .", max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


# How long it takes says nothing on a machine with other work.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from(["plan", "name", "drivers", "promise", "costs", "x"]), VALUES)
)
def test_nothing_that_toml_can_say_raises(document: dict[str, Any]) -> None:
    settings, faults = parse_settings(document)
    assert isinstance(settings, Settings)
    assert all(fault.mend for fault in faults)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"name = ", "expected a TOML file; found Invalid value (at end of document)"),
        ("name = '杭州'".encode("gbk"), "expected text in UTF-8"),
        (None, "expected a file brand.toml; found no such file. Add it; an empty one takes every"),
    ],
)
def test_a_file_that_cannot_be_read(
    content: bytes | None, says: str, make_brand: Callable[..., Path]
) -> None:
    folder = make_brand()
    (folder / "brand.toml").unlink()
    if content is not None:
        (folder / "brand.toml").write_bytes(content)
    faults = check_brand(folder).faults
    assert len(faults) == 1
    assert str(faults[0]).startswith("brand.toml: ")
    assert says in str(faults[0])


def test_an_empty_file_takes_every_default(make_brand: Callable[..., Path]) -> None:
    assert read_brand(make_brand(settings="")).settings == Settings()
