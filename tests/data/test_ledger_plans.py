"""A new plan and what people decided, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import pytest

from data.errors import BadInput
from data.ledger import Action, Ledger, Reason
from tests.data.ledger_cases import (
    AS_OF,
    BRAND,
    LI,
    WANG,
    decide,
    only,
    pick,
    plan_frame,
    record,
    states,
    undos,
)

FIRST, SECOND, THIRD = (f"van-{i}/tea-0/1103" for i in range(3))
NEXT_DAY = AS_OF + pd.Timedelta(days=1)


def test_a_new_plan_replaces_what_is_proposed_and_nothing_else(ledger: Ledger) -> None:
    record(ledger)
    rows = ledger.transfers()
    decide(ledger, pick(rows, FIRST), Action.APPROVE, cases=8)
    decide(ledger, pick(rows, SECOND), Action.REJECT, reason=Reason.STOCK_WRONG)
    decided = pick(ledger.transfers(), FIRST, SECOND)
    new = record(ledger, "tuesday", plan_frame(first_day=2), as_of=NEXT_DAY)
    assert (new.proposed, new.superseded, new.carried, new.overtaken) == (6, 4, 0, 0)
    pd.testing.assert_frame_equal(
        pick(ledger.transfers("monday"), FIRST, SECOND).reset_index(drop=True),
        decided.reset_index(drop=True),
    )
    left = ledger.transfers("monday")
    assert sorted(left["state"]) == ["approved", "rejected", *["superseded"] * 4]
    board = ledger.transfers()
    assert len(board) == 6 + 1  # the rejection of Monday stands no longer
    assert states(board)[FIRST] == "approved"
    assert list(ledger.plans()["plan"]) == ["tuesday", "monday"]
    assert ledger.verify() == []


def test_a_plan_recorded_twice_is_recorded_once(ledger: Ledger) -> None:
    first = record(ledger)
    decide(ledger, ledger.transfers()[:2], Action.APPROVE)
    before = ledger.transfers(), ledger.events()
    again = record(ledger)
    assert again.already
    assert (again.proposed, again.superseded) == (first.proposed, first.superseded) == (6, 0)
    for kept, was in zip((ledger.transfers(), ledger.events()), before, strict=True):
        pd.testing.assert_frame_equal(kept, was)


def test_another_plan_of_the_same_name_is_refused(ledger: Ledger) -> None:
    record(ledger)
    with pytest.raises(BadInput, match="another plan named monday is already recorded"):
        record(ledger, frame=plan_frame(cases=6))
    assert set(ledger.transfers()["cases"]) == {5}


def test_an_older_plan_does_not_replace_a_newer(ledger: Ledger) -> None:
    record(ledger, "tuesday", plan_frame(first_day=2), as_of=NEXT_DAY)
    with pytest.raises(BadInput, match=r"plan monday is of 2025-11-02, and plan tuesday of 2025-"):
        record(ledger)
    assert set(ledger.transfers()["plan"]) == {"tuesday"}


def test_an_empty_plan_clears_the_board(ledger: Ledger) -> None:
    record(ledger)
    assert record(ledger, "nothing", plan_frame(0)).superseded == 6
    assert len(ledger.transfers()) == 0


def test_the_next_plan_gets_what_moves_and_has_not_arrived(ledger: Ledger) -> None:
    record(ledger)  # leaves on 11-03, arrives on 11-04
    rows = ledger.transfers()
    decide(ledger, rows[:4], Action.APPROVE)
    decide(ledger, ledger.transfers()[:2], Action.DISPATCH, cases=3)
    decide(ledger, ledger.transfers()[:1], Action.RECEIVE, cases=2)
    decide(ledger, ledger.transfers()[3:4], Action.CANCEL)
    rows = ledger.transfers()
    assert list(rows["state"][:4]) == ["received", "dispatched", "approved", "cancelled"]
    # On the evening of 11-02 nothing has left, whatever has been confirmed since.
    same_day = ledger.approved(AS_OF)
    assert list(same_day.columns) == ["lane", "sku", "dispatch_date", "cases"]
    expected = rows[:3].assign(cases=[2, 3, 5])[list(same_day.columns)]
    pd.testing.assert_frame_equal(same_day, expected.reset_index(drop=True))
    # On the evening of 11-03 one has arrived and two are on their way; then all have.
    assert list(ledger.approved(NEXT_DAY)["cases"]) == [3, 5]
    assert len(ledger.approved("2025-11-04")) == 0


def test_a_rejection_that_stands_rejects_what_the_next_plan_proposes(ledger: Ledger) -> None:
    record(ledger)
    rejected = pick(ledger.transfers(), FIRST)
    decide(
        ledger,
        rejected,
        Action.REJECT,
        reason=Reason.OTHER,
        text="dock rebuilt",
        until=date(2025, 11, 4),
    )
    before = pick(ledger.transfers(), FIRST)
    new = record(ledger, "tuesday", plan_frame(first_day=2), as_of=NEXT_DAY)
    assert (new.proposed, new.carried) == (5, 1)
    row = only(pick(ledger.transfers("tuesday"), "van-0/tea-0/1104").itertuples())
    assert (row.state, row.decided_by, row.reason) == ("rejected", "li", "other")
    assert row.text == "still rejected from plan monday: dock rebuilt"
    assert row.until == pd.Timestamp("2025-11-04")
    pd.testing.assert_frame_equal(pick(ledger.transfers("monday"), FIRST), before)
    assert len(ledger.rejected(NEXT_DAY)) == 1
    later = record(ledger, "wednesday", plan_frame(first_day=3), as_of=NEXT_DAY)
    assert later.carried == 0
    assert ledger.verify() == []


def test_a_rejection_carried_over_can_be_undone_for_this_plan_alone(ledger: Ledger) -> None:
    record(ledger)
    until = date(2025, 11, 9)
    reason = Reason.FORECAST_TOO_HIGH
    decide(ledger, pick(ledger.transfers(), FIRST), Action.REJECT, reason=reason, until=until)
    record(ledger, "tuesday", plan_frame(first_day=2), as_of=NEXT_DAY)
    carried = pick(ledger.transfers("tuesday"), "van-0/tea-0/1104")
    ledger.undo(undos(carried), who=WANG)
    assert states(ledger.transfers("tuesday"))["van-0/tea-0/1104"] == "proposed"
    assert len(ledger.rejected(NEXT_DAY)) == 1
    assert ledger.verify() == []


def test_a_rejection_undone_no_longer_stands(ledger: Ledger) -> None:
    record(ledger)
    until = date(2025, 11, 9)
    reason = Reason.FORECAST_TOO_HIGH
    decide(ledger, pick(ledger.transfers(), FIRST), Action.REJECT, reason=reason, until=until)
    record(ledger, "tuesday", plan_frame(first_day=2), as_of=NEXT_DAY)
    ledger.undo(undos(pick(ledger.transfers("monday"), FIRST)), who=LI)
    # The plan of Tuesday does without it, so it is not proposed beside that plan's transfers.
    assert states(ledger.transfers("monday"))[FIRST] == "superseded"
    assert len(ledger.rejected(NEXT_DAY)) == 0
    assert record(ledger, "wednesday", plan_frame(first_day=3), as_of=NEXT_DAY).carried == 0
    assert ledger.verify() == []


def test_an_approval_undone_after_the_next_plan_waits_for_a_decision_again(ledger: Ledger) -> None:
    record(ledger)
    decide(ledger, pick(ledger.transfers(), FIRST), Action.APPROVE)
    record(ledger, "tuesday", plan_frame(first_day=2), as_of=NEXT_DAY)
    ledger.undo(undos(pick(ledger.transfers(), FIRST)), who=LI)
    assert states(ledger.transfers())[FIRST] == "proposed"
    assert record(ledger, "wednesday", plan_frame(first_day=3), as_of=NEXT_DAY).superseded == 7


def test_goods_approved_while_planning_are_not_proposed_again(ledger: Ledger) -> None:
    record(ledger)
    # The next plan starts without facts; meanwhile somebody approves; then it is recorded.
    decide(ledger, pick(ledger.transfers(), FIRST), Action.APPROVE)
    new = record(ledger, "again")
    assert (new.proposed, new.overtaken) == (5, 1)
    assert states(ledger.transfers("again"))[FIRST] == "superseded"
    assert int(ledger.approved(AS_OF)["cases"].sum()) == 5
    assert (ledger.transfers()["transfer"] == FIRST).sum() == 1
    assert ledger.verify() == []


@pytest.mark.parametrize(
    ("meanwhile", "overtaken"),
    [
        # what happens to van-0/tea-0 while planning        proposals of tea-0 from the same main
        (lambda led, row: decide(led, row, Action.EDIT, cases=9), 3),
        (lambda led, row: decide(led, row, Action.CANCEL), 3),
        (lambda led, row: led.undo(undos(row), who=LI), 3),
        (lambda led, row: decide(led, row, Action.DISPATCH, cases=2), 3),
        (lambda led, row: decide(led, row, Action.DISPATCH), 0),
        (lambda led, row: decide(led, row, Action.RECEIVE), 0),
        (lambda led, row: None, 0),
    ],
)
def test_a_plan_of_facts_that_changed_leaves_out_what_they_touch(
    file_ledger: Ledger, meanwhile: Callable[[Ledger, pd.DataFrame], Any], overtaken: int
) -> None:
    ledger = file_ledger
    record(ledger)
    decide(ledger, pick(ledger.transfers(), FIRST), Action.APPROVE)
    facts = ledger.facts(AS_OF)
    meanwhile(ledger, pick(ledger.transfers(), FIRST))
    new = record(ledger, "again", plan_frame(first_day=2), basis=facts.position)
    assert new.overtaken == overtaken
    left_out = ledger.transfers("again", states=["superseded"])  # type: ignore[list-item]
    assert set(left_out["sku"]) == ({"tea-0"} if overtaken else set())
    assert ledger.verify() == []


def test_a_plan_that_knows_an_approval_may_add_to_it(ledger: Ledger) -> None:
    record(ledger)
    decide(ledger, pick(ledger.transfers(), FIRST), Action.APPROVE)
    frame = plan_frame(1, cases=2).assign(transfer="more", status="proposed")
    known = plan_frame(1).assign(status="approved")
    new = record(ledger, "more", pd.concat([known, frame], ignore_index=True))
    assert (new.proposed, new.known, new.overtaken) == (1, 1, 0)
    decide(ledger, pick(ledger.transfers(), "more"), Action.APPROVE)
    assert list(ledger.approved(AS_OF)["cases"]) == [7]


def test_history_tells_every_plan_that_proposed_the_same_move(ledger: Ledger) -> None:
    record(ledger)
    record(ledger, "again", plan_frame(cases=6))
    decide(ledger, pick(ledger.transfers(), FIRST), Action.APPROVE)
    told = ledger.history(FIRST)
    assert list(told["action"]) == ["propose", "supersede", "propose", "approve"]
    assert list(told["plan"]) == ["monday", "monday", "again", "again"]
    assert told["text"][1] == "replaced by plan again"
    pd.testing.assert_frame_equal(ledger.history(FIRST, "monday"), told)
    assert len(ledger.history("nothing of that name")) == 0


def test_the_plans_own_reason_is_kept(file_ledger: Ledger) -> None:
    record(file_ledger)
    rows = file_ledger.transfers(with_plan_reason=True)
    assert set(rows["plan_reason"]) == {'{"limited_by": "vehicle"}'}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        # what is wrong with the frame                          what is told
        (lambda f: f.drop(columns=["lane", "cases"]), "column lane, cases is missing"),
        (lambda f: f.assign(sku=None), "column sku has gaps"),
        (lambda f: f.assign(sku=" "), "column sku has empty names"),
        (lambda f: f.assign(transfer="same"), "a transfer is named twice"),
        (lambda f: f.assign(cases=1.5), "cases are not whole numbers from 1 to 10,000,000"),
        (lambda f: f.assign(cases=0), "cases are not whole numbers"),
        (lambda f: f.assign(units=float("inf")), "column units is not all numbers"),
        (lambda f: f.assign(status="maybe"), "proposed or approved; found maybe"),
        (lambda f: f.assign(lane="van-0", sku="tea-0"), "same lane, sku and dispatch date twice"),
    ],
)
def test_a_frame_at_fault_is_refused_whole(
    file_ledger: Ledger, change: Callable[[pd.DataFrame], pd.DataFrame], why: str
) -> None:
    with pytest.raises(BadInput, match=why):
        record(file_ledger, frame=change(plan_frame()))
    assert len(file_ledger.plans()) == 0


@pytest.mark.parametrize("name", ["", " ", "a\nb"])
def test_a_plan_and_a_brand_need_names(file_ledger: Ledger, name: str) -> None:
    with pytest.raises(BadInput, match="a plan needs a name"):
        record(file_ledger, name)
    file_ledger.brand = None
    with pytest.raises(BadInput, match="a brand needs a name"):
        file_ledger.record_plan("monday", AS_OF, name, plan_frame())
    file_ledger.brand = BRAND
