"""A plan's transfers, checked and brought into the form that the ledger records."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pandas as pd

from data.decisions import MOST_CASES
from data.errors import BadInput
from data.ledger_tables import Row, as_date
from data.sentence import in_a_row, say
from data.transitions import State

TEXTS: Final = ("transfer", "lane", "origin", "destination", "sku")
NUMBERS: Final = ("units", "m3", "expected_gain")
NEEDED: Final = (*TEXTS, "dispatch_date", "arrive_date", "cases", *NUMBERS)
Key = tuple[str, str, date]
"""(lane, sku, dispatch date): what makes a transfer the same across plans."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A plan's transfers as the ledger takes them.

    :param rows: the proposals, as columns of the proposals' table.
    :param known: cases by key of what the plan took as given.
    :param digest: stands for all of it, so that the same plan is known again.
    """

    plan: str
    as_of: date
    rows: tuple[Row, ...]
    known: Mapping[Key, int]
    digest: str


def draw(plan: str, as_of: Any, transfers: pd.DataFrame) -> Drawn:
    """Check a plan's transfers and bring them into the ledger's form.

    :param transfers: the columns of transfers.csv; ``status`` tells proposed (the default)
        from approved, ``reason`` (JSON) and ``status`` may be absent.
    :raises BadInput: columns missing, a transfer named twice, cases that are not whole.
    """
    if not plan.strip() or not plan.isprintable():
        raise BadInput(
            say("a plan needs a name of printable characters; found {found!r}", found=plan)
        )
    faults = list(_faults(transfers))
    if faults:
        raise BadInput(
            say(
                "plan {plan} cannot be recorded: {faults}", plan=plan, faults=in_a_row(faults, "; ")
            )
        )
    frame = transfers.assign(
        reason=transfers.get("reason", ""),
        status=transfers.get("status", State.PROPOSED.value),
    )
    records = [_record(row) for row in frame.to_dict("records")]
    day = as_date(pd.Timestamp(as_of))
    digest = hashlib.sha256(json.dumps([str(day), records], default=str).encode()).hexdigest()
    known: dict[Key, int] = {}
    rows = []
    for record in records:
        if record.pop("status") == State.PROPOSED.value:
            rows.append(record)
        else:
            key = key_of(record)
            known[key] = known.get(key, 0) + record["proposed_cases"]
    if len({key_of(row) for row in rows}) < len(rows):
        raise BadInput(
            say("plan {plan} proposes the same lane, sku and dispatch date twice", plan=plan)
        )
    return Drawn(plan, day, tuple(rows), known, digest)


def _faults(transfers: pd.DataFrame) -> Sequence[str]:
    missing = [name for name in NEEDED if name not in transfers]
    if missing:
        return [say("column {names} is missing", names=", ".join(missing))]
    faults = [
        say("column {name} has gaps", name=name) for name in NEEDED if transfers[name].isna().any()
    ]
    if faults:
        return faults
    for name in TEXTS:
        texts = transfers[name].astype(str)
        if not texts.map(lambda text: bool(text.strip()) and "\0" not in text).all():
            faults.append(say("column {name} has empty names", name=name))
    if transfers["transfer"].astype(str).duplicated().any():
        faults.append(say("a transfer is named twice"))
    cases = pd.to_numeric(transfers["cases"], errors="coerce")
    if not ((cases % 1 == 0) & cases.between(1, MOST_CASES)).all():
        faults.append(say("cases are not whole numbers from 1 to {most:,}", most=MOST_CASES))
    for name in NUMBERS:
        if not pd.to_numeric(transfers[name], errors="coerce").abs().lt(float("inf")).all():
            faults.append(say("column {name} is not all numbers", name=name))
    if "status" in transfers:
        known = {State.PROPOSED.value, State.APPROVED.value}
        strange = sorted(set(transfers["status"].astype(str)) - known)
        if strange:
            faults.append(
                say("status is proposed or approved; found {found}", found=", ".join(strange))
            )
    return faults


def _record(row: Mapping[Any, Any]) -> Row:
    return {
        **{name: str(row[name]) for name in TEXTS},
        "dispatch_date": as_date(pd.Timestamp(row["dispatch_date"])),
        "arrive_date": as_date(pd.Timestamp(row["arrive_date"])),
        "proposed_cases": int(row["cases"]),
        "proposed_units": float(row["units"]),
        "proposed_m3": float(row["m3"]),
        "expected_gain": float(row["expected_gain"]),
        "plan_reason": row["reason"] if isinstance(row["reason"], str) else "",
        "status": str(row["status"]),
    }


def key_of(row: Mapping[str, Any]) -> Key:
    """Return what makes a transfer the same across plans."""
    return row["lane"], row["sku"], row["dispatch_date"]
