"""Who has which role in a brand, kept in its ledger; every change is an event."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from sqlalchemy import delete, insert, select

from data.errors import BadInput
from data.ledger import Ledger
from data.ledger_tables import events, people
from data.ledger_writing import Page
from data.roles import Permission, Person, Role
from data.sentence import say
from data.transitions import Action


def find_person(ledger: Ledger, name: str, *, admins: Iterable[str] = ()) -> Person:
    """Return somebody with the roles held in the ledger's brand; none where none were given.

    :param admins: names that are admins whatever the ledger says: the first has to be named
        from outside, by whoever runs the machine.
    """
    roles = _roles_of(ledger).get(name, frozenset())
    return Person(name, roles | {Role.ADMIN} if name in set(admins) else roles)


def list_people(ledger: Ledger) -> pd.DataFrame:
    """Return everybody who has a role: name, roles (comma-separated), sorted by name."""
    rows = sorted((name, ", ".join(sorted(roles))) for name, roles in _roles_of(ledger).items())
    return pd.DataFrame(rows, columns=["name", "roles"])


def grant(ledger: Ledger, name: str, roles: Iterable[str], *, who: Person) -> Person:
    """Give somebody exactly these roles in the ledger's brand; none takes them all away.

    :raises NotAllowed: the one who asks is no admin.
    :raises BadInput: a role that does not exist, an impossible name, or the last admin's end.
    """
    who.must(Permission.CHANGE_PEOPLE)
    person = Person.of(name, roles)

    def work(page: Page) -> Person:
        connection = page.connection
        done = select(events.c.number).where(
            events.c.brand == page.brand, events.c.request == page.request
        )
        if connection.execute(done).first():
            return person
        held = {
            row.name: _parse(row.roles)
            for row in connection.execute(select(people).where(people.c.brand == page.brand))
        }
        after = held | {name: person.roles}
        had_admin = any(Role.ADMIN in roles for roles in held.values())
        if had_admin and not any(Role.ADMIN in roles for roles in after.values()):
            raise BadInput(
                say(
                    "{name} is the last admin of {brand}: make somebody else one first",
                    name=name,
                    brand=page.name,
                )
            )
        mine = (people.c.brand == page.brand, people.c.name == name)
        connection.execute(delete(people).where(*mine))
        listed = ", ".join(sorted(person.roles))
        if listed:
            values = {"brand": page.brand, "name": name, "roles": listed}
            connection.execute(insert(people).values(values))
        page.add(Action.GRANT, text=f"{name}: {listed or 'no role'}")
        return person

    return ledger.carry_out(who, None, work, create=True)


def _roles_of(ledger: Ledger) -> dict[str, frozenset[Role]]:
    return ledger.look(
        lambda connection, brand, *_: {
            row.name: _parse(row.roles)
            for row in connection.execute(select(people).where(people.c.brand == brand))
        }
    )


def _parse(roles: str) -> frozenset[Role]:
    return frozenset(Role(role) for role in roles.split(", "))
