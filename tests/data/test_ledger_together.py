"""Many people at once, each in a process and with connections of their own."""

from __future__ import annotations

import os
from contextlib import ExitStack

import pandas as pd

from data.errors import Conflict
from data.ledger import Action, Ledger
from tests.data.ledger_cases import BRAND, LI, decide, plan_frame, record
from tests.data.ledger_processes import context, hurry, shares, started

PLANNERS = 20
TRANSFERS = int(os.environ.get("NEARFIELD_TEST_TRANSFERS", "5000"))


def test_twenty_planners_at_once_lose_nothing_and_decide_nothing_twice(ledger: Ledger) -> None:
    record(ledger, frame=plan_frame(TRANSFERS, lanes=20))
    url = ledger.database.url.render_as_string(hide_password=False)
    processes = context()
    ready, answers = processes.Barrier(PLANNERS), processes.Queue()
    with ExitStack() as running:
        for seed, mine in enumerate(shares(ledger.transfers(), PLANNERS)):
            running.enter_context(started(hurry, url, seed, mine, ready, answers))
        told = [answers.get(timeout=240) for _ in range(PLANNERS)]
    rows = ledger.transfers().set_index("transfer")
    assert sum(len(decided) for _, decided, _ in told) == TRANSFERS
    assert sum(conflicts for _, _, conflicts in told) > 0
    for name, decided, _ in told:
        mine = rows.loc[list(decided)]
        assert set(mine["decided_by"]) <= {name}
        expected = [
            "approved" if action == "approve" else "rejected" for action in decided.values()
        ]
        assert list(mine["state"]) == expected
    assert set(rows["version"]) == {2}
    taken = ledger.events()
    assert taken["action"].isin(["approve", "reject"]).sum() == TRANSFERS
    assert list(taken["number"]) == list(range(len(taken), 0, -1))
    assert ledger.verify() == []


def test_replanning_while_people_decide_keeps_every_decision(ledger: Ledger) -> None:
    record(ledger, frame=plan_frame(200, lanes=10))
    url = ledger.database.url.render_as_string(hide_password=False)
    processes = context()
    ready, answers = processes.Barrier(5), processes.Queue()
    with ExitStack() as running:
        for seed, mine in enumerate(shares(ledger.transfers(), 4)):
            running.enter_context(started(hurry, url, seed, mine, ready, answers))
        ready.wait(60)
        for number in range(5):
            facts = ledger.facts("2025-11-02")
            frame = plan_frame(200, lanes=10, first_day=2, cases=2 + number)
            record(ledger, f"plan {number}", frame, basis=facts.position)
        told = [answers.get(timeout=120) for _ in range(4)]
    monday = ledger.transfers("monday").set_index("transfer")
    decided = {one: action for _, mine, _ in told for one, action in mine.items()}
    assert sum(len(mine) for _, mine, _ in told) == len(decided)
    ends = {"approve": "approved", "reject": "rejected"}
    assert all(monday["state"][one] == ends[action] for one, action in decided.items())
    assert set(monday["state"][~monday.index.isin(list(decided))]) <= {"superseded"}
    again = record(ledger, "again", plan_frame(200, lanes=10))
    assert again.carried == sum(action == "reject" for action in decided.values())
    assert again.overtaken == len(decided) - again.carried  # approved: not proposed twice
    later = ledger.transfers("monday").set_index("transfer")
    pd.testing.assert_frame_equal(later, monday)
    carried = ledger.transfers("again").set_index("transfer").query("state == 'rejected'")
    assert set(carried.index) == {one for one, action in decided.items() if action == "reject"}
    assert set(carried["reason"]) <= {"no_dock_slot"}
    assert ledger.verify() == []


def test_a_plan_recorded_by_many_at_once_is_recorded_once(empty_url: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def one(_: int) -> bool:
        with Ledger(empty_url, BRAND) as mine:  # the ledger itself is made at the same time too
            return bool(record(mine).already)

    with ThreadPoolExecutor(6) as pool:
        already = list(pool.map(one, range(6)))
    assert sorted(already) == [False, *[True] * 5]
    with Ledger(empty_url, BRAND) as ledger:
        assert len(ledger.events()) == 7
        assert ledger.verify() == []


def test_threads_may_share_one_ledger(ledger: Ledger) -> None:
    from concurrent.futures import ThreadPoolExecutor

    record(ledger, frame=plan_frame(60))
    rows = ledger.transfers()

    def approve(part: int) -> str:
        try:
            decide(ledger, rows[part % 30 :: 30], Action.APPROVE, who=LI)
        except Conflict:
            return "second"
        return "first"

    with ThreadPoolExecutor(20) as pool:
        done = list(pool.map(approve, range(60)))
    assert done.count("first") == done.count("second") == 30
    assert set(ledger.transfers()["version"]) == {2}
