"""Broken limits in words: where, by how much, and each place once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard import broken_limits, language, style
from data import read_brand
from optimization.check import Violation


@pytest.fixture(params=["en", "zh"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for module in (language, style):
        monkeypatch.setattr(module, "language", lambda: request.param)
    yield request.param


@pytest.mark.parametrize("code", ["stock", "vehicle", "handling", "storage"])
def test_a_broken_limit_says_where_and_how_much(code: str, reader: str) -> None:
    text = broken_limits.violation(
        Violation(code, "front-hz, 2025-11-05", "at most 4.5 m³", "17 m³")
    )
    assert all(part in text for part in ("front-hz", "Nov" if reader == "en" else "11月5日", "4.5"))
    assert "17" in text
    if reader == "zh":
        assert "at most" not in text


def test_a_broken_limit_that_nobody_knows_is_told_as_it_is() -> None:
    broken = Violation("new", "front-hz", "blue", "red")
    assert broken_limits.violation(broken) == str(broken)
    assert "front-hz" in broken_limits.violation(Violation("assortment", "front-hz", "a", "b"))


def test_a_product_that_lacks_is_told_once_by_the_transfer_that_lacks_most() -> None:
    where = "main, TEA-01, 2025-11-03"
    lacks = [(110, 110), (99990, 97480), (50, 50)]
    broken = [
        Violation("stock", where, f"{units} units there", f"{lacking} lacking")
        for units, lacking in lacks
    ]
    told = broken_limits.sentences([*broken, Violation("assortment", where, "a", "b")])
    assert len(told) == 2
    assert "97,480" in told[0]


def test_a_broken_limit_names_places_products_and_days_not_their_codes(reader: str) -> None:
    names = broken_limits.Names(
        {"front-hz": "Hangzhou front", "TEA-01": "a place"},
        {"TEA-01": "Oolong tea"},
        {"main>hz": "Shanghai → Hangzhou front"},
    )
    lacks = Violation("stock", "front-hz, TEA-01, 2025-11-05", "60000 units there", "59966 lacking")
    text = broken_limits.violation(lacks, names)
    day = "Wed 5 Nov" if reader == "en" else "11月5日 周三"
    assert all(part in text for part in ("Hangzhou front", "Oolong tea", day, "59,966"))
    assert not any(part in text for part in ("front-hz", "TEA-01", "2025-11-05", "a place"))
    full = Violation("vehicle", "main>hz, 2025-11-05", "at most 9 m³", "17.25 m³")
    assert "Shanghai → Hangzhou front" in broken_limits.violation(full, names)


def test_the_names_of_a_brand_call_a_lane_by_its_ends(recorded: Path) -> None:
    brand = read_brand(recorded)
    names = broken_limits.Names.of(brand)
    lane = brand.lanes.iloc[0]
    ends = (names.places[str(lane[end])] for end in ("origin", "destination"))
    assert names.lanes[str(lane["lane"])] == " → ".join(ends)


def test_an_amount_of_millions_is_not_cut_at_its_exponent() -> None:
    broken = Violation("handling", "front-hz, 2025-11-05", "at most 290 units", "1.5e+06 units")
    assert "1,500,000" in broken_limits.violation(broken)
