"""Deciding and undoing, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data.errors import BadDecision, BadInput, Conflict, NotAllowed
from data.ledger import Action, Decision, Ledger, Reason, Undo
from data.roles import Permission, Person, Role
from tests.data.ledger_cases import (
    AS_OF,
    BRAND,
    CASE_UNITS,
    LI,
    WANG,
    decide,
    decisions,
    only,
    pick,
    plan_frame,
    record,
    states,
    undos,
)

FIRST = "van-0/tea-0/1103"


def test_what_a_plan_proposes_stands_as_proposed(ledger: Ledger) -> None:
    frame = plan_frame()
    record(ledger, frame=frame)
    rows = ledger.transfers().set_index("transfer").loc[frame["transfer"]].reset_index()
    same = ["transfer", "lane", "sku", "origin", "destination", "units", "m3", "expected_gain"]
    pd.testing.assert_frame_equal(rows[same], frame[same], check_dtype=False)
    assert list(rows["dispatch_date"]) == list(frame["dispatch_date"])
    assert list(rows["arrive_date"]) == list(frame["arrive_date"])
    assert set(rows["state"]) == {"proposed"}
    assert set(rows["version"]) == {1}
    assert not rows["undoable"].any()
    assert set(rows["decided_by"]) == {""}


def test_approving_says_who_and_when(ledger_url: str) -> None:
    moment = datetime(2025, 11, 3, 1, 2, 3, 456789, tzinfo=UTC)
    with Ledger(ledger_url, BRAND, clock=lambda: moment) as ledger:
        record(ledger)
        decide(ledger, pick(ledger.transfers(), FIRST), Action.APPROVE, text="for the weekend")
        row = only(pick(ledger.transfers(), FIRST).itertuples())
    assert (row.state, row.version, row.decided_by) == ("approved", 2, "li")
    assert row.decided_at == pd.Timestamp(moment)
    assert row.text == "for the weekend"


def test_approving_with_other_cases_moves_other_units(ledger: Ledger) -> None:
    record(ledger)
    decide(ledger, pick(ledger.transfers(), FIRST), Action.APPROVE, cases=7)
    row = only(pick(ledger.transfers(), FIRST).itertuples())
    assert (row.proposed_cases, row.cases, row.units) == (5, 7, 7 * CASE_UNITS)
    assert row.m3 == pytest.approx(0.42)
    decide(ledger, pick(ledger.transfers(), FIRST), Action.EDIT, cases=2)
    assert only(pick(ledger.transfers(), FIRST).itertuples()).cases == 2


def test_the_way_of_a_transfer_to_the_shelf(ledger: Ledger) -> None:
    record(ledger)
    steps: list[tuple[Action, dict[str, Any]]] = [
        (Action.APPROVE, {}),
        (Action.DISPATCH, {"cases": 4}),
        (Action.RECEIVE, {"cases": 3}),
        (Action.CORRECT, {"cases": 4}),
    ]
    for action, more in steps:
        decide(ledger, pick(ledger.transfers(), FIRST), action, **more)
    row = only(pick(ledger.transfers(), FIRST).itertuples())
    assert (row.state, row.cases, row.received_cases, row.version) == ("received", 4, 4, 5)
    told = ledger.history(FIRST)
    assert list(told["action"]) == ["propose", "approve", "dispatch", "receive", "correct"]
    assert list(told["version"]) == [1, 2, 3, 4, 5]
    assert list(told["from_state"]) == ["", "proposed", "approved", "dispatched", "received"]
    assert ledger.verify() == []


def test_a_rejection_keeps_its_reason_and_stands_until_its_day(ledger: Ledger) -> None:
    record(ledger)
    rows = ledger.transfers()
    until = date(2025, 11, 9)
    decide(ledger, rows[:1], Action.REJECT, reason=Reason.NO_DOCK_SLOT, until=until)
    decide(ledger, rows[1:2], Action.REJECT, reason=Reason.OTHER, text="road closed")
    one, other = ledger.transfers()[:2].itertuples()
    assert (one.reason, one.until) == ("no_dock_slot", pd.Timestamp(until))
    assert (other.reason, other.text, other.until) == ("other", "road closed", other.dispatch_date)
    assert list(ledger.rejected(AS_OF)["until"]) == [pd.Timestamp(until), other.dispatch_date]
    assert len(ledger.rejected("2025-11-03")) == 1
    assert len(ledger.rejected("2025-11-09")) == 0


def test_an_impossible_decision_spoils_the_whole_batch(ledger: Ledger) -> None:
    record(ledger)
    decide(ledger, ledger.transfers()[:1], Action.APPROVE)
    before = ledger.transfers()
    mixed = decisions(before, Action.APPROVE)
    with pytest.raises(BadDecision, match="cannot approve what is approved; undo the approval"):
        ledger.decide(mixed, who=LI)
    pd.testing.assert_frame_equal(ledger.transfers(), before)


def test_of_many_refusals_ten_are_told_and_the_rest_counted(ledger: Ledger) -> None:
    record(ledger, frame=plan_frame(30))
    with pytest.raises(BadDecision) as told:
        decide(ledger, ledger.transfers(), Action.DISPATCH)
    assert str(told.value).count("cannot dispatch what is proposed") == 10
    assert str(told.value).endswith("and 20 more")


@pytest.mark.parametrize(
    ("plan", "transfer", "why"),
    [
        ("monday", "van-9/tea-0", "not in the ledger"),
        ("tuesday", FIRST, "not in the ledger"),
    ],
)
def test_what_is_not_there_cannot_be_decided(
    file_ledger: Ledger, plan: str, transfer: str, why: str
) -> None:
    record(file_ledger)
    with pytest.raises(BadDecision, match=why):
        file_ledger.decide([Decision(plan, transfer, 1, Action.APPROVE)], who=LI)


def test_one_transfer_cannot_be_decided_twice_in_one_request(file_ledger: Ledger) -> None:
    record(file_ledger)
    twice = decisions(file_ledger.transfers()[:1], Action.APPROVE) * 2
    with pytest.raises(BadDecision, match="named more than once"):
        file_ledger.decide(twice, who=LI)


def test_who_comes_second_is_told_what_changed_by_whom_and_when(ledger: Ledger) -> None:
    record(ledger)
    seen = ledger.transfers()
    decide(ledger, pick(seen, FIRST), Action.APPROVE, cases=9, who=WANG)
    with pytest.raises(Conflict) as told:
        decide(ledger, seen, Action.APPROVE)
    change = only(told.value.changes)
    assert (change.transfer, change.seen, change.version) == (FIRST, 1, 2)
    assert (change.state, change.cases, change.action, change.who) == (
        "approved",
        9,
        "approve",
        "wang",
    )
    assert datetime.now(UTC) - change.at < timedelta(minutes=10)
    assert f"{FIRST} (plan monday) is now approved, 9 cases: approve by wang" in str(told.value)
    assert states(ledger.transfers())["van-1/tea-0/1103"] == "proposed"


def test_the_same_request_again_changes_nothing(ledger: Ledger) -> None:
    record(ledger)
    wanted = decisions(ledger.transfers(), Action.APPROVE)
    first = ledger.decide(wanted, who=LI, request="click-1")
    again = ledger.decide(wanted, who=LI, request="click-1")
    assert again == first
    assert len(ledger.events(action="approve")) == len(wanted)
    with pytest.raises(BadDecision, match="already stands for another request"):
        ledger.decide(wanted[:2], who=LI, request="click-1")


def test_no_decision_is_no_event(ledger: Ledger) -> None:
    record(ledger)
    before = len(ledger.events())
    assert ledger.decide([], who=LI).count == 0
    assert len(ledger.events()) == before


def test_undo_gives_back_what_stood_and_adds_an_event(ledger: Ledger) -> None:
    record(ledger)
    decide(ledger, pick(ledger.transfers(), FIRST), Action.APPROVE, cases=7)
    decide(ledger, pick(ledger.transfers(), FIRST), Action.EDIT, cases=3, text="less")
    ledger.undo(undos(pick(ledger.transfers(), FIRST)), who=WANG)
    row = only(pick(ledger.transfers(), FIRST).itertuples())
    assert (row.state, row.cases, row.text, row.decided_by) == ("approved", 7, "", "li")
    ledger.undo(undos(pick(ledger.transfers(), FIRST)), who=WANG)
    row = only(pick(ledger.transfers(), FIRST).itertuples())
    assert (row.state, row.cases, row.version, row.undoable) == ("proposed", 5, 5, False)
    told = ledger.history(FIRST)
    assert list(told["action"]) == ["propose", "approve", "edit", "undo", "undo"]
    numbers = list(told["number"])
    assert list(told["undoes"])[3:] == [numbers[2], numbers[1]]
    assert ledger.verify() == []


def test_a_request_is_undone_as_one(ledger: Ledger) -> None:
    record(ledger)
    done = decide(ledger, ledger.transfers(), Action.APPROVE)
    assert ledger.undo(done.request, who=LI).count == 6
    assert set(ledger.transfers()["state"]) == {"proposed"}
    with pytest.raises(Conflict, match="undo by li"):
        ledger.undo(done.request, who=LI)


def test_a_request_that_somebody_built_on_is_not_undone_in_part(ledger: Ledger) -> None:
    record(ledger)
    done = decide(ledger, ledger.transfers(), Action.APPROVE)
    decide(ledger, pick(ledger.transfers(), FIRST), Action.EDIT, cases=1, who=WANG)
    with pytest.raises(Conflict, match=r"1 cases: edit by wang"):
        ledger.undo(done.request, who=LI)
    assert set(ledger.transfers()["state"]) == {"approved"}


def test_undo_needs_something_to_undo(ledger: Ledger) -> None:
    record(ledger)
    with pytest.raises(BadDecision, match="it is proposed and there is no decision to undo"):
        ledger.undo(undos(ledger.transfers()[:1]), who=LI)
    with pytest.raises(BadDecision, match="no request nothing to undo"):
        ledger.undo("nothing", who=LI)
    with pytest.raises(Conflict):
        ledger.undo([Undo("monday", FIRST, 3)], who=LI)


def test_events_are_found_by_who_what_when_and_where(ledger: Ledger) -> None:
    record(ledger)
    rows = ledger.transfers()
    decide(ledger, rows[:2], Action.APPROVE)
    done = decide(ledger, rows[2:3], Action.REJECT, reason=Reason.STOCK_WRONG, who=WANG)
    assert len(ledger.events()) == 6 + 1 + 3
    assert list(ledger.events()["number"]) == list(range(10, 0, -1))
    assert len(ledger.events(who="li")) == 2
    assert list(ledger.events(who="wang")["reason"]) == ["stock_wrong"]
    assert len(ledger.events(action="record", plan="monday")) == 1
    assert len(ledger.events(sku="tea-0", lane="van-0")) == 2
    assert len(ledger.events(since=done.at)) == 1
    assert len(ledger.events(until=done.at)) == 9
    assert len(ledger.events(after=9)) == 1
    assert len(ledger.events(limit=4)) == 4
    assert set(ledger.events(request=done.request)["action"]) == {"reject"}


def test_nothing_is_done_without_the_role_for_it(file_ledger: Ledger) -> None:
    record(file_ledger)
    rows = file_ledger.transfers()
    done = decide(file_ledger, rows[:1], Action.APPROVE)
    actions = {
        Permission.RECORD_PLAN: lambda who: record(file_ledger, "tuesday", who=who),
        Permission.DECIDE: lambda who: decide(file_ledger, rows[1:2], Action.APPROVE, who=who),
        Permission.CONFIRM: lambda who: decide(file_ledger, rows[:1], Action.DISPATCH, who=who),
    }
    before = file_ledger.events()
    for permission, action in actions.items():
        for role in Role:
            person = Person("zhao", frozenset({role}))
            if not person.may(permission):
                with pytest.raises(NotAllowed):
                    action(person)
    with pytest.raises(NotAllowed):
        file_ledger.undo(done.request, who=Person("zhao", frozenset({Role.OPERATOR})))
    pd.testing.assert_frame_equal(file_ledger.events(), before)


@pytest.mark.parametrize(
    ("action", "more", "why"),
    [
        # what is asked             with                                    what is told
        ("supersede", {}, "not a decision"),
        ("fly", {}, "not a valid Action"),
        ("reject", {}, "needs a reason: forecast_too_high, stock_wrong"),
        ("reject", {"reason": "bad mood"}, "not a valid Reason"),
        ("reject", {"reason": "other"}, "needs a text"),
        ("reject", {"reason": "other", "text": "  "}, "needs a text"),
        ("reject", {"reason": "stock_wrong", "cases": 3}, "takes no cases"),
        ("approve", {"reason": "stock_wrong"}, "takes no reason"),
        ("approve", {"until": date(2025, 11, 9)}, "takes no until"),
        ("approve", {"cases": 0}, "found 0; to move nothing, reject or cancel it"),
        ("approve", {"cases": -1}, "found -1"),
        ("approve", {"cases": 1.5}, "whole number"),
        ("approve", {"cases": True}, "whole number"),
        ("approve", {"cases": 10_000_001}, "1 to 10,000,000 cases"),
        ("approve", {"text": "x" * 2001}, "at most 2000 characters"),
        ("approve", {"text": "\0"}, "no NUL"),
        ("edit", {}, "needs the cases"),
        ("edit", {"cases": 0}, "found 0"),
        ("correct", {}, "needs the cases"),
        ("receive", {"cases": -1}, "0 to 10,000,000 cases"),
        ("cancel", {"cases": 1}, "takes no cases"),
    ],
)
def test_a_decision_checks_itself(action: str, more: dict[str, Any], why: str) -> None:
    with pytest.raises(BadDecision, match=why):
        Decision("monday", FIRST, 1, action, **more)  # type: ignore[arg-type]


def test_a_decision_takes_numbers_and_days_of_a_frame(file_ledger: Ledger) -> None:
    record(file_ledger)
    row = file_ledger.transfers().iloc[0]
    more = {"action": Action.APPROVE, "cases": row["cases"] + np.int64(2)}
    file_ledger.decide([Decision(row["plan"], row["transfer"], row["version"], **more)], who=LI)
    assert file_ledger.transfers()["cases"][0] == 7
    until = pd.Timestamp("2025-11-09 10:00")
    rejection = Decision("p", "t", 1, Action.REJECT, reason=Reason.STOCK_WRONG, until=until)
    assert rejection.until == date(2025, 11, 9)


def test_several_brands_in_one_ledger_keep_apart(ledger_url: str) -> None:
    with Ledger(ledger_url) as anybody, Ledger(ledger_url, "Other") as other:
        assert len(anybody.transfers()) == 0
        anybody.record_plan("monday", AS_OF, BRAND, plan_frame())
        assert len(anybody.transfers()) == 6
        assert len(other.transfers()) == 0
        with pytest.raises(BadDecision, match="no plan has been recorded yet"):
            decide(other, anybody.transfers(), Action.APPROVE)
        other.record_plan("monday", AS_OF, "Other", plan_frame(3))
        assert len(other.transfers()) == 3
        with pytest.raises(BadInput, match=r"several brands \(Other, Test brand\): say which"):
            anybody.transfers()
        with pytest.raises(BadInput, match="open for Other, the plan is of Test brand"):
            other.record_plan("tuesday", AS_OF, BRAND, plan_frame())
        decide(other, other.transfers(), Action.APPROVE)
    with Ledger(ledger_url, BRAND) as first:
        assert set(first.transfers()["state"]) == {"proposed"}
        assert first.verify() == []


def test_what_is_kept_in_the_ledger_survives_its_closing(ledger_url: str) -> None:
    with Ledger(ledger_url, BRAND) as ledger:
        record(ledger)
        decide(ledger, ledger.transfers(), Action.APPROVE)
        before = ledger.transfers()
    with Ledger(ledger_url, BRAND) as ledger:
        pd.testing.assert_frame_equal(ledger.transfers(), before)


def test_chinese_and_odd_names_come_back_as_they_went_in(ledger: Ledger) -> None:
    frame = plan_frame(2)
    frame["sku"] = ["龙井茶 & <b>'quoted'</b>", "=1+1; DROP TABLE ledger_event"]
    record(ledger, frame=frame)
    assert sorted(ledger.transfers()["sku"]) == sorted(frame["sku"])
    decide(ledger, ledger.transfers(), Action.REJECT, reason=Reason.OTHER, text="没有月台 😀")
    assert set(ledger.transfers()["text"]) == {"没有月台 😀"}
