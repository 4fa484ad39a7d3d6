"""A planner's process killed at random moments leaves all of a decision or nothing of it."""

from __future__ import annotations

import os
import random
import signal
import time

from data.ledger import Action, Ledger
from tests.data.ledger_cases import LI, decide, plan_frame, record
from tests.data.ledger_processes import context, decide_and_undo, started

KILLS = int(os.environ.get("NEARFIELD_TEST_KILLS", "20"))
TRANSFERS = 100
STATEMENTS = 60
"""So many it takes for two decisions and their undoing."""


def test_killed_at_any_moment_it_leaves_the_old_or_the_new_state(ledger: Ledger) -> None:
    record(ledger, frame=plan_frame(TRANSFERS))
    url = ledger.database.url.render_as_string(hide_password=False)
    chance = random.Random(20251111)
    ends = set()
    # On SQLite the killed process writes the file itself, on PostgreSQL the server does.
    kills = KILLS if ledger.database.is_sqlite else KILLS // 2
    for kill in range(kills):
        looping = context().Event()
        # Half of them at a moment of the clock, half between two of its statements.
        moment = chance.randint(1, STATEMENTS) if kill % 2 else 0
        with started(decide_and_undo, url, looping, moment) as planner:
            assert looping.wait(60)
            if moment:
                planner.join(60)
                assert planner.exitcode == -signal.SIGKILL
            else:
                time.sleep(chance.uniform(0, 0.15))
                assert planner.is_alive(), "it ended by itself, so it was not killed"
        rows = ledger.transfers()
        assert set(rows["state"]) in ({"proposed"}, {"approved"})
        assert rows["version"].nunique() == 1
        ends.add((rows["state"][0], int(rows["version"][0])))
        if rows["state"][0] == "approved":
            ledger.undo(ledger.events(limit=1)["request"][0], who=LI)
    requests = ledger.events().groupby("request").size()
    assert set(requests) <= {TRANSFERS, TRANSFERS + 1}
    assert len(ends) > 1, "no decision was ever reached before the kill"
    assert ledger.verify() == []
    decide(ledger, ledger.transfers(), Action.APPROVE)
