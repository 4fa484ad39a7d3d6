"""Random brands: CSV and Parquet mean the same, and nothing but BadBrand is ever raised."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.brand import read_brand
from data.errors import BadBrand
from data.tables import BY_NAME
from tests.brand_factory import drivers, write_brand
from tests.data.test_brand import same

QUICK = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])

NAMES = st.lists(
    st.text("abcXYZ019-_ .>:;'\"#，é杭州牛奶", min_size=1, max_size=12).map(str.strip).filter(bool),
    min_size=3,
    max_size=4,
    unique=True,
)
DAYS = st.dates(pd.Timestamp("2024-01-01").date(), pd.Timestamp("2024-02-15").date())
AMOUNTS = st.floats(0, 1e6, allow_subnormal=False)
SHARES = st.sampled_from([0.0, 0.125, 0.5, 0.75, 1.0])
MAYBE = st.none()


@st.composite
def brands(draw: st.DrawFn) -> dict[str, pd.DataFrame]:
    """Draw the tables of a small valid brand; every optional cell may be blank."""
    regions, skus, places = draw(NAMES), draw(NAMES), draw(NAMES)
    keys = draw(
        st.lists(
            st.tuples(DAYS, st.sampled_from(regions), st.sampled_from(skus)),
            min_size=1,
            max_size=25,
            unique=True,
        )
    )
    main, fronts = places[0], places[1:]
    pairs = [(place, sku) for place in places for sku in skus]

    def column(values: st.SearchStrategy[Any], size: int) -> list[Any]:
        return draw(st.lists(values, min_size=size, max_size=size))

    return {
        "sales": pd.DataFrame(keys, columns=["date", "region", "sku"]).assign(
            units=column(AMOUNTS, len(keys)), availability=column(SHARES | MAYBE, len(keys))
        ),
        "products": pd.DataFrame(
            {
                "sku": skus,
                "unit_m3": column(st.floats(1e-6, 10), len(skus)),
                "case_units": column(st.integers(1, 500), len(skus)),
                "price": column(st.floats(10, 1e4), len(skus)),
                "margin": column(st.floats(-5, 10), len(skus)),
                "shelf_life_days": column(st.integers(1, 900) | MAYBE, len(skus)),
                "launched": column(DAYS | MAYBE, len(skus)),
            }
        ),
        "regions": pd.DataFrame({"region": regions, "lat": column(SHARES, len(regions))}),
        "locations": pd.DataFrame(
            {
                "location": places,
                "kind": ["main"] + ["front"] * len(fronts),
                "region": [None, *column(st.sampled_from(regions), len(fronts))],
                "storage_m3": column(AMOUNTS | MAYBE, len(places)),
            }
        ),
        "lanes": pd.DataFrame(
            {
                "lane": [f"{main}>{front}" for front in fronts],
                "origin": main,
                "destination": fronts,
                "lead_days": column(st.integers(0, 9), len(fronts)),
                "vehicle_m3": column(st.floats(0.1, 99), len(fronts)),
                "vehicle_cost": column(AMOUNTS, len(fronts)),
                "departs": column(
                    st.sampled_from(["Mon-Sat", "daily", "Sun"]) | MAYBE, len(fronts)
                ),
            }
        ),
        "stock": pd.DataFrame(pairs, columns=["location", "sku"]).assign(
            units=column(AMOUNTS, len(pairs)), expires=column(DAYS | MAYBE, len(pairs))
        ),
    }


@QUICK
@given(brands())
def test_csv_and_parquet_mean_the_same(parts: dict[str, pd.DataFrame]) -> None:
    with tempfile.TemporaryDirectory() as base:
        left = read_brand(write_brand(Path(base, "csv"), **parts))
        right = read_brand(write_brand(Path(base, "parquet"), form="parquet", **parts))
        same(left, right)
        assert len(left.sales) == len(parts["sales"])
        dense = left.daily_sales()
        assert dense["units"].sum() == pytest.approx(left.sales["units"].sum())
        assert not dense.duplicated(["region", "sku", "date"]).any()


@QUICK
@given(brands())
def test_a_brand_written_from_its_own_tables_is_the_same(parts: dict[str, pd.DataFrame]) -> None:
    with tempfile.TemporaryDirectory() as base:
        first = read_brand(write_brand(Path(base, "first"), **parts))
        again = {
            name: getattr(first, name)[list(BY_NAME[name].names)]
            for name in ("sales", "products", "regions", "locations", "lanes", "stock")
        }
        same(read_brand(write_brand(Path(base, "second"), **again)), first)


REPLACEMENTS = (
    b"", b",", b";", b'"', b"\n", b"\r", b"\xff", b"\x00", b"-", b"1e999", b"nan", b"NaT",
    b"2204-01-01", b"2024/01/01", b"\xef\xbb\xbf", "杭州".encode("gbk"), b"=cmd()", b"1,5", b"   ",
    b"9" * 400, b"0000-00-00", b"[", b"PAR1", b"-9223372036854775808", b"true", b"\\N",
)  # fmt: skip


def corrupt(path: Path, dice: random.Random) -> None:
    """Damage a file in a few places, or cut it, or swap lines."""
    content = bytearray(path.read_bytes())
    for _ in range(dice.randint(1, 4)):
        start = dice.randrange(len(content) + 1)
        end = min(start + dice.choice([0, 1, 1, 3, 10, 200]), len(content))
        content[start:end] = dice.choice(REPLACEMENTS)
    if dice.random() < 0.1:
        content = content[: dice.randrange(len(content) + 1)]
    if dice.random() < 0.2:
        lines = content.split(b"\n")
        dice.shuffle(lines)
        content = bytearray(b"\n".join(lines))
    path.write_bytes(bytes(content))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["csv", "csv", "parquet"]))
def test_a_damaged_folder_raises_nothing_but_bad_brand(seed: int, form: str) -> None:
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as base:
        folder = write_brand(
            base,
            form=form,
            drivers=drivers(days_ahead=7),
            inbound="location,sku,units,arrives\nmain,tea,50,2024-06-02\n",
            events="event,starts,ends,regions,categories\nfair,2024-05-01,2024-05-03,suzhou,\n",
            assortment="location,sku,max_units\nfront-hz,tea,50\n",
        )
        for path in dice.sample(sorted(folder.iterdir()), dice.randint(1, 3)):
            corrupt(path, dice)
        try:
            brand = read_brand(folder)
        except BadBrand as error:
            assert error.faults
            assert all(fault.expected and fault.found and fault.mend for fault in error.faults)
            assert all("\n" not in str(fault) for fault in error.faults)
        else:
            assert brand.daily_sales()["units"].notna().all()
