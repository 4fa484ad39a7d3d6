"""The forecasts page: what is chosen is in the link, and only what is true is shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from data.brand import read_brand
from data.overrides import overrides
from data.workspace import Workspace
from forecasting.baselines import seasonal_naive
from forecasting.past import keep_past, past_rows
from tests.dashboard.app_test import figures, open_app, texts
from tests.dashboard.browser import Server, Visit
from tests.dashboard.planned_brand import forecast_of, write_planned_brand

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from streamlit.testing.v1 import AppTest

Open = Callable[..., "AppTest"]
pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning")


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Open:
    def open_(brand: Path, page: str, **query: str) -> AppTest:
        return open_app(monkeypatch, tmp_path / "home", brand, page, **query)

    return open_


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_planned_brand(tmp_path / "brand")


def chosen(app: AppTest) -> dict[str, str]:
    return {key: app.selectbox(key=key).value for key in ("region", "category", "sku")}


def test_a_link_chooses_region_category_and_product(folder: Path, open_page: Open) -> None:
    app = open_page(folder, "forecasts", region="suzhou", category="fresh", sku="milk")
    assert not app.exception
    assert chosen(app) == {"region": "suzhou", "category": "fresh", "sku": "milk"}
    assert app.query_params["sku"] in ("milk", ["milk"])


def test_a_choice_goes_into_the_link(folder: Path, open_page: Open) -> None:
    app = open_page(folder, "forecasts")
    app.selectbox(key="region").select("hangzhou").run()
    app.selectbox(key="sku").select("tea").run()
    assert not app.exception
    assert {name: app.query_params[name] for name in ("region", "sku")} in (
        {"region": "hangzhou", "sku": "tea"},
        {"region": ["hangzhou"], "sku": ["tea"]},
    )
    app.selectbox(key="sku").select("").run()
    assert "sku" not in app.query_params


def test_a_link_to_what_is_not_there_shows_everything(folder: Path, open_page: Open) -> None:
    app = open_page(folder, "forecasts", region="moon", sku="<b>x</b>")
    assert not app.exception
    assert chosen(app) == {"region": "", "category": "", "sku": ""}


def test_a_product_outside_the_category_falls_back_to_all(folder: Path, open_page: Open) -> None:
    app = open_page(folder, "forecasts", sku="milk")
    app.selectbox(key="category").select("drinks").run()
    assert not app.exception
    assert set(app.selectbox(key="sku").options) >= {"Tea · tea"}


def test_the_figures_are_those_of_the_choice(folder: Path, open_page: Open) -> None:
    sales = pd.read_csv(folder / "sales.csv")
    rows = sales[(sales["region"] == "suzhou") & (sales["sku"] == "milk")].tail(28)
    shown = figures(open_page(folder, "forecasts", region="suzhou", sku="milk"))
    assert shown["Units sold, last 7 days"] == f"{rows['units'].tail(7).sum():.0f}"
    assert shown["Units expected, next 7 days"] == f"{7 * rows['units'].mean():.0f}"


def test_series_and_totals_have_bands(folder: Path, open_page: Open) -> None:
    series = open_page(folder, "forecasts", region="suzhou", sku="milk", part="numbers")
    assert "nine in ten" in texts(series.caption)
    own = series.dataframe[0].value
    whole = open_page(folder, "forecasts", region="suzhou", part="numbers")
    assert "as is usual" in texts(whole.caption)
    total = whole.dataframe[0].value
    assert list(total.columns) == list(own.columns)
    assert (total["q05"] < total["mean"]).all() and (total["mean"] < total["q95"]).all()
    # Errors cancel out: the total is surer than its series are, in proportion.
    width = [((frame["q95"] - frame["q05"]) / frame["mean"]).mean() for frame in (own, total)]
    assert width[1] < width[0]


def test_an_event_that_history_lacks_is_one_notice(folder: Path, open_page: Open) -> None:
    brand = read_brand(folder)
    made = forecast_of(brand)
    made.series["flag"] = "unseen_event"
    made.write(Workspace.of(folder).forecast)
    app = open_page(folder, "forecasts", region="hangzhou")
    told = texts(app.info)
    assert "history does not know" in told
    assert "Dragon Boat Festival \\(8 Jun – 10 Jun" in told.replace("\u2060", "")
    assert "ordinary fit" not in texts(app.caption)
    overview = open_page(folder, "overview")
    assert "0 of 6 series are flagged" in texts(overview.caption)
    assert "history does not know" in texts(overview.caption)


def test_past_forecasts_are_compared_with_what_came(folder: Path, open_page: Open) -> None:
    app = open_page(folder, "forecasts", part="record")
    assert "No past forecast" in texts(app.caption)
    brand = read_brand(folder)
    frames = []
    for days in (7, 14):
        past = brand.until(brand.as_of - pd.Timedelta(days=days))
        frames.append(seasonal_naive(past, 7).frame)
        keep_past(Workspace.of(folder).past, past_rows(frames[-1], past.as_of))
    shown = figures(open_page(folder, "forecasts", region="suzhou", sku="milk", part="record"))
    both = pd.concat(frames).merge(brand.sales, on=["region", "sku", "date"])
    both = both[(both["region"] == "suzhou") & (both["sku"] == "milk")]
    both = both[both["availability"] >= 0.5]
    assert shown["Days compared"] == str(len(both))
    wape = (both["mean"] - both["units"]).abs().sum() / both["units"].sum()
    assert shown["Off by, as a share of sales"] == f"{100 * wape:.1f}%"


def test_what_stock_kept_from_being_sold_is_told(folder: Path, open_page: Open) -> None:
    app = open_page(folder, "forecasts", region="suzhou", part="recovered")
    assert not app.exception
    shown = figures(app)
    out = pd.read_csv(folder / "sales.csv").query("region == 'suzhou' and availability < 1")
    assert shown["Days with stock running out"] == str(len(out))
    assert {"name", "recovered"} <= set(app.dataframe[0].value.columns)


def test_an_override_is_entered_listed_and_withdrawn(folder: Path, open_page: Open) -> None:
    app = open_page(folder, "forecasts", region="suzhou", sku="milk", part="overrides")
    assert "Nobody has overridden" in texts(app.caption)
    submit = next(button for button in app.button if button.label == "Enter")
    submit.click().run()
    assert "Say why" in texts(app.error)
    app.number_input(key="override_amount").set_value(-20.0)
    app.text_input(key="override_reason").set_value("a **rival** opens")
    next(button for button in app.button if button.label == "Enter").click().run()
    assert not app.exception and not app.error
    row = app.dataframe[0].value.iloc[0]
    assert (row["scope"], row["change"], row["state"]) == ("Suzhou · Milk", "-20%", "in force")
    with Workspace.of(folder).ledger("Tiny") as ledger:
        kept = overrides(ledger).iloc[0]
    assert (kept["region"], kept["sku"], kept["reason"]) == ("suzhou", "milk", "a **rival** opens")
    app.button(key="withdraw").click().run()
    assert not app.exception and not app.error
    assert app.dataframe[0].value["state"].iloc[0].startswith("withdrawn by")


def test_a_fallback_says_why(folder: Path, open_page: Open) -> None:
    app = open_page(folder, "forecasts", region="hangzhou", sku="case")
    assert "less than two weeks" in texts(app.warning)
    app = open_page(folder, "forecasts", region="hangzhou")
    assert "1 of 3 series" in texts(app.caption)
    assert not app.warning


def test_stock_is_compared_with_demand(folder: Path, open_page: Open) -> None:
    sales = pd.read_csv(folder / "sales.csv")
    rows = sales[(sales["region"] == "hangzhou") & (sales["sku"] == "milk")].tail(28)
    total = rows["units"].mean() * np.arange(1, 8)
    high = total + 1.64 * np.sqrt(total)
    lasts = [int((demand <= stock).sum()) for stock in (36, 96) for demand in (high, total)]
    shown = figures(open_page(folder, "forecasts", region="hangzhou", sku="milk"))
    assert shown["Stock in the region"] == "36"
    # T1 brings 60 on the second day, before the 36 are used up.
    assert lasts[1] >= 1
    assert shown["Days of cover as it is"] == f"{lasts[0]} to {lasts[1]}"
    assert shown["Days of cover with the plan"] == f"{lasts[2]} to {lasts[3]}"


def test_the_parts_are_drawn_on_request(folder: Path, open_page: Open) -> None:
    app = open_page(folder, "forecasts", region="suzhou", part="parts")
    assert not app.exception
    assert "add up" in texts(app.caption)
    assert "Stock in the region" not in figures(app)


def test_the_page_is_in_the_readers_language(folder: Path, open_page: Open) -> None:
    app = open_page(folder, "forecasts", lang="zh", region="suzhou", sku="milk")
    assert not app.exception
    labels = [*figures(app), *(box.label for box in app.selectbox), app.title[0].value]
    assert not [label for label in labels if re.search("[A-Za-z]{3,}", label)]


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_a_shared_link_draws_the_fan_on_a_servers_first_visit(
    tmp_path: Path, chromium: Browser
) -> None:
    server = Server(write_planned_brand(tmp_path / "brand"), tmp_path / "home")
    try:
        window = Visit(chromium, server)
        page = window.open("forecasts", region="hangzhou", sku="milk")
        assert page.locator("[data-testid='stVegaLiteChart']").count() >= 2
        window.screenshot("forecasts-series")
        window.must_be_clean()
    finally:
        server.stop()


def test_of_many_series_those_most_at_risk_are_offered(folder: Path, open_page: Open) -> None:
    listed = open_page(folder, "forecasts", region="hangzhou").dataframe[0].value
    assert set(listed["region"]) == {"Hangzhou"}
    assert listed["missed"].is_monotonic_decreasing
    one = open_page(folder, "forecasts", region="hangzhou", sku="tea")
    assert "Stock in the region" in figures(one)
