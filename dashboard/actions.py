"""Everything that a reader of the dashboard can make happen, each behind its permission.

A screen calls these and nothing that changes anything itself (a test holds it to that). Each
asks who acts, and what they may, at the moment it is carried out, whatever was drawn before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from dashboard import jobs, state
from data import CheckReport
from data.confirmations import Confirmation, Confirmed
from data.decisions import Decided, Decision, Undo
from data.errors import BadDecision
from data.handover import Export
from data.overrides import Override
from data.roles import Permission, Person
from data.sentence import say
from data.transitions import Action

CONFIRMING: Final = frozenset({Action.DISPATCH, Action.RECEIVE, Action.CORRECT})

P = ParamSpec("P")
R = TypeVar("R")

ACTIONS: Final[dict[str, Permission]] = {}
"""Each action by its name, and what it needs."""


def action(
    permission: Permission,
) -> Callable[[Callable[Concatenate[Person, P], R]], Callable[P, R]]:
    """Make a function an action: it is given the person who acts, who has the permission.

    The function that is made raises NotAllowed where they do not have it.
    """

    def guard(function: Callable[Concatenate[Person, P], R]) -> Callable[P, R]:
        ACTIONS[function.__name__] = permission

        @wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            who = state.person()
            who.must(permission)
            return function(who, *args, **kwargs)

        return guarded

    return guard


@action(Permission.DECIDE)
def decide(who: Person, decisions: Sequence[Decision], request: str) -> Decided:
    """Take decisions: all of them or none; see :meth:`data.ledger.Ledger.decide`."""
    return state.ledger().decide(decisions, who=who, request=request)


@action(Permission.DECIDE)
def undo(who: Person, target: str | Sequence[Undo], request: str) -> Decided:
    """Undo what a request decided, or what stands on transfers: all of it or nothing."""
    return state.ledger().undo(target, who=who, request=request)


@action(Permission.HAND_OVER)
def hand_over(
    who: Person,
    *,
    until: Any = None,
    lanes: Collection[str] | None = None,
    names: Mapping[str, str] | None = None,
    request: str | None = None,
) -> Export:
    """Hand approved transfers over to the warehouse; see :func:`data.handover.hand_over`."""
    from data import handover

    return handover.hand_over(
        state.ledger(), who=who, until=until, lanes=lanes, names=names, request=request
    )


@action(Permission.CONFIRM)
def confirm(who: Person, confirmations: Sequence[Confirmation]) -> Confirmed:
    """Take in what a warehouse confirms; see :func:`data.confirmations.confirm`."""
    from data import confirmations as warehouse

    return warehouse.confirm(state.ledger(), confirmations, who=who)


@action(Permission.CONFIRM)
def confirm_by_hand(who: Person, decisions: Sequence[Decision], request: str) -> Decided:
    """Say what was dispatched or received without a file, or correct it.

    :raises BadDecision: one of them is no confirmation.
    """
    if any(decision.action not in CONFIRMING for decision in decisions):
        raise BadDecision(say("only what was dispatched and received is confirmed"))
    return state.ledger().decide(decisions, who=who, request=request)


@action(Permission.CHANGE_PEOPLE)
def give_roles(who: Person, name: str, roles: Collection[str]) -> Person:
    """Give somebody exactly these roles in the brand shown; none takes them all away."""
    from data import people

    return people.grant(state.ledger(), name, roles, who=who)


@action(Permission.OVERRIDE_FORECAST)
def enter_override(who: Person, override: Override, request: str | None = None) -> int:
    """Hold something against the forecast of the brand shown; see :mod:`data.overrides`."""
    from data import overrides

    return overrides.enter(state.ledger(), override, state.brand(), who=who, request=request)


@action(Permission.OVERRIDE_FORECAST)
def withdraw_override(who: Person, number: int, request: str | None = None) -> None:
    """Withdraw an override; plans made before stay as they are."""
    from data import overrides

    overrides.withdraw(state.ledger(), number, state.brand(), who=who, request=request)


@action(Permission.RUN_JOBS)
def start_job(who: Person, kind: str, arguments: Sequence[str]) -> jobs.Job:
    """Start a job on the brand shown.

    :raises AlreadyRunning: one of its kind is at work.
    """
    return jobs.start(state.workspace().jobs, kind, arguments, who.name)


@action(Permission.RUN_JOBS)
def cancel_job(who: Person, ident: str) -> None:
    """Stop a job; what it had written before stands."""
    jobs.cancel(state.workspace().jobs, ident, who.name)


@action(Permission.CHANGE_DATA)
def bring_brand(who: Person, content: bytes) -> tuple[str, CheckReport]:
    """Unpack and check a zipped brand for its bringer alone; see :func:`state.take_upload`."""
    return state.take_upload(content, who.name if state.signed_in() else "")
