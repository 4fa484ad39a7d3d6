"""What an edit does, told before it is confirmed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from data import Brand, read_brand
from optimization import edit_effect as rooms
from optimization.check import Violation, check_plan
from optimization.edit_effect import EditEffect, as_plan, effect_of_edit, newly_broken
from optimization.plan import Plan
from tests.dashboard.planned_brand import forecast_of, plan_of


@pytest.fixture
def brand(make_brand: Callable[..., Path]) -> Brand:
    return read_brand(make_brand())


def standing(plan: Plan, **states: str) -> pd.DataFrame:
    rows = plan.transfers.assign(plan="p", version=1, state="proposed")
    rows["state"] = rows["transfer"].map(states).fillna("proposed")
    return rows


def effect(brand: Brand, transfer: str, cases: int, **states: str) -> EditEffect:
    plan = plan_of(brand)
    frame = forecast_of(brand).frame
    return effect_of_edit(plan, brand, frame, standing(plan, **states), ("p", transfer), cases)


def test_the_plan_of_what_stands_breaks_no_limit(brand: Brand) -> None:
    plan = plan_of(brand)
    assert check_plan(as_plan(plan, brand, standing(plan)), brand, forecast_of(brand).frame) == []


def test_more_cases_fill_the_trip_and_bring_at_most_their_share(brand: Brand) -> None:
    found = effect(brand, "T1", 20)
    assert found.before.m3 == pytest.approx(0.132)
    assert found.after.m3 == pytest.approx(0.204)
    assert found.after.fill == pytest.approx(0.204 / 6)
    assert (found.after.vehicles, found.after.cost) == (1, 60.0)
    assert (found.gain_before, found.gain_after, found.is_least) == (120.0, 240.0, False)
    assert found.is_allowed
    # Ten cases more of six units are seen in the destination's storage, the morning they arrive.
    more = found.storage_after - found.storage_before
    assert more == pytest.approx(0.204 - 0.132)
    of_place = brand.locations.set_index("location")["storage_m3"]
    assert found.storage_limit == of_place["front-hz"]


def test_fewer_cases_keep_at_least_their_share(brand: Brand) -> None:
    found = effect(brand, "T1", 5)
    assert (found.gain_after, found.is_least, found.is_allowed) == (60.0, True, True)


@pytest.mark.parametrize(
    ("transfer", "cases", "code"),
    [
        ("T1", 195, "stock"),
        ("T1", 9_000, "vehicle"),
        ("T5", 40, "handling"),
        ("T5", 300, "vehicle"),
    ],
)
def test_what_breaks_a_hard_limit_is_refused(
    make_brand: Callable[..., Path], transfer: str, cases: int, code: str
) -> None:
    brand = read_brand(make_brand(settings={"plan": {"horizon_days": 7, "max_vehicles": 1}}))
    found = effect(brand, transfer, cases)
    assert not found.is_allowed
    assert code in {violation.code for violation in found.broken}


def test_what_is_approved_already_breaks_limits_too(make_brand: Callable[..., Path]) -> None:
    brand = read_brand(make_brand(settings={"plan": {"horizon_days": 7, "max_vehicles": 1}}))
    found = effect(brand, "T5", 40, T5="approved")
    assert not found.is_allowed
    assert "handling" in {violation.code for violation in found.broken}


def test_what_was_rejected_frees_its_stock(make_brand: Callable[..., Path]) -> None:
    stock = pd.DataFrame({"location": ["main"], "sku": ["milk"], "units": [108]})
    brand = read_brand(make_brand(stock=stock))
    assert not effect(brand, "T1", 11).is_allowed
    assert effect(brand, "T1", 11, T4="rejected").is_allowed


def test_a_transfer_that_does_not_go_cannot_be_edited(brand: Brand) -> None:
    with pytest.raises(LookupError):
        effect(brand, "T1", 3, T1="rejected")
    with pytest.raises(LookupError):
        effect(brand, "T9", 3)
    with pytest.raises(ValueError, match="cases"):
        effect(brand, "T1", 0)


@pytest.mark.parametrize(
    ("transfer", "cases"), [("T1", 1), ("T1", 250), ("T3", 30), ("T4", 250), ("T5", 30)]
)
def test_looking_only_at_what_is_concerned_finds_the_same(
    brand: Brand, monkeypatch: pytest.MonkeyPatch, transfer: str, cases: int
) -> None:
    narrow = effect(brand, transfer, cases).broken
    everything = lambda _brand, forecast, rows, _one: (  # noqa: E731
        pd.Series(True, index=rows.index),
        forecast,
    )
    monkeypatch.setattr(rooms, "concerned", everything)
    wide = effect(brand, transfer, cases).broken
    assert {(v.code, v.where) for v in narrow} == {(v.code, v.where) for v in wide}


def test_a_limit_that_was_broken_before_is_not_the_edits_fault() -> None:
    before = [Violation("stock", "main, milk", "5", "3 lacking")]
    less = [Violation("stock", "main, milk", "5", "1 lacking")]
    assert newly_broken(before, less, fewer=True) == ()
    assert newly_broken(before, less, fewer=False) == tuple(less)
    assert newly_broken(before, before, fewer=False) == ()
