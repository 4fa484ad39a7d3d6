"""Every page in a real browser, in both languages, on light and on dark."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.dashboard.browser import PATIENCE, Server, Visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PAGES = {
    "overview": ("Overview", "概览"),
    "forecasts": ("Forecasts", "预测"),
    "transfers": ("Transfers", "调拨"),
    "network": ("Network", "网络"),
    "data": ("Data", "数据"),
    "runs": ("Runs", "运行"),
}


OURS = "h1, h2, h3, [data-testid='stMetricLabel'], [data-testid='stWidgetLabel']"


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("locale", "theme"), [("en-GB", "light"), ("zh-CN", "dark")])
def test_a_page_is_drawn_whole(
    visit: Callable[..., Visit], name: str, locale: str, theme: str
) -> None:
    window = visit(locale=locale, theme=theme)
    window.open("" if name == "overview" else name)
    window.screenshot(f"{name}-{locale[:2]}-{theme}")
    window.must_be_clean()
    heading = PAGES[name][locale == "zh-CN"]
    assert heading in window.texts("h1")[0]
    assert ("lang=zh" if locale == "zh-CN" else "lang=en") in window.page.url
    if name == "overview":
        simulated = "模拟品牌" if locale == "zh-CN" else "Simulated brand"
        assert simulated in window.texts("[data-testid='stMain']")[0]
    if locale == "zh-CN":
        # Names of the brand's data are its own; headings and labels are ours.
        ours = window.texts(OURS)
        assert [text for text in ours if re.search(r"[A-Za-z]{3,}(\s[a-z]{2,})+", text)] == []


def test_the_language_can_be_switched_and_is_kept_from_page_to_page(
    visit: Callable[..., Visit],
) -> None:
    window = visit(locale="en-US")
    page = window.open()
    page.get_by_role("radio", name="中文").or_(page.get_by_text("中文", exact=True)).first.click()
    page.wait_for_selector("h1:has-text('概览')")
    page.get_by_test_id("stSidebarNavLink").filter(has_text="数据").click()
    page.wait_for_selector("h1:has-text('数据')")
    window.settle()
    assert "lang=zh" in page.url
    window.must_be_clean()


def test_an_item_of_the_overview_leads_to_its_page_with_the_filter_in_the_link(
    visit: Callable[..., Visit],
) -> None:
    window = visit()
    page = window.open()
    page.locator("[data-testid='stMain'] a[href*='transfers'][href*='lane=']").first.click()
    page.wait_for_selector("h1:has-text('Transfers')")
    window.settle()
    assert "lane=" in page.url
    assert "date=" in page.url
    window.must_be_clean()


def test_a_narrow_window_shows_everything_without_scrolling_sideways(
    visit: Callable[..., Visit],
) -> None:
    window = visit(width=420, height=900)
    page = window.open()
    window.screenshot("overview-narrow")
    wide = page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
    window.must_be_clean()


def test_the_server_listens_on_this_machine_alone(server: Server) -> None:
    assert "localhost" in server.log.read_text(encoding="utf-8")
    assert Path(server.log).exists()


def test_the_first_visit_of_a_server_may_follow_a_link(
    chromium: Browser, planned_demo: Path, tmp_path: Path
) -> None:
    # A folder named `pages` would make Streamlit run the page alone, without app.py.
    fresh = Server(Path(shutil.copytree(planned_demo, tmp_path / "brand")), tmp_path / "home")
    window = Visit(chromium, fresh)
    try:
        window.open("transfers")
        assert "Overview" in window.texts("[data-testid='stSidebarNavLink']")[0]
        window.must_be_clean()
    finally:
        window.close()
        fresh.stop()


def test_from_nothing_to_a_plan_while_other_pages_stay_open(
    chromium: Browser, make_brand: Callable[..., Path], tmp_path: Path
) -> None:
    fresh = Server(make_brand(), tmp_path / "home")
    window = Visit(chromium, fresh)
    try:
        page = window.open()
        name = page.get_by_role("textbox", name="Your name")
        name.fill("Wei")
        name.press("Enter")
        window.settle()
        start = page.get_by_role("button", name="Forecast and plan now")
        start.click()
        page.get_by_role("button", name="Cancel").click()
        page.get_by_text("Cancelled by Wei.").wait_for()
        page.reload()  # what happened is kept by the server, not by the window
        page.get_by_text("Cancelled by Wei.").wait_for()
        start.click()
        page.get_by_role("button", name="Cancel").wait_for()
        page.get_by_test_id("stSidebarNavLink").filter(has_text="Data").click()
        page.wait_for_selector("h1:has-text('Data')")  # answers while the job runs
        page.get_by_test_id("stSidebarNavLink").filter(has_text="Overview").click()
        page.wait_for_selector("[data-testid='stMetric']", timeout=4 * PATIENCE)
        window.settle()
        window.must_be_clean()
    finally:
        window.close()
        fresh.stop()


def test_an_uploaded_brand_is_shown_after_a_reload(
    visit: Callable[..., Visit], tmp_path: Path
) -> None:
    from data.templates import zipped_templates

    (tmp_path / "mine.zip").write_bytes(zipped_templates())
    window = visit()
    page = window.open("data")
    page.locator("input[type=file]").set_input_files(tmp_path / "mine.zip")
    page.get_by_role("button", name="Show this brand").click()
    page.wait_for_selector("h1:has-text('No plan yet')")
    assert "uploaded=" in page.url
    page.reload()
    page.wait_for_selector("h1:has-text('No plan yet')")
    page.wait_for_selector("[data-testid='stSidebar'] :text('Example brand')")
    window.must_be_clean()
