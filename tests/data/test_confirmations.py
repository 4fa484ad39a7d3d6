"""What the warehouse confirms, taken in once however often it is read."""

from __future__ import annotations

import io
import json

import pytest
from openpyxl import load_workbook

from data.confirmation_files import read_confirmations
from data.confirmations import Confirmation, Confirmed, confirm
from data.errors import BadDecision, BadInput, NotAllowed
from data.handover import hand_over
from data.ledger import Action, Ledger
from data.roles import Person, Role
from tests.data.ledger_cases import LI, decide, only, pick, record

FIRST, SECOND, THIRD = (f"van-{i}/tea-0/1103" for i in range(3))
DOCK = Person("dock", frozenset({Role.OPERATOR}))


@pytest.fixture
def told(file_ledger: Ledger) -> Ledger:
    """A ledger whose six transfers were approved and handed over."""
    return handed_over(file_ledger)


def handed_over(ledger: Ledger) -> Ledger:
    record(ledger)
    decide(ledger, ledger.transfers(), Action.APPROVE)
    hand_over(ledger, who=LI)
    return ledger


def one(transfer: str, status: str, cases: int | None = None, row: int = 2) -> Confirmation:
    return Confirmation(row, "monday", transfer, status, cases)


def test_the_export_filled_in_is_a_file_of_confirmations(told: Ledger) -> None:
    export = hand_over_again(told)
    lines = export.to_csv().decode("utf-8").split("\r\n")
    filled = [lines[0]]
    filled += [line[:-1] + "dispatched," for line in lines[1:3]]
    filled += [line[:-1] + "received,3" for line in lines[3:4]]
    filled += lines[4:]
    rows = read_confirmations("\r\n".join(filled).encode("utf-8-sig"))
    assert [(row.row, row.status, row.cases) for row in rows] == [
        (2, "dispatched", None),
        (3, "dispatched", None),
        (4, "received", 3),
    ]
    assert confirm(told, rows, who=DOCK) == Confirmed(3, 0)
    after = told.transfers()
    assert list(after["state"]) == ["dispatched", "dispatched", "received", *["approved"] * 3]
    assert after["received_cases"][2] == 3
    assert confirm(told, rows, who=DOCK) == Confirmed(0, 3)
    assert len(told.transfers()) == 6
    assert told.verify() == []


def hand_over_again(ledger: Ledger):  # type: ignore[no-untyped-def]
    from data.handover import list_exports, read_export

    return read_export(ledger, list_exports(ledger)["export"][0])


def test_a_file_may_tell_both_of_one_transfer_in_any_order(ledger: Ledger) -> None:
    told = handed_over(ledger)
    rows = [one(FIRST, "received", 4, 2), one(FIRST, "dispatched", 5, 3)]
    assert confirm(told, rows, who=DOCK) == Confirmed(1, 0)
    row = only(pick(told.transfers(), FIRST).itertuples())
    assert (row.state, row.cases, row.received_cases, row.version) == ("received", 5, 4, 5)
    assert confirm(told, rows, who=DOCK) == Confirmed(0, 2)
    assert told.verify() == []


def test_what_was_only_received_was_dispatched_too(told: Ledger) -> None:
    confirm(told, [one(FIRST, "received")], who=DOCK)
    assert confirm(told, [one(FIRST, "dispatched")], who=DOCK) == Confirmed(0, 1)
    assert only(pick(told.transfers(), FIRST)["state"]) == "received"


def test_a_contradiction_changes_nothing_and_names_its_row(told: Ledger) -> None:
    confirm(told, [one(FIRST, "received", 4)], who=DOCK)
    rows = [one(SECOND, "received", None, 2), one(FIRST, "received", 5, 3)]
    with pytest.raises(BadDecision, match=r"row 3: .* already received with 4 cases.* says 5"):
        confirm(told, rows, who=DOCK)
    assert only(pick(told.transfers(), SECOND)["state"]) == "approved"
    rows = [one(SECOND, "received", 1, 2), one(SECOND, "received", 2, 3)]
    with pytest.raises(BadDecision, match="received with 2 cases here and 1 in row 2"):
        confirm(told, rows, who=DOCK)


def test_what_was_not_approved_cannot_be_confirmed(file_ledger: Ledger) -> None:
    ledger = file_ledger
    record(ledger)
    with pytest.raises(BadDecision, match=r"row 2: .*cannot dispatch what is proposed; approve or"):
        confirm(ledger, [one(FIRST, "dispatched")], who=DOCK)
    with pytest.raises(BadDecision, match="not in the ledger"):
        confirm(ledger, [one("nothing", "dispatched")], who=DOCK)


def test_confirming_needs_a_role(told: Ledger) -> None:
    for role in (Role.VIEWER, Role.ADMIN):
        with pytest.raises(NotAllowed):
            confirm(told, [one(FIRST, "dispatched")], who=Person("zhao", frozenset({role})))


def test_a_workbook_filled_in_is_read(told: Ledger) -> None:
    book = load_workbook(io.BytesIO(hand_over_again(told).to_excel()))
    sheet = book["confirm"]
    sheet["E2"], sheet["F2"], sheet["G2"] = "Received", 4, "one torn"
    filled = io.BytesIO()
    book.save(filled)
    row = only(read_confirmations(filled.getvalue()))
    assert (row.plan, row.transfer, row.status, row.cases) == ("monday", FIRST, "received", 4)
    assert confirm(told, [row], who=DOCK).changed == 1
    assert only(pick(told.transfers(), FIRST)["text"]) == "one torn"


@pytest.mark.parametrize("wrapped", [True, False])
def test_json_is_read(wrapped: bool) -> None:
    lines = [
        {"plan": "p", "transfer": "t", "status": "dispatched", "confirmed_cases": 2},
        {"plan": "p", "transfer": "u", "status": None},
    ]
    content = json.dumps({"lines": lines} if wrapped else lines).encode()
    assert read_confirmations(content) == (Confirmation(1, "p", "t", "dispatched", 2),)


HEADER = "plan,transfer,status,confirmed_cases\n"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        # the file                                       what is told
        (b"", "the file is empty"),
        ("计划,调拨\n".encode("gbk"), "not UTF-8 text: save it as CSV UTF-8"),
        (b"plan,status\n", "column transfer is missing; the first row names the columns"),
        (b'plan,transfer,status\n"p', "the file is no CSV"),
        (b"PK\x03\x04 no zip", "the file is no Excel workbook"),
        (b"{no json", "the file is no JSON"),
        (b'{"lines": 3}', "not a list of confirmations"),
        (b"[1]", "not a list of confirmations"),
        ((HEADER + "p,t,lost,\n").encode(), "row 2: status is dispatched or received; found 'los"),
        ((HEADER + ",t,received,\n").encode(), "row 2: plan and transfer are needed"),
        ((HEADER + "p,t,received,1.5\n").encode(), "row 2: confirmed_cases is a whole number"),
        ((HEADER + "p,t,received,-1\n").encode(), "row 2: confirmed_cases is a whole number"),
        ((HEADER + "p,t,dispatched,0\n").encode(), "a whole number from 1; found '0'"),
        ((HEADER + "p,t,received,many\n").encode(), "found 'many'"),
    ],
)
def test_a_file_at_fault_is_refused_with_its_row(content: bytes, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        read_confirmations(content)


def test_every_fault_of_a_file_is_told_at_once() -> None:
    content = HEADER + "p,t,received,\n" + "p,t,lost,\n" * 12
    with pytest.raises(BadInput) as told:
        read_confirmations(content.encode())
    assert str(told.value).count("row ") == 10
    assert str(told.value).endswith("and 2 more")


def test_nothing_to_confirm_is_no_event(told: Ledger) -> None:
    before = len(told.events())
    assert confirm(told, [], who=DOCK) == Confirmed(0, 0)
    assert len(told.events()) == before
