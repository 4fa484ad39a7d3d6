"""What a person asks of the ledger and what the ledger answers, as values that check themselves."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from operator import index

from data.errors import BadDecision
from data.sentence import Sentence, say
from data.transitions import DECISIONS, Action, Reason, State, name_of

LONGEST_TEXT = 2_000
MOST_CASES = 10_000_000


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision on one transfer.

    :param plan: the plan that proposed it, as in :meth:`Ledger.transfers`.
    :param transfer: its id in that plan.
    :param version: the version that was seen when deciding; a newer one is a conflict.
    :param action: approve, edit, reject, dispatch, receive, correct or cancel.
    :param cases: whole cases. approve and dispatch: None = as it stands, else > 0;
        edit: > 0, needed; receive: None = as dispatched, else >= 0; correct: >= 0, needed.
    :param reason: why it is rejected (needed) or cancelled.
    :param text: in one's own words, up to 2,000 characters; needed with the reason ``other``.
    :param until: last dispatch date for which a rejection stands; None = this transfer's own.
    :raises BadDecision: where this does not hold.
    """

    plan: str
    transfer: str
    version: int
    action: Action
    cases: int | None = None
    reason: Reason | None = None
    text: str = ""
    until: date | None = None

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "action", Action(self.action))
            if self.reason is not None:
                object.__setattr__(self, "reason", Reason(self.reason))
        except ValueError as error:
            raise BadDecision(_of(self.transfer, str(error))) from None
        if self.cases is not None and not isinstance(self.cases, bool):
            with suppress(TypeError):  # what is no whole number is told below
                object.__setattr__(self, "cases", index(self.cases))
        if isinstance(self.until, datetime):
            object.__setattr__(self, "until", self.until.date())
        fault = self._fault()
        if fault:
            raise BadDecision(_of(self.transfer, fault))

    def _fault(self) -> str | None:
        action = self.action
        if action not in DECISIONS:
            known = ", ".join(sorted(DECISIONS))
            return say(
                "{action} is not a decision; decisions are {known}", action=action, known=known
            )
        if action is Action.REJECT and self.reason is None:
            return say("a rejection needs a reason: {reasons}", reasons=", ".join(Reason))
        if self.reason is Reason.OTHER and not self.text.strip():
            return say("the reason other needs a text that says which")
        if self.reason is not None and action not in (Action.REJECT, Action.CANCEL):
            return say("{action} takes no reason", action=name_of(action))
        if self.until is not None and action is not Action.REJECT:
            return say("{action} takes no until", action=name_of(action))
        if len(self.text) > LONGEST_TEXT or "\0" in self.text:
            return say("a text has at most {most} characters and no NUL", most=LONGEST_TEXT)
        return _cases_fault(action, self.cases)


def _cases_fault(action: Action, cases: int | None) -> str | None:
    if cases is None:
        needed = action in (Action.EDIT, Action.CORRECT)
        return say("{action} needs the cases", action=name_of(action)) if needed else None
    if action in (Action.REJECT, Action.CANCEL):
        return say("{action} takes no cases", action=name_of(action))
    if isinstance(cases, bool) or not isinstance(cases, int):
        return say("cases are a whole number; found {found!r}", found=cases)
    least = 0 if action in (Action.RECEIVE, Action.CORRECT) else 1
    if least <= cases <= MOST_CASES:
        return None
    fault = say(
        "{action} takes {least} to {most:,} cases; found {found}",
        action=name_of(action),
        least=least,
        most=MOST_CASES,
        found=cases,
    )
    return say("{fault}; to move nothing, reject or cancel it", fault=fault) if least else fault


def _of(transfer: str, fault: str) -> Sentence:
    return say("transfer {transfer}: {fault}", transfer=transfer, fault=fault)


@dataclass(frozen=True, slots=True)
class Undo:
    """Ask to undo the last decision on one transfer; ``version`` as seen when asking."""

    plan: str
    transfer: str
    version: int


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a request.

    :param request: its id: give it to :meth:`Ledger.undo` to undo all of it.
    :param at: when (UTC).
    :param versions: the new version of each (plan, transfer).
    """

    request: str
    at: datetime
    versions: Mapping[tuple[str, str], int]

    @property
    def count(self) -> int:
        """How many transfers were changed."""
        return len(self.versions)


@dataclass(frozen=True, slots=True)
class Change:
    """What stands now where somebody else was first.

    :param seen: the version that the one who came second had seen.
    :param version: the version that stands.
    """

    plan: str
    transfer: str
    seen: int
    version: int
    state: State
    cases: int
    action: Action
    who: str
    at: datetime

    def __str__(self) -> str:
        return str(self.sentence)

    @property
    def sentence(self) -> Sentence:
        """All of it in one sentence."""
        return say(
            "{transfer} (plan {plan}) is now {state}, {cases} cases: {action} by {who} at {when}",
            transfer=self.transfer,
            plan=self.plan,
            state=name_of(self.state),
            cases=self.cases,
            action=name_of(self.action),
            who=self.who,
            when=f"{self.at:%Y-%m-%d %H:%M:%S} UTC",
        )


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a plan that was recorded.

    :param already: it had been recorded before; nothing was changed.
    :param proposed: transfers that wait for a decision.
    :param superseded: proposals of earlier plans that this one replaced.
    :param carried: proposals that a standing rejection rejected again.
    :param overtaken: proposals left out because people decided on the same goods while the
        plan was made; plan again to have them proposed anew.
    :param known: approved transfers in the plan, which it took as given.
    """

    plan: str
    already: bool
    proposed: int
    superseded: int
    carried: int
    overtaken: int
    known: int
