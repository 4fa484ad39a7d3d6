"""What is read before anyone asks is what the pages then show."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from dashboard import kept, read_ahead
from tests.dashboard.planned_brand import write_planned_brand


def test_pages_find_what_was_read_ahead(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_ahead.read(folder)

    def refuse(*_arguments: object) -> None:
        raise AssertionError("read once more")

    monkeypatch.setattr(kept, "read_brand", refuse)
    monkeypatch.setattr(kept, "read_plan", refuse)
    for module, name in (("forecast", "read_forecast"), ("past", "read_past")):
        monkeypatch.setattr(importlib.import_module(f"forecasting.{module}"), name, refuse)
    plan, forecast = kept.plan_of(folder), kept.forecast_of(folder)
    assert plan is not None
    assert forecast is not None
    assert plan.as_of == kept.brand_of(folder).as_of
    assert kept.past_of(folder)[0].empty


def test_what_changed_is_read_again(tmp_path: Path) -> None:
    folder = write_planned_brand(tmp_path / "brand")
    read_ahead.read(folder)
    before = kept.brand_of(folder)
    settings = folder / "brand.toml"
    settings.write_text(settings.read_text("utf-8") + "\n# changed\n", "utf-8")
    read_ahead.read(folder)
    assert kept.brand_of(folder) is not before


def test_a_faulty_brand_is_left_for_the_pages_to_tell(tmp_path: Path) -> None:
    folder = write_planned_brand(tmp_path / "brand")
    (folder / "products.csv").write_text("sku\nmilk\n", "utf-8")
    read_ahead.read(folder)
    with pytest.raises(Exception, match="products"):
        kept.brand_of(folder)


def test_a_look_tells_whether_anything_changed(folder: Path) -> None:
    before = read_ahead.signatures(folder)
    assert read_ahead.signatures(folder) == before
    (folder / ".nearfield" / "ledger.sqlite").touch()  # decisions are not read ahead
    assert read_ahead.signatures(folder) == before
    (folder / ".nearfield" / "plan" / "plan.json").touch()
    assert read_ahead.signatures(folder) != before
