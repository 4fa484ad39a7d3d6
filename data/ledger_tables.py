"""The ledger's tables.

Proposals, events, plans and exports are only ever added to: triggers refuse to change or
delete them. ``ledger_state`` is the current state of each transfer, kept for speed and
written in the same transaction as its event; replaying the events gives it again
(:mod:`data.ledger_replay`). ``ledger_brand`` has one row a brand, which every writer locks:
so a brand's events are numbered without gaps in the order in which they were committed.

A change here needs a migration in ``data/migrations/versions``; a test compares the two.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    and_,
)
from sqlalchemy.types import TypeDecorator

HEAD: Final = "1"
"""The revision of the schema that this code works with; the newest migration."""

VERSION_TABLE: Final = "ledger_version"
APPEND_ONLY: Final = ("ledger_plan", "ledger_proposal", "ledger_event", "ledger_export")


class UtcTime(TypeDecorator[datetime]):
    """A moment, stored in UTC without an offset, so that both databases hold the same."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store as UTC; a moment without a time zone is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment needs its time zone: {value!r}")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData()


def _image() -> list[Column[Any]]:
    """Return the columns of a transfer's standing; an event's are those after it."""
    return [
        Column("version", Integer),
        Column("state", Text),
        Column("cases", Integer),
        Column("received_cases", Integer),
        Column("decided_by", Text),
        Column("decided_at", UtcTime),
        Column("reason", Text),
        Column("text", Text),
        Column("until", Date),
        Column("export", Text),
        Column("told", Text),
        Column("undoable", Integer),
    ]


brands = Table(
    "ledger_brand",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("last_event", Integer, nullable=False),
    Column("last_proposal", Integer, nullable=False),
    Column("plan", Text),
    Column("as_of", Date),
)

plans = Table(
    "ledger_plan",
    metadata,
    Column("brand", ForeignKey("ledger_brand.id"), nullable=False),
    Column("plan", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("event", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("proposed", Integer, nullable=False),
    Column("superseded", Integer, nullable=False),
    Column("carried", Integer, nullable=False),
    Column("overtaken", Integer, nullable=False),
    Column("known", Integer, nullable=False),
    PrimaryKeyConstraint("brand", "plan"),
)

proposals = Table(
    "ledger_proposal",
    metadata,
    Column("brand", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("plan", Text, nullable=False),
    Column("transfer", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("dispatch_date", Date, nullable=False),
    Column("arrive_date", Date, nullable=False),
    Column("proposed_cases", Integer, nullable=False),
    Column("proposed_units", Double, nullable=False),
    Column("proposed_m3", Double, nullable=False),
    Column("expected_gain", Double, nullable=False),
    Column("plan_reason", Text, nullable=False),
    PrimaryKeyConstraint("brand", "number"),
    UniqueConstraint("brand", "plan", "transfer"),
    ForeignKeyConstraint(["brand", "plan"], ["ledger_plan.brand", "ledger_plan.plan"]),
    Index("ledger_proposal_key", "brand", "lane", "sku", "dispatch_date"),
)

states = Table(
    "ledger_state",
    metadata,
    Column("brand", Integer, nullable=False),
    Column("proposal", Integer, nullable=False),
    Column("event", Integer, nullable=False),
    *_image(),
    PrimaryKeyConstraint("brand", "proposal"),
    ForeignKeyConstraint(
        ["brand", "proposal"], ["ledger_proposal.brand", "ledger_proposal.number"]
    ),
    Index("ledger_state_state", "brand", "state"),
)

events = Table(
    "ledger_event",
    metadata,
    Column("brand", ForeignKey("ledger_brand.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("plan", Text),
    Column("proposal", Integer),
    Column("undoes", Integer),
    Column("from_state", Text),
    Column("from_cases", Integer),
    *_image(),
    PrimaryKeyConstraint("brand", "number"),
    Index("ledger_event_proposal", "brand", "proposal"),
    Index("ledger_event_request", "brand", "request"),
    Index("ledger_event_at", "brand", "at"),
)

exports = Table(
    "ledger_export",
    metadata,
    Column("brand", ForeignKey("ledger_brand.id"), nullable=False),
    Column("export", Text, nullable=False),
    Column("event", Integer, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("who", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("lines", Text, nullable=False),
    PrimaryKeyConstraint("brand", "export"),
)

people = Table(
    "ledger_person",
    metadata,
    Column("brand", ForeignKey("ledger_brand.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("roles", Text, nullable=False),
    PrimaryKeyConstraint("brand", "name"),
)

ON_STATE: Final = and_(proposals.c.brand == states.c.brand, proposals.c.number == states.c.proposal)
ON_EVENT: Final = and_(proposals.c.brand == events.c.brand, proposals.c.number == events.c.proposal)
ON_LAST_EVENT: Final = and_(events.c.brand == states.c.brand, events.c.number == states.c.event)
"""How proposals, their states, their events and their last events belong together."""

Row = dict[str, Any]
"""One row to write: column name to value."""


def as_date(value: Any) -> date:
    """Return the plain day of a timestamp, datetime or date."""
    return value.date() if isinstance(value, datetime) else value
