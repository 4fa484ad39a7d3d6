"""What other processes do to a ledger in the tests: planners who hurry, and one who is killed."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier, Event
from typing import Any

import pandas as pd
from sqlalchemy import Engine, event

from data.errors import Conflict
from data.ledger import Action, Decision, Ledger, Reason
from data.roles import Person, Role
from tests.data.ledger_cases import BRAND, decisions


def context() -> ForkServerContext:
    """Processes that start quickly: the server of forks has imported what they need."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload([__name__])
    return found


@contextmanager
def started(target: Callable[..., None], *arguments: Any) -> Iterator[BaseProcess]:
    """Run a function in a process of its own, which does not outlive the block."""
    process = context().Process(target=target, args=arguments, daemon=True)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()
        process.close()


Seen = Mapping[str, tuple[str, int]]
"""Transfers as they were seen: name to (plan, version)."""


def shares(seen: pd.DataFrame, planners: int) -> list[Seen]:
    """What each planner is to decide on: three lanes each, each of them two others' too."""
    lanes = sorted(set(seen["lane"]))
    parts = []
    for one in range(planners):
        mine = {lanes[(one + step) % len(lanes)] for step in range(3)}
        rows = seen[seen["lane"].isin(mine)]
        facts = zip(rows["plan"], rows["version"].astype(int), strict=True)
        parts.append(dict(zip(rows["transfer"], facts, strict=True)))
    return parts


def hurry(url: str, seed: int, mine: Seen, ready: Barrier, answers: Any) -> None:
    """Decide on whatever is still left of one's own, a random handful at a time.

    Answers with (name, decided transfers, conflicts met).
    """
    name = f"planner {seed}"
    chance = random.Random(seed)
    who = Person(name, frozenset({Role.PLANNER}))
    decided: dict[str, str] = {}
    conflicts = 0
    left = dict(mine)
    handful = max(25, len(left) // 6)
    with Ledger(url, BRAND, wait=60) as ledger:
        ready.wait(60)
        while left:
            names = chance.sample(sorted(left), min(handful, len(left)))
            wanted = [_choose(one, *left[one], chance) for one in names]
            try:
                ledger.decide(wanted, who=who)
            except Conflict as conflict:
                conflicts += 1
                for change in conflict.changes:
                    del left[change.transfer]
            else:
                for one in wanted:
                    decided[one.transfer] = one.action.value
                    del left[one.transfer]
    answers.put((name, decided, conflicts))


def _choose(transfer: str, plan: str, version: int, chance: random.Random) -> Decision:
    more: dict[str, Any] = chance.choice(
        [
            {"action": Action.APPROVE},
            {"action": Action.APPROVE, "cases": 1 + chance.randrange(20)},
            {"action": Action.REJECT, "reason": Reason.NO_DOCK_SLOT},
        ]
    )
    return Decision(plan, transfer, version, **more)


def decide_and_undo(url: str, looping: Event, moment: int) -> None:
    """Approve everything, undo it, and so on until killed.

    :param moment: kill oneself before the so-many-th statement or commit; 0: never.
    """
    who = Person("the one who is killed", frozenset({Role.PLANNER}))
    with Ledger(url, BRAND) as ledger:
        rows = ledger.transfers()
        _die_at(ledger.database.engine, moment)
        looping.set()
        while True:
            rows = ledger.transfers()
            if set(rows["state"]) == {"proposed"}:
                done = ledger.decide(decisions(rows, Action.APPROVE), who=who)
            ledger.undo(done.request, who=who)


def _die_at(engine: Engine, moment: int) -> None:
    steps = itertools.count(1)

    def step(*_: object) -> None:
        if next(steps) == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", step)
    event.listen(engine, "commit", step)
