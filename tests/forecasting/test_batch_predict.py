from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from prophet import Prophet

from forecasting.batch_design import prophet_design, standardize, with_series_regressors
from forecasting.batch_predict import predict_batch, sample_paths
from forecasting.map_backend import fast_prophet
from forecasting.map_fit import fit_batch
from forecasting.quantiles import QUANTILES
from tests.forecasting.varied_series import HOLIDAYS

DATES = pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=170)})
FUTURE = pd.DataFrame({"ds": pd.date_range(DATES["ds"].iloc[-1], periods=15)[1:]})
OPTIONS = {
    "additive": {},
    "multiplicative": {"seasonality_mode": "multiplicative"},
    "flat": {"growth": "flat"},
    "minmax": {"scaling": "minmax", "holidays_mode": "multiplicative"},
}


def demand(S: int = 4) -> np.ndarray:
    rng = np.random.default_rng(0)
    t = np.arange(len(DATES))
    level = (np.arange(S)[:, None] + 1) * 10 * (1 + 0.004 * np.abs(t - 80))
    return np.asarray(level * (1 + 0.3 * np.sin(2 * np.pi * t / 7)) + 3 * rng.normal(size=(S, 170)))


@pytest.mark.parametrize("kind", OPTIONS)
def test_the_forecast_is_the_one_prophet_makes_of_the_same_fit(kind: str) -> None:
    options = {"holidays": HOLIDAYS, **OPTIONS[kind]}
    y = demand()
    design, future = prophet_design(Prophet(**options), DATES, FUTURE)
    assert future is not None
    fit = fit_batch(y, design, scaling="minmax" if kind == "minmax" else "absmax")
    ours = predict_batch(fit, future, samples=8000, components=True)
    for s in range(len(y)):
        model = fast_prophet(uncertainty_samples=3000, **options)
        model.fit(DATES.assign(y=y[s]))
        theirs = model.predict(FUTURE)
        scale = fit.y_scale[s]
        assert ours.mean[s] == pytest.approx(theirs["yhat"].to_numpy(), abs=2e-3 * scale)
        assert ours.trend[s] == pytest.approx(theirs["trend"].to_numpy(), abs=2e-3 * scale)
        for name in ("weekly", "november"):
            unit = 1.0 if name in ours.multiplicative_names else scale
            assert ours.components[name][s] == pytest.approx(
                theirs[name].to_numpy(), abs=2e-3 * unit
            )
        np.random.seed(s)  # noqa: NPY002 - Prophet draws from NumPy's global generator
        paths = model.predictive_samples(FUTURE)["yhat"]
        for values, found in ((paths, ours.daily), (paths.cumsum(axis=0), ours.cumulated)):
            assert found is not None
            spread = values.std(axis=1, keepdims=True)
            off = (found[s] - np.quantile(values, QUANTILES, axis=1).T) / spread
            assert np.abs(off).max() < 0.2
            assert np.abs(off.mean()) < 0.05


def test_quantiles_ascend_and_can_be_kept_from_negative_demand() -> None:
    y = np.random.default_rng(1).poisson(0.4, (6, 170)).astype(float)
    design, future = prophet_design(Prophet(), DATES, FUTURE)
    assert future is not None
    fit = fit_batch(y, design)
    free = predict_batch(fit, future, samples=400)
    kept = predict_batch(fit, future, samples=400, non_negative=True)
    assert free.daily is not None and kept.daily is not None and kept.cumulated is not None
    assert (free.daily < 0).any()
    assert (kept.daily >= 0).all() and (kept.cumulated >= 0).all()
    assert (np.diff(kept.daily, axis=2) >= 0).all()
    assert (np.diff(kept.cumulated, axis=2) >= 0).all()
    assert kept.daily == pytest.approx(np.maximum(free.daily, 0), abs=0.02)


def test_numbers_do_not_depend_on_the_company_or_on_blocks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    design, future = prophet_design(Prophet(), DATES, FUTURE)
    assert future is not None
    fit = fit_batch(demand(9), design)
    whole = predict_batch(fit, future, samples=200)
    monkeypatch.setattr("forecasting.batch_predict.PATH_BYTES", 2 * 4 * 14 * 200 * 2)
    cut = predict_batch(fit, future, samples=200)
    assert np.array_equal(whole.daily, cut.daily)  # type: ignore[arg-type]
    assert np.array_equal(whole.cumulated, cut.cumulated)  # type: ignore[arg-type]


def test_sample_paths_have_the_quantiles_and_are_independent_between_series() -> None:
    design, future = prophet_design(Prophet(), DATES, FUTURE)
    assert future is not None
    fit = fit_batch(demand(3), design)
    quantiles = predict_batch(fit, future, samples=4000).daily
    assert quantiles is not None
    (rows, paths), *rest = sample_paths(fit, future, samples=4000, rng=np.random.default_rng(2))
    assert rows == slice(0, 3) and not rest
    found = np.quantile(paths, QUANTILES, axis=2).transpose(1, 2, 0)
    spread = paths.std(axis=2)[:, :, None]
    assert np.abs((found - quantiles) / spread).max() < 0.15
    total = paths.sum(axis=1)
    assert np.abs(np.corrcoef(total)[np.triu_indices(3, 1)]).max() < 0.06


def test_regressors_of_each_series_are_scaled_as_prophet_scales_them() -> None:
    rng = np.random.default_rng(5)
    y = demand(3)
    raw = np.stack([rng.normal(5, 2, (3, 184)), (rng.random((3, 184)) < 0.3) * 1.0], axis=1)
    raw[2, 0] = 7.0  # one value only: Prophet leaves it
    y[0, 10:20] = np.nan
    y = y + 4 * np.nan_to_num(raw[:, 0, :170])
    design, future = prophet_design(Prophet(), DATES, FUTURE)
    assert future is not None
    seen = ~np.isnan(y)
    scaled = [
        standardize(raw[:, :, :170], seen, part) for part in (raw[:, :, :170], raw[:, :, 170:])
    ]
    now, later = (
        with_series_regressors(d, x, names=("price", "promotion"))
        for d, x in zip((design, future), scaled, strict=True)
    )
    fit = fit_batch(y, now)
    ours = predict_batch(fit, later, samples=0, components=True)
    for s in range(3):
        model = fast_prophet(uncertainty_samples=0, changepoints=_dates_of(design.changepoints))
        columns = {"price": raw[s, 0], "promotion": raw[s, 1]}
        for name in columns:
            model.add_regressor(name)
        model.fit(DATES.assign(y=y[s], **{n: v[:170] for n, v in columns.items()}))
        theirs = model.predict(FUTURE.assign(**{n: v[170:] for n, v in columns.items()}))
        scale = fit.y_scale[s]
        assert ours.mean[s] == pytest.approx(theirs["yhat"].to_numpy(), abs=2e-3 * scale)
        for name in columns:
            assert ours.components[name][s] == pytest.approx(
                theirs[name].to_numpy(), abs=2e-3 * scale
            )


def _dates_of(changepoints: np.ndarray) -> pd.DatetimeIndex:
    first, last = DATES["ds"].iloc[0], DATES["ds"].iloc[-1]
    return pd.DatetimeIndex(first + changepoints * (last - first)).round("D")
