"""The nearest known name."""

from __future__ import annotations

import pytest

from data.suggest import nearest


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("Units", ["date", "units"], "units"),
        ("case units", ["case_units", "units"], "case_units"),
        ("\ufeffdate", ["date"], "date"),
        ("mlik", ["tea", "milk"], "milk"),
        ("杭洲", ["苏州", "杭州"], "杭州"),
        ("x", ["date", "units"], None),
        ("x", [], None),
    ],
)
def test_nearest(name: str, known: list[str], expected: str | None) -> None:
    assert nearest(name, known, cutoff=0.5) == expected


def test_many_names() -> None:
    known = [f"{number:06d}-tea" for number in range(5_000)]
    assert nearest("004999-tee", known) == "004999-tea"
    assert nearest("?", known) is None


def test_how_much_alike_it_must_be() -> None:
    assert nearest("avail", ["availability"], cutoff=0.5) == "availability"
    assert nearest("avail", ["availability"], cutoff=0.84) is None
