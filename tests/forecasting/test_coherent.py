"""Totals: they add up, their bands hold, and errors that go together are told from those alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.brand import Brand, read_brand
from forecasting.baselines import seasonal_naive
from forecasting.coherent import PARTS, USUAL, Together, expected_total, learn_together
from forecasting.coherent import total_quantiles as add_up
from forecasting.past import learn_from, past_rows, with_sales
from forecasting.quantiles import CUMULATIVE_COLUMNS, DAILY_COLUMNS
from forecasting.run import forecast
from forecasting.scoring import LEVELS

KEYS = ["region", "category", "sku"]


@pytest.fixture
def brand(make_brand: Callable[..., Path]) -> Brand:
    return read_brand(make_brand())


def _rows(brand: Brand) -> pd.DataFrame:
    frame = seasonal_naive(brand, 5).frame
    category = brand.products.set_index(brand.products["sku"].astype(str))["category"]
    return frame.assign(category=frame["sku"].astype(str).map(category).to_numpy())


def _only(part: str) -> Together:
    shares = {name: float(name == part) for name in PARTS}
    return Together(shares, shares)


def test_every_level_adds_up_to_every_other(brand: Brand) -> None:
    rows = _rows(brand)
    total = add_up(rows, ()).set_index("date")["mean"]
    for keys in LEVELS.values():
        level = add_up(rows, keys)
        pd.testing.assert_series_equal(level.groupby("date")["mean"].sum(), total)
        assert (np.diff(level[list(DAILY_COLUMNS)].to_numpy(), axis=1) >= 0).all()
    one = add_up(rows, ("region", "sku"), cumulated=True).set_index(["region", "sku", "date"])
    own = rows.set_index(["region", "sku", "date"])[list(one.columns)]
    pd.testing.assert_frame_equal(one, own.loc[one.index], check_dtype=False)


def test_bands_are_as_wide_as_errors_go_together(brand: Brand) -> None:
    """Alone, spreads add up as squares; together, as they are."""
    rows = _rows(brand)
    spread = ((rows["q95"] - rows["q05"]) / 3.29).groupby(rows["date"])
    wanted = {"own": np.sqrt(spread.apply(lambda s: (s**2).sum())), "all": spread.sum()}
    for part, scale in wanted.items():
        total = add_up(rows, (), _only(part))
        logs = np.log(total["q95"] / total["q05"]) / 3.29
        found = total["mean"] * np.sqrt(np.expm1(logs**2))
        np.testing.assert_allclose(found, scale, rtol=0.01)


def test_what_was_expected_of_a_choice_has_all_quantiles(brand: Brand) -> None:
    made = seasonal_naive(brand, 5)
    total = expected_total(made, brand, "suzhou", ["tea", "milk"])
    assert list(total.columns) == ["date", "mean", *DAILY_COLUMNS, *CUMULATIVE_COLUMNS]
    rows = made.frame[(made.frame["region"] == "suzhou") & (made.frame["sku"] != "case")]
    np.testing.assert_allclose(total["mean"], rows.groupby("date")["mean"].sum())
    middle = total["c50"].to_numpy() / total["mean"].cumsum().to_numpy()
    assert (middle > 0.8).all() and (middle <= 1.0).all()
    assert (np.diff(total[list(CUMULATIVE_COLUMNS)].to_numpy(), axis=0) >= 0).all()
    own = expected_total(made, brand, "suzhou", ["tea"])
    alone = made.frame[(made.frame["region"] == "suzhou") & (made.frame["sku"] == "tea")]
    np.testing.assert_allclose(own[list(DAILY_COLUMNS)], alone[list(DAILY_COLUMNS)])


def test_how_errors_go_together_is_found_again() -> None:
    rng = np.random.default_rng(3)
    regions, skus, days = 8, 40, 60
    index = pd.MultiIndex.from_product(
        [range(days), [f"r{i}" for i in range(regions)], [f"s{i}" for i in range(skus)]],
        names=["day", "region", "sku"],
    )
    frame = index.to_frame(index=False)
    frame["category"] = "c" + (frame["sku"].str[1:].astype(int) % 5).astype(str)
    frame["date"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(frame["day"], unit="D")
    frame["spread"] = 2.0
    truth = {"own": 0.5, "product": 0.3, "region": 0.1, "all": 0.1}
    error = np.zeros(len(frame))
    for part, share in truth.items():
        by = frame.groupby(["date", *PARTS[part]]).ngroup().to_numpy()
        error += np.sqrt(share) * rng.standard_normal(by.max() + 1)[by]
    frame["error"] = error * frame["spread"]
    found = learn_together(frame).day
    weight = days / (days + 14)
    for part in PARTS:
        wanted = weight * truth.get(part, 0.0) + (1 - weight) * USUAL.day[part]
        assert found[part] == pytest.approx(wanted, abs=0.05)
    assert learn_together(frame.iloc[:0]) == USUAL


@pytest.mark.parametrize("wrong", [{"own": -0.1}, {"own": float("nan")}])
def test_shares_below_nought_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="variance"):
        Together({**USUAL.day, **wrong}, USUAL.run)


def test_totals_of_the_demo_cover_what_came(demo_folder: Path) -> None:
    """Learnt from windows before, the bands of every level hold nine days in ten or so."""
    brand = read_brand(demo_folder)
    kept = []
    for days in (42, 28, 14):
        past = brand.until(brand.as_of - pd.Timedelta(days=days))
        rows = past_rows(forecast(past, 14, workers=1).frame, past.as_of)
        kept.append(with_sales(rows, brand))
    together, last = learn_from(pd.concat(kept[:2])), kept[2][kept[2]["in_stock"]]
    assert together is not None
    for keys in (("sku",), ("category",), ("region",)):
        total = add_up(last, keys, together)
        sold = last.groupby([*keys, "date"], observed=True)["units"].sum().to_numpy()
        inside = (sold >= total["q05"]) & (sold <= total["q95"])
        assert 0.75 <= inside.mean() <= 1.0
