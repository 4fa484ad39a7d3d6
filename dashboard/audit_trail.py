"""The ledger's events as an auditor asks for them: who, what, when, of which plan, why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import pandas as pd

from data.ledger import Ledger
from data.transitions import DECISIONS, Action

MOST_EVENTS: Final = 20_000
"""The newest events that are read for each action; more are in the ledger itself."""

OF_PEOPLE: Final = (*(action for action in Action if action in DECISIONS), Action.UNDO,
                    Action.EXPORT, Action.GRANT, Action.OVERRIDE, Action.WITHDRAW)  # fmt: skip
OF_PLANS: Final = tuple(action for action in Action if action not in OF_PEOPLE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the audit; "" and None stand for all.

    :param actions: at least one.
    :param first: first and last day, the reader's.
    :param words: found in the transfer, lane or product number, or in what somebody wrote.
    """

    actions: tuple[str, ...]
    first: date | None = None
    last: date | None = None
    who: str = ""
    plan: str = ""
    reason: str = ""
    words: str = ""


def read(ledger: Ledger, actions: Collection[str], first: date | None, last: date | None,
         most: int = MOST_EVENTS, zone: str = "UTC") -> pd.DataFrame:  # fmt: skip
    """Return the events of some actions and days, newest first; see :meth:`Ledger.events`.

    :param zone: whose days they are; the ledger itself keeps UTC.
    """
    since = None if first is None else _midnight(first, zone)
    until = None if last is None else _midnight(last + timedelta(days=1), zone)
    parts = [
        ledger.events(limit=most, action=str(action), since=since, until=until)
        for action in actions
    ]
    filled = [part for part in parts if len(part)]
    if not filled:
        return ledger.events(limit=0)
    return pd.concat(filled).sort_values("number", ascending=False, ignore_index=True)


def matching(events: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    """Return the events that fit what is asked besides actions and days."""
    keep = pd.Series(True, index=events.index)
    for column in ("who", "plan", "reason"):
        wanted = getattr(asked, column)
        if wanted:
            keep &= events[column] == wanted
    if asked.words:
        found = pd.Series(False, index=events.index)
        for column in ("transfer", "lane", "sku", "text", "request", "export"):
            found |= events[column].str.contains(asked.words, case=False, regex=False)
        keep &= found
    return events[keep].reset_index(drop=True)


def _midnight(day: date, zone: str) -> pd.Timestamp:
    return pd.Timestamp(day, tz=zone).tz_convert("UTC")
