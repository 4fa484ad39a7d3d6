"""A process killed at random moments leaves all of what it was writing or nothing of it."""

from __future__ import annotations

import os

from data.ledger import Action, Ledger
from tests.data.ledger_cases import decide
from tests.data.ledger_processes import KILLED_TRANSFERS, context, killed_often, started

KILLS = int(os.environ.get("NEARFIELD_TEST_KILLS", "200"))


def test_killed_at_any_moment_it_leaves_the_old_or_the_new_state(ledger: Ledger) -> None:
    url = ledger.database.url.render_as_string(hide_password=False)
    # On SQLite the killed process writes the file itself, on PostgreSQL the server does.
    kills = KILLS if ledger.database.is_sqlite else KILLS // 5
    answers = context().Queue()
    with started(killed_often, url, kills, answers):
        wrong, left = answers.get(timeout=300)
    assert wrong == []
    assert len(left) == kills
    assert {state for _, state, _ in left} == {"proposed", "approved"}
    assert len({plan for plan, *_ in left}) > 1, "no plan was ever recorded before the kill"
    of_plans = ledger.events().groupby(["request", "action"]).size().drop("record", level="action")
    assert set(of_plans) == {KILLED_TRANSFERS}
    assert ledger.verify() == []
    if set(ledger.transfers()["state"]) == {"proposed"}:
        decide(ledger, ledger.transfers(), Action.APPROVE)
