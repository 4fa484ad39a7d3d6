"""Every page in a real browser, in both languages, on light and on dark."""

from __future__ import annotations

import re
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
    "handover": ("Hand over", "移交"),
    "credit": ("Credit", "业绩归属"),
    "audit": ("Audit", "审计"),
    "data": ("Data", "数据"),
    "runs": ("Runs", "运行"),
    "people": ("People and settings", "人员与设置"),
}
OURS = "h1, h2, h3, [data-testid='stMetricLabel'], [data-testid='stWidgetLabel']"


@pytest.mark.parametrize(("locale", "theme"), [("en-GB", "light"), ("zh-CN", "dark")])
def test_every_page_is_drawn_whole(visit: Callable[..., Visit], locale: str, theme: str) -> None:
    window = visit(locale=locale, theme=theme)
    chinese = locale == "zh-CN"
    page = window.open("overview")  # the first page, by its own name
    assert not page.get_by_role("dialog").count()
    for name, titles in PAGES.items():
        if name != "overview":
            window.go(titles[chinese])
        window.screenshot(f"{name}-{locale[:2]}-{theme}")
        window.must_be_clean()
        assert titles[chinese] in window.texts("h1")[0]
        assert ("lang=zh" if chinese else "lang=en") in page.url
        if chinese:
            # Names of the brand's data are its own; headings and labels are ours.
            ours = window.texts(OURS)
            assert [text for text in ours if re.search(r"[A-Za-z]{3,}(\s[a-z]{2,})+", text)] == []
    if chinese:
        return
    # The language can be switched and is kept from page to page.
    page.get_by_text("中文", exact=True).first.click()
    page.wait_for_selector("h1:has-text('人员与设置')")
    window.go("概览")
    assert "lang=zh" in page.url
    assert "模拟品牌" in window.texts("[data-testid='stMain']")[0]
    # A narrow window shows everything without scrolling sideways.
    page.set_viewport_size({"width": 420, "height": 900})
    window.settle()
    window.screenshot("overview-narrow")
    wide = page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
    # An item of the overview leads to its page with the filter in the link.
    page.set_viewport_size({"width": 1400, "height": 900})
    page.locator("[data-testid='stMain'] a[href*='transfers'][href*='lane=']").first.click()
    page.wait_for_selector("h1:has-text('调拨')")
    window.settle()
    assert "lane=" in page.url
    assert "date=" in page.url
    window.must_be_clean()


def test_the_server_listens_on_this_machine_alone(server: Server) -> None:
    assert "localhost" in server.log.read_text(encoding="utf-8")
    assert Path(server.log).exists()


def test_from_nothing_to_a_plan_while_other_pages_stay_open(
    chromium: Browser, make_brand: Callable[..., Path], tmp_path: Path
) -> None:
    brand = make_brand(settings={"plan": {"time_limit_seconds": 10}})
    fresh = Server(brand, tmp_path / "home")
    window = Visit(chromium, fresh)
    try:
        # A folder named `pages` would make Streamlit run the first page alone, without app.py.
        page = window.open("transfers")
        assert "Overview" in window.texts("[data-testid='stSidebarNavLink']")[0]
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
        # And so is the name, by the window; its field is drawn empty first.
        page.wait_for_function("box => box.value === 'Wei'", arg=name.element_handle())
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
