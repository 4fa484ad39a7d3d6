"""Names for people, whatever the tables keep codes as."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from dashboard import brand_names
from data import read_brand


def test_codes_are_named_in_the_order_of_their_table(make_brand: Callable[..., Path]) -> None:
    brand = read_brand(make_brand())
    for of, table, key in (
        (brand_names.of_regions, brand.regions, "region"),
        (brand_names.of_products, brand.products, "sku"),
        (brand_names.of_places, brand.locations, "location"),
    ):
        names = of(table)
        assert list(names) == list(table[key])
        assert [names[str(code)] for code in table[key]] == list(table["name"])
        assert list(of(table.iloc[1:])) == list(table[key])[1:]


def test_series_are_named_and_what_is_not_known_stands_for_itself(
    make_brand: Callable[..., Path],
) -> None:
    brand = read_brand(make_brand())
    region, sku = brand.regions.iloc[0], brand.products.iloc[0]
    rows = pd.DataFrame(
        {"region": [region["region"], "gone"], "sku": ["gone", sku["sku"]]}, index=[7, 3]
    )
    named = brand_names.of_series(rows.astype("category"), brand)
    assert named.loc[7].tolist() == [region["name"], "gone"]
    assert named.loc[3].tolist() == ["gone", sku["name"]]


def test_both_ends_of_what_moves_are_named() -> None:
    rows = pd.DataFrame(
        [("m", "Main", "f", "Front"), ("f", "Front", "s", "Store")],
        columns=["origin", "origin_name", "destination", "destination_name"],
    )
    assert brand_names.of_ends(rows) == {"m": "Main", "f": "Front", "s": "Store"}
