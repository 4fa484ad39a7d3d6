"""The importer of the public data set, on a small file with the data set's columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from data.brand import read_brand
from data.errors import BadBrand, Cancelled
from data.freshretailnet import import_freshretailnet

STORES = {0: 0, 1: 0, 5: 1}  # store: city
PRODUCTS = {7: 3, 12: 31}  # product: first category
DAYS = pd.date_range("2024-03-28", periods=42)


def source() -> pd.DataFrame:
    """Rows as the data set's card describes them."""
    rng = np.random.default_rng(3)
    rows = [
        (city, store, product, category, f"{day:%Y-%m-%d}")
        for store, city in STORES.items()
        for product, category in PRODUCTS.items()
        for day in DAYS
    ]
    names = ["city_id", "store_id", "product_id", "first_category_id", "dt"]
    frame = pd.DataFrame(rows, columns=names)
    size = len(frame)
    stockout = rng.random((size, 24)) < 0.2
    return frame.assign(
        management_group_id=0,
        second_category_id=1,
        third_category_id=2,
        sale_amount=rng.integers(0, 40, size) / 10,
        hours_sale=list(rng.random((size, 24))),
        stock_hour6_22_cnt=stockout[:, 6:22].sum(axis=1).astype(np.int32),
        hours_stock_status=list(stockout.astype(np.int64)),
        discount=rng.choice([1.0, 0.9, 0.8], size),
        holiday_flag=(pd.to_datetime(frame["dt"]).dt.day_of_week >= 5).astype(np.int32),
        activity_flag=rng.integers(0, 2, size),
        precpt=rng.random(size) * 5,
        avg_temperature=15 + rng.random(size),
        avg_humidity=70.0,
        avg_wind_level=1.5,
    )


def written(folder: Path, frame: pd.DataFrame, name: str = "train.parquet") -> Path:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pa.parquet.write_table(table, folder / name, row_group_size=50)
    return folder / name


@pytest.fixture
def frame() -> pd.DataFrame:
    return source()


def test_cities_are_summed_and_averaged_over_their_stores(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    seen: list[tuple[int, int, str]] = []
    folder = import_freshretailnet(
        [written(tmp_path, frame)],
        tmp_path / "brand",
        progress=lambda done, total, what: seen.append((done, total, what)),
    )
    brand = read_brand(folder)
    assert brand.report.repairs == ()
    assert list(brand.regions["region"]) == ["C00", "C01"]
    assert list(brand.products["sku"]) == ["P0007", "P0012"]
    assert list(brand.products["category"]) == ["K03", "K31"]
    assert seen[-1] == (len(frame), len(frame), "reading train.parquet")
    day = "2024-04-10"
    own = frame[(frame["city_id"] == 0) & (frame["product_id"] == 7) & (frame["dt"] == day)]
    assert len(own) == 2
    sales = brand.sales[(brand.sales["region"] == "C00") & (brand.sales["sku"] == "P0007")]
    row = sales.set_index("date").loc[day]
    assert row["units"] == pytest.approx(own["sale_amount"].sum(), rel=1e-6)
    out = own["stock_hour6_22_cnt"].to_numpy()
    assert row["availability"] == pytest.approx(1 - out.mean() / 16)
    # The count of the source is that of its own hours 06 to 22.
    hours = np.stack(own["hours_stock_status"].to_list())[:, 6:22]
    assert (hours.sum(axis=1) == out).all()
    drivers = brand.driver_values(sales).set_index(sales["date"]).loc[day]
    for name, column in {
        "discount": "discount",
        "activity": "activity_flag",
        "holiday": "holiday_flag",
        "temperature": "avg_temperature",
        "rain_mm": "precpt",
    }.items():
        assert drivers[name] == pytest.approx(own[column].mean(), rel=1e-6)


def test_stores_become_regions(frame: pd.DataFrame, tmp_path: Path) -> None:
    folder = import_freshretailnet([written(tmp_path, frame)], tmp_path / "b", regions="stores")
    brand = read_brand(folder)
    assert list(brand.regions["region"]) == ["C00-S000", "C00-S001", "C01-S005"]
    assert list(brand.regions["name"])[2] == "City 01 store area 005"
    kept = frame[pd.to_datetime(frame["dt"]) <= brand.as_of]
    assert len(brand.sales) == len(kept)
    assert brand.sales["units"].sum() == pytest.approx(kept["sale_amount"].sum(), rel=1e-6)


def test_the_last_days_are_held_back_for_the_horizon(frame: pd.DataFrame, tmp_path: Path) -> None:
    folder = import_freshretailnet([written(tmp_path, frame)], tmp_path / "brand")
    brand = read_brand(folder)
    assert brand.as_of == DAYS[-15]
    assert brand.drivers["date"].max() == DAYS[-1]
    assert brand.settings.plan.horizon_days == 14
    assert set(brand.settings.drivers.values()) == {"known"}
    held = pd.read_parquet(folder / "held_back.parquet")
    assert held["date"].min() == DAYS[-14]
    whole = brand.sales["units"].sum() + held["units"].sum()
    assert whole == pytest.approx(frame["sale_amount"].sum(), rel=1e-6)


def test_everything_can_be_kept(frame: pd.DataFrame, tmp_path: Path) -> None:
    folder = import_freshretailnet([written(tmp_path, frame)], tmp_path / "b", hold_back_days=0)
    brand = read_brand(folder)
    assert brand.as_of == DAYS[-1]
    assert set(brand.settings.drivers.values()) == {"past"}
    assert not (folder / "held_back.parquet").exists()


def test_drivers_with_gaps_ahead_are_declared_past(frame: pd.DataFrame, tmp_path: Path) -> None:
    gone = frame["store_id"].eq(5) & frame["product_id"].eq(7) & (frame["dt"] >= "2024-05-01")
    brand = read_brand(import_freshretailnet([written(tmp_path, frame[~gone])], tmp_path / "b"))
    assert set(brand.settings.drivers.values()) == {"past"}
    assert "not complete" in (tmp_path / "b" / "README.md").read_text(encoding="utf-8")


def test_what_is_assumed_is_said(frame: pd.DataFrame, tmp_path: Path) -> None:
    folder = import_freshretailnet([written(tmp_path, frame)], tmp_path / "brand")
    settings = (folder / "brand.toml").read_text(encoding="utf-8")
    assert settings.count("ASSUMED") >= 5
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for table in ("products", "locations", "lanes", "stock"):
        assert f"`{table}.csv`" in readme.split("**Assumed")[1]
    assert "CC-BY-4.0" in readme
    brand = read_brand(folder)
    assert list(brand.locations["kind"]) == ["front", "front", "main"]
    assert (brand.stock["units"] % 1 == 0).all()
    fronts = brand.stock[brand.stock["location"] == "F-C01"]["units"].sum()
    recent = brand.sales[
        (brand.sales["region"] == "C01") & (brand.sales["date"] > brand.as_of - pd.Timedelta("28D"))
    ]
    assert fronts == pytest.approx(2 * recent["units"].sum() / 28, abs=2)


def test_several_files_are_one_source(frame: pd.DataFrame, tmp_path: Path) -> None:
    whole = import_freshretailnet([written(tmp_path, frame)], tmp_path / "whole")
    late = frame["dt"] > "2024-04-20"
    parts = [
        written(tmp_path, frame[~late], "a.parquet"),
        written(tmp_path, frame[late], "b.parquet"),
    ]
    split = import_freshretailnet(parts, tmp_path / "split")
    for name in ("sales", "drivers"):
        pd.testing.assert_frame_equal(
            getattr(read_brand(whole), name), getattr(read_brand(split), name)
        )
    with pytest.raises(BadBrand, match="every store, product and day once; found 252 rows"):
        import_freshretailnet([parts[0], parts[1], parts[0], parts[1]], tmp_path / "twice")


@pytest.mark.parametrize(
    ("column", "cells", "says"),
    [
        ("sale_amount", {3: -1.0, 60: -2.0}, "rows 5, 62: expected numbers from 0; found '-1.0'"),
        ("sale_amount", {3: np.nan}, "column sale_amount, row 5"),
        ("sale_amount", {3: np.inf}, "found 'inf'"),
        ("stock_hour6_22_cnt", {3: 17}, "expected numbers from 0 to 16; found '17'"),
        ("dt", {3: "28.03.2024"}, "expected days as YYYY-MM-DD from 2000 to 2099; found '28.03"),
        ("dt", {3: "2204-03-28"}, "found '2204-03-28'"),
        ("city_id", {3: -4}, "expected whole numbers from 0 to 1048575; found '-4'"),
        ("discount", {3: "cheap"}, "column discount, row"),
    ],
)
def test_bad_values(
    column: str, cells: dict[int, object], says: str, frame: pd.DataFrame, tmp_path: Path
) -> None:
    values = frame[column].astype(object).tolist()
    for place, value in cells.items():
        values[place] = value
    if isinstance(cells[3], str):
        values = [str(value) for value in values]
    with pytest.raises(BadBrand) as caught:
        import_freshretailnet([written(tmp_path, frame.assign(**{column: values}))], tmp_path / "b")
    assert str(caught.value).startswith(f"train.parquet, column {column}, row")
    assert says in str(caught.value)
    assert not (tmp_path / "b").exists()


def test_files_that_are_not_the_data_sets(frame: pd.DataFrame, tmp_path: Path) -> None:
    good = written(tmp_path, frame, "good.parquet")
    other = written(
        tmp_path,
        frame.rename(columns={"sale_amount": "sales_amount"}).drop(columns="dt"),
        "o.parquet",
    )
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(good.read_bytes()[:-100])
    empty = written(tmp_path, frame.head(0), "empty.parquet")
    with pytest.raises(BadBrand) as caught:
        import_freshretailnet([good, other, broken, empty], tmp_path / "brand")
    told = [str(fault) for fault in caught.value.faults]
    assert len(told) == 4
    assert told[0].startswith("o.parquet, column dt: expected a column 'dt'")
    assert told[1].endswith("Rename 'sales_amount'.")
    assert told[2].startswith("broken.parquet: expected a Parquet file")
    assert told[3].startswith("empty.parquet: expected at least one row")
    with pytest.raises(BadBrand, match="no such file"):
        import_freshretailnet([tmp_path / "none.parquet"], tmp_path / "brand")
    with pytest.raises(BadBrand, match="at least one parquet file"):
        import_freshretailnet([], tmp_path / "brand")


def test_damage_inside_a_file(frame: pd.DataFrame, tmp_path: Path) -> None:
    path = written(tmp_path, frame)
    content = bytearray(path.read_bytes())
    content[200:3000] = bytes(2800)
    path.write_bytes(bytes(content))
    with pytest.raises(BadBrand, match=r"train\.parquet"):
        import_freshretailnet([path], tmp_path / "brand")
    assert not (tmp_path / "brand").exists()


def test_nothing_is_overwritten_and_nothing_is_left_behind(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    path = written(tmp_path, frame)
    (tmp_path / "brand").mkdir()
    (tmp_path / "brand" / "mine.csv").write_text("x")
    with pytest.raises(BadBrand, match="a new or empty folder"):
        import_freshretailnet([path], tmp_path / "brand")

    def stop(done: int, total: int, what: str) -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        import_freshretailnet([path], tmp_path / "other", progress=stop)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["brand", "train.parquet"]
