from __future__ import annotations

from itertools import product

import pytest

from data.errors import BadInput, NotAllowed
from data.roles import ALLOWED, NIGHTLY, Permission, Person, Role, local_person

# What each role may do beside looking.
TABLE = {
    Role.VIEWER: set(),
    Role.OPERATOR: {"change_data", "override_forecast", "run_jobs", "record_plan", "confirm"},
    Role.PLANNER: {"decide", "hand_over", "confirm", "run_jobs", "record_plan"},
    Role.ADMIN: {"change_people", "change_settings"},
}


@pytest.mark.parametrize(("role", "permission"), list(product(Role, Permission)))
def test_a_role_may_do_what_the_table_says(role: Role, permission: Permission) -> None:
    person = Person("li", frozenset({role}))
    if permission == "look" or permission.value in TABLE[role]:
        person.must(permission)
    else:
        with pytest.raises(NotAllowed, match=rf"li may not .* needs the role .*li has {role} here"):
            person.must(permission)


@pytest.mark.parametrize("permission", Permission)
def test_somebody_without_a_role_may_nothing(permission: Permission) -> None:
    with pytest.raises(NotAllowed, match="li has no role here"):
        Person("li", frozenset()).must(permission)


@pytest.mark.parametrize("permission", Permission)
def test_alone_at_the_machine_one_may_everything(permission: Permission) -> None:
    assert local_person().may(permission)


def test_several_roles_allow_what_each_allows() -> None:
    both = Person.of("li", ["viewer", "admin"])
    assert both.may(Permission.CHANGE_PEOPLE)
    assert not both.may(Permission.DECIDE)


def test_the_nightly_job_records_plans_and_decides_nothing() -> None:
    assert NIGHTLY.may(Permission.RECORD_PLAN)
    assert not NIGHTLY.may(Permission.DECIDE)


def test_every_permission_is_given_to_somebody() -> None:
    assert set(ALLOWED) == set(Permission)
    assert all(ALLOWED.values())


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "two\nlines", "nul\0"])
def test_a_person_needs_a_printable_name(name: str) -> None:
    with pytest.raises(BadInput, match="printable"):
        Person(name, frozenset())


def test_a_role_that_does_not_exist_is_refused() -> None:
    with pytest.raises(BadInput, match="no role 'boss'; the roles are viewer, operator"):
        Person.of("li", ["boss"])
