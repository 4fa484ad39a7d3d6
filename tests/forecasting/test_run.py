"""Forecasting a brand from end to end."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import forecasting.batch as batch
from data.brand import Brand, read_brand
from data.errors import BadInput, Cancelled, Failure
from forecasting import CUMULATIVE_COLUMNS, DAILY_COLUMNS, FORECAST_COLUMNS, forecast, read_forecast
from forecasting.components import PARTS
from tests import brand_factory as factory

Make = Callable[..., Path]


def _odd_sales(sales: pd.DataFrame) -> pd.DataFrame:
    """One series of each kind that Prophet cannot fit, in Suzhou; Hangzhou stays ordinary."""
    last = factory.AS_OF
    suzhou = sales["region"] == "suzhou"
    ordinary = sales[~suzhou]
    tea = sales[suzhou & (sales["sku"] == "tea") & (sales["date"] > last - pd.Timedelta(days=2))]
    milk = sales[suzhou & (sales["sku"] == "milk")].assign(units=0.0)
    case = sales[suzhou & (sales["sku"] == "case")].assign(units=3.0, availability=1.0)
    return pd.concat([ordinary, tea, milk, case])


def _products(usual: pd.DataFrame) -> pd.DataFrame:
    new = usual.iloc[[2]].assign(sku="tea2", name="New tea")
    both = pd.concat([usual, new], ignore_index=True)
    return both.assign(
        launched=both["sku"].map({"tea2": "2024-06-02"}),
        similar_to=both["sku"].map({"tea2": "tea"}),
    )


@pytest.fixture(scope="module")
def brand(tmp_path_factory: pytest.TempPathFactory) -> Brand:
    folder = tmp_path_factory.mktemp("forecast") / "brand"
    return read_brand(
        factory.write_brand(
            folder,
            sales=_odd_sales(factory.sales()),
            products=_products(factory.PRODUCTS.copy()),
            drivers=factory.drivers(),
            settings={"forecast": {"samples": 100, "engine": "prophet"}},
        )
    )


@pytest.fixture(scope="module")
def made(brand: Brand) -> object:
    return forecast(brand, 7, workers=1)


def test_every_series_is_forecast_on_every_day(brand: Brand, made) -> None:  # type: ignore[no-untyped-def]
    assert list(made.frame.columns) == list(FORECAST_COLUMNS)
    assert made.horizon == 7
    assert made.first_day == brand.as_of + pd.Timedelta(days=1)
    keys = made.frame.groupby(["region", "sku"], observed=True).size()
    assert len(keys) == 8 and (keys == 7).all()


def test_quantiles_do_not_cross_and_are_not_negative(made) -> None:  # type: ignore[no-untyped-def]
    for columns in (DAILY_COLUMNS, CUMULATIVE_COLUMNS):
        values = made.frame[list(columns)].to_numpy()
        assert (values >= 0).all() and (np.diff(values, axis=1) >= 0).all()


def test_series_that_cannot_be_fitted_are_flagged(made) -> None:  # type: ignore[no-untyped-def]
    flags = made.series.set_index(["region", "sku"])[["engine", "flag"]].apply(tuple, axis=1)
    assert flags["suzhou", "tea"] == ("fallback", "too_short")
    assert flags["suzhou", "milk"] == ("fallback", "all_zero")
    assert flags["suzhou", "case"] == ("fallback", "constant")
    assert flags["hangzhou", "tea2"] == flags["suzhou", "tea2"] == ("fallback", "new")
    for sku in ("tea", "milk", "case"):
        assert flags["hangzhou", sku] == ("prophet", "unseen_event")  # 618 and dragon boat


def test_fallbacks_say_what_they_state(brand: Brand, made) -> None:  # type: ignore[no-untyped-def]
    mean = made.frame.groupby(["region", "sku"], observed=True)["mean"].mean()
    assert mean["suzhou", "case"] == pytest.approx(3.0)
    days = int(made.series.set_index(["region", "sku"])["fitted_days"]["suzhou", "milk"])
    assert mean["suzhou", "milk"] == pytest.approx(0.5 / days)
    new = made.frame[(made.frame["sku"] == "tea2") & (made.frame["region"] == "hangzhou")]
    assert (new["mean"].iloc[:2] == 0).all()  # launched on the third day
    tea = brand.sales[(brand.sales["sku"] == "tea") & (brand.sales["region"] == "hangzhou")]
    assert new["mean"].iloc[2:].mean() == pytest.approx(tea["units"].iloc[-28:].mean(), rel=0.25)


def test_ordinary_series_are_forecast_near_what_they_sell(made) -> None:  # type: ignore[no-untyped-def]
    mean = made.frame.groupby(["region", "sku"], observed=True)["mean"].mean()
    for sku, level in (("case", 6.0), ("milk", 18.0), ("tea", 10.5)):
        assert mean["hangzhou", sku] == pytest.approx(level, rel=0.25)


def test_components_add_up_to_the_mean(brand: Brand, made) -> None:  # type: ignore[no-untyped-def]
    parts = made.components
    np.testing.assert_allclose(parts[list(PARTS)].sum(axis=1), parts["fitted"], atol=1e-3)
    ahead = parts.merge(made.frame, on=["region", "sku", "date"])
    assert len(ahead) == len(made.frame)
    np.testing.assert_allclose(ahead["fitted"], ahead["mean"], rtol=1e-5, atol=1e-5)
    fitted = parts[(parts["region"] == "hangzhou") & (parts["sku"] == "tea")]
    assert fitted["date"].min() == brand.dates[0]


def test_its_file_reads_back(brand: Brand, made, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    made.write(tmp_path / "forecast.parquet")
    again = read_forecast(tmp_path / "forecast.parquet", brand)
    pd.testing.assert_frame_equal(again.frame, made.frame)
    pd.testing.assert_frame_equal(again.components, made.components)


def test_the_same_whatever_backend_and_order(
    brand: Brand, made, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("forecasting.prophet_run.BATCH", 3)
    again = forecast(brand, 7, backend="loky", workers=2)
    pd.testing.assert_frame_equal(again.frame, made.frame)
    pd.testing.assert_frame_equal(again.series, made.series)


def test_another_seed_draws_other_paths_around_the_same_fit(brand: Brand, made) -> None:  # type: ignore[no-untyped-def]
    other = forecast(brand, 7, workers=1, seed=99)
    assert not other.frame["q95"].equals(made.frame["q95"])
    fitted = made.components["date"] <= brand.as_of
    pd.testing.assert_series_equal(
        other.components.loc[fitted, "fitted"], made.components.loc[fitted, "fitted"]
    )


def test_progress_counts_every_series_and_may_cancel(
    brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forecasting.prophet_run.BATCH", 3)
    told: list[tuple[int, int]] = []

    def stop_after_the_first(done: int, total: int, what: str) -> None:
        told.append((done, total))
        if done:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        forecast(brand, 2, workers=1, progress=stop_after_the_first)
    assert told == [(0, 8), (0, 8), (3, 8)]  # pools, spread, the first batch


def test_ctrl_c_is_a_cancellation(brand: Brand) -> None:
    def interrupt(done: int, total: int, what: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(Cancelled, match="still stands"):
        forecast(brand, 2, workers=1, progress=interrupt)


def test_a_fit_that_fails_falls_back_with_a_flag(
    brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = batch.fit_prophet

    def fail_on_milk(design, *rest):  # type: ignore[no-untyped-def]
        if design.level > 14:
            raise RuntimeError("no optimum")
        return fit(design, *rest)

    monkeypatch.setattr(batch, "fit_prophet", fail_on_milk)
    made = forecast(brand, 2, workers=1)
    failed = made.series[made.series["flag"] == "fit_failed"]
    assert list(failed["sku"]) == ["milk"] and list(failed["engine"]) == ["fallback"]


def test_a_solver_that_does_not_work_at_all_is_our_failure(
    brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("no CmdStan here")

    monkeypatch.setattr(batch, "fit_prophet", broken)
    with pytest.raises(Failure, match="3 of 3 series: RuntimeError: no CmdStan here"):
        forecast(brand, 2, workers=1)


@pytest.mark.parametrize("horizon", [0, -1, 367])
def test_a_horizon_out_of_range_is_refused(brand: Brand, horizon: int) -> None:
    with pytest.raises(BadInput, match="horizon"):
        forecast(brand, horizon)


def _die(item: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return item


def test_a_killed_worker_is_told_as_such() -> None:
    from forecasting.workers import Workers

    with pytest.raises(Failure, match="A worker was killed"):
        list(Workers("loky", 2).each(_die, [1, 2], 2))


def test_an_unknown_backend_is_told() -> None:
    from forecasting.workers import Workers

    with pytest.raises(Failure, match="no backend 'cloud'"):
        list(Workers("cloud", 2).each(abs, [1, 2], 2))
