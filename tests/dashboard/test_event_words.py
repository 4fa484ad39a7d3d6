"""What the ledger keeps beside an event is told in words, in the reader's language."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from dashboard import event_words, prepared
from data import read_brand
from data.decisions import Decision
from data.ledger import Ledger
from data.overrides import Override, enter, withdraw
from data.people import grant
from data.roles import local_person
from data.transitions import Action, Reason
from data.workspace import Workspace
from optimization.plan import read_plan

LI = local_person("li")


@pytest.fixture
def told(folder: Path, ledger: Ledger) -> pd.DataFrame:
    """Events of every kind whose text is the ledger's own: two plans, a rejection that stands."""
    brand, workspace = read_brand(folder), Workspace.of(folder)
    plan = ledger.plans()["plan"].iloc[0]
    until = brand.as_of + pd.Timedelta(days=9)
    reject = {"reason": Reason.OTHER, "text": "太多", "until": until.date()}
    ledger.decide([Decision(plan, "T1", 1, Action.REJECT, **reject)], who=LI)  # type: ignore[arg-type]
    prepared.record(ledger, "second", brand, read_plan(workspace.plan))
    grant(ledger, "wei", ["planner", "admin"], who=LI)
    grant(ledger, "eve", [], who=LI)
    days = {"starts": until.date(), "ends": until.date()}
    number = enter(ledger, Override("percent", 20, reason="展会", **days), brand, who=LI)
    withdraw(ledger, number, brand, who=LI)
    events = ledger.events()
    columns = events[["action", "reason", "text", "undoes"]].itertuples(index=False)
    return events.assign(why=[event_words.why(*row) for row in columns])


def words_of(told: pd.DataFrame, action: Action) -> list[str]:
    return list(told.loc[told["action"] == action, "why"])


def test_in_english(told: pd.DataFrame) -> None:
    assert "replaced by plan second" in words_of(told, Action.SUPERSEDE)
    (carried,) = words_of(told, Action.CARRY)
    assert carried.startswith("Another reason · still rejected from plan ")
    assert carried.endswith(": 太多")
    assert words_of(told, Action.GRANT) == ["eve: no role", "wei: admin, planner"]
    (withdrawn,) = words_of(told, Action.WITHDRAW)
    assert re.fullmatch(r"override #\d+", withdrawn)
    assert words_of(told, Action.RECORD)[0] == (
        "4 proposed, 4 replaced, 1 still rejected, 0 left out"
    )


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("language", "fault_sentences"):
        monkeypatch.setattr(f"dashboard.{module}.language", lambda: "zh")


@pytest.mark.usefixtures("chinese")
def test_in_chinese_nothing_but_names_stays(
    folder: Path, ledger: Ledger, told: pd.DataFrame
) -> None:
    named = re.compile(r"second|wei|eve|li|\b[0-9a-f]{12}\b")
    for row in told.itertuples():
        assert not re.search("[A-Za-z]{3}", named.sub("", str(row.why))), row


def test_what_a_person_wrote_is_left_alone() -> None:
    assert event_words.why("cancel", "", "by hand") == "by hand"
    assert event_words.why("override", "", "no JSON") == "no JSON"
    assert event_words.why("record", "", "[1]") == "[1]"
