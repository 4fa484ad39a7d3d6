"""Whatever people do in whatever order, the kept state is what the events give."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import BadDecision
from data.ledger import Action, Decision, Ledger, Reason, State
from data.transitions import DECISIONS, refusal
from tests.data.ledger_cases import BRAND, LI, plan_frame, record, undos

STEPS = st.lists(
    st.tuples(
        st.sampled_from([*sorted(DECISIONS), "undo", "plan"]),
        st.integers(0, 3),
        st.integers(1, 9),
    ),
    max_size=25,
)


@settings(max_examples=12, deadline=None)
@given(steps=STEPS)
def test_the_replay_agrees_after_any_walk(
    made_file: Path, steps: list[tuple[str, int, int]]
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Ledger(f"sqlite:///{shutil.copy(made_file, folder)}", BRAND) as ledger,
    ):
        record(ledger, frame=plan_frame(4, lanes=2))
        for number, (step, which, cases) in enumerate(steps):
            if step == "plan":
                record(ledger, f"plan {number}", plan_frame(4, lanes=2, cases=cases))
            else:
                walk(ledger, step, which, cases)
        assert ledger.verify() == []
        check_approved(ledger)


def walk(ledger: Ledger, step: str, which: int, cases: int) -> None:
    """Take a step on one transfer; it succeeds exactly where the table says it may."""
    rows = ledger.transfers(states=list(State))
    row = rows.iloc[[-1 - which]]
    before = row.iloc[0]
    if step == "undo":
        if before["undoable"]:
            ledger.undo(undos(row), who=LI)
        return
    action = Action(step)
    more: dict[str, Any] = {"reason": Reason.STOCK_WRONG} if step == "reject" else {}
    if step in ("edit", "correct"):
        more = {"cases": cases}
    wanted = Decision(before["plan"], before["transfer"], int(before["version"]), action, **more)
    try:
        ledger.decide([wanted], who=LI)
    except BadDecision:
        assert refusal(State(before["state"]), action)
    else:
        assert refusal(State(before["state"]), action) is None


def check_approved(ledger: Ledger) -> None:
    """What the next plan is told to take as given is what the transfers' frame says."""
    rows = ledger.transfers(states=[State.APPROVED, State.DISPATCHED, State.RECEIVED])
    moved = rows["received_cases"].fillna(rows["cases"])
    assert ledger.approved("2025-11-02")["cases"].sum() == moved.sum()
