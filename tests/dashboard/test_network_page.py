"""The network page: a map or flows, and how a place stands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from dashboard.charts.network_map import MARGIN
from dashboard.charts.projection import Albers
from tests.brand_factory import LOCATIONS
from tests.dashboard.app_test import figures, open_app, texts
from tests.dashboard.browser import Visit
from tests.dashboard.planned_brand import write_planned_brand

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

Open = Callable[..., "AppTest"]
LEFT, RIGHT, TOP, BOTTOM = 4, 8, 6, 4  # padding of every chart (style.chart_config)
pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning")


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Open:
    def open_(brand: Path, page: str, **query: str) -> AppTest:
        return open_app(monkeypatch, tmp_path / "home", brand, page, **query)

    return open_


def nowhere(locations: pd.DataFrame) -> pd.DataFrame:
    return locations.drop(columns=["lat", "lon"])


def test_a_link_opens_a_place_with_what_comes_and_goes(folder: Path, open_page: Open) -> None:
    app = open_page(folder, "network", location="front-hz")
    assert not app.exception
    shown = figures(app)
    assert shown["Transfers in and out"] == "3 · 1"
    assert shown["Units in stock"] == "90"
    into = app.dataframe[1].value
    assert into["open"].str.startswith("transfers?transfer=T").all()


def test_a_place_without_a_limit_says_so(folder: Path, open_page: Open) -> None:
    app = open_page(folder, "network", location="main")
    assert not app.exception
    assert figures(app)["Most storage used"].endswith("m³")


def test_rings_and_day_are_in_the_link(folder: Path, open_page: Open) -> None:
    app = open_page(folder, "network", ring="risk", day="2024-06-02")
    assert not app.exception
    assert "up to 5%" in texts(app.markdown)
    assert app.select_slider(key="day").value == "2024-06-02"


@pytest.mark.parametrize("query", [{"day": "1999-01-01"}, {"ring": "x"}, {"location": "../etc"}])
def test_a_link_to_nothing_is_not_followed(
    folder: Path, open_page: Open, query: dict[str, str]
) -> None:
    app = open_page(folder, "network", **query)
    assert not app.exception
    assert app.select_slider(key="day").value == "all"
    assert app.selectbox(key="location").value is None


def test_without_coordinates_flows_are_drawn(tmp_path: Path, open_page: Open) -> None:
    folder = write_planned_brand(tmp_path / "brand", locations=nowhere)
    app = open_page(folder, "network")
    assert not app.exception
    assert "without a map" in texts(app.caption)
    app.select_slider(key="day").set_value("2024-06-05").run()
    assert "Nothing is planned" in texts(app.info)


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("mapped", [True, False])
def test_a_click_opens_a_place_and_nothing_is_loaded_from_elsewhere(
    tmp_path: Path,
    visit: Callable[..., Visit],
    shown: Callable[[Path], str],
    folder: Path,
    mapped: bool,
) -> None:
    if not mapped:
        folder = write_planned_brand(tmp_path / "nowhere", locations=nowhere)
    window = visit(locale="zh-CN" if mapped else "en-GB", theme="dark")
    page = window.open("network", uploaded=shown(folder))
    chart = page.locator("[data-testid='stVegaLiteChart']").first
    box = chart.bounding_box()
    assert box is not None
    spot = suzhou_on_the_map if mapped else main_among_the_flows
    x, y = spot(box["width"], box["height"])
    chart.click(position={"x": x, "y": y})
    expected = "front-sz" if mapped else "main"
    page.wait_for_function(f"() => location.search.includes('location={expected}')")
    window.settle()
    window.screenshot(f"network-{'map' if mapped else 'flows'}")
    window.must_be_clean()


def suzhou_on_the_map(width: float, height: float) -> tuple[float, float]:
    """Where the page draws Suzhou's front: the map's own formula, on the tiny brand's places."""
    lat, lon = (LOCATIONS[column].astype(float) for column in ("lat", "lon"))
    x, y = Albers.around(lat, lon).project(lat, lon)
    inner_width, inner_height = width - LEFT - RIGHT, height - TOP - BOTTOM
    spans = [max(np.ptp(values), 0.02) * MARGIN for values in (x, y)]
    step = max(spans[0] / inner_width, spans[1] / inner_height)
    place = list(LOCATIONS["location"]).index("front-sz")
    return (
        LEFT + inner_width / 2 + (x[place] - (x.min() + x.max()) / 2) / step,
        TOP + inner_height / 2 - (y[place] - (y.min() + y.max()) / 2) / step,
    )


def main_among_the_flows(width: float, height: float) -> tuple[float, float]:
    """The only box of the first of three columns: at the left, half way down."""
    inner_width = width - LEFT - RIGHT
    return LEFT + inner_width * 0.02 / 2.04, height / 2
