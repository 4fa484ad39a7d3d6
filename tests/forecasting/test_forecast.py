"""The files of a forecast: round trip, what is refused, what a fault leaves behind."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.brand import Brand, read_brand
from data.errors import BadForecast
from forecasting.baselines import seasonal_naive
from forecasting.forecast import Forecast, read_forecast
from forecasting.quantiles import CUMULATIVE_COLUMNS, DAILY_COLUMNS


@pytest.fixture
def brand(make_brand: Callable[..., Path]) -> Brand:
    return read_brand(make_brand())


@pytest.fixture
def made(brand: Brand) -> Forecast:
    return seasonal_naive(brand, 5)


def test_round_trip(brand: Brand, made: Forecast, tmp_path: Path) -> None:
    path = tmp_path / "new" / "forecast.parquet"
    made.write(path)
    again = read_forecast(path, brand)
    pd.testing.assert_frame_equal(again.frame, made.frame)
    pd.testing.assert_frame_equal(again.series, made.series)
    pd.testing.assert_frame_equal(again.components, made.components)
    assert sorted(p.name for p in path.parent.iterdir()) == [
        "forecast.components.parquet",
        "forecast.parquet",
        "forecast.series.parquet",
    ]


def test_a_forecast_made_elsewhere_needs_only_its_frame(
    brand: Brand, made: Forecast, tmp_path: Path
) -> None:
    path = tmp_path / "theirs.parquet"
    shuffled = made.frame.sample(frac=1.0, random_state=0).assign(note="x")
    shuffled.astype({"region": str, "sku": str}).to_parquet(path)
    again = read_forecast(path, brand)
    pd.testing.assert_frame_equal(again.frame, made.frame)
    assert set(again.series["engine"]) == {"elsewhere"}
    assert again.components.empty


def test_side_files_of_another_forecast_do_not_count(
    brand: Brand, made: Forecast, tmp_path: Path
) -> None:
    path = tmp_path / "forecast.parquet"
    made.write(path)
    made.frame.assign(mean=1.0).to_parquet(path)
    assert set(read_forecast(path, brand).series["engine"]) == {"elsewhere"}


def test_a_write_that_fails_leaves_the_last_good_forecast(
    brand: Brand, made: Forecast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "forecast.parquet"
    made.write(path)
    before = {p.name: p.read_bytes() for p in tmp_path.glob("forecast*")}
    module = importlib.import_module("forecasting.forecast")
    write, written = module._write_parquet, []

    def write_until_killed(frame: pd.DataFrame, to: Path, stamp: bytes) -> None:
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(to)
        write(frame, to, stamp)

    monkeypatch.setattr(module, "_write_parquet", write_until_killed)
    other = Forecast(made.frame.assign(mean=7.0), made.series, made.components)
    with pytest.raises(KeyboardInterrupt):
        other.write(path)
    assert {p.name: p.read_bytes() for p in tmp_path.glob("forecast*")} == before
    assert read_forecast(path, brand).frame.equals(made.frame)


def _drop_column(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns=["q25", "c95"])


def _cross(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(q90=frame["q95"] + 1)


def _fall(frame: pd.DataFrame) -> pd.DataFrame:
    last = frame["date"] == frame["date"].max()
    return frame.assign(**{c: frame[c].where(~last, 0.0) for c in CUMULATIVE_COLUMNS})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_drop_column, "found no q25, c95"),
        (lambda f: f.iloc[:0], "expected rows; found none"),
        (lambda f: f.assign(date="someday"), "column date: expected days"),
        (lambda f: f.assign(mean="many"), "column mean: expected units as numbers"),
        (lambda f: f.assign(mean=np.nan), "column mean: expected numbers; found empty"),
        (lambda f: f.assign(**dict.fromkeys(DAILY_COLUMNS, -1.0)), "expected units >= 0; found -1"),
        (_cross, "q05 <= … <= q95"),
        (_fall, "not to fall from day to day"),
        (
            lambda f: f.assign(sku="perfume"),
            "column sku: expected those of the brand; found perfume",
        ),
        (lambda f: f.assign(date=f["date"] + pd.Timedelta(days=9)), "the day after the as-of day"),
        (lambda f: f.drop(index=f.index[3]), "days missing or double"),
        (lambda f: pd.concat([f, f.iloc[:2]]), "days missing or double"),
        (lambda f: f[f["sku"] != "tea"], "found none for hangzhou × tea, suzhou × tea"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_and_how(
    change: Callable[[pd.DataFrame], pd.DataFrame],
    message: str,
    brand: Brand,
    made: Forecast,
    tmp_path: Path,
) -> None:
    path = tmp_path / "forecast.parquet"
    change(made.frame.astype({"region": str, "sku": str})).to_parquet(path)
    with pytest.raises(BadForecast) as refused:
        read_forecast(path, brand)
    assert message in str(refused.value)


def test_no_file_and_no_parquet_are_refused(brand: Brand, tmp_path: Path) -> None:
    with pytest.raises(BadForecast, match="found none"):
        read_forecast(tmp_path / "none.parquet", brand)
    (tmp_path / "text.parquet").write_text("region,sku\n")
    with pytest.raises(BadForecast, match="expected a Parquet file"):
        read_forecast(tmp_path / "text.parquet", brand)


def test_a_forecast_without_its_columns_is_refused_when_made(made: Forecast) -> None:
    with pytest.raises(ValueError, match="frame lacks the columns q50"):
        Forecast(made.frame.drop(columns="q50"), made.series, made.components)
