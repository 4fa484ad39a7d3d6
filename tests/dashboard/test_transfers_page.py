"""The transfers page: what waits, deciding on it, undoing, and being second."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from dashboard.prepared import plan_id
from data.decisions import Decision
from data.ledger import Ledger
from data.roles import local_person
from data.transitions import Action
from data.workspace import Workspace
from tests.dashboard.app_test import figures, open_app, texts
from tests.dashboard.browser import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page
    from streamlit.testing.v1 import AppTest

Open = Callable[..., "AppTest"]
pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning")


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path) -> Open:
    def open_(who: str = "Li Wei", **query: str) -> AppTest:
        app = open_app(monkeypatch, tmp_path / "home", folder, "transfers", **query)
        assert not app.exception
        return app.text_input(key="who").set_value(who).run() if who else app

    return open_


def states(ledger: Ledger) -> dict[str, str]:
    rows = ledger.transfers()
    return dict(zip(rows["transfer"], rows["state"], strict=True))


def decide_elsewhere(folder: Path, ledger: Ledger, transfer: str, action: Action) -> None:
    """What a colleague does meanwhile."""
    rows = ledger.transfers().set_index("transfer")
    plan = plan_id(Workspace.of(folder).plan)
    version = int(rows.loc[transfer, "version"])
    reason = {"reason": "stock_wrong"} if action is Action.REJECT else {}
    decision = Decision(plan, transfer, version, action, **reason)  # type: ignore[arg-type]
    ledger.decide([decision], who=local_person("Wang Fang"))


def test_the_queue_tells_trips_and_what_they_bring(open_page: Open) -> None:
    app = open_page()
    assert figures(app)["Waiting for a decision"] == "5"
    assert figures(app)["Their gain before vehicles"] == "¥345"
    trips = app.dataframe[0].value
    assert trips["leaves"].is_monotonic_increasing
    first = trips.iloc[0]
    assert (first["lane"], first["vehicles"], first["cost"], first["gain"]) == (
        "main>hz",
        1,
        60,
        200,
    )
    assert first["fill"] == pytest.approx(100 * 0.132 / 6)
    reasons = app.dataframe[1].value["reason"]
    assert reasons.str.contains("out of stock on").all()
    assert reasons.str.contains("no more stock to send").sum() == 1


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"destination": "front-sz"}, ["T4"]),
        ({"origin": "front-hz"}, ["T5"]),
        ({"category": "drinks"}, ["T2", "T5"]),
        ({"dispatch": "2024-06-02"}, ["T3", "T5"]),
        ({"gain": "90"}, ["T1", "T4"]),
        ({"state": "approved"}, []),
        ({"category": "fresh", "destination": "front-hz"}, ["T1"]),
        ({"gain": "minus", "origin": "<b>"}, ["T1", "T2", "T3", "T4", "T5"]),
    ],
)
def test_filters_come_from_the_link(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    recorded: Path,
    query: dict[str, str],
    shown: list[str],
) -> None:
    app = open_app(monkeypatch, tmp_path / "home", recorded, "transfers", **query)
    assert not app.exception
    assert figures(app)["Waiting for a decision"] == str(len(shown))
    names = {"T1": "Milk", "T2": "Tea", "T3": "Phone case", "T4": "Milk", "T5": "Tea"}
    found = list(app.dataframe[1].value["product"]) if shown else []
    assert sorted(found) == sorted(names[name] for name in shown)


def test_filters_that_nothing_passes_are_left_with_one_click(open_page: Open) -> None:
    app = open_page(state="rejected", gain="5")
    assert "No transfer passes these filters." in texts(app.info)
    app.button(key="clear_filters").click().run()
    assert figures(app)["Waiting for a decision"] == "5"
    assert "state" not in app.query_params
    assert "gain" not in app.query_params


def test_a_filter_tells_its_trips_whole(open_page: Open) -> None:
    trip = open_page(category="drinks", destination="front-hz").dataframe[0].value.iloc[0]
    assert trip["fill"] == pytest.approx(100 * 0.132 / 6)
    assert trip["gain"] == 200


def test_who_decides_must_be_known(open_page: Open, ledger: Ledger) -> None:
    app = open_page(who="")
    app.button(key="approve").click().run()
    assert "Give your name first" in texts(app.error)
    assert set(states(ledger).values()) == {"proposed"}
    # It is asked beside the buttons: the side bar is shut on phones.
    app.text_input(key="who:transfers").set_value("Li Wei").run()
    assert app.text_input(key="who").value == "Li Wei"
    assert not [field for field in app.text_input if field.key == "who:transfers"]
    app.button(key="approve").click().run()
    assert set(states(ledger).values()) == {"approved"}
    assert set(ledger.history("T1")["who"].iloc[1:]) == {"Li Wei"}


def test_a_dialog_asks_who_decides(open_page: Open) -> None:
    app = open_page(who="")
    app.button(key="reject").click().run()
    app.text_input(key="who:dialog").set_value("Li Wei").run()
    assert not app.exception
    assert app.text_input(key="who").value == "Li Wei"


def test_tables_show_first_where_to_and_what_it_brings(open_page: Open) -> None:
    trips, transfers = (frame.value for frame in open_page().dataframe[:2])
    assert list(trips.columns[:3]) == ["leaves", "to", "gain"]
    assert list(transfers.columns[:4]) == ["product", "to", "cases", "gain"]


def test_all_filtered_are_approved_and_undone_together(open_page: Open, ledger: Ledger) -> None:
    app = open_page(destination="front-hz")
    app.button(key="approve").click().run()
    assert not app.exception
    approved = {"T1": "approved", "T2": "approved", "T3": "approved"}
    assert states(ledger) == {**approved, "T4": "proposed", "T5": "proposed"}
    assert "3 transfers approved" in texts(app.toast)
    app.button(key="undo").click().run()
    assert set(states(ledger).values()) == {"proposed"}
    assert "3 transfers are as they were" in texts(app.toast)
    assert app.button(key="undo").disabled


def test_undone_decisions_can_be_taken_again(open_page: Open, ledger: Ledger) -> None:
    app = open_page(destination="front-sz")
    for _round in range(2):
        app.button(key="approve").click().run()
        assert states(ledger)["T4"] == "approved"
        app.button(key="undo").click().run()
        assert states(ledger)["T4"] == "proposed"


def test_a_decision_can_be_undone_after_a_reload_whole_or_one_by_one(
    open_page: Open, ledger: Ledger
) -> None:
    open_page(destination="front-hz").button(key="approve").click().run()
    assert open_page(who="Zhang").button(key="undo").disabled  # not Zhang's decision
    app = open_page(transfer="T1")
    app.button(key="undo_selected").click().run()
    assert not app.exception
    assert [states(ledger)[name] for name in ("T1", "T2", "T3")] == [
        "proposed",
        "approved",
        "approved",
    ]
    # A part of it stands no longer, so it is not undone as a whole.
    assert open_page().button(key="undo").disabled
    open_page(destination="front-sz").button(key="approve").click().run()
    again = open_page()
    again.button(key="undo").click().run()
    assert states(ledger)["T4"] == "proposed"


def test_who_comes_second_is_told_and_nothing_is_done(
    open_page: Open, folder: Path, ledger: Ledger
) -> None:
    app = open_page(destination="front-hz")
    decide_elsewhere(folder, ledger, "T2", Action.REJECT)
    app.button(key="approve").click().run()
    assert not app.exception
    told = texts(app.warning)
    assert r"Wang Fang rejected" in told
    assert "Tea" in told
    assert states(ledger)["T1"] == "proposed"
    # The page shows what stands now; the next try decides on the rest.
    app.button(key="approve").click().run()
    assert states(ledger) == {
        "T1": "approved",
        "T2": "rejected",
        "T3": "approved",
        "T4": "proposed",
        "T5": "proposed",
    }


def test_a_link_to_a_transfer_opens_it(open_page: Open) -> None:
    app = open_page(transfer="T3")
    assert "Phone case" in texts(app.subheader)
    told = texts(app.markdown)
    assert "12 units are served that would find no stock" in told
    assert "¥40 less" in told
    history = app.dataframe[2].value
    assert list(history["what"]) == ["proposed by the plan"]


def test_a_rejection_tells_who_why_and_until_when(
    open_page: Open, folder: Path, ledger: Ledger
) -> None:
    open_page()
    decide_elsewhere(folder, ledger, "T4", Action.REJECT)
    told = texts(open_page(transfer="T4").markdown)
    assert r"Rejected by Wang Fang\: The stock figure is wrong\. It stands until" in told


def test_a_plan_without_transfers_says_so(
    tmp_path: Path, open_page: Open, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from data import read_brand
    from tests.dashboard.planned_brand import plan_of

    plan = plan_of(read_brand(folder))
    empty = {name: getattr(plan, name).iloc[:0] for name in ("transfers", "trips", "reasons")}
    replace(plan, **empty, status="nothing_to_do").write(Workspace.of(folder).plan)
    assert "proposes nothing" in texts(open_page().info)


# --- in a browser: rows, dialogs, two people ---------------------------------------------------


def arrive(window: Visit, brand: str, who: str) -> None:
    page = window.open("transfers", uploaded=brand)
    page.get_by_test_id("stTextInputField").first.fill(who)
    page.keyboard.press("Enter")
    window.settle()


def select_row(window: Visit, table: int, row: int, expected: str) -> None:
    """Tick a row of a table (rows are 36 pixels high, the head too) until the link says it."""
    box = window.page.get_by_test_id("stDataFrame").nth(table)
    box.click(position={"x": 15, "y": 36 * (row + 1) + 18})
    window.page.wait_for_function(f"() => location.search.includes('{expected}')")
    window.settle()


def wait_for_toast(page: Page, text: str) -> None:
    page.get_by_test_id("stToast").filter(has_text=text).first.wait_for()


def number_field(dialog: Locator, key: str) -> Locator:
    """The field of the number input with this key, and of no other that is about to go."""
    return dialog.locator(f".st-key-{key}").get_by_test_id("stNumberInputField")


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_a_double_click_decides_once_and_an_edit_shows_what_it_breaks(
    visit: Callable[..., Visit], shown: Callable[[Path], str], folder: Path, ledger: Ledger
) -> None:
    window = visit(theme="dark", height=1300)
    arrive(window, shown(folder), "Li Wei")
    page = window.page
    select_row(window, 0, 0, "lane=main%3Ehz")
    select_row(window, 1, 0, "transfer=T1")
    window.screenshot("transfers-selected")
    page.get_by_role("button", name="Approve the selected (1)").dblclick()
    wait_for_toast(page, "1 transfer approved")
    window.settle()
    assert states(ledger)["T1"] == "approved"
    assert list(ledger.history("T1")["who"])[1:] == ["Li Wei"]
    assert window.texts("[data-testid='stAlert']") == []
    # The link still names it: it is open, and its cases can be changed.
    page.get_by_role("button", name="Change the cases").click()
    dialog = page.get_by_role("dialog")
    cases = number_field(dialog, "edit_cases")
    cases.fill("400")
    cases.press("Enter")
    dialog.get_by_text("The origin does not have so much").first.wait_for()
    window.settle()
    assert dialog.get_by_role("button", name="Change to 400 cases").is_disabled()
    window.screenshot("transfers-refused")
    cases.fill("12")
    cases.press("Enter")
    button = dialog.get_by_role("button", name="Change to 12 cases")
    button.wait_for()
    window.settle()
    assert "≤ ¥144" in dialog.inner_text()
    button.click()
    wait_for_toast(page, "1 transfer changed")
    row = ledger.transfers().set_index("transfer").loc["T1"]
    assert (row["state"], row["cases"], row["units"]) == ("approved", 12, 72.0)
    dialog.wait_for(state="detached")
    window.settle()
    # What came is said by hand, and corrected.
    for happened, action, arrived in (("It was received", "receive", 11), ("", "correct", 10)):
        page.get_by_role("button", name="Confirm…").click()
        dialog.get_by_role("button", name="Confirm", exact=True).wait_for()
        window.settle()
        if happened:
            dialog.get_by_text(happened).click()
        # What is received has a field of its own, which comes with the choice.
        cases = number_field(dialog, f"confirm_cases_{action}")
        cases.fill(str(arrived))
        cases.press("Enter")
        window.settle()
        dialog.get_by_role("button", name="Confirm", exact=True).click()
        dialog.wait_for(state="detached")
        window.settle()
    row = ledger.transfers().set_index("transfer").loc["T1"]
    assert (row["state"], row["cases"], row["received_cases"]) == ("received", 12, 10)
    window.must_be_clean()


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_who_rejects_second_loses_nothing_typed(
    visit: Callable[..., Visit], shown: Callable[[Path], str], folder: Path, ledger: Ledger
) -> None:
    window = visit(height=1300)
    arrive(window, shown(folder), "")
    page = window.page
    select_row(window, 0, 0, "lane=main%3Ehz")
    page.get_by_role("button", name="Reject the whole trip").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox").first.click()
    page.get_by_role("option", name="There is no dock slot").click()
    dialog.get_by_role("textbox", name="In your words").fill("Dock 3 is closed")
    page.keyboard.press("Control+Enter")
    dialog.get_by_placeholder("Your name, shown beside your decisions").fill("Li Wei")
    window.settle()
    decide_elsewhere(folder, ledger, "T2", Action.APPROVE)
    dialog.get_by_role("button", name="Reject 2 transfers").click()
    dialog.get_by_text("Wang Fang approved").wait_for()
    window.screenshot("transfers-second")
    assert states(ledger)["T1"] == "proposed"
    assert dialog.get_by_role("textbox", name="In your words").input_value() == "Dock 3 is closed"
    dialog.get_by_role("button", name="Reject 2 transfers").click()
    wait_for_toast(page, "1 transfer rejected")
    rows = ledger.transfers().set_index("transfer")
    assert rows.loc["T1", ["state", "reason", "text"]].tolist() == [
        "rejected",
        "no_dock_slot",
        "Dock 3 is closed",
    ]
    assert rows.loc["T1", "until"] == pd.Timestamp(date(2024, 5, 31))
    assert rows.loc["T2", "state"] == "approved"
    assert ledger.history("T1")["who"].iloc[-1] == "Li Wei"  # given in the dialog
    window.must_be_clean()
