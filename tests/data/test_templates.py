"""The example files that users download and start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.brand import read_brand
from data.tables import TABLES
from data.templates import DAYS, FIRST, templates, zipped_templates
from data.upload import read_zipped


def test_they_form_a_brand_that_passes_every_check(tmp_path: Path) -> None:
    for name, content in templates().items():
        (tmp_path / name).write_bytes(content)
    brand = read_brand(tmp_path)
    assert len(brand.series()) == 6
    assert (brand.as_of.date() - FIRST).days == DAYS - 1
    assert brand.has_assortment
    assert brand.settings.drivers == {"discount": "known", "coupon_spend": "known"}
    assert brand.driver_values(brand.sales).notna().all(axis=None)
    assert (brand.sales["availability"] < 1).any()
    assert all(len(getattr(brand, table.name)) for table in TABLES)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_each_shows_every_column(table) -> None:  # type: ignore[no-untyped-def]
    header = templates()[f"{table.name}.csv"].decode().splitlines()[0].split(",")
    assert header[: len(table.names)] == list(table.names)


def test_they_are_small_and_the_same_every_time() -> None:
    assert templates() == templates()
    assert zipped_templates() == zipped_templates()
    assert sum(map(len, templates().values())) < 20_000


def test_zipped_they_can_be_uploaded_again(tmp_path: Path) -> None:
    folder = read_zipped(zipped_templates(), tmp_path / "brand")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == templates()
