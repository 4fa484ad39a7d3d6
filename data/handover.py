"""Handing approved transfers over to a warehouse system.

An export has an id and is kept in the ledger as it was: it can be written again, byte for
byte the same, whatever happens to its transfers afterwards. A transfer is told once; one that
is cancelled after it was told is told again, as a cancellation, by the next export.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any, Final, Literal

import pandas as pd
from sqlalchemy import Connection, and_, insert, or_, select

from data.errors import BadDecision, BadInput
from data.ledger import Ledger
from data.ledger_tables import ON_STATE, as_date, brands, events, exports, proposals, states
from data.ledger_writing import Page
from data.roles import Permission, Person
from data.sentence import say
from data.spreadsheet_cells import write_csv
from data.standing import Standing, exported
from data.transitions import Action, State

FORMAT: Final = "nearfield-export"
FORMAT_VERSION: Final = 1
TO_CONFIRM: Final = ("status", "confirmed_cases")
"""Columns of the CSV that the warehouse fills in; the file is then a file of confirmations."""


@dataclass(frozen=True, slots=True)
class Line:
    """One transfer of an export.

    :param action: ``move`` it, or ``cancel`` what an earlier export told to move.
    :param cases: whole cases; ``units`` and ``m3`` are what they hold.
    """

    action: Literal["move", "cancel"]
    plan: str
    transfer: str
    lane: str
    origin: str
    destination: str
    sku: str
    name: str
    dispatch_date: str
    arrive_date: str
    cases: int
    units: float
    m3: float


LINE_FIELDS: Final = tuple(field.name for field in fields(Line))


@dataclass(frozen=True, slots=True)
class Export:
    """What was handed over at once.

    :param lines: by dispatch date, lane, sku.
    """

    id: str
    brand: str
    at: datetime
    who: str
    lines: tuple[Line, ...]

    def to_csv(self) -> bytes:
        """Return a CSV with two columns more, to be filled in and read as confirmations."""
        rows = [
            (self.id, *(getattr(line, name) for name in LINE_FIELDS), "", "") for line in self.lines
        ]
        return write_csv(("export", *LINE_FIELDS, *TO_CONFIRM), rows)

    def to_json(self) -> bytes:
        """Return JSON as ``data/export.schema.json`` describes it."""
        document = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "export": self.id,
            "brand": self.brand,
            "at": self.at.isoformat(timespec="seconds"),
            "who": self.who,
            "lines": [asdict(line) for line in self.lines],
        }
        return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode("utf-8")

    def to_excel(self) -> bytes:
        """Return a workbook: the trips, a printable pick list a trip, a sheet to confirm on."""
        from data.handover_excel import write_workbook

        return write_workbook(self)


def hand_over(
    ledger: Ledger,
    *,
    who: Person,
    until: Any = None,
    lanes: Collection[str] | None = None,
    names: Mapping[str, str] | None = None,
    request: str | None = None,
) -> Export:
    """Hand over what is approved, or cancelled after it was told, and was not told yet.

    From then on it cannot be undone, only cancelled.

    :param until: only what leaves up to and including this day; None: everything.
    :param lanes: only these; None: all.
    :param names: names of the products by sku, for the pick lists.
    :param request: an id of one's own: the same request again gives the same export.
    :raises BadDecision: there is nothing to hand over.
    :raises NotAllowed: the person's roles do not allow it.
    """
    who.must(Permission.HAND_OVER)
    last = None if until is None else as_date(pd.Timestamp(until))

    def work(page: Page) -> Export:
        on_first_event = and_(events.c.brand == exports.c.brand, events.c.number == exports.c.event)
        query = select(exports).join_from(exports, events, on_first_event)
        told = page.connection.execute(
            query.where(events.c.brand == page.brand, events.c.request == page.request)
        ).one_or_none()
        if told is not None:
            return _of(told, page.name)
        return _hand_over(page, last, lanes, names or {})

    return ledger.carry_out(who, request, work)


def to_hand_over(
    ledger: Ledger,
    *,
    until: Any = None,
    lanes: Collection[str] | None = None,
    names: Mapping[str, str] | None = None,
) -> tuple[Line, ...]:
    """Return the lines that :func:`hand_over` would hand over now; none where there are none."""
    last = None if until is None else as_date(pd.Timestamp(until))

    def work(connection: Connection, brand: int, *_: object) -> tuple[Line, ...]:
        rows = _untold(connection, brand, last, lanes)
        return tuple(_line(row, Standing.of(row), names or {}) for row in rows)

    return ledger.look(work)


def read_export(ledger: Ledger, export: str) -> Export:
    """Return an export as it was made.

    :raises BadInput: there is none of this id.
    """

    def work(connection: Any, brand: int, *_: object) -> Export:
        query = select(exports).where(exports.c.brand == brand, exports.c.export == export)
        found = connection.execute(query).one_or_none()
        if found is None:
            raise BadInput(say("there is no export {export}", export=export))
        name = connection.execute(select(brands.c.name).where(brands.c.id == brand)).scalar_one()
        return _of(found, name)

    return ledger.look(work)


def list_exports(ledger: Ledger) -> pd.DataFrame:
    """Return the exports, newest first: export, at (UTC), who, count of lines."""
    columns = ["export", "at", "who", "count"]

    def work(connection: Any, brand: int, *_: object) -> pd.DataFrame:
        query = select(*(exports.c[name] for name in columns)).where(exports.c.brand == brand)
        rows = connection.execute(query.order_by(exports.c.event.desc())).all()
        return pd.DataFrame(rows, columns=columns)

    return ledger.look(work)


def audit_csv(audit: pd.DataFrame) -> bytes:
    """Return the frame of :meth:`Ledger.events` as CSV with defused texts."""
    plain = audit.astype("object").where(audit.notna(), "")
    rows = [[_cell(value) for value in row] for row in plain.itertuples(index=False)]
    return write_csv(list(audit.columns), rows)


def _cell(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.isoformat() if value.tzinfo else str(value.date())
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _hand_over(
    page: Page,
    last: date | None,
    lanes: Collection[str] | None,
    names: Mapping[str, str],
) -> Export:
    rows = _untold(page.connection, page.brand, last, lanes)
    if not rows:
        raise BadDecision(say("there is nothing to hand over: approve transfers first"))
    event = page.next_event
    export = f"E{event:06d}"
    lines = []
    for row in rows:
        before = Standing.of(row)
        lines.append(_line(row, before, names))
        page.add(
            Action.EXPORT,
            proposal=row.number,
            plan=row.plan,
            before=before,
            after=exported(before, export),
        )
    page.connection.execute(
        insert(exports).values(
            brand=page.brand,
            export=export,
            event=event,
            at=page.at,
            who=page.who,
            count=len(lines),
            lines=json.dumps([asdict(line) for line in lines], ensure_ascii=False),
        )
    )
    return Export(export, page.name, page.at, page.who, tuple(lines))


def _untold(
    connection: Connection, brand: int, last: date | None, lanes: Collection[str] | None
) -> list[Any]:
    """Return the transfers that the warehouse is to be told of, in the order of an export."""
    query = (
        select(proposals, states)
        .join_from(proposals, states, ON_STATE)
        .where(
            states.c.brand == brand,
            or_(
                and_(states.c.state == State.APPROVED.value, states.c.told.is_(None)),
                and_(
                    states.c.state == State.CANCELLED.value,
                    states.c.told == State.APPROVED.value,
                ),
            ),
        )
    )
    if last is not None:
        query = query.where(proposals.c.dispatch_date <= last)
    if lanes is not None:
        query = query.where(proposals.c.lane.in_(sorted(lanes)))
    return sorted(
        connection.execute(query),
        key=lambda row: (row.dispatch_date, row.lane, row.sku, row.plan, row.transfer),
    )


def _line(row: Any, standing: Standing, names: Mapping[str, str]) -> Line:
    share = standing.cases / row.proposed_cases
    return Line(
        "move" if standing.state is State.APPROVED else "cancel",
        row.plan,
        row.transfer,
        row.lane,
        row.origin,
        row.destination,
        row.sku,
        names.get(row.sku, ""),
        row.dispatch_date.isoformat(),
        row.arrive_date.isoformat(),
        standing.cases,
        round(row.proposed_units * share, 6),
        round(row.proposed_m3 * share, 6),  # a millilitre: no noise of sums in the files
    )


def _of(row: Any, brand: str) -> Export:
    lines = tuple(Line(**line) for line in json.loads(row.lines))
    return Export(row.export, brand, row.at, row.who, lines)
