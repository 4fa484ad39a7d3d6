"""Plans and people for the tests of the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from data.ledger import Action, Decided, Decision, Ledger, Undo
from data.roles import Person, Role

BRAND = "Test brand"
AS_OF = pd.Timestamp("2025-11-02")
LI = Person("li", frozenset({Role.PLANNER}))
WANG = Person("wang", frozenset({Role.PLANNER}))
CASE_UNITS = 12.0


def plan_frame(
    count: int = 6, *, lanes: int = 3, first_day: int = 1, cases: int = 5
) -> pd.DataFrame:
    """Transfers of a plan: ``lanes`` lanes from one main, one product more each round."""
    number = range(count)
    lane = [f"van-{i % lanes}" for i in number]
    sku = [f"tea-{i // lanes}" for i in number]
    dispatch = AS_OF + pd.Timedelta(days=first_day)
    return pd.DataFrame(
        {
            "transfer": [
                f"{one}/{other}/{dispatch:%m%d}" for one, other in zip(lane, sku, strict=True)
            ],
            "lane": lane,
            "origin": "shanghai",
            "destination": [f"front-{i % lanes}" for i in number],
            "sku": sku,
            "dispatch_date": dispatch,
            "arrive_date": dispatch + pd.Timedelta(days=1),
            "cases": cases,
            "units": cases * CASE_UNITS,
            "m3": cases * 0.06,
            "expected_gain": [10.0 + i for i in number],
            "reason": '{"limited_by": "vehicle"}',
        }
    )


def record(
    ledger: Ledger, plan: str = "monday", frame: pd.DataFrame | None = None, **more: Any
) -> Any:
    frame = plan_frame() if frame is None else frame
    return ledger.record_plan(plan, more.pop("as_of", AS_OF), BRAND, frame, **more)


def decisions(rows: pd.DataFrame, action: Action, **more: Any) -> list[Decision]:
    """The same decision on every row of the ledger's frame, at the version that was seen."""
    return [
        Decision(row.plan, row.transfer, int(row.version), action, **more)
        for row in rows.itertuples()
    ]


def decide(ledger: Ledger, rows: pd.DataFrame, action: Action, **more: Any) -> Decided:
    who = more.pop("who", LI)
    return ledger.decide(decisions(rows, action, **more), who=who)


def undos(rows: pd.DataFrame) -> list[Undo]:
    return [Undo(row.plan, row.transfer, int(row.version)) for row in rows.itertuples()]


def pick(rows: pd.DataFrame, *transfers: str) -> pd.DataFrame:
    found = rows[rows["transfer"].isin(transfers)]
    assert len(found) == len(transfers)
    return found


def states(rows: pd.DataFrame) -> dict[str, str]:
    return dict(zip(rows["transfer"], rows["state"], strict=True))


def only(rows: Iterable[Any]) -> Any:
    (row,) = rows
    return row
