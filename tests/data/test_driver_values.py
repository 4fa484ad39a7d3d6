"""Drivers for all, for a region, for a product, for one series: the most special one counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.brand import check_brand, read_brand
from tests.brand_factory import drivers

MakeBrand = Callable[..., Path]

LEVELS = """date,region,sku,discount,rain
2024-05-01,,,1,0
2024-05-01,hangzhou,,0.9,5
2024-05-01,,milk,0.8,
2024-05-01,hangzhou,milk,0.7,
2024-05-02,suzhou,tea,0.5,
"""


def test_the_most_special_value_counts(make_brand: MakeBrand) -> None:
    brand = read_brand(make_brand(drivers=LEVELS, settings={"drivers": {}}))
    assert brand.drivers.columns.tolist() == ["date", "region", "sku"]
    uses = {"discount": "past", "rain": "past"}
    brand = read_brand(make_brand("all", drivers=LEVELS, settings={"drivers": uses}))
    rows = brand.sales[brand.sales["date"].between("2024-05-01", "2024-05-02")]
    values = brand.driver_values(rows).assign(
        key=rows["region"].astype(str) + "/" + rows["sku"].astype(str),
        day=rows["date"].dt.day,
    )
    first = values[values["day"] == 1].set_index("key")
    assert first["discount"].to_dict() == pytest.approx(
        {
            "hangzhou/case": 0.9,
            "hangzhou/milk": 0.7,
            "hangzhou/tea": 0.9,
            "suzhou/case": 1.0,
            "suzhou/milk": 0.8,
            "suzhou/tea": 1.0,
        }
    )
    assert first["rain"].to_dict() == {key: 5 if "hang" in key else 0 for key in first.index}
    second = values[values["day"] == 2].set_index("key")
    assert second["discount"].dropna().to_dict() == {"suzhou/tea": 0.5}
    assert second["rain"].isna().all()


def test_every_numeric_column_is_a_known_driver_where_nothing_is_declared(
    make_brand: MakeBrand,
) -> None:
    frame = drivers().assign(weather="wet", open=True)
    for form in ("csv", "parquet"):
        brand = read_brand(make_brand(form, form=form, drivers=frame))
        assert list(brand.settings.drivers) == ["discount", "open"]
        assert (brand.drivers["open"] == 1.0).all()
        assert set(brand.settings.drivers.values()) == {"known"}
        assert any("'weather' holds no numbers" in str(r) for r in brand.report.repairs)


def test_days_of_sales_without_a_driver_are_counted(make_brand: MakeBrand) -> None:
    frame = drivers()
    frame.loc[frame["date"] < "2024-04-11", "discount"] = np.nan
    report = read_brand(make_brand(drivers=frame)).report
    assert [str(repair) for repair in report.repairs] == [
        "drivers: days of sales without a value of discount, left out where it is needed (60)"
    ]


def test_a_driver_of_the_past_need_not_be_known(make_brand: MakeBrand) -> None:
    past = {"drivers": {"discount": "past"}}
    assert check_brand(make_brand(drivers=drivers(days_ahead=0), settings=past)).ok


@pytest.mark.parametrize("blank", [None, "2024-06-03"])
def test_the_horizon_is_checked_for_the_days_asked(
    blank: str | None, make_brand: MakeBrand
) -> None:
    frame = drivers(days_ahead=10)
    if blank:
        frame.loc[(frame["date"] == blank) & (frame["sku"] == "tea"), "discount"] = np.nan
        fault = check_brand(make_brand(drivers=frame)).faults[0]
        assert "none for 2 of 42, first hangzhou × tea on 2024-06-03" in fault.found
        return
    brand = read_brand(make_brand(drivers=frame))
    assert brand.driver_faults(10) == []
    assert "none for 6 of 66" in brand.driver_faults(11)[0].found
    assert brand.until("2024-05-20").driver_faults(20) == []


def test_values_against_a_plain_merge(make_brand: MakeBrand) -> None:
    brand = read_brand(make_brand(drivers=drivers()))
    found = brand.driver_values(brand.sales)["discount"]
    plain = brand.sales.astype({"sku": str}).merge(
        brand.drivers.astype({"sku": str})[["date", "sku", "discount"]], how="left"
    )["discount"]
    pd.testing.assert_series_equal(found, plain.astype(np.float32), check_names=False)
