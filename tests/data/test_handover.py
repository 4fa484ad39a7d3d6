"""Exports: told once, kept as they were, harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import time
from pathlib import Path

import jsonschema
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

import data.handover
from data.errors import BadDecision, BadInput, NotAllowed
from data.handover import LINE_FIELDS, audit_csv, hand_over, list_exports, read_export
from data.ledger import Action, Ledger
from data.roles import Person, Role
from data.spreadsheet_cells import defuse, undefuse
from tests.data.ledger_cases import (
    AS_OF,
    LI,
    WANG,
    decide,
    only,
    pick,
    plan_frame,
    record,
    undos,
)

FIRST = "van-0/tea-0/1103"
SCHEMA = json.loads((Path(data.handover.__file__).parent / "export.schema.json").read_text("utf-8"))


def approve_all(ledger: Ledger, frame: pd.DataFrame | None = None) -> None:
    record(ledger, frame=frame)
    decide(ledger, ledger.transfers(), Action.APPROVE)


def test_what_is_approved_is_told_once(ledger: Ledger) -> None:
    record(ledger)
    decide(ledger, ledger.transfers()[:4], Action.APPROVE, cases=7)
    export = hand_over(ledger, who=WANG, names={"tea-0": "Dragon Well"})
    assert [line.cases for line in export.lines] == [7] * 4
    assert {line.action for line in export.lines} == {"move"}
    assert {line.name for line in export.lines} == {"Dragon Well", ""}
    assert [line.units for line in export.lines] == [84.0] * 4
    rows = ledger.transfers()
    assert list(rows["exported"][:4]) == [export.id] * 4
    assert not rows["undoable"].any()
    with pytest.raises(BadDecision, match="nothing to hand over: approve transfers first"):
        hand_over(ledger, who=WANG)
    decide(ledger, rows[4:], Action.APPROVE)
    assert len(hand_over(ledger, who=WANG).lines) == 2
    assert list(list_exports(ledger)["count"]) == [2, 4]
    assert ledger.verify() == []


def test_what_was_told_cannot_be_undone_or_edited_but_cancelled(file_ledger: Ledger) -> None:
    ledger = file_ledger
    approve_all(ledger)
    export = hand_over(ledger, who=LI)
    row = pick(ledger.transfers(), FIRST)
    with pytest.raises(BadDecision, match=rf"already has it \(export {export.id}\), so it cannot"):
        ledger.undo(undos(row), who=LI)
    with pytest.raises(BadDecision, match=rf"already has it \(export {export.id}\); cancel it"):
        decide(ledger, row, Action.EDIT, cases=1)
    decide(ledger, row, Action.CANCEL, text="truck broke down")
    told = hand_over(ledger, who=LI)
    line = only(told.lines)
    assert (line.action, line.transfer) == ("cancel", FIRST)
    with pytest.raises(BadDecision, match="nothing to hand over"):
        hand_over(ledger, who=LI)
    assert ledger.verify() == []


def test_a_cancellation_not_told_yet_can_be_undone(file_ledger: Ledger) -> None:
    ledger = file_ledger
    approve_all(ledger)
    hand_over(ledger, who=LI)
    decide(ledger, pick(ledger.transfers(), FIRST), Action.CANCEL)
    ledger.undo(undos(pick(ledger.transfers(), FIRST)), who=LI)
    assert only(pick(ledger.transfers(), FIRST)["state"]) == "approved"
    with pytest.raises(BadDecision, match="nothing to hand over"):
        hand_over(ledger, who=LI)


def test_what_was_cancelled_before_it_was_told_is_never_told(file_ledger: Ledger) -> None:
    ledger = file_ledger
    approve_all(ledger)
    decide(ledger, pick(ledger.transfers(), FIRST), Action.CANCEL)
    assert FIRST not in [line.transfer for line in hand_over(ledger, who=LI).lines]


def test_only_some_lanes_or_days_can_be_told(file_ledger: Ledger) -> None:
    ledger = file_ledger
    later = plan_frame(first_day=3)
    approve_all(ledger, pd.concat([plan_frame(), later], ignore_index=True))
    one = hand_over(ledger, who=LI, until=AS_OF + pd.Timedelta(days=1), lanes=["van-1"])
    assert {(line.lane, line.dispatch_date) for line in one.lines} == {("van-1", "2025-11-03")}
    assert len(hand_over(ledger, who=LI, until="2025-11-04").lines) == 4
    assert len(hand_over(ledger, who=LI).lines) == 6


def test_the_same_request_gives_the_same_export(ledger: Ledger) -> None:
    approve_all(ledger)
    first = hand_over(ledger, who=LI, request="click")
    assert hand_over(ledger, who=LI, request="click") == first
    assert len(list_exports(ledger)) == 1


def test_an_export_is_the_same_bytes_whenever_it_is_written(
    file_ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = file_ledger
    approve_all(ledger)
    export = hand_over(ledger, who=LI)
    first = export.to_csv(), export.to_json(), export.to_excel()
    for action in (Action.DISPATCH, Action.RECEIVE):
        decide(ledger, ledger.transfers()[:3], action)
    decide(ledger, ledger.transfers()[3:4], Action.CANCEL)
    again = read_export(ledger, export.id)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 86_400)
    assert (again.to_csv(), again.to_json()) == first[:2]
    time.sleep(1.1)  # a workbook notes the second in which it is written
    assert again.to_excel() == first[2]


def test_an_export_that_is_not_there_is_told(file_ledger: Ledger) -> None:
    with pytest.raises(BadInput, match="there is no export E000099"):
        read_export(file_ledger, "E000099")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.ADMIN])
def test_handing_over_needs_a_planner(file_ledger: Ledger, role: Role) -> None:
    approve_all(file_ledger)
    with pytest.raises(NotAllowed):
        hand_over(file_ledger, who=Person("zhao", frozenset({role})))
    assert len(list_exports(file_ledger)) == 0


def test_the_json_is_as_its_schema_says(file_ledger: Ledger) -> None:
    approve_all(file_ledger)
    export = hand_over(file_ledger, who=LI)
    document = json.loads(export.to_json())
    jsonschema.validate(document, SCHEMA)
    assert set(SCHEMA["properties"]["lines"]["items"]["required"]) == set(LINE_FIELDS)
    assert document["export"] == export.id
    assert len(document["lines"]) == 6


HARMFUL = ['=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(A1)", "\tx", "＝1", "'=1"]


def harmful_frame() -> pd.DataFrame:
    frame = plan_frame(len(HARMFUL), lanes=1)
    frame["sku"] = HARMFUL
    frame["transfer"] = [f"{text}!" for text in HARMFUL]
    frame["lane"] = "=[bad]:*?/\\'lane with a very long name, longer than a sheet's"
    return frame


def test_the_csv_runs_no_formula_and_can_be_read_back(file_ledger: Ledger) -> None:
    approve_all(file_ledger, harmful_frame())
    export = hand_over(file_ledger, who=LI, names=dict.fromkeys(HARMFUL, "=1"))
    rows = list(csv.reader(io.StringIO(export.to_csv().decode("utf-8"), newline="")))
    assert rows[0] == ["export", *LINE_FIELDS, "status", "confirmed_cases"]
    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t＝")]
    read = [dict(zip(rows[0], map(undefuse, row), strict=True)) for row in rows[1:]]
    assert [row["sku"] for row in read] == [line.sku for line in export.lines]
    assert sorted(row["sku"] for row in read) == sorted(HARMFUL)


def test_the_workbook_runs_no_formula_and_has_a_sheet_a_trip(file_ledger: Ledger) -> None:
    frame = pd.concat([harmful_frame(), plan_frame(6, lanes=2)], ignore_index=True)
    approve_all(file_ledger, frame)
    export = hand_over(file_ledger, who=LI)
    book = load_workbook(io.BytesIO(export.to_excel()))
    trips = {(line.lane, line.dispatch_date) for line in export.lines}
    assert len(book.sheetnames) == 1 + len(trips) + 1
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    sheet = book[next(name for name in book.sheetnames if "van-0" in name)]
    assert sheet["A1"].value == "van-0: shanghai → front-0"
    assert [cell.value for cell in sheet[8]][2:6] == ["Σ", 15, 180, 0.9]
    assert sheet.print_title_rows == "$4:$4"
    assert sheet.page_setup.fitToWidth == 1
    heads = [cell.value for cell in book["trips"][4]]
    assert heads[:3] == ["sheet 工作表", "dispatch 发车", "lane 线路"]  # one file for all readers
    first = dict(zip(heads, book["trips"][5], strict=True))
    for head in ("dispatch 发车", "arrive 到达"):
        assert first[head].is_date
        assert first[head].number_format == "yyyy-mm-dd"
    (choice,) = book["confirm"].data_validations.dataValidation
    assert choice.formula1 == '"dispatched,received"'
    assert str(choice.sqref) == f"E2:E{len(export.lines) + 1}"
    assert {row[1].value for row in book["confirm"].iter_rows(min_row=2)} == {
        line.transfer for line in export.lines
    }


def test_an_empty_sheet_starts_on_its_first_row(file_ledger: Ledger) -> None:
    approve_all(file_ledger)
    book = load_workbook(io.BytesIO(hand_over(file_ledger, who=LI).to_excel()))
    assert book["confirm"]["A1"].value == "plan"
    assert book["confirm"].max_row == 7


# Any character, the dangerous ones often; st.text() would first tabulate all of Unicode.
TEXTS = st.text(
    st.sampled_from("=+-@\t\r\n＝＋－＠' a牛") | st.integers(0, 0xD7FF).map(chr)
    | st.integers(0xE000, 0x10FFFF).map(chr)
)  # fmt: skip


@given(TEXTS)
def test_a_defused_text_starts_no_formula_and_comes_back(text: str) -> None:
    cell = defuse(text)
    assert not cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))
    assert undefuse(cell) == text


def test_the_audit_as_csv_is_complete_and_harmless(file_ledger: Ledger) -> None:
    record(file_ledger)
    decide(file_ledger, file_ledger.transfers()[:1], Action.APPROVE, text="=cmd|'/c calc'!A1")
    events = file_ledger.events()
    rows = list(csv.reader(io.StringIO(audit_csv(events).decode("utf-8"), newline="")))
    assert rows[0] == list(events.columns)
    assert len(rows) == 1 + len(events)
    newest = dict(zip(rows[0], rows[1], strict=True))
    assert newest["text"] == "'=cmd|'/c calc'!A1"
    assert (newest["who"], newest["action"], newest["version"]) == ("li", "approve", "2")
    assert newest["dispatch_date"] == "2025-11-03"
    assert newest["at"] == events["at"][0].isoformat()
