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
from multiprocessing.synchronize import Barrier
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, event

from data.errors import Conflict
from data.ledger import Action, Decision, Ledger, Reason
from data.roles import Person, Role
from tests.data.ledger_cases import AS_OF, BRAND, plan_frame


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


KILLED_TRANSFERS = 20
KILLED_STATEMENTS = 40
"""So many it takes to record a plan, decide on it and undo that."""
KILLED_SECONDS = 0.06
"""So long it takes, about."""
KILLER = Person("the one who is killed", frozenset({Role.OPERATOR, Role.PLANNER}))


def killed_often(url: str, kills: int, answers: Any) -> None:
    """Fork a planner, kill it at a random moment, look what it left; so many times.

    The ledger must hold nothing yet. Answers with (what was wrong, a sentence each; (plan,
    state, version) as left each time).
    """
    wrong: list[str] = []
    left: list[tuple[str, str, int]] = []
    with Ledger(url, BRAND) as ledger:
        frame = plan_frame(KILLED_TRANSFERS)
        _round(ledger, "first", frame)  # so that forks need not prepare every statement anew
        for kill in range(kills):
            approval = _last_approval(ledger) if left and left[-1][1] == "approved" else ""
            ledger.close()  # a connection must not be carried into a fork
            child = os.fork()
            if not child:
                _plan_decide_undo(ledger, frame, kill, approval)
            status = os.waitpid(child, 0)[1]
            if not os.WIFSIGNALED(status):
                wrong.append(f"kill {kill}: it ended by itself, {status}")
            standing = ledger.look(_open_transfers)
            if len(standing) != 1 or standing[0][-1] != KILLED_TRANSFERS:
                wrong.append(f"kill {kill}: transfers stand as {standing}")
                break
            left += [one[:3] for one in standing]
    answers.put((wrong, left))


def _open_transfers(connection: Connection, *_: Any) -> list[tuple[str, str, int, int]]:
    query = (
        "SELECT p.plan, s.state, s.version, count(*) FROM ledger_state s JOIN ledger_proposal p "
        "ON p.brand = s.brand AND p.number = s.proposal WHERE s.state <> 'superseded' "
        "GROUP BY p.plan, s.state, s.version"
    )
    return [tuple(row) for row in connection.exec_driver_sql(query)]


def _last_approval(ledger: Ledger) -> str:
    query = "SELECT request FROM ledger_event WHERE action = 'approve' ORDER BY number DESC LIMIT 1"
    return str(ledger.look(lambda connection, *_: connection.exec_driver_sql(query).scalar()))


def _round(ledger: Ledger, plan: str, frame: pd.DataFrame) -> None:
    """Record a plan, approve all of it and undo that."""
    ledger.record_plan(plan, AS_OF, BRAND, frame, who=KILLER)
    wanted = [Decision(plan, name, 1, Action.APPROVE) for name in frame["transfer"]]
    ledger.undo(ledger.decide(wanted, who=KILLER).request, who=KILLER)


def _plan_decide_undo(ledger: Ledger, frame: pd.DataFrame, kill: int, approval: str) -> None:
    """Plan, decide and undo until killed; never returns.

    A third each is killed before one of its statements, at a moment of its processor time, and
    at one of the clock.

    :param approval: a request to undo first.
    """
    try:
        share = random.Random(kill).random()
        if kill % 3 == 0:
            _die_at(ledger.database.engine, 1 + int(share * KILLED_STATEMENTS))
        else:
            # What these signals do to a process that does not catch them is to end it.
            number, timer = (
                (signal.SIGALRM, signal.ITIMER_REAL)
                if kill % 3 == 1
                else (signal.SIGPROF, signal.ITIMER_PROF)
            )
            signal.signal(number, signal.SIG_DFL)
            signal.setitimer(timer, 0.001 + share * KILLED_SECONDS)
        if approval:
            ledger.undo(approval, who=KILLER)
        for step in itertools.count():
            _round(ledger, f"plan {kill}-{step}", frame)
    finally:
        os._exit(99)


def _die_at(engine: Engine, moment: int) -> None:
    steps = itertools.count(1)

    def step(*_: object) -> None:
        if next(steps) == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", step)
    event.listen(engine, "commit", step)
