"""A brand's tables as the other rooms receive them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.brand import Brand, check_brand, read_brand
from data.errors import BadBrand
from data.tables import TABLES
from tests.brand_factory import AS_OF, DAYS, FIRST, drivers, sales, tables

MakeBrand = Callable[..., Path]


def same(left: Brand, right: Brand) -> None:
    """Assert that two brands hold the same."""
    assert left.settings == right.settings
    assert left.as_of == right.as_of
    assert left.has_assortment == right.has_assortment
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(left, table.name), getattr(right, table.name))


def test_every_table_is_there_with_its_columns(make_brand: MakeBrand) -> None:
    brand = read_brand(make_brand())
    for table in TABLES:
        frame = getattr(brand, table.name)
        assert list(frame.columns)[: len(table.names)] == list(table.names)
        assert frame.index.equals(pd.RangeIndex(len(frame)))
    assert brand.inbound.empty
    assert brand.drivers.empty
    assert brand.report.ok
    assert brand.report.rows["sales"] == 6 * DAYS


def test_kinds_of_columns(make_brand: MakeBrand) -> None:
    brand = read_brand(make_brand(drivers=drivers()))
    assert brand.sales["date"].dtype == "datetime64[ns]"
    assert brand.sales["units"].dtype == np.float64
    assert brand.sales["availability"].dtype == np.float32
    assert brand.products["case_units"].dtype == np.int64
    assert brand.lanes["lead_days"].dtype == np.int64
    assert brand.products["launched"].dtype == "datetime64[ns]"
    assert brand.stock["expires"].isna().all()
    for table in ("sales", "stock", "inbound", "drivers", "assortment"):
        skus = getattr(brand, table)["sku"].cat.categories
        assert list(skus) == ["case", "milk", "tea"]
    assert list(brand.sales["region"].cat.categories) == ["hangzhou", "suzhou"]
    assert list(brand.drivers["region"].cat.categories) == ["hangzhou", "suzhou", ""]


def test_sales_are_sorted_whatever_the_order_of_the_file(make_brand: MakeBrand) -> None:
    shuffled = read_brand(make_brand("a", sales=sales().sample(frac=1, random_state=1)))
    same(shuffled, read_brand(make_brand("b")))
    order = shuffled.sales[["region", "sku", "date"]].astype(str).agg("|".join, axis=1)
    assert order.is_monotonic_increasing


def test_defaults_are_filled(make_brand: MakeBrand) -> None:
    brand = read_brand(
        make_brand(
            sales=lambda f: f.drop(columns="availability"),
            products=lambda f: f.drop(columns=["name", "category", "shelf_life_days"]),
            locations=lambda f: f.drop(columns=["name", "lat", "lon"]),
        )
    )
    assert (brand.sales["availability"] == 1.0).all()
    assert list(brand.products["name"]) == ["case", "milk", "tea"]
    assert (brand.products["category"] == "").all()
    assert brand.products["shelf_life_days"].isna().all()
    locations = brand.locations.set_index("location")
    assert locations.loc["main", "storage_m3"] == np.inf
    assert locations.loc["main", "handling_units"] == np.inf
    assert locations.loc["main", "region"] == ""
    assert list(brand.lanes["departs"]) == ["daily", "daily", "Mon-Sat"]
    assert brand.lanes.loc[2, "departs_on"] == (True,) * 6 + (False,)
    assert (brand.lanes["unit_cost"] == 0.0).all()


def test_demand_shares(make_brand: MakeBrand) -> None:
    more = pd.DataFrame(
        {
            "location": ["s1", "s2", "s3"],
            "kind": "store",
            "region": ["hangzhou", "suzhou", "suzhou"],
            "demand_share": [0.25, 0.333, 0.66],
        }
    )
    brand = read_brand(make_brand(locations=lambda f: pd.concat([f, more])))
    share = brand.locations.set_index("location")["demand_share"]
    assert share["s1"] == 0.25
    assert share["store-hz"] == 0.75  # what s1 leaves
    assert share["s2"] == pytest.approx(0.333 / 0.993)
    assert share["s2"] + share["s3"] == pytest.approx(1.0)
    assert share["front-hz"] == 1.0
    assert np.isnan(share["main"])
    assert [str(r) for r in brand.report.repairs] == [
        "locations: demand shares that add up to nearly 1 scaled to 1 (2)"
    ]


def test_regions_are_those_with_sales_where_the_table_is_absent(make_brand: MakeBrand) -> None:
    brand = read_brand(make_brand(regions=None))
    assert list(brand.regions["region"]) == ["hangzhou", "suzhou"]
    assert list(brand.regions["name"]) == ["hangzhou", "suzhou"]
    assert brand.regions["lat"].isna().all()
    folder = make_brand("b", regions=None, sales=lambda f: f[f["region"] == "suzhou"])
    told = [str(fault) for fault in check_brand(folder).faults]
    assert len(told) == 1
    assert told[0].startswith("locations.csv, column region, rows 3, 5: expected names that sales")


def test_events_and_assortment(make_brand: MakeBrand) -> None:
    brand = read_brand(
        make_brand(
            events="event,starts,ends,regions,categories,strength\n"
            "fair,2024-05-01,2024-05-05,hangzhou; suzhou,,\n"
            "sale,2024-06-01,2024-06-01,,fresh,2\n",
            assortment="location,sku,max_units\nfront-hz,milk,30\nfront-hz,tea,\n",
        )
    )
    assert brand.events["regions"].tolist() == [("hangzhou", "suzhou"), ()]
    assert brand.events["categories"].tolist() == [(), ("fresh",)]
    assert brand.events["strength"].tolist() == [1.0, 2.0]
    assert brand.has_assortment
    assert brand.assortment["max_units"].tolist() == [30.0, np.inf]
    assert not read_brand(make_brand("plain")).has_assortment


def test_stock_with_several_expiry_dates_and_inbound_on_one_day(make_brand: MakeBrand) -> None:
    brand = read_brand(
        make_brand(
            stock="location,sku,units,expires\nmain,milk,5,2024-06-05\nmain,milk,7,\n"
            "main,milk,9,2024-06-02\n",
            inbound="location,sku,units,arrives,order\nmain,milk,5,2024-06-05,A1\n"
            "main,milk,5,2024-06-05,A2\nmain,milk,6,2024-06-05,A3\nmain,milk,6,2024-06-05,A3\n",
        )
    )
    assert brand.stock["units"].tolist() == [7.0, 9.0, 5.0]
    # Orders A1 and A2 are two orders; the second A3 is the same line twice.
    assert brand.inbound["units"].tolist() == [5.0, 5.0, 6.0]
    assert [(r.table, r.count) for r in brand.report.repairs] == [("inbound", 1)]


def test_a_header_only_inbound_says_that_nothing_is_on_its_way(make_brand: MakeBrand) -> None:
    assert read_brand(make_brand(inbound="location,sku,units,arrives\n")).inbound.empty


def test_exact_copies_missing_days_blanks_and_spaces_are_counted(make_brand: MakeBrand) -> None:
    frame = sales().drop(index=[5, 6, 100])
    text = pd.concat([frame, frame.iloc[[0, 0, 7]]]).to_csv(index=False)
    text = text.replace("2024-04-09,hangzhou,case", "2024-04-09, hangzhou ,case") + ",,,,\n,,,,\n"
    report = read_brand(make_brand(sales=text)).report
    assert {(repair.table, repair.what): repair.count for repair in report.repairs} == {
        ("sales", "spaces around the text in column region left out"): 1,
        ("sales", "blank rows left out"): 2,
        ("sales", "exact copies of a row left out"): 3,
        ("sales", "missing days within series, taken as days without sales"): 3,
    }
    assert report.ok
    assert report.to_dict()["repairs"][0]["table"] == "sales"


def test_rows_that_differ_in_an_ignored_column_are_no_copies(make_brand: MakeBrand) -> None:
    """Two channels of one day must be added up; leaving one out would lose sales."""
    both = pd.concat([sales().assign(channel="app"), sales().assign(channel="web")])
    for form in ("csv", "parquet"):
        report = check_brand(make_brand(form, form=form, sales=both))
        assert [fault.count for fault in report.faults] == [12 * DAYS]
        assert "add them up" in report.faults[0].mend


def test_missing_days_become_days_without_sales(make_brand: MakeBrand) -> None:
    frame = sales()
    frame = frame.drop(index=[3, 4, 40])  # within a series
    brand = read_brand(make_brand(sales=frame.drop(index=[0, 59])))  # its first and last day
    dense = brand.daily_sales()
    assert len(dense) == len(brand.sales) + 3
    milk = dense[(dense["region"] == "hangzhou") & (dense["sku"] == "case")]
    assert len(milk) == DAYS - 2
    assert milk["date"].diff().dropna().eq(pd.Timedelta(days=1)).all()
    filled = milk.set_index("date").loc[FIRST + pd.Timedelta(days=3)]
    assert filled["units"] == 0.0
    assert filled["availability"] == 1.0
    assert dense["units"].sum() == brand.sales["units"].sum()
    assert dense.dtypes.equals(brand.sales.dtypes)
    pd.testing.assert_frame_equal(
        dense.merge(brand.sales[["date", "region", "sku"]]), brand.sales, check_categorical=False
    )


def test_series(make_brand: MakeBrand) -> None:
    brand = read_brand(make_brand(sales=sales().drop(index=[3])))
    series = brand.series()
    assert len(series) == 6
    assert series.loc[0].tolist() == ["hangzhou", "case", FIRST, AS_OF, DAYS - 1]
    assert brand.dates == (FIRST, AS_OF)


def test_as_of_cuts_sales_and_leaves_drivers(make_brand: MakeBrand) -> None:
    folder = make_brand(drivers=drivers())
    whole = read_brand(folder)
    day = pd.Timestamp("2024-05-20")
    past = read_brand(folder, as_of="2024-05-20")
    assert past.as_of == day == past.sales["date"].max()
    assert len(past.sales) == 6 * 50
    assert past.drivers["date"].max() == whole.drivers["date"].max()
    assert past.version != whole.version
    same(past, whole.until(day))
    assert whole.until(AS_OF) is whole
    assert whole.until(day).version != whole.version
    with pytest.raises(BadBrand, match="an as-of day with sales"):
        past.until("2024-05-25")


def test_the_version_follows_the_content(make_brand: MakeBrand) -> None:
    folder = make_brand()
    first = read_brand(folder).version
    assert read_brand(folder).version == first
    (folder / "brand.toml").write_text("name = 'Other'", encoding="utf-8")
    second = read_brand(folder).version
    frame = tables()["stock"]
    frame.loc[0, "units"] = 901
    frame.to_csv(folder / "stock.csv", index=False)
    assert len({first, second, read_brand(folder).version}) == 3


def test_chinese_names_byte_order_marks_and_windows_line_ends(make_brand: MakeBrand) -> None:
    def chinese(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.replace({"hangzhou": "杭州", "suzhou": "苏州", "milk": "鲜牛奶"})

    parts = {name: chinese(frame) for name, frame in tables().items()}
    texts = {
        name: b"\xef\xbb\xbf" + frame.to_csv(index=False, lineterminator="\r\n").encode()
        for name, frame in parts.items()
    }
    brand = read_brand(make_brand(**texts))
    assert sorted(brand.sales["region"].unique()) == ["杭州", "苏州"]
    assert "鲜牛奶" in set(brand.products["sku"])
    same(brand, read_brand(make_brand("plain", **parts)))


def test_names_that_look_like_numbers_or_blanks_stay_names(make_brand: MakeBrand) -> None:
    renamed = {"case": "007", "milk": "NA", "tea": "1e5"}
    parts = {
        name: frame.replace({"sku": renamed}) if "sku" in frame else frame
        for name, frame in tables().items()
    }
    assert sorted(read_brand(make_brand(**parts)).products["sku"]) == ["007", "1e5", "NA"]


def test_whole_number_names_in_parquet_become_text(make_brand: MakeBrand) -> None:
    numbered = {"case": 1, "milk": 20, "tea": 3}
    parts = {
        name: frame.assign(sku=frame["sku"].map(numbered)) if "sku" in frame else frame
        for name, frame in tables().items()
    }
    same(
        read_brand(make_brand("a", form="parquet", **parts)),
        read_brand(make_brand("b", form="csv", **parts)),
    )


def test_extra_columns_are_ignored(make_brand: MakeBrand) -> None:
    extra = {name: frame.assign(remark="x", _=1) for name, frame in tables().items()}
    same(read_brand(make_brand("a", **extra)), read_brand(make_brand("b")))


def test_a_brand_travels_to_worker_processes(make_brand: MakeBrand) -> None:
    import pickle

    brand = read_brand(make_brand(drivers=drivers()))
    same(pickle.loads(pickle.dumps(brand)), brand)


@pytest.mark.shared
@pytest.mark.parametrize(("name", "series"), [("freshretail-cities", 3041)])
def test_a_brand_with_real_demand(shared_brands: Path, name: str, series: int) -> None:
    brand = read_brand(shared_brands / name)
    assert len(brand.series()) == series
    assert brand.as_of == pd.Timestamp("2024-06-11")
    assert brand.driver_faults(14) == []
    assert [fault.column for fault in brand.driver_faults(15)] == [
        "discount",
        "activity",
        "holiday",
        "temperature",
        "rain_mm",
    ]
