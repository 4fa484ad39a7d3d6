"""Roles in a brand, kept in its ledger."""

from __future__ import annotations

import pytest

from data.errors import BadInput, NotAllowed
from data.ledger import Ledger
from data.people import find_person, grant, list_people
from data.roles import Person, Role
from tests.data.ledger_cases import LI, record

CHIEF = Person("chief", frozenset({Role.ADMIN}))


def test_roles_are_given_changed_and_taken_by_an_admin(ledger: Ledger) -> None:
    grant(ledger, "chief", ["admin"], who=CHIEF)
    grant(ledger, "li", ["planner", "viewer"], who=CHIEF)
    assert find_person(ledger, "li") == Person.of("li", ["planner", "viewer"])
    grant(ledger, "li", ["viewer"], who=CHIEF)
    assert list_people(ledger).to_dict("list") == {
        "name": ["chief", "li"],
        "roles": ["admin", "viewer"],
    }
    grant(ledger, "li", [], who=CHIEF)
    assert find_person(ledger, "li").roles == frozenset()
    told = ledger.events(action="grant")
    assert list(told["text"]) == [
        "li: no role",
        "li: viewer",
        "li: planner, viewer",
        "chief: admin",
    ]
    assert set(told["who"]) == {"chief"}
    record(ledger)
    assert ledger.verify() == []


def test_only_an_admin_gives_roles(file_ledger: Ledger) -> None:
    with pytest.raises(NotAllowed):
        grant(file_ledger, "li", ["admin"], who=LI)
    assert len(list_people(file_ledger)) == 0


def test_the_last_admin_stays(file_ledger: Ledger) -> None:
    grant(file_ledger, "chief", ["admin"], who=CHIEF)
    with pytest.raises(BadInput, match="chief is the last admin of Test brand"):
        grant(file_ledger, "chief", ["planner"], who=CHIEF)
    grant(file_ledger, "li", ["admin"], who=CHIEF)
    grant(file_ledger, "chief", [], who=CHIEF)
    assert find_person(file_ledger, "chief").roles == frozenset()


def test_the_first_admin_is_named_from_outside(file_ledger: Ledger) -> None:
    assert find_person(file_ledger, "li").roles == frozenset()
    assert find_person(file_ledger, "li", admins=["li"]).roles == {Role.ADMIN}


def test_roles_in_one_brand_are_none_in_another(file_ledger: Ledger) -> None:
    grant(file_ledger, "li", ["planner"], who=CHIEF)
    url = f"sqlite:///{file_ledger.database.url.database}"
    with Ledger(url, "Other") as other:
        assert find_person(other, "li").roles == frozenset()
