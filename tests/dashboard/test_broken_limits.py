"""Broken limits in words: where, by how much, and each place once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dashboard import broken_limits, language
from optimization.check import Violation


@pytest.fixture(params=["en", "zh"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(language, "language", lambda: request.param)
    yield request.param


@pytest.mark.parametrize("code", ["stock", "vehicle", "handling", "storage"])
def test_a_broken_limit_says_where_and_how_much(code: str, reader: str) -> None:
    text = broken_limits.violation(
        Violation(code, "front-hz, 2025-11-05", "at most 4.5 m³", "17 m³")
    )
    assert all(part in text for part in ("front-hz, 2025-11-05", "4.5", "17"))
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
    assert "97480" in told[0]
