"""The audit and credit pages: every event by who, what, when, plan and reason; sums that hold."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from dashboard import audit_trail
from dashboard.audit_trail import OF_PEOPLE, OF_PLANS, Asked
from data.handover import audit_csv
from data.ledger import Decision, Ledger
from data.roles import local_person
from data.transitions import Action
from data.workspace import Workspace
from tests.dashboard.app_test import figures, open_app, texts

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

Open = Callable[..., "AppTest"]
pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning")


@pytest.fixture(scope="module")
def folder(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A brand in which three things were decided; read only, so that it is read once."""
    folder = Path(shutil.copytree(recorded, tmp_path_factory.mktemp("audit") / "brand"))
    with Ledger(Workspace.of(folder).ledger_url) as ledger:
        plan = str(ledger.transfers()["plan"].iloc[0])
        why = {"reason": "no_dock_slot", "text": "=HYPERLINK(1)"}
        ledger.decide([Decision(plan, "T1", 1, Action.APPROVE)], who=local_person("Li"))
        ledger.decide([Decision(plan, "T2", 1, Action.REJECT, **why)], who=local_person("Wang"))  # type: ignore[arg-type]
        last = str(ledger.events(limit=1)["request"].iloc[0])
        ledger.undo(last, who=local_person("Wang"))
    return folder


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path) -> Open:
    def open_(page: str, **query: str) -> AppTest:
        app = open_app(monkeypatch, tmp_path / "home", folder, page, **query)
        assert not app.exception
        return app

    return open_


def listed(app: AppTest) -> list[tuple[str, str]]:
    table = app.dataframe[0].value
    return list(zip(table["who"], table["what"], strict=True))


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, [("Wang", "undid the last decision"), ("Wang", "rejected"), ("Li", "approved")]),
        ({"by": "Li"}, [("Li", "approved")]),
        ({"what": "reject"}, [("Wang", "rejected")]),
        ({"reason": "no_dock_slot"}, [("Wang", "rejected")]),
        ({"words": "T1"}, [("Li", "approved")]),
        ({"words": "hyperlink"}, [("Wang", "rejected")]),
        ({"period": "1", "by": "Li"}, [("Li", "approved")]),
        ({"what": "propose", "words": "T5"}, [("nightly job", "proposed by the plan")]),
    ],
)
def test_filters_come_from_the_link(
    open_page: Open, query: dict[str, str], shown: list[tuple[str, str]]
) -> None:
    assert listed(open_page("audit", **query)) == shown


def test_no_event_fits_and_the_ledger_is_proved(open_page: Open) -> None:
    app = open_page("audit", words="nothing like it")
    assert "No event fits" in texts(app.info)
    app.button(key="verify").click().run()
    assert "Everything agrees" in texts(app.success)


def test_every_event_is_of_people_or_of_plans(ledger: Ledger) -> None:
    everything = audit_trail.read(ledger, [*OF_PEOPLE, *OF_PLANS], None, None)
    assert list(everything["number"]) == list(ledger.events()["number"])
    assert set(OF_PEOPLE) | set(OF_PLANS) == set(Action)
    assert not set(OF_PEOPLE) & set(OF_PLANS)


def test_days_are_taken_whole_and_the_csv_is_defused(ledger: Ledger) -> None:
    day = ledger.events(limit=1)["at"].iloc[0].date()
    one = audit_trail.read(ledger, OF_PEOPLE, day, day)
    assert len(one) == 3
    before = date.fromordinal(day.toordinal() - 1)
    assert audit_trail.read(ledger, OF_PEOPLE, None, before).empty
    asked = Asked(tuple(OF_PEOPLE), who="Wang", reason="no_dock_slot")
    rows = audit_trail.matching(one, asked)
    written = list(csv.DictReader(io.StringIO(audit_csv(rows).decode("utf-8"))))
    assert [(row["who"], row["text"]) for row in written] == [("Wang", "'=HYPERLINK(1)")]


def test_credit_is_by_branch_and_adds_up_to_the_sales(open_page: Open, folder: Path) -> None:
    app = open_page("credit", span="always", cut="month", measure="units")
    sold = pd.read_csv(folder / "sales.csv")["units"].sum()
    assert figures(app)["Units sold"] == f"{sold:,.0f}"
    locations, periods = (frame.value for frame in app.dataframe[:2])
    assert locations["name"].iloc[0] == "total"
    assert locations["units"].iloc[0] == pytest.approx(sold)
    assert locations["units"].iloc[1:].sum() == pytest.approx(sold, abs=1e-6)
    whole = periods.iloc[0]
    assert whole["total"] == pytest.approx(sold)
    assert whole.iloc[2:].sum() == pytest.approx(sold)
    assert "add up to the sales" in texts(app.success)
    margins = open_page("credit", span="always", measure="margin").dataframe[0].value
    assert margins["margin"].iloc[1:].is_monotonic_decreasing
    share = 100 * margins["margin"] / margins["margin"].iloc[0]
    assert margins["share"].tolist() == pytest.approx(share.tolist())
    month = open_page("credit", span="month")
    assert figures(month)["Units sold"] != figures(app)["Units sold"]
