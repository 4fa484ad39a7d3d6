"""Names come from files that anyone may have written: on no page are they HTML or Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard import jobs, prepared
from data import read_brand
from data.decisions import Decision
from data.handover import hand_over
from data.ledger import Ledger
from data.people import grant
from data.roles import local_person
from data.transitions import Action
from data.workspace import Workspace
from optimization.plan import read_plan
from tests.dashboard.browser import Visit
from tests.dashboard.planned_brand import write_planned_brand
from tests.dashboard.test_pages_browser import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

NASTY = (
    "=cmd()<script>evil=1</script><img src=//evil.example onerror=evil=1><b>EVIL</b>**EVIL**"
    "[EVIL](//evil.example)![EVIL](//evil.example):red[EVIL] :material/delete: :smile: $EVIL$"
)
LINKS = "EVIL@evil.example www.evil.example http://evil.example/x WWW.evil.example <//evil.example>"
RENDERED = """() => {
    const found = [];
    for (const element of document.querySelectorAll('body *')) {
        // What is rendered of a name is an element of its own around its words.
        const text = element.childElementCount ? '' : element.textContent.trim();
        if (text === 'EVIL' || text === 'delete' || text === '😄') found.push(element.outerHTML);
        for (const name of ['href', 'src'])
            if ((element.getAttribute(name) || '').includes('evil.example')) found.push(name);
    }
    if (window.evil) found.push('a script ran');
    return found;
}"""


def write_nasty_brand(folder: Path) -> Path:
    """Every name of the brand, of a person, a reason and a job's message is an attack."""
    named = {
        table: lambda frame, name=name: frame.assign(name=name)
        for table, name in (("products", NASTY), ("regions", NASTY), ("locations", LINKS))
    }
    products = named["products"]
    named["products"] = lambda frame: products(frame).assign(category=NASTY)
    write_planned_brand(folder, **named)
    settings = folder / "brand.toml"
    lines = settings.read_text("utf-8").splitlines()
    brand_name = f"name = '{NASTY}'"
    lines = [brand_name if line.startswith("name") else line for line in lines]
    settings.write_text("\n".join(lines), "utf-8")
    brand, workspace = read_brand(folder), Workspace.of(folder)
    assert brand.settings.name == NASTY
    who = local_person(NASTY[:200])
    with Ledger(workspace.ledger_url, brand.settings.name) as ledger:
        plan = prepared.plan_id(workspace.plan)
        prepared.record(ledger, plan, brand, read_plan(workspace.plan))
        grant(ledger, LINKS, ["viewer", "admin"], who=who)
        ledger.decide([Decision(plan, "T2", 1, Action.APPROVE)], who=who)
        hand_over(ledger, who=who, names={"tea": NASTY})
        rejected = {"reason": "other", "text": NASTY}
        decisions = [Decision(plan, "T1", 1, Action.REJECT, **rejected)]  # type: ignore[arg-type]
        ledger.decide([*decisions, Decision(plan, "T3", 1, Action.APPROVE)], who=who)
    started = jobs.start(
        workspace.jobs, "plan", [], NASTY, program=("sh", "-c", "echo '**EVIL**'; exit 1")
    )
    while jobs.read(workspace.jobs, started.id).status == "running":  # type: ignore[union-attr]
        pass
    return folder


def test_no_name_is_html_or_markdown_on_any_page(
    visit: Callable[..., Visit], shown: Callable[[Path], str], tmp_path: Path
) -> None:
    brand = shown(write_nasty_brand(tmp_path / "brand"))
    window = visit(height=1300)
    page = window.open(uploaded=brand)
    name = page.get_by_role("textbox", name="Your name")
    name.fill(LINKS[:80])
    name.press("Enter")
    window.settle()
    seen = 0
    for titles in PAGES.values():
        if titles[0] != "Overview":
            window.go(titles[0])
        assert page.evaluate(RENDERED) == [], titles[0]
        seen += "**EVIL**" in page.inner_text("body")
    assert seen == len(PAGES)  # the names are there, as they are
    for path, query in (
        ("transfers", {"transfer": "T1"}),
        ("network", {"location": "front-hz"}),
        ("forecasts", {"region": "hangzhou", "sku": "tea"}),
    ):
        window.open(path, uploaded=brand, **query)
        assert page.evaluate(RENDERED) == [], path
        assert "**EVIL**" in page.inner_text("body")
    window.open("transfers", uploaded=brand, transfer="T4")
    # Streamlit's own download of a table would write formulas as they are: only ours is offered.
    offered = page.locator("[data-testid='stElementToolbarButton'] button")
    labels = offered.evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
    assert "Search" in labels
    assert not [label for label in labels if "ownload" in label or "CSV" in label]
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    rows = csv.DictReader(io.StringIO(download.value.path().read_text("utf-8"), newline=""))
    # The link has opened the trip of T4, which takes nothing else.
    assert [(row["transfer"], row["sku_name"]) for row in rows] == [("T4", "'" + NASTY)]
    page.get_by_role("button", name="Reject the selected").click()
    page.get_by_role("dialog").get_by_text("EVIL").first.wait_for()
    assert page.evaluate(RENDERED) == []
    window.must_be_clean()
