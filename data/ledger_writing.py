"""One transaction of a writer: the brand's lock, the next event numbers, the rows to write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from data.errors import Failure
from data.ledger_tables import Row, brands, events, states
from data.sentence import say
from data.standing import IMAGE, Standing
from data.transitions import Action

T = TypeVar("T")

AT_ONCE: Final = 2_000
"""Values in one query; SQLite takes 32,766 and PostgreSQL 65,535."""


@dataclass(slots=True)
class Page:
    """What one request writes for one brand; written all together by :meth:`close`.

    The brand's row is locked from :func:`open_page` to the end of the transaction, so that
    nobody else can decide, and no event be numbered, in between.
    """

    connection: Connection
    brand: int
    name: str
    plan: str | None
    as_of: Any
    last_event: int
    last_proposal: int
    request: str
    who: str
    at: datetime
    rows: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    created: list[Row] = field(default_factory=list)

    @property
    def next_event(self) -> int:
        """The number of the event that :meth:`add` adds next."""
        return self.last_event + 1

    def add(
        self,
        action: Action,
        *,
        proposal: int | None = None,
        plan: str | None = None,
        before: Standing | None = None,
        after: Standing | None = None,
        undoes: int | None = None,
        text: str | None = None,
    ) -> int:
        """Add an event, and the new state that it gives its transfer.

        :returns: the event's number.
        """
        number = self.last_event = self.last_event + 1
        row: Row = dict.fromkeys(IMAGE) | (after.values() if after else {"text": text})
        state = {"brand": self.brand, "proposal": proposal, "event": number, **row}
        self.rows.append(
            row
            | {
                "brand": self.brand,
                "number": number,
                "at": self.at,
                "who": self.who,
                "action": action.value,
                "request": self.request,
                "plan": plan,
                "proposal": proposal,
                "undoes": undoes,
                "from_state": before.state.value if before else None,
                "from_cases": before.cases if before else None,
            }
        )
        if after is not None and before is None:
            self.created.append(state)
        elif after is not None and before is not None:
            self.changed.append(state | {"seen": before.version})
        return number

    def close(self, **head: Any) -> None:
        """Write everything that was added.

        :param head: columns of the brand's row to change too.
        """
        connection = self.connection
        if self.created:
            # Later events of the same request may have moved on what was just created.
            connection.execute(insert(states), self.created)
        if self.changed:
            self._update_states()
        if self.rows:
            connection.execute(insert(events), self.rows)
        connection.execute(
            update(brands)
            .where(brands.c.id == self.brand)
            .values(last_event=self.last_event, last_proposal=self.last_proposal, **head)
        )

    def _update_states(self) -> None:
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ("event", *IMAGE)}
        statement = (
            update(states)
            .where(
                states.c.brand == bindparam("of_brand"),
                states.c.proposal == bindparam("of_proposal"),
                states.c.version == bindparam("of_version"),
            )
            .values(values)
        )
        rows = [
            {f"new_{name}": row[name] for name in values}
            | {
                "of_brand": row["brand"],
                "of_proposal": row["proposal"],
                "of_version": row["seen"],
            }
            for row in self.changed
        ]
        written = self.connection.execute(statement, rows).rowcount
        if written != len(rows):
            raise Failure(
                say(
                    "{count} of {all} transfers had changed under the lock of brand {brand}. "
                    "Nothing was changed.",
                    count=len(rows) - written,
                    all=len(rows),
                    brand=self.name,
                )
            )


def open_page(
    connection: Connection, brand: str, request: str, who: str, at: datetime, *, create: bool
) -> Page | None:
    """Lock the brand and begin a request.

    :param create: whether to make the brand known where it is not.
    :returns: None where the brand is not known.
    """
    if create:
        make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        connection.execute(
            make(brands)
            .values(name=brand, last_event=0, last_proposal=0)
            .on_conflict_do_nothing(index_elements=["name"])
        )
    query = select(brands).where(brands.c.name == brand).with_for_update()
    head = connection.execute(query).mappings().one_or_none()
    return None if head is None else _page(connection, head, request, who, at)


def _page(connection: Connection, head: RowMapping, request: str, who: str, at: datetime) -> Page:
    return Page(
        connection,
        head["id"],
        head["name"],
        head["plan"],
        head["as_of"],
        head["last_event"],
        head["last_proposal"],
        request,
        who,
        at,
    )


def in_parts(values: Iterable[T], size: int = AT_ONCE) -> Iterator[Sequence[T]]:
    """Yield the values in lists of at most ``size``."""
    remaining = iter(values)
    while part := list(islice(remaining, size)):
        yield part
