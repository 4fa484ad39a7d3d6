"""Who may do what: roles, what each may do, and the people who hold them in a brand.

Roles do not contain one another except that each of them may look; a person may hold several.
The check is made where an action is carried out (:meth:`Person.must`), not where its button
is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from data.errors import BadInput, NotAllowed
from data.sentence import Sentence, in_a_row, say

LONGEST_NAME = 200


class Role(StrEnum):
    """What somebody is to a brand."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    PLANNER = "planner"
    ADMIN = "admin"


class Permission(StrEnum):
    """What can be allowed."""

    LOOK = "look"
    CHANGE_DATA = "change_data"
    OVERRIDE_FORECAST = "override_forecast"
    RUN_JOBS = "run_jobs"
    RECORD_PLAN = "record_plan"
    DECIDE = "decide"
    HAND_OVER = "hand_over"
    CONFIRM = "confirm"
    CHANGE_PEOPLE = "change_people"
    CHANGE_SETTINGS = "change_settings"


ALLOWED: Mapping[Permission, frozenset[Role]] = MappingProxyType(
    {
        Permission.LOOK: frozenset(Role),
        Permission.CHANGE_DATA: frozenset({Role.OPERATOR}),
        Permission.OVERRIDE_FORECAST: frozenset({Role.OPERATOR}),
        Permission.RUN_JOBS: frozenset({Role.OPERATOR, Role.PLANNER}),
        Permission.RECORD_PLAN: frozenset({Role.OPERATOR, Role.PLANNER}),
        Permission.DECIDE: frozenset({Role.PLANNER}),
        Permission.HAND_OVER: frozenset({Role.PLANNER}),
        Permission.CONFIRM: frozenset({Role.OPERATOR, Role.PLANNER}),
        Permission.CHANGE_PEOPLE: frozenset({Role.ADMIN}),
        Permission.CHANGE_SETTINGS: frozenset({Role.ADMIN}),
    }
)
"""Each permission and the roles that have it."""


_ROLE_NAMES: Mapping[Role, Sentence] = MappingProxyType(
    {
        Role.VIEWER: say("viewer"),
        Role.OPERATOR: say("operator"),
        Role.PLANNER: say("planner"),
        Role.ADMIN: say("admin"),
    }
)
_PERMISSION_NAMES: Mapping[Permission, Sentence] = MappingProxyType(
    {
        Permission.LOOK: say("look"),
        Permission.CHANGE_DATA: say("change data"),
        Permission.OVERRIDE_FORECAST: say("override forecast"),
        Permission.RUN_JOBS: say("run jobs"),
        Permission.RECORD_PLAN: say("record plan"),
        Permission.DECIDE: say("decide"),
        Permission.HAND_OVER: say("hand over"),
        Permission.CONFIRM: say("confirm"),
        Permission.CHANGE_PEOPLE: say("change people"),
        Permission.CHANGE_SETTINGS: say("change settings"),
    }
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who acts, with the roles held in one brand.

    :param name: how the audit names them, such as an e-mail address; 1 to 200 printable
        characters.
    :param roles: may be empty: such a person may do nothing, not even look.
    """

    name: str
    roles: frozenset[Role]

    def __post_init__(self) -> None:
        name = self.name
        if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
            raise BadInput(
                say(
                    "a person needs a name of 1 to {most} printable characters; found {found!r}",
                    most=LONGEST_NAME,
                    found=name,
                )
            )

    @classmethod
    def of(cls, name: str, roles: Iterable[str]) -> Person:
        """Make a person from role names.

        :raises BadInput: a role that does not exist, or an impossible name.
        """
        return cls(name, frozenset(_role(role) for role in roles))

    def may(self, permission: Permission) -> bool:
        """Whether one of the roles allows it."""
        return bool(self.roles & ALLOWED[permission])

    def must(self, permission: Permission) -> None:
        """Refuse what no role of this person allows.

        :raises NotAllowed: with the roles that would allow it.
        """
        if not self.may(permission):
            held = in_a_row([_ROLE_NAMES[role] for role in sorted(self.roles)], ", ")
            raise NotAllowed(
                say(
                    "{name} may not {permission}: that needs the role {needed}, and {name} has "
                    "{held} here. Ask an admin of the brand.",
                    name=self.name,
                    permission=_PERMISSION_NAMES[permission],
                    needed=_either(sorted(ALLOWED[permission])),
                    held=held or say("no role"),
                )
            )


def local_person(name: str = "local") -> Person:
    """Whoever sits at this machine when nobody signs in: all roles."""
    return Person(name, frozenset(Role))


NIGHTLY = Person("nightly job", frozenset({Role.OPERATOR}))
"""The job that records plans by itself; it may not decide."""


def _role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError:
        known = ", ".join(Role)
        raise BadInput(
            say("there is no role {role!r}; the roles are {known}", role=role, known=known)
        ) from None


def _either(roles: Sequence[Role]) -> str:
    text: str = _ROLE_NAMES[roles[0]]
    for role in roles[1:]:
        text = say("{one} or {other}", one=text, other=_ROLE_NAMES[role])
    return text
