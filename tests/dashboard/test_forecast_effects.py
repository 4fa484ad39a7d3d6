"""What drivers do, with its uncertainty: kept beside the forecast, told on its page."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard import kept_effects, prepared
from dashboard.charts.effects import effect_chart
from dashboard.forecast_details import Choice
from dashboard.forecast_effects import event_name, in_words, of_pool
from data import Brand, read_brand
from data.workspace import Workspace
from forecasting.effects import EFFECT_COLUMNS
from tests.dashboard.app_test import open_app, texts

pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning")


def effects_of(brand: Brand) -> pd.DataFrame:
    """Two drivers and an event for all, and a stronger driver in one region."""
    rows = [
        ("driver", "rain_mm", "", "", 6, 5.5, 0.002, 0.0015),
        ("driver", "discount", "", "", 6, 0.05, -0.08, 0.002),
        ("event", "618_eve", "", "", 6, 1.0, 0.4, 0.05),
        ("driver", "discount", "suzhou", "", 3, 0.05, -0.2, 0.01),
    ]
    names = ["kind", "name", "region", "category", "series", "per", "effect", "sd"]
    table = pd.DataFrame(rows, columns=names)
    table["change"] = np.expm1(table["effect"])
    table["sign"] = np.sign(table["effect"]).astype(int) * (table["effect"].abs() > 2 * table["sd"])
    return table.assign(against=False)[list(EFFECT_COLUMNS)]


def test_effects_are_told_the_largest_first_with_their_interval(recorded: Path) -> None:
    effects = effects_of(read_brand(recorded))
    whole = effects[effects["region"] == ""]
    rows = in_words(whole[whole["kind"] == "driver"])
    assert list(rows["name"]) == ["discount +0.05", "rain_mm +5.5"]
    assert list(rows["label"]) == ["−7.7%", "not distinguishable from zero"]
    assert list(rows["clear"]) == [True, False]
    assert rows.loc[0, ["low", "high"]].tolist() == pytest.approx(np.expm1([-0.084, -0.076]))
    assert (rows["low"] < rows["change"]).all()
    assert rows.loc[1, "low"] < 0 < rows.loc[1, "high"]
    assert rows.loc[0, "span"] == "−8.1% to −7.3%"


def test_a_product_is_told_of_by_its_category(recorded: Path) -> None:
    brand = read_brand(recorded)
    effects = effects_of(brand)
    assert len(of_pool(effects, brand, Choice("", "", ""))) == 3
    assert list(of_pool(effects, brand, Choice("suzhou", "", ""))["effect"]) == [-0.2]
    milk = effects.assign(category="fresh")
    assert len(of_pool(milk, brand, Choice("", "", "milk"))) == 3
    assert of_pool(milk, brand, Choice("", "", "tea")).empty


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("double11_eve", "Double 11: eve"),
        ("618_run_up", "618: run-up"),
        ("mid_autumn", "Mid-Autumn Festival"),
        ("livestream#2", "livestream (2)"),
        ("fair_eve", "fair_eve"),  # a brand's own, whatever it ends in
    ],
)
def test_events_have_names(code: str, name: str) -> None:
    assert event_name(code) == name


def test_effects_are_kept_for_these_tables_only(recorded: Path, tmp_path: Path) -> None:
    brand = read_brand(recorded)
    path = tmp_path / "effects.parquet"
    assert kept_effects.read(path, brand) is None
    kept_effects.write(path, brand, effects_of(brand))
    again = kept_effects.read(path, brand)
    assert again is not None
    pd.testing.assert_frame_equal(again, effects_of(brand))
    assert kept_effects.read(path, brand.until(brand.as_of - pd.Timedelta(days=1))) is None
    path.write_bytes(b"PAR1 and then nothing")
    assert kept_effects.read(path, brand) is None


def test_preparing_works_effects_out_once(folder: Path) -> None:
    brand, workspace = read_brand(folder), Workspace.of(folder)
    steps: list[str] = []
    for _time in range(2):
        prepared._keep_effects(brand, workspace, lambda done, total, what: steps.append(what))
    assert steps == ["effects", "effects"]  # began and ended, the first time
    kept = kept_effects.read(workspace.effects, brand)
    assert kept is not None
    assert set(kept["kind"]) <= {"driver", "event"}


def test_the_page_tells_effects_or_that_there_are_none(
    monkeypatch: pytest.MonkeyPatch, recorded: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(recorded, tmp_path / "brand"))
    app = open_app(monkeypatch, tmp_path / "home", folder, "forecasts", part="effects")
    assert not app.exception
    assert "There is nothing for these tables yet." in texts(app.caption)
    brand = read_brand(folder)
    kept_effects.write(Workspace.of(folder).effects, brand, effects_of(brand))
    app.run()
    assert not app.exception
    assert "Learnt from 6 series" in texts(app.caption)
    app.query_params["region"] = "hangzhou"  # no driver is told of there
    app.run()
    assert "This brand has no drivers" in texts(app.caption)


def test_the_words_behind_the_longest_interval_have_room(recorded: Path) -> None:
    rows = in_words(effects_of(read_brand(recorded)).head(2))
    domain = effect_chart(rows).to_dict()["layer"][1]["encoding"]["x"]["scale"]["domain"]
    assert domain[0] == pytest.approx(rows["low"].min())
    assert domain[1] > rows["high"].max()
