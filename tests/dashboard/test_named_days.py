"""Which named days ahead the history has not shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from dashboard.named_days import own_events, told, unseen
from data import Brand, read_brand
from tests.brand_factory import write_brand


def brand_of(folder: Path, *events: tuple[str, str, str, str]) -> Brand:
    """The tiny brand: its sales end on 30 May 2024."""
    rows = pd.DataFrame(events, columns=["event", "starts", "ends", "regions"])
    return read_brand(write_brand(folder, events=rows))


def test_an_event_is_named_with_its_days_ahead(tmp_path: Path) -> None:
    brand = brand_of(
        tmp_path / "brand",
        ("opening", "2024-06-03", "2024-06-04", ""),
        ("livestream", "2024-05-10", "2024-05-11", ""),
        ("livestream", "2024-06-02", "2024-06-02", ""),
        ("tasting", "2024-05-10", "2024-05-11", "hangzhou"),
        ("tasting", "2024-06-05", "2024-06-30", "suzhou"),
    )
    last = brand.as_of + pd.Timedelta(days=7)
    found = unseen(brand, brand.events, last).set_index("name")
    assert brand.as_of == pd.Timestamp("2024-05-30")
    assert "livestream" not in found.index  # the history has shown one
    assert found.loc["opening"].tolist() == [pd.Timestamp("2024-06-03"), pd.Timestamp("2024-06-04")]
    # In another region it has not been; and the days end with the forecast.
    assert found.loc["tasting"].tolist() == [pd.Timestamp("2024-06-05"), last]
    text = told(unseen(brand, brand.events, last))
    assert "opening (3 Jun – 4 Jun)" in text and "Dragon Boat Festival" in text
    here = unseen(brand, own_events(brand, "hangzhou", ""), last)
    assert "opening" in set(here["name"]) and "tasting" not in set(here["name"])


def test_nothing_is_named_where_history_knows_all(make_brand: Callable[..., Path]) -> None:
    brand = read_brand(make_brand())
    known = unseen(brand, brand.events, brand.as_of)
    assert known.empty
    assert told(known)  # the forecast says so of a series for its own reasons
