"""Every way in which a table can be wrong has its sentence: file, column, rows, what to do."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from data.brand import check_brand, read_brand
from data.errors import BadBrand
from data.faults import Fault
from tests.brand_factory import drivers, sales, tables

MakeBrand = Callable[..., Path]


def csv_of(name: str) -> str:
    return tables()[name].to_csv(index=False)


def put(table: str, column: str, *cells: tuple[int, Any]) -> dict[str, pd.DataFrame]:
    """Replace cells of a table; rows as a user counts them, from 2."""
    frame = tables()[table]
    frame[column] = frame[column].astype(object) if column in frame else None
    for row, value in cells:
        frame.loc[row - 2, column] = value
    return {table: frame}


def one(folder: Path) -> Fault:
    """The single fault of a folder."""
    report = check_brand(folder)
    assert len(report.faults) == 1, "\n".join(str(fault) for fault in report.faults)
    return report.faults[0]


@dataclass
class Case:
    """A corrupted brand and what its one fault must say."""

    name: str
    parts: dict[str, Any]
    place: str
    says: tuple[str, ...] = ()
    mend: str = ""
    settings: dict[str, Any] = field(default_factory=dict)


LINES = csv_of("sales").splitlines()

VALUES = [
    Case(
        "a negative unit",
        put("sales", "units", (3, -1.5)),
        "sales.csv, column units, row 3:",
        ("expected numbers of at least 0", "found '-1.5'"),
        "Correct the units",
    ),
    Case(
        "first five rows and the count",
        put("sales", "units", *[(row, -row) for row in range(12, 30)]),
        "sales.csv, column units, rows 12, 13, 14, 15, 16 and 13 more:",
        ("found '-12', '-13', '-14', '-15', '-16' and 13 more",),
    ),
    Case(
        "an unknown sku",
        put("sales", "sku", (2, "mlik"), (4, "mlik")),
        "sales.csv, column sku, rows 2, 4:",
        ("expected names that products.csv has", "found 'mlik'"),
        "'milk' is nearest",
    ),
    Case(
        "an unknown region",
        put("sales", "region", (361, "suzou")),
        "sales.csv, column region, row 361:",
        ("expected names that regions.csv has", "found 'suzou'"),
        "'suzhou' is nearest",
    ),
    Case(
        "a lane to nowhere",
        put("lanes", "destination", (3, "front-sh")),
        "lanes.csv, column destination, row 3:",
        ("expected names that locations.csv has", "found 'front-sh'"),
        "add it to locations.csv",
    ),
    Case(
        "a lane in a circle",
        put("lanes", "destination", (2, "main")),
        "lanes.csv, column destination, row 2:",
        ("a destination other than the origin",),
    ),
    Case(
        "a lane from a store",
        put("lanes", "origin", (3, "store-hz")),
        "lanes.csv, column origin, row 3:",
        ("lanes that start at a main or a front", "store to front"),
    ),
    Case(
        "departures that are no weekdays",
        put("lanes", "departs", (2, "Mo-Sa")),
        "lanes.csv, column departs, row 2:",
        ("weekdays such as Mon-Sat", "found 'Mo-Sa'"),
    ),
    Case(
        "a lead time of half a day",
        put("lanes", "lead_days", (2, 0.5)),
        "lanes.csv, column lead_days, row 2:",
        ("whole numbers", "'0.5'"),
    ),
    Case(
        "a date 2204",
        put("sales", "date", (2, "2204-05-01")),
        "sales.csv, column date, row 2:",
        ("days from 2000 to 2099", "found '2204-05-01'"),
        "Correct the year",
    ),
    Case(
        "a date of the last century",
        put("stock", "expires", (2, "1924-05-01")),
        "stock.csv, column expires, row 2:",
        ("days from 2000 to 2099",),
    ),
    Case(
        "a year mistyped",
        put("sales", "date", (2, "2042-04-01")),
        "sales.csv, column date, row 2:",
        ("'2042-04-01'", "more than two years from the other sales"),
        "Correct the year",
    ),
    Case(
        "a date with slashes",
        put("sales", "date", (5, "2024/04/04")),
        "sales.csv, column date, row 5:",
        ("dates as YYYY-MM-DD", "found '2024/04/04'"),
        "Write dates as 2024-06-01",
    ),
    Case(
        "a date with dots",
        put("sales", "date", (5, "04.04.2024"), (6, "05.04.2024")),
        "sales.csv, column date, rows 5, 6:",
        ("found '04.04.2024', '05.04.2024'",),
    ),
    Case(
        "a day that no month has",
        put("sales", "date", (5, "2024-04-31")),
        "sales.csv, column date, row 5:",
        ("found '2024-04-31'",),
    ),
    Case(
        "a time of day",
        {"sales": sales().assign(date=lambda f: f["date"] + pd.Timedelta(hours=9))},
        "sales.csv, column date, rows 2, 3, 4, 5, 6 and 355 more:",
        ("days without a time of day",),
        "Sum up each local day",
    ),
    Case(
        "a comma decimal in quotes",
        put("products", "price", (3, "12,50")),
        "products.csv, column price, row 3:",
        ("expected numbers", "found '12,50'"),
        "Write decimals with a dot",
    ),
    Case(
        "thousands with commas",
        put("stock", "units", (2, "1,200")),
        "stock.csv, column units, row 2:",
        ("found '1,200'",),
        "1234.5, not",
    ),
    Case(
        "a word for a number",
        put("stock", "units", (2, "many"), (3, "few")),
        "stock.csv, column units, rows 2, 3:",
        ("found 'many', 'few'",),
        "Write a plain number such as 12 or 0.5",
    ),
    Case(
        "a blank in a required column",
        put("sales", "units", (2, None)),
        "sales.csv, column units, row 2:",
        ("a value in every row", "blank cells"),
        "Fill the cell",
    ),
    Case(
        "infinity",
        put("products", "price", (2, np.inf)),
        "products.csv, column price, row 2:",
        ("finite numbers", "'inf'"),
    ),
    Case(
        "availability in percent",
        put("sales", "availability", (2, 75)),
        "sales.csv, column availability, row 2:",
        ("numbers from 0 to 1", "'75'"),
        "0.75 (not 75 for 75 %)",
    ),
    Case(
        "a margin above the price",
        put("products", "margin", (3, 40)),
        "products.csv, column margin, row 3:",
        ("at most the price", "'40'"),
        "not a percentage",
    ),
    Case(
        "no volume",
        put("products", "unit_m3", (3, 0)),
        "products.csv, column unit_m3, row 3:",
        ("numbers above 0",),
    ),
    Case(
        "similar to itself",
        put("products", "similar_to", (3, "milk")),
        "products.csv, column similar_to, row 3:",
        ("another product",),
    ),
    Case(
        "similar to nobody",
        put("products", "similar_to", (3, "mulk")),
        "products.csv, column similar_to, row 3:",
        ("'mulk'",),
        "'milk' is nearest",
    ),
    Case(
        "similar in a circle",
        put("products", "similar_to", (2, "tea"), (4, "case")),
        "products.csv, column similar_to, rows 2, 4:",
        ("in a circle: 'case', 'tea'",),
    ),
    Case(
        "a product twice",
        {"products": lambda f: pd.concat([f, f.iloc[[1]].assign(price=99)])},
        "products.csv, column sku, rows 3, 5:",
        ("one row for each sku", "'milk'"),
        "Keep one of them",
    ),
    Case(
        "a day of sales twice with different units",
        {"sales": lambda f: pd.concat([f, f.iloc[[0]].assign(units=77)])},
        "sales.csv, rows 2, 362:",
        ("one row for each region, sku, date", "'hangzhou, case, 2024-04-01'"),
        "add them up",
    ),
    Case(
        "stock twice",
        {"stock": lambda f: pd.concat([f, f.iloc[[4]].assign(units=1)])},
        "stock.csv, rows 6, 14:",
        ("one row for each location, sku", "'front-hz, milk'"),
    ),
    Case(
        "a kind that is none",
        put("locations", "kind", (3, "frnt")),
        "locations.csv, column kind, row 3:",
        ("main, front or store", "'frnt'"),
    ),
    Case(
        "no main",
        {
            "locations": lambda f: f.assign(
                kind=f["kind"].replace("main", "front"), region=f["region"].fillna("suzhou")
            )
        },
        "locations.csv, column kind:",
        ("at least one main warehouse", "none"),
    ),
    Case(
        "a front without a region",
        put("locations", "region", (3, None)),
        "locations.csv, column region, row 3:",
        ("the region that a front or store serves", "blank"),
    ),
    Case(
        "a main with a region",
        put("locations", "region", (2, "suzhou")),
        "locations.csv, column region, row 2:",
        ("no region for a main", "'suzhou'"),
        "Leave the cell blank",
    ),
    Case(
        "a store in an unknown region",
        put("locations", "region", (5, "hangzou")),
        "locations.csv, column region, row 5:",
        ("names that regions.csv has",),
        "'hangzhou' is nearest",
    ),
    Case(
        "shares of demand above one",
        {
            "locations": lambda f: f.assign(
                region=f["region"].replace("suzhou", "hangzhou"),
                demand_share=[None, 0.7, 0.6, None],
            )
        },
        "locations.csv, column demand_share, rows 3, 4:",
        ("add up to 1 over the fronts of region 'hangzhou'", "found 1.3"),
    ),
    Case(
        "latitude and longitude swapped",
        put("locations", "lat", (2, 121.47)),
        "locations.csv, column lat, row 2:",
        ("numbers from -90 to 90",),
    ),
    Case(
        "inbound that should have arrived",
        {
            "inbound": pd.DataFrame(
                {"location": ["main"], "sku": ["tea"], "units": [5], "arrives": ["2024-05-30"]}
            )
        },
        "inbound.csv, column arrives, row 2:",
        ("days after the last day of sales, 2024-05-30",),
        "count it as stock if it has arrived",
    ),
    Case(
        "inbound in eight years",
        {
            "inbound": pd.DataFrame(
                {"location": ["main"], "sku": ["tea"], "units": [5], "arrives": ["2032-05-30"]}
            )
        },
        "inbound.csv, column arrives, row 2:",
        ("days up to 2026-05-31", "'2032-05-30'"),
    ),
    Case(
        "an assortment of the main",
        {"assortment": pd.DataFrame({"location": ["main", "front-hz"], "sku": ["tea", "tea"]})},
        "assortment.csv, column location, row 2:",
        ("fronts and stores", "'main'"),
    ),
    Case(
        "an event that ends before it starts",
        {"events": "event,starts,ends\nfair,2024-05-03,2024-05-01\n"},
        "events.csv, column ends, row 2:",
        ("a last day not before the first", "'2024-05-01'"),
    ),
    Case(
        "an event of a century",
        {"events": "event,starts,ends\nfair,2024-05-03,2034-05-01\n"},
        "events.csv, column ends, row 2:",
        ("at most a year",),
    ),
    Case(
        "an event in an unknown category",
        {"events": "event,starts,ends,categories\nfair,2024-05-03,2024-05-05,fresh;drink\n"},
        "events.csv, column categories, row 2:",
        ("'drink'",),
        "'drinks' is nearest",
    ),
    Case(
        "a driver that is a word",
        {"drivers": lambda f: f.assign(discount=["cheap", *f["discount"][1:]])},
        "drivers.csv, column discount, row 2:",
        ("expected numbers", "'cheap'"),
    ),
    Case(
        "a driver that is declared and missing",
        {"drivers": lambda f: f},
        "drivers.csv, column coupon:",
        ("which [drivers] of brand.toml names",),
        "Add the column",
        {"drivers": {"discount": "known", "coupon": "known"}},
    ),
    Case(
        "a driver that is declared without a table",
        {},
        "brand.toml, column drivers:",
        ("a table drivers.csv or drivers.parquet",),
        "Add the table or remove the section",
        {"drivers": {"discount": "known"}},
    ),
    Case(
        "a driver that is not known over the horizon",
        {"drivers": drivers(days_ahead=5)},
        "drivers.csv, column discount:",
        (
            "every series and day from 2024-05-31 to 2024-06-06",
            "none for 12 of 42, first hangzhou × case on 2024-06-05",
        ),
        "choose a shorter horizon",
    ),
    Case(
        "a text that swallowed lines",
        {"products": csv_of("products").replace("Phone case", '"Phone\ncase"')},
        "products.csv, column name, row 2:",
        ("one line of at most 200 characters", "'Phone⏎case'"),
    ),
]

FILES = [
    Case(
        "a file in GBK",
        {"regions": csv_of("regions").replace("Hangzhou", "杭州").encode("gbk")},
        "regions.csv:",
        ("text in UTF-8", "text in GBK (first in line 2:", "杭州"),
        "CSV UTF-8",
    ),
    Case(
        "a file in Latin-1",
        {"regions": csv_of("regions").replace("Hangzhou", "Café").encode("latin-1")},
        "regions.csv:",
        ("text in Windows-1252 (first in line 2:", "Café"),
    ),
    Case(
        "a file in UTF-16",
        {"regions": csv_of("regions").encode("utf-16")},
        "regions.csv:",
        ("UTF-16 text named .csv",),
        "CSV UTF-8",
    ),
    Case(
        "semicolons",
        {"sales": csv_of("sales").replace(".", ",").replace(",", ";")},
        "sales.csv:",
        ("commas between the columns", "semicolons"),
        "dots in decimals",
    ),
    Case(
        "tabs",
        {"sales": csv_of("sales").replace(",", "\t")},
        "sales.csv:",
        ("commas between the columns", "tabs"),
    ),
    Case(
        "comma decimals without quotes",
        {"sales": "\n".join([*LINES[:3], LINES[3].replace(".0,", ",5,"), *LINES[4:]])},
        "sales.csv, row 4:",
        ("5 values in every row, as in the header", "6 values"),
        "write decimals with a dot",
    ),
    Case(
        "a row that is cut short",
        {"sales": "\n".join([*LINES[:200], "2024-04-01,hangzhou"])},
        "sales.csv, row 201:",
        ("found 2 values ('2024-04-01,hangzhou')",),
        "Fill the row up",
    ),
    Case(
        "an empty file",
        {"stock": ""},
        "stock.csv:",
        ("a header row", "an empty file"),
        "Write the header and the rows",
    ),
    Case(
        "a header only",
        {"stock": "location,sku,units\n"},
        "stock.csv:",
        ("at least one row", "a header and no rows"),
        "Add the rows",
    ),
    Case(
        "an optional table with a header only",
        {"regions": "region,name\n"},
        "regions.csv:",
        ("at least one row",),
        "or remove the file",
    ),
    Case(
        "a blank first line",
        {"stock": "\n" + csv_of("stock")},
        "stock.csv:",
        ("a blank first line",),
    ),
    Case(
        "a missing table",
        {"stock": None},
        "stock.csv:",
        ("a file stock.csv or stock.parquet", "no such file"),
        "columns location, sku, units",
    ),
    Case(
        "a missing column",
        {"products": lambda f: f.drop(columns="case_units")},
        "products.csv, column case_units:",
        ("a column 'case_units' (units a case", "found the columns 'sku', 'name'"),
        "Add the column",
    ),
    Case(
        "a misspelt column",
        {"products": lambda f: f.rename(columns={"case_units": "Case Unit"})},
        "products.csv, column case_units:",
        ("a column 'case_units'",),
        "Rename the column 'Case Unit'",
    ),
    Case(
        "a misspelt optional column",
        {"sales": lambda f: f.rename(columns={"availability": "availabilty"})},
        "sales.csv, column availabilty:",
        ("the optional column 'availability' by its name",),
        "Rename it to 'availability'",
    ),
    Case(
        "a column twice",
        {"stock": csv_of("stock").replace("units", "sku", 1)},
        "stock.csv, column sku:",
        ("every column once",),
    ),
    Case(
        "a binary file",
        {"stock": b"location,sku,units\nmain,\x00tea,3\n"},
        "stock.csv:",
        ("a CSV table", "a binary file"),
    ),
    Case(
        "a parquet file named csv",
        {"stock": b"PAR1whatever"},
        "stock.csv:",
        ("a Parquet file named .csv",),
        "ends in .parquet",
    ),
]


@pytest.mark.parametrize("case", VALUES, ids=lambda case: case.name)
def test_wrong_values(case: Case, make_brand: MakeBrand) -> None:
    fault = one(make_brand(settings=case.settings, **case.parts))
    told = str(fault)
    assert told.startswith(case.place)
    assert all(part in told for part in case.says), told
    assert case.mend in fault.mend


@pytest.mark.parametrize("case", FILES, ids=lambda case: case.name)
def test_wrong_files(case: Case, make_brand: MakeBrand) -> None:
    faults = check_brand(make_brand(settings=case.settings, **case.parts)).faults
    table = case.place.split(".")[0]
    of_table = [fault for fault in faults if fault.table == table]
    assert [str(f) for f in faults if f.table != table] == []
    assert any(
        str(fault).startswith(case.place)
        and all(part in str(fault) for part in case.says)
        and case.mend in fault.mend
        for fault in of_table
    ), "\n".join(str(fault) for fault in of_table)


def test_an_excel_file_named_csv(make_brand: MakeBrand) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as workbook:
        workbook.writestr("xl/workbook.xml", "<workbook/>")
    told = str(one(make_brand(stock=content.getvalue())))
    assert told.startswith("stock.csv: expected a CSV table in UTF-8; found an Excel workbook")
    assert "choose “Save as”, “CSV UTF-8”" in told


def test_a_broken_parquet(make_brand: MakeBrand) -> None:
    folder = make_brand(form="parquet")
    whole = (folder / "stock.parquet").read_bytes()
    (folder / "stock.parquet").write_bytes(whole[: len(whole) // 2])
    told = str(one(folder))
    assert told.startswith("stock.parquet: expected a Parquet file; found a file that cannot be")
    assert "cut off while it was copied" in told


def test_an_empty_parquet(make_brand: MakeBrand) -> None:
    folder = make_brand(form="parquet")
    (folder / "stock.parquet").write_bytes(b"")
    assert "found an empty file" in str(one(folder))


def test_parquet_types_that_are_no_days_or_names(make_brand: MakeBrand) -> None:
    folder = make_brand(form="parquet", sales=lambda f: f.assign(date=range(len(f))))
    assert str(one(folder)).startswith(
        "sales.parquet, column date: expected days (dates); found a column of type int64"
    )
    folder = make_brand("second", form="parquet", sales=lambda f: f.assign(sku=1.5))
    assert str(one(folder)).startswith(
        "sales.parquet, column sku: expected text; found a column of type double"
    )


def test_parquet_with_time_zones(make_brand: MakeBrand) -> None:
    folder = make_brand(
        form="parquet", sales=lambda f: f.assign(date=f["date"].dt.tz_localize("Asia/Shanghai"))
    )
    assert "without a time or time zone" in one(folder).mend


def test_a_parquet_column_twice(make_brand: MakeBrand) -> None:
    folder = make_brand(form="parquet")
    table = pa.parquet.read_table(folder / "stock.parquet")
    doubled = pa.table([*table.columns, table.column("units")], names=[*table.column_names, "sku"])
    pa.parquet.write_table(doubled, folder / "stock.parquet")
    assert str(one(folder)).startswith("stock.parquet, column sku: expected every column once")


def test_parquet_text_that_is_not_utf8(make_brand: MakeBrand) -> None:
    folder = make_brand(form="parquet")
    table = pa.parquet.read_table(folder / "stock.parquet")
    names = pa.array([b"main", *["牛奶".encode("gbk")] * (len(table) - 1)])
    spoilt = table.set_column(0, "location", names.view(pa.string()))
    pa.parquet.write_table(spoilt, folder / "stock.parquet")
    told = str(one(folder))
    assert told.startswith("stock.parquet: expected a Parquet file; found a file that cannot be")
    assert "UTF8" in told


def test_a_file_that_may_not_be_read(
    make_brand: MakeBrand, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_brand()
    opened = Path.open

    def refuse(path: Path, *args: Any, **kwargs: Any) -> Any:
        if path.name in ("stock.csv", "brand.toml"):
            raise PermissionError(13, "Permission denied")
        return opened(path, *args, **kwargs)

    monkeypatch.setattr(Path, "open", refuse)
    told = [str(fault) for fault in check_brand(folder).faults]
    assert told == [
        f"{name}: expected a file that can be read; found Permission denied. Allow to read it."
        for name in ("brand.toml", "stock.csv")
    ]


def test_checks_cannot_be_switched_off(make_brand: MakeBrand) -> None:
    from pandera.config import config_context

    folder = make_brand(**put("sales", "units", (3, -1.5)))
    with config_context(validation_enabled=False):
        assert "found '-1.5'" in str(one(folder))


def test_two_files_for_one_table(make_brand: MakeBrand) -> None:
    folder = make_brand()
    tables()["stock"].to_parquet(folder / "stock.parquet")
    told = str(one(folder))
    assert told.startswith("stock.csv, stock.parquet: expected one file a table")
    assert "remove the other" in told


def test_an_excel_file_beside_a_missing_table(make_brand: MakeBrand) -> None:
    folder = make_brand(stock=None)
    (folder / "Stock.xlsx").write_bytes(b"PK\x03\x04")
    assert "Save Stock.xlsx as stock.csv" in one(folder).mend


def test_more_rows_than_can_be_read(make_brand: MakeBrand, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("data.csv_file", "data.parquet_file", "data.files"):
        monkeypatch.setattr(f"{module}.MOST_ROWS", 300)
    for form in ("csv", "parquet"):
        told = str(one(make_brand(form, form=form)))
        assert told.startswith(f"sales.{form}: expected at most 300 rows; found 36")
        assert "Keep fewer days of history" in told


def test_every_fault_at_once(make_brand: MakeBrand) -> None:
    folder = make_brand(
        sales=sales().assign(units=-1.0, sku=["mlik", *sales()["sku"][1:]]),
        stock="",
        lanes=lambda f: f.assign(vehicle_m3=0),
        settings={"plan": {"horizon_days": 99}},
        events="event,starts,ends\nfair,03.05.2024,2024-05-01\n",
    )
    with pytest.raises(BadBrand) as caught:
        read_brand(folder)
    places = [(fault.table, fault.column) for fault in caught.value.faults]
    assert places == [
        ("settings", "plan.horizon_days"),
        ("sales", "units"),
        ("sales", "sku"),
        ("lanes", "vehicle_m3"),
        ("stock", None),
        ("events", "starts"),
    ]
    assert str(caught.value).count("\n") == len(places) - 1


def test_row_numbers_count_blank_lines_and_cut_lines(make_brand: MakeBrand) -> None:
    lines = csv_of("stock").splitlines()
    lines[5] = lines[5].rsplit(",", 1)[0] + ",-4"
    lines.insert(2, "")
    lines.insert(4, "main,tea")
    faults = check_brand(make_brand(stock="\n".join(lines))).faults
    assert [fault.rows for fault in faults] == [(5,), (8,)]


def test_row_numbers_count_a_quoted_line_break_once(make_brand: MakeBrand) -> None:
    text = csv_of("products").replace("Phone case", '"Phone\ncase"').replace("12.0,4.0", "12.0,40")
    faults = check_brand(make_brand(products=text)).faults
    assert [fault.rows for fault in faults] == [(2,), (3,)]


def test_faults_of_values_are_not_repeated_as_blanks(make_brand: MakeBrand) -> None:
    fault = one(make_brand(**put("sales", "units", (2, "?"), (3, "?"))))
    assert fault.rows == (2, 3)


@pytest.mark.parametrize("what", ["missing", "file"])
def test_no_folder(what: str, tmp_path: Path) -> None:
    folder = tmp_path / "brand"
    if what == "file":
        folder.write_text("x")
    told = str(one(folder))
    assert "expected a brand folder" in told
    assert "Give the folder that holds brand.toml" in told


@pytest.mark.parametrize(
    ("as_of", "says"),
    [
        ("2024-03-31", "an as-of day with sales, from 2024-04-01 to 2024-05-30; found 2024-03-31"),
        ("2024-05-31", "found 2024-05-31"),
        ("tomorrow-ish", "an as-of day as YYYY-MM-DD; found 'tomorrow-ish'"),
    ],
)
def test_an_as_of_day_without_sales(as_of: str, says: str, make_brand: MakeBrand) -> None:
    folder = make_brand()
    with pytest.raises(BadBrand) as caught:
        read_brand(folder, as_of=as_of)
    assert says in str(caught.value)
    assert [str(f) for f in check_brand(folder, as_of=as_of).faults] == [str(caught.value)]
