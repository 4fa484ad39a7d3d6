"""Handing over: what waits, exports that are repeatable, confirmations that are idempotent."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashboard.confirmation_preview import KNOWN, NEW, REFUSED, preview
from data.confirmations import Confirmation, confirm
from data.handover import hand_over, list_exports, read_export, to_hand_over
from data.ledger import Decision, Ledger
from data.roles import local_person
from data.transitions import Action
from tests.dashboard.app_test import open_app, texts

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

Open = Callable[..., "AppTest"]
pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning")
LI = local_person("Li Wei")


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path) -> Open:
    def open_(page: str = "handover", **query: str) -> AppTest:
        app = open_app(monkeypatch, tmp_path / "home", folder, page, **query)
        assert not app.exception
        return app.text_input(key="who").set_value("Li Wei").run()

    return open_


def approve(ledger: Ledger, *transfers: str) -> None:
    rows = ledger.transfers().set_index("transfer").loc[list(transfers)]
    ledger.decide(
        [
            Decision(str(row.plan), str(row.Index), int(row.version), Action.APPROVE)  # type: ignore[arg-type]
            for row in rows.itertuples()
        ],
        who=LI,
    )


def filled_in(content: bytes, status: str, cases: str = "") -> bytes:
    """A CSV export as a warehouse fills it in."""
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8"))))
    for row in rows:
        row.update(status=status, confirmed_cases=cases)
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8")


def test_nothing_waits_before_anything_is_approved(open_page: Open) -> None:
    app = open_page()
    assert "Nothing waits" in texts(app.info)
    assert "Nothing has been handed over yet" in texts(app.caption)


def test_what_leaves_by_a_day_is_handed_over_once_and_undo_says_why_not(
    open_page: Open, ledger: Ledger
) -> None:
    queue = open_page("transfers", destination="front-hz")
    queue.button(key="approve").click().run()
    app = open_page()
    assert list(app.dataframe[0].value["transfers"]) == [2, 1]
    app.selectbox(key="handover_until").select("2024-05-31").run()
    assert app.button(key="hand_over").label == "Hand over 2 transfers"
    app.button(key="hand_over").click().run()
    assert not app.exception
    assert "2 transfers are handed over" in texts(app.success)
    made = list_exports(ledger)
    assert list(made["count"]) == [2]
    assert app.button(key="hand_over").label == "Hand over 1 transfer"
    assert [one.transfer for one in to_hand_over(ledger)] == ["T3"]
    # Who approved them tries to undo all three: refused, with the way out.
    queue.button(key="undo").click().run()
    assert "Cancel it instead" in texts(queue.error)
    assert made["export"].iloc[0] in texts(queue.error)


def test_a_double_press_makes_one_export(open_page: Open, ledger: Ledger) -> None:
    approve(ledger, "T1", "T4")
    app = open_page()
    request = app.session_state["handover_request"]
    app.button(key="hand_over").click().run()
    again = hand_over(ledger, who=LI, names={}, request=request)
    assert list(list_exports(ledger)["export"]) == [again.id]


def test_a_file_of_confirmations_is_previewed_taken_and_known_the_second_time(
    open_page: Open, ledger: Ledger
) -> None:
    approve(ledger, "T1", "T4")
    export = hand_over(ledger, who=LI)
    app = open_page()
    assert list(app.dataframe[0].value["export"]) == [export.id]
    content = filled_in(read_export(ledger, export.id).to_csv(), "dispatched")
    app.file_uploader(key="confirmations").upload("back.csv", content, "text/csv").run()
    assert not app.exception
    assert list(app.dataframe[1].value["outcome"]) == ["will be taken"] * 2
    assert set(ledger.transfers().set_index("transfer").loc[["T1", "T4"], "state"]) == {"approved"}
    app.button(key="confirm").click().run()
    assert "2 transfers confirmed; 0 rows were known" in texts(app.success)
    rows = ledger.transfers().set_index("transfer")
    assert set(rows.loc[["T1", "T4"], "state"]) == {"dispatched"}
    assert list(app.dataframe[1].value["outcome"]) == ["known already"] * 2
    assert app.button(key="confirm").disabled


def test_a_file_that_cannot_be_taken_says_which_rows(open_page: Open, ledger: Ledger) -> None:
    approve(ledger, "T1")
    export = hand_over(ledger, who=LI)
    plan = export.lines[0].plan
    content = f"plan,transfer,status\n{plan},T1,received\n{plan},T2,received\n{plan},T9,received\n"
    app = open_page()
    app.file_uploader(key="confirmations").upload("x.csv", content.encode(), "text/csv").run()
    shown = app.dataframe[1].value.set_index("transfer")
    assert shown["outcome"].to_dict() == {
        "T1": "will be taken",
        "T2": "cannot be",
        "T9": "cannot be",
    }
    assert app.button(key="confirm").disabled
    app.file_uploader(key="confirmations").upload("x.csv", b"a,b\n1,2\n", "text/csv").run()
    assert "has faults" in texts(app.error)
    assert "column plan" in texts(app.code)


def test_the_preview_agrees_with_what_is_then_done(ledger: Ledger) -> None:
    approve(ledger, "T1", "T2", "T4")
    plan = str(ledger.transfers()["plan"].iloc[0])
    confirm(ledger, [Confirmation(2, plan, "T2", "received", 4)], who=LI)
    asked = [
        Confirmation(2, plan, "T1", "received"),
        Confirmation(3, plan, "T1", "dispatched", 9),
        Confirmation(4, plan, "T2", "received", 4),
        Confirmation(5, plan, "T4", "received"),
    ]
    shown = preview(ledger, asked)
    assert list(shown["outcome"]) == [NEW, NEW, KNOWN, NEW]
    done = confirm(ledger, asked, who=LI)
    assert (done.changed, done.known) == (2, 1)
    assert list(preview(ledger, asked)["outcome"]) == [KNOWN] * 4
    refused = preview(ledger, [Confirmation(2, plan, "T3", "dispatched")])
    assert list(refused["outcome"]) == [REFUSED]
