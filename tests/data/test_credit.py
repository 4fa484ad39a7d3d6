"""Who is credited with what was sold: adds up to the cent, records before estimates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.brand import Brand, check_brand, read_brand
from data.credit import MEASURES, CreditStatement, apportion, credit_statement, hundredths
from data.errors import BadInput
from tests.brand_factory import AS_OF

MakeBrand = Callable[..., Path]
DAY = AS_OF


def a_day(make_brand: MakeBrand, served: list[tuple[str, float]] = [], **more: Any) -> Brand:  # noqa: B006
    """A brand in which Hangzhou sold 10 and Suzhou 4 units of tea (25 each) on one day."""
    sales = pd.DataFrame(
        {
            "date": DAY,
            "region": ["hangzhou", "suzhou"],
            "sku": "tea",
            "units": [10, 4],
            "availability": more.pop("availability", 1.0),
        }
    )
    told = pd.DataFrame(
        [
            (DAY, location, "tea", "hangzhou" if location == "main" else None, units)
            for location, units in served
        ],
        columns=["date", "location", "sku", "region", "units"],
    )
    return read_brand(make_brand(sales=sales, fulfilments=told, **more))


def credits(statement: CreditStatement, measure: str = "units") -> dict[tuple[str, str], float]:
    lines = statement.lines
    keys = zip(lines["location"], lines["basis"], strict=True)
    return dict(zip(keys, lines[measure], strict=True))


def adds_up(statement: CreditStatement) -> None:
    for name in MEASURES:
        lines = hundredths(statement.lines[name]).groupby(statement.lines["period"]).sum()
        assert list(lines) == list(hundredths(statement.totals[name]))


def test_what_is_recorded_is_credited_as_recorded(make_brand: MakeBrand) -> None:
    brand = a_day(make_brand, [("store-hz", 5), ("front-hz", 3), ("main", 2), ("front-sz", 4)])
    statement = credit_statement(brand)
    assert credits(statement) == {
        ("front-hz", "recorded"): 3,
        ("store-hz", "recorded"): 5,
        ("front-sz", "recorded"): 4,
        ("main", "recorded"): 2,
    }
    assert credits(statement, "value")["store-hz", "recorded"] == 125
    assert credits(statement, "margin")["store-hz", "recorded"] == 50
    assert (statement.recorded_share, statement.surplus) == (1.0, 0.0)
    assert list(statement.lines["field"]) == ["far", "mid", "near", "mid"]
    adds_up(statement)


def test_what_is_not_recorded_goes_to_those_who_had_it(make_brand: MakeBrand) -> None:
    stock = pd.DataFrame(
        {"location": ["main", "front-hz", "store-hz"], "sku": "tea", "units": [100, 30, 10]}
    )
    brand = a_day(make_brand, [("store-hz", 2)], stock=stock)
    # 8 of Hangzhou's 10 are not recorded: 30 to 10 between its front and its store. Suzhou's
    # front holds none, and is the only one of its region.
    assert credits(credit_statement(brand)) == {
        ("store-hz", "recorded"): 2,
        ("front-hz", "estimated"): 6,
        ("store-hz", "estimated"): 2,
        ("front-sz", "estimated"): 4,
    }
    received = pd.DataFrame(
        {
            "destination": ["store-hz"],
            "sku": ["tea"],
            "arrive_date": [DAY],
            "units": [40.0],
            "cases": [4],
            "received_cases": [2.0],
        }
    )
    split = credits(credit_statement(brand, received=received))
    assert split["front-hz", "estimated"] == split["store-hz", "estimated"] == 4


def test_where_nobody_had_any_the_nearest_field_is_credited(make_brand: MakeBrand) -> None:
    stock = pd.DataFrame({"location": ["main"], "sku": ["tea"], "units": [100]})
    brand = a_day(make_brand, stock=stock)
    assert credits(credit_statement(brand)) == {
        ("store-hz", "estimated"): 10,
        ("front-sz", "estimated"): 4,
    }


def test_hours_without_stock_are_credited_to_the_main(make_brand: MakeBrand) -> None:
    settings = {
        "history": {"far_field": True},
        "promise": {
            "near": {"hours": 1, "delivery_cost": 0, "conversion": 1.0},
            "mid": {"hours": 4, "delivery_cost": 0, "conversion": 1.0},
            "far": {"hours": 30, "delivery_cost": 0, "conversion": 0.5},
        },
    }
    brand = a_day(make_brand, availability=[0.5, 0.0], settings=settings)
    told = credits(credit_statement(brand))
    # Half the hours at half the conversion: a third of Hangzhou's, and all of Suzhou's.
    assert told["main", "estimated"] == pytest.approx(10 / 3 + 4, abs=0.011)
    assert ("front-sz", "estimated") not in told
    # A record of the main's counts towards its share.
    recorded = a_day(
        lambda **more: make_brand("again", **more),
        [("main", 3)],
        availability=[0.5, 1.0],
        settings=settings,
    )
    told = credits(credit_statement(recorded))
    assert told["main", "recorded"] == 3
    assert told["main", "estimated"] == pytest.approx(1 / 3, abs=0.011)


def test_records_beyond_the_sales_are_told_and_not_credited(make_brand: MakeBrand) -> None:
    statement = credit_statement(a_day(make_brand, [("store-hz", 9), ("front-hz", 6)]))
    assert statement.surplus == pytest.approx(5)
    assert credits(statement)["store-hz", "recorded"] == 6
    adds_up(statement)


def test_branches_are_those_of_the_locations(make_brand: MakeBrand) -> None:
    brand = a_day(
        make_brand,
        [("store-hz", 5), ("front-hz", 5)],
        locations=lambda frame: frame.assign(branch=["", "Zhejiang", "", "Zhejiang"]),
    )
    by_branch = credit_statement(brand).by_branch().set_index("branch")["value"]
    assert dict(by_branch) == {"Zhejiang": 250.0, "suzhou": 100.0}
    by_location = credit_statement(brand).by_location()
    assert list(by_location["location"]) == ["front-hz", "store-hz", "front-sz"]


@pytest.mark.parametrize("period", ["day", "week", "month", "quarter", "all"])
def test_every_period_adds_up_to_its_sales(make_brand: MakeBrand, period: Any) -> None:
    brand = read_brand(
        make_brand(
            products=lambda frame: frame.assign(price=[19.99, 3.33, 7.77], margin=[5.55, -1.11, 2]),
            settings={"history": {"far_field": True}},
        )
    )
    statement = credit_statement(brand, period=period, first="2024-04-10", last="2024-05-20")
    adds_up(statement)
    sales = brand.sales[brand.sales["date"].between("2024-04-10", "2024-05-20")]
    prices = brand.products.set_index("sku")["price"]
    value = (sales["units"] * sales["sku"].map(prices).astype(float)).sum()
    assert statement.totals["value"].sum() == pytest.approx(value, abs=0.005 * 41)
    assert statement.totals["units"].sum() == sales["units"].sum()
    assert statement.totals["period"].min() == statement.first
    assert set(statement.lines["kind"]) == {"main", "front", "store"}


def test_the_csv_is_defused_and_the_same_every_time(make_brand: MakeBrand) -> None:
    brand = a_day(
        make_brand,
        locations=lambda frame: frame.assign(name=["=1+1", "b", "c", "d"], branch="@evil"),
        settings={"history": {"far_field": True}},
        availability=0.5,
    )
    text = credit_statement(brand).to_csv().decode()
    assert text == credit_statement(brand).to_csv().decode()
    assert text.splitlines()[0] == ",".join(credit_statement(brand).lines.columns)
    assert ",'=1+1," in text
    assert ",'@evil," in text


def test_what_cannot_be_stated_is_told(make_brand: MakeBrand) -> None:
    brand = a_day(make_brand)
    with pytest.raises(BadInput, match="by day, week, month, quarter, all; found 'year'"):
        credit_statement(brand, period="year")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="needs days with sales, from 2024-05-30 to 2024-05-30"):
        credit_statement(brand, last="2024-05-29")


def test_a_main_has_to_say_whom_it_served(make_brand: MakeBrand) -> None:
    told = pd.DataFrame({"date": [DAY], "location": "main", "sku": "tea", "units": 2})
    (fault,) = check_brand(make_brand(fulfilments=told)).faults
    assert str(fault) == (
        "fulfilments.csv, column region, row 2: expected the shoppers' region in every row of a "
        "main, which serves all of them; found blank cells. Write the region that was served."
    )


@given(
    st.lists(st.floats(-1e7, 1e9, allow_nan=False), min_size=1, max_size=40),
)
def test_apportioning_loses_and_makes_up_nothing(parts: list[float]) -> None:
    whole = round(sum(parts))
    given_out = apportion(np.array(parts), whole)
    assert given_out.sum() == whole
    assert (np.abs(given_out - np.array(parts)) <= 1 + 1e-6).all()
