"""A ledger of each released schema as JSON, so that later versions are tested on what it held.

``python -m tests.data.ledger_rows`` writes the one of the newest revision, once, before its
release; after that it never changes.
"""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Table

from data.handover import hand_over
from data.ledger import Action, Ledger, Reason
from data.ledger_tables import HEAD, metadata
from data.people import grant
from data.roles import local_person
from tests.data.ledger_cases import BRAND, LI, decide, plan_frame, record

FOLDER = Path(__file__).parent / "ledgers"


def path_of(revision: str) -> Path:
    return FOLDER / f"revision-{revision}.json"


def fill(ledger: Ledger) -> None:
    """Do one of everything that a ledger can hold."""
    grant(ledger, "li", ["planner", "admin"], who=local_person())
    record(ledger)
    rows = ledger.transfers()
    decide(ledger, rows[:3], Action.APPROVE)
    decide(
        ledger, rows[3:4], Action.REJECT, reason=Reason.OTHER, text="太多", until=date(2025, 12, 1)
    )
    hand_over(ledger, who=LI, lanes=[rows["lane"][0]])
    decide(ledger, ledger.transfers(states=["approved"])[:1], Action.CANCEL)
    ledger.undo(ledger.events(action="cancel")["request"][0], who=LI)
    told = ledger.transfers(states=["approved"]).query("exported != ''")
    decide(ledger, told, Action.DISPATCH)
    decide(ledger, ledger.transfers(states=["dispatched"]), Action.RECEIVE, cases=4)
    record(ledger, "tuesday", plan_frame(9), basis=ledger.facts("2025-11-02").position)


def dump(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, in an order in which they can be added."""
    return {
        table.name: [
            {name: _plain(value) for name, value in row.items()}
            for row in connection.execute(table.select()).mappings()
        ]
        for table in metadata.sorted_tables
    }


def load(connection: Connection, rows: dict[str, list[dict[str, Any]]]) -> None:
    """Add the rows to the tables as they are in the database."""
    there = MetaData()
    for name, values in rows.items():
        table = Table(name, there, autoload_with=connection)
        if values:
            connection.execute(
                table.insert(),
                [
                    {column: _typed(table, column, value) for column, value in row.items()}
                    for row in values
                ],
            )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _typed(table: Table, column: str, value: Any) -> Any:
    kind = table.c[column].type.python_type
    if value is None or kind not in (date, datetime):
        return value
    moment = datetime.fromisoformat(value)
    return moment.astimezone(UTC).replace(tzinfo=None) if kind is datetime else moment.date()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        moment = datetime(2025, 11, 3, 1, 30, tzinfo=UTC)
        with Ledger(f"sqlite:///{folder}/l.sqlite", BRAND, clock=lambda: moment) as ledger:
            fill(ledger)
            assert ledger.verify() == []
            rows = ledger.database.read(dump)
    path = path_of(HEAD)
    path.parent.mkdir(exist_ok=True)
    path.write_text(_a_row_a_line(rows), "utf-8")


def _a_row_a_line(rows: dict[str, list[dict[str, Any]]]) -> str:
    tables = [
        f'"{name}": [\n' + ",\n".join(json.dumps(row, ensure_ascii=False) for row in values) + "\n]"
        for name, values in rows.items()
    ]
    return "{\n" + ",\n".join(tables) + "\n}\n"


if __name__ == "__main__":
    main()
