"""The ledger: plans and what people decided on them, for one or many brands.

Every change is an event that is added and never changed: who, when (UTC), what, of which plan
and version, and why. Several people may decide at once: each decision names the version that
was seen, and who comes second is told what changed. See docs/ledger.md.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import pandas as pd
from sqlalchemy import Connection, select

from data import ledger_deciding, ledger_plans, ledger_reading, ledger_replay
from data.decisions import Change, Decided, Decision, Recorded, Undo
from data.drawn_plan import draw
from data.errors import BadDecision, BadInput
from data.ledger_database import Database
from data.ledger_faults import place
from data.ledger_tables import as_date, brands
from data.ledger_writing import Page, open_page
from data.roles import NIGHTLY, Permission, Person
from data.sentence import say
from data.transitions import Action, Reason, State

__all__ = [
    "Action",
    "Change",
    "Decided",
    "Decision",
    "Facts",
    "Ledger",
    "Reason",
    "Recorded",
    "State",
    "Undo",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the next plan takes as given, all read at one moment.

    :param approved: lane, sku, dispatch_date, cases; see :meth:`Ledger.approved`.
    :param rejected: lane, sku, until; see :meth:`Ledger.rejected`.
    :param position: number of the last event then; give it to :meth:`Ledger.record_plan`.
    """

    approved: pd.DataFrame
    rejected: pd.DataFrame
    position: int


def utc_now() -> datetime:
    """Return this moment in UTC."""
    return datetime.now(UTC)


class Ledger:
    """A ledger in a database.

    It may be used by many threads at once. A ledger that holds several brands needs to be told
    which one is meant.

    :param url: ``sqlite:///path/to/ledger.sqlite`` or ``postgresql://user@host/database``.
    :param brand: the brand's name; None: the only one in the ledger.
    :param wait: seconds to wait while others write.
    :param clock: gives the moment of an event.
    :raises BadInput: the database cannot be used; the message says how to mend it.
    """

    def __init__(
        self,
        url: str,
        brand: str | None = None,
        *,
        wait: float = 30.0,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.brand = brand
        self.database = Database(url, wait=wait)
        self._clock = clock

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the database's connections back."""
        self.database.close()

    def record_plan(
        self,
        plan_id: str,
        as_of: Any,
        brand_name: str,
        transfers: pd.DataFrame,
        *,
        who: Person = NIGHTLY,
        basis: int | None = None,
    ) -> Recorded:
        """Record a plan: what is still proposed gives way to it, what was decided stays.

        Recording the same plan again changes nothing. Proposals under a rejection that still
        stands are rejected again; proposals of goods that people moved while the plan was made
        are left out (see ``basis``). Approved rows in the frame are what the plan took as given;
        they are not recorded again.

        :param as_of: the as-of day of the plan.
        :param transfers: transfer, lane, origin, destination, sku, dispatch_date, arrive_date,
            cases, units, m3, expected_gain and, optionally, reason (JSON text) and status.
        :param basis: :attr:`Facts.position` of the facts that the plan was made with.
        :raises BadInput: the frame is at fault, the name is taken by another plan, or a plan
            of a later day is recorded already.
        :raises NotAllowed: the person's roles do not allow it.
        """
        who.must(Permission.RECORD_PLAN)
        if self.brand not in (None, brand_name):
            raise BadInput(
                say(
                    "this ledger is open for {brand}, the plan is of {other}",
                    brand=self.brand,
                    other=brand_name,
                )
            )
        drawn = draw(plan_id, as_of, transfers)
        if not brand_name.strip() or not brand_name.isprintable():
            raise BadInput(
                say(
                    "a brand needs a name of printable characters; found {found!r}",
                    found=brand_name,
                )
            )

        def work(connection: Connection) -> Recorded:
            request = f"plan {plan_id}"
            page = open_page(connection, brand_name, request, who.name, self._now(), create=True)
            assert page is not None
            return ledger_plans.record(page, drawn, basis)

        return self.database.write(work)

    def decide(
        self, decisions: Sequence[Decision], *, who: Person, request: str | None = None
    ) -> Decided:
        """Take decisions on transfers: all of them or none.

        :param request: an id of one's own: the same request again changes nothing and gives
            the same answer. None: a new one.
        :raises Conflict: a transfer was changed since its version was seen, by whom and how.
        :raises BadDecision: a decision is impossible, and why; all such are told.
        :raises NotAllowed: the person's roles do not allow it.
        """
        wanted = tuple(decisions)
        only_facts = all(decision.action in _CONFIRMING for decision in wanted)
        who.must(Permission.CONFIRM if only_facts else Permission.DECIDE)
        if not wanted:
            return Decided(request or "", self._now(), {})
        return self.carry_out(who, request, lambda page: ledger_deciding.decide(page, wanted))

    def undo(
        self, target: str | Sequence[Undo], *, who: Person, request: str | None = None
    ) -> Decided:
        """Undo the last decision on transfers, as a new event: on all of them or none.

        :param target: the id of a request, to undo all that it decided, or the transfers.
        :raises Conflict: a transfer was changed since.
        :raises BadDecision: there is nothing to undo, or the warehouse has been told.
        :raises NotAllowed: the person's roles do not allow it.
        """
        who.must(Permission.DECIDE)

        def work(page: Page) -> Decided:
            wanted = target
            if isinstance(wanted, str):
                wanted = ledger_deciding.decisions_of(page.connection, page.brand, wanted)
                if not wanted:
                    raise BadDecision(say("there is no request {request} to undo", request=target))
            return ledger_deciding.undo(page, wanted)

        if not target:
            return Decided(request or "", self._now(), {})
        return self.carry_out(who, request, work)

    def transfers(
        self,
        plan_id: str | None = None,
        *,
        states: Collection[State] | None = None,
        with_plan_reason: bool = False,
    ) -> pd.DataFrame:
        """Return transfers as they stand now; one row a transfer.

        :param plan_id: all transfers of this plan. None: those of the latest plan, except
            superseded ones, and those of earlier plans that are still open or whose rejection
            still stands.
        :param states: only these; with ``plan_id`` None, of every plan.
        :param with_plan_reason: add ``plan_reason``, the plan's own reason as JSON text.
        :returns: columns of :data:`data.ledger_reading.TRANSFER_COLUMNS`, sorted by dispatch
            date, lane and sku.
        """
        return self.look(
            lambda connection, brand, latest, _: ledger_reading.transfers(
                connection,
                brand,
                latest,
                plan=plan_id,
                states_wanted=states,
                with_plan_reason=with_plan_reason,
            )
        )

    def history(self, transfer: str, plan_id: str | None = None) -> pd.DataFrame:
        """Return all that happened to a transfer, oldest first, in every plan that proposed it.

        :param plan_id: None: the newest plan with a transfer of this id.
        :returns: columns of :data:`data.ledger_reading.EVENT_COLUMNS`.
        """
        return self.look(
            lambda connection, brand, *_: ledger_reading.history(
                connection, brand, plan_id, transfer
            )
        )

    def events(self, *, limit: int | None = None, **filters: Any) -> pd.DataFrame:
        """Return events, newest first.

        :param limit: at most so many.
        :param filters: ``since`` (from this moment on), ``until`` (before it), ``who``,
            ``action``, ``plan``, ``transfer``, ``lane``, ``sku``, ``request``, ``after`` (an
            event's number).
        :returns: columns of :data:`data.ledger_reading.EVENT_COLUMNS`.
        """
        return self.look(
            lambda connection, brand, *_: ledger_reading.events_frame(
                connection, brand, filters, limit
            )
        )

    def plans(self) -> pd.DataFrame:
        """Return the recorded plans, newest first: plan, as_of, who recorded it, counts."""
        return self.look(
            lambda connection, brand, *_: ledger_reading.plans_frame(connection, brand)
        )

    def approved(self, as_of: Any) -> pd.DataFrame:
        """Return what the next plan takes as given: lane, sku, dispatch_date, cases."""
        return self.facts(as_of).approved

    def rejected(self, as_of: Any) -> pd.DataFrame:
        """Return the rejections that stand after the as-of day: lane, sku, until."""
        return self.facts(as_of).rejected

    def facts(self, as_of: Any) -> Facts:
        """Return both, and the position at which they were read."""
        day = as_date(pd.Timestamp(as_of))
        return self.look(
            lambda connection, brand, _, position: Facts(
                ledger_reading.approved(connection, brand, day),
                ledger_reading.rejected(connection, brand, day),
                position,
            )
        )

    def verify(self) -> list[str]:
        """Replay every event and compare with what is kept; return what does not agree."""
        return self.look(lambda connection, brand, *_: ledger_replay.verify(connection, brand))

    def carry_out(
        self, who: Person, request: str | None, work: Callable[[Page], T], *, create: bool = False
    ) -> T:
        """Do work of the ledger's own rooms for a person, in one transaction.

        What they may is checked by the caller. The work must first look whether its request
        was carried out before.

        :param create: whether to make the brand known where it is not.
        :raises BadDecision: the brand has no plan yet, and is not to be made known.
        """
        name = request or uuid.uuid4().hex

        def write(connection: Connection) -> T:
            brand = self._resolve(connection)[1]
            page = open_page(connection, brand, name, who.name, self._now(), create=create)
            if page is None:
                raise BadDecision(say("no plan has been recorded yet: there is nothing to decide"))
            done = work(page)
            if page.rows:
                page.close()
            return done

        return self.database.write(write)

    def look(self, work: Callable[[Connection, int, str | None, int], T]) -> T:
        """Do work of the ledger's own rooms that only reads.

        :param work: gets the connection, the brand's number, its latest plan and the number
            of its last event.
        """

        def read(connection: Connection) -> T:
            number, _, latest, position = self._resolve(connection)
            return work(connection, number, latest, position)

        return self.database.read(read)

    def _resolve(self, connection: Connection) -> tuple[int, str, str | None, int]:
        """Return the brand's number (0: not known yet), name, latest plan and position."""
        query = select(brands.c.id, brands.c.name, brands.c.plan, brands.c.last_event)
        if self.brand is not None:
            query = query.where(brands.c.name == self.brand)
        found = connection.execute(query.order_by(brands.c.name)).all()
        if len(found) > 1:
            names = ", ".join(str(row.name) for row in found)
            raise BadInput(
                say(
                    "the ledger {place} holds several brands ({names}): say which",
                    place=place(self.database.url),
                    names=names,
                )
            )
        if not found:
            return 0, self.brand or "", None, 0
        row = found[0]
        return row.id, row.name, row.plan, row.last_event

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)


_CONFIRMING = frozenset({Action.DISPATCH, Action.RECEIVE, Action.CORRECT})
