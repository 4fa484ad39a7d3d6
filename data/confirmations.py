"""What a warehouse says it dispatched and received, taken into the ledger; twice is once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from data.decisions import Decision
from data.errors import BadDecision
from data.ledger import Ledger
from data.ledger_deciding import Key, Target, apply, listed, load
from data.ledger_tables import events
from data.ledger_writing import Page
from data.roles import Permission, Person
from data.sentence import say
from data.standing import objection
from data.transitions import Action, State, name_of

ACTIONS: Final = {"dispatched": Action.DISPATCH, "received": Action.RECEIVE}


@dataclass(frozen=True, slots=True)
class Confirmation:
    """One thing that a warehouse confirms.

    :param row: where it stands in the file (the header is row 1); for messages.
    :param status: ``dispatched`` or ``received``.
    :param cases: None: as planned.
    """

    row: int
    plan: str
    transfer: str
    status: str
    cases: int | None = None
    text: str = ""

    @property
    def key(self) -> Key:
        """(plan, transfer)."""
        return self.plan, self.transfer


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What became of a file: how many transfers changed, and how many rows were known already."""

    changed: int
    known: int


def confirm(ledger: Ledger, confirmations: Sequence[Confirmation], *, who: Person) -> Confirmed:
    """Take confirmations into the ledger: all of them or none; those known already are passed.

    :raises BadDecision: a transfer that is not in the ledger, was not approved, or is confirmed
        with other cases than before; every one is told with its row.
    :raises NotAllowed: the person's roles do not allow it.
    """
    who.must(Permission.CONFIRM)
    asked = _once(confirmations)
    if not asked:
        return Confirmed(0, 0)

    def work(page: Page) -> Confirmed:
        done = select(func.count(events.c.proposal.distinct())).where(
            events.c.brand == page.brand, events.c.request == page.request
        )
        before = page.connection.execute(done).scalar_one()
        if before:
            return Confirmed(before, len(asked) - before)
        targets = load(page.connection, page.brand, list(dict.fromkeys(one.key for one in asked)))
        changed: set[Key] = set()
        known = 0
        # What was dispatched first: a file may tell both of one transfer, in any order.
        for status, action in ACTIONS.items():
            part = [one for one in asked if one.status == status]
            fresh = _fresh(part, action, targets, known_after=_AFTER[status])
            known += len(part) - len(fresh)
            apply(page, targets, fresh)
            changed |= {(one.plan, one.transfer) for one in fresh}
        return Confirmed(len(changed), known)

    return ledger.carry_out(who, None, work)


_AFTER: Final = {
    "dispatched": frozenset({State.DISPATCHED, State.RECEIVED}),
    "received": frozenset({State.RECEIVED}),
}


def _fresh(
    part: Iterable[Confirmation],
    action: Action,
    targets: Mapping[Key, Target],
    *,
    known_after: frozenset[State],
) -> list[Decision]:
    """Return the decisions for what is not known yet.

    :raises BadDecision: what contradicts the ledger.
    """
    fresh, faults = [], []
    for one in part:
        standing = targets[one.key].standing
        if standing.state in known_after:
            now = standing.cases if action is Action.DISPATCH else standing.received_cases
            if one.cases not in (None, now):
                faults.append(
                    say(
                        "row {row}: transfer {transfer} is already {status} with {now} cases, the "
                        "file says {cases}; correct it by hand if the file is right",
                        row=one.row,
                        transfer=one.transfer,
                        status=name_of(State(one.status)),
                        now=now,
                        cases=one.cases,
                    )
                )
            continue
        wanted = Decision(
            one.plan, one.transfer, standing.version, action, cases=one.cases, text=one.text
        )
        why = objection(standing, wanted)
        if why:
            faults.append(
                say(
                    "row {row}: transfer {transfer}: {fault}",
                    row=one.row,
                    transfer=one.transfer,
                    fault=why,
                )
            )
        fresh.append(wanted)
    if faults:
        raise BadDecision(listed(faults))
    return fresh


def _once(confirmations: Sequence[Confirmation]) -> list[Confirmation]:
    """Return the confirmations without repetitions.

    :raises BadDecision: two rows that contradict each other.
    """
    seen: dict[tuple[str, str, str], Confirmation] = {}
    faults = []
    for one in confirmations:
        first = seen.setdefault((*one.key, one.status), one)
        if first.cases != one.cases:
            faults.append(
                say(
                    "row {row}: transfer {transfer} is {status} with {cases} cases here and "
                    "{before} in row {first}",
                    row=one.row,
                    transfer=one.transfer,
                    status=name_of(State(one.status)),
                    cases=one.cases,
                    before=first.cases,
                    first=first.row,
                )
            )
    if faults:
        raise BadDecision(listed(faults))
    return list(seen.values())
