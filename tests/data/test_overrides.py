"""Overrides in the ledger: who may enter them, what is refused, what stands when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from data.brand import Brand, read_brand
from data.errors import BadDecision, BadInput, NotAllowed
from data.ledger import Ledger
from data.overrides import OVERRIDE_COLUMNS, Override, enter, in_force, overrides, withdraw
from data.roles import Person, Role
from data.workspace import find_ledger_url

MEI = Person("mei", frozenset({Role.OPERATOR}))
LATER = Override("percent", 30.0, "2024-06-01", "2024-06-03", "a live stream", region="hangzhou")


@pytest.fixture
def brand(make_brand: Callable[..., Path]) -> Brand:
    return read_brand(make_brand())


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}", "Tiny")


def test_what_was_entered_is_kept_with_who_when_and_why(ledger: Ledger, brand: Brand) -> None:
    assert list(overrides(ledger).columns) == list(OVERRIDE_COLUMNS)
    number = enter(ledger, LATER, brand, who=MEI)
    row = overrides(ledger).iloc[0]
    assert (row["override"], row["who"], row["reason"]) == (number, "mei", "a live stream")
    assert row["expires"] == row["ends"] == pd.Timestamp("2024-06-03")
    assert row["as_of"] == brand.as_of and row["at"].tzinfo is not None
    assert ledger.verify() == []


def test_a_request_sent_twice_enters_once(ledger: Ledger, brand: Brand) -> None:
    numbers = {enter(ledger, LATER, brand, who=MEI, request="r1") for _ in range(2)}
    assert len(numbers) == len(overrides(ledger)) == 1


def test_withdrawing_adds_to_the_record_and_happens_once(ledger: Ledger, brand: Brand) -> None:
    number = enter(ledger, LATER, brand, who=MEI)
    withdraw(ledger, number, brand, who=MEI, request="r2")
    withdraw(ledger, number, brand, who=MEI, request="r2")
    table = overrides(ledger)
    assert table["withdrawn_by"].item() == "mei"
    assert in_force(table, brand.as_of).empty
    assert len(ledger.events()) == 2
    with pytest.raises(BadDecision, match="withdrawn already, by mei"):
        withdraw(ledger, number, brand, who=MEI)
    with pytest.raises(BadDecision, match="no override 99"):
        withdraw(ledger, 99, brand, who=MEI)


def test_an_override_stands_until_it_expires_or_its_days_are_over(
    ledger: Ledger, brand: Brand
) -> None:
    enter(ledger, LATER, brand, who=MEI)
    enter(ledger, replace(LATER, expires=pd.Timestamp("2024-05-31")), brand, who=MEI)
    table = overrides(ledger)
    standing = {
        day: len(in_force(table, day)) for day in ("2024-05-31", "2024-06-02", "2024-06-03")
    }
    assert standing == {"2024-05-31": 2, "2024-06-02": 1, "2024-06-03": 0}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.PLANNER, Role.ADMIN])
def test_only_an_operator_may(ledger: Ledger, brand: Brand, role: Role) -> None:
    number = enter(ledger, LATER, brand, who=MEI)
    other = Person("li", frozenset({role}))
    with pytest.raises(NotAllowed, match="operator"):
        enter(ledger, LATER, brand, who=other)
    with pytest.raises(NotAllowed, match="operator"):
        withdraw(ledger, number, brand, who=other)
    assert len(ledger.events()) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"amount": -101.0}, "amount"),
        ({"amount": 0.0}, "amount"),
        ({"amount": float("nan")}, "amount"),
        ({"kind": "share"}, "kind"),
        ({"ends": "2024-05-31"}, "ends"),
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"region": "atlantis"}, "no 'atlantis'"),
        ({"sku": "yeti"}, "no 'yeti'"),
        ({"category": "ghosts"}, "no 'ghosts'"),
        ({"starts": "2024-05-01", "ends": "2024-05-30"}, "after 2024-05-30"),
    ],
)
def test_what_cannot_be_is_refused(
    ledger: Ledger, brand: Brand, change: dict[str, object], told: str
) -> None:
    with pytest.raises(BadInput, match=told):
        enter(ledger, replace(LATER, **change), brand, who=MEI)
    assert overrides(ledger).empty


def test_a_brand_without_a_ledger_gets_none_by_looking(
    brand: Brand, make_brand: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert brand.folder is not None
    monkeypatch.setenv("NEARFIELD_HOME", str(tmp_path / "home"))
    assert find_ledger_url(brand.folder) is None
    assert not (tmp_path / "home").exists()
