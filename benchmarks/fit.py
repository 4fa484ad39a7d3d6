"""How fast the batch and the pooled engine fit, beside plain Prophet, in one run on the same cores.

``python -m benchmarks.fit`` prints JSON. Every contestant gets two processes with one BLAS thread
each; seconds a series are wall time over the number of series. The real demand is read from the
folder in ``NEARFIELD_SHARED_BRANDS`` (``../shared/brands`` beside the checkout by default); without
it that part is left out.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed, parallel_config

HORIZON = 14
WORKERS = 2
ROUNDS = 3
Options = dict[str, Any]


def run() -> dict[str, Any]:
    """Seconds a series and ratios to plain Prophet, for short real and long simulated series."""
    out: dict[str, Any] = {"workers": WORKERS, "horizon": HORIZON}
    with parallel_config("loky", n_jobs=WORKERS, inner_max_num_threads=1):
        cities = _cities()
        if cities is not None:
            y, dates = cities
            out["freshretail_cities"] = _compare(y, dates, {}, plain=12, theta=200)
            out["freshretail_cities_engine"] = _engine(out["freshretail_cities"])
        y, dates, holidays = _two_years()
        for mode in ("additive", "multiplicative"):
            options = {"seasonality_mode": mode, "holidays": holidays, "yearly_seasonality": 10}
            out[f"two_years_{mode}"] = _compare(y, dates, options, plain=8)
            gaps = np.where(np.random.default_rng(2).random(y.shape) < 0.05, np.nan, y)
            gaps[:, [0, -1]] = y[:, [0, -1]]
            out[f"two_years_{mode}_with_gaps"] = _ours(gaps, dates, options)
    return out


def _compare(
    y: np.ndarray, dates: pd.DatetimeIndex, options: Options, plain: int, theta: int = 0
) -> dict[str, Any]:
    """The batch over all series and the others over samples, in turns."""
    pick = np.random.default_rng(0).choice(len(y), max(plain, theta), replace=False)
    result = _ours(y, dates, options)
    seconds = _per_series(_plain, list(y[pick[:plain]]), dates, options)
    again = _ours(y, dates, options)["seconds_per_series"]
    result["seconds_per_series"] = (result["seconds_per_series"] + again) / 2
    result["prophet_seconds_per_series"] = seconds
    result["times_faster_than_prophet"] = seconds / result["seconds_per_series"]
    if theta:
        result |= _theta(y[pick[:theta]], result["seconds_per_series"])
    return result


def _engine(others: dict[str, Any]) -> dict[str, Any]:
    """The engine ``nearfield`` on the same series, calibration included, beside the same others."""
    from data.brand import read_brand
    from forecasting.panel import build_panel
    from forecasting.pooled_engine import forecast_pooled

    panel = build_panel(read_brand(_folder()), HORIZON)
    rounds, processor = [], []
    for _ in range(ROUNDS):
        start, began = time.perf_counter(), time.process_time()
        forecast_pooled(panel, HORIZON)
        rounds.append(time.perf_counter() - start)
        processor.append(time.process_time() - began)
    ours = float(np.median(rounds)) / len(panel)
    result = {
        "series": len(panel),
        "seconds_per_series": ours,
        "processor_seconds": float(np.median(processor)),
        "times_faster_than_prophet": others["prophet_seconds_per_series"] / ours,
    }
    if "theta_seconds_per_series" in others:
        result["times_faster_than_theta"] = others["theta_seconds_per_series"] / ours
    return result


def _ours(y: np.ndarray, dates: pd.DatetimeIndex, options: Options) -> dict[str, Any]:
    halves = np.array_split(y, WORKERS)
    rounds = []
    converged = np.zeros(1)
    Parallel()(delayed(_batch)(h[:8], dates, options) for h in halves)  # workers import
    for _ in range(ROUNDS):
        start = time.perf_counter()
        parts = Parallel()(delayed(_batch)(h, dates, options) for h in halves)
        rounds.append(time.perf_counter() - start)
        converged = np.concatenate(parts)
    return {
        "series": len(y),
        "days": y.shape[1],
        "seconds_per_series": float(np.median(rounds)) / len(y),
        "converged": float(converged.mean()),
    }


def _batch(y: np.ndarray, dates: pd.DatetimeIndex, options: Options) -> np.ndarray:
    """Design, fit and quantiles of some series; which of them converged."""
    from prophet import Prophet

    from forecasting.batch_design import prophet_design
    from forecasting.batch_predict import predict_batch
    from forecasting.map_fit import fit_batch

    logging.getLogger("prophet").setLevel(logging.ERROR)
    ahead = pd.date_range(dates[-1], periods=HORIZON + 1)[1:]
    history, future = pd.DataFrame({"ds": dates}), pd.DataFrame({"ds": ahead})
    design, later = prophet_design(Prophet(**options), history, future)
    assert later is not None
    fit = fit_batch(y, design)
    predict_batch(fit, later)
    return fit.converged


def _plain(y: np.ndarray, dates: pd.DatetimeIndex, options: Options) -> None:
    from prophet import Prophet

    for name in ("prophet", "cmdstanpy"):
        logging.getLogger(name).setLevel(logging.ERROR)
    model = Prophet(**options).fit(pd.DataFrame({"ds": dates, "y": y}))
    model.predict(model.make_future_dataframe(HORIZON, include_history=False))


def _per_series(work: Callable[..., None], series: Sequence[np.ndarray], *arguments: Any) -> float:
    Parallel()(delayed(work)(y, *arguments) for y in series[:WORKERS])  # workers import
    start = time.perf_counter()
    Parallel()(delayed(work)(y, *arguments) for y in series)
    return (time.perf_counter() - start) / len(series)


def _theta(y: np.ndarray, ours: float) -> dict[str, float]:
    """statsforecast's DynamicOptimizedTheta on the same series, if it is installed."""
    try:
        import statsforecast  # noqa: F401
    except ImportError:
        return {}
    seconds = _per_series(_theta_one, list(y))
    return {
        "theta_seconds_per_series": seconds,
        "times_faster_than_theta": seconds / ours,
    }


def _theta_one(y: np.ndarray) -> None:
    from statsforecast.models import DynamicOptimizedTheta

    DynamicOptimizedTheta(season_length=7).forecast(y, HORIZON, level=[50, 80, 90])


def _folder() -> Path:
    root = Path(__file__).resolve().parents[1].parent / "shared" / "brands"
    return Path(os.environ.get("NEARFIELD_SHARED_BRANDS", root)) / "freshretail-cities"


def _cities() -> tuple[np.ndarray, pd.DatetimeIndex] | None:
    folder = _folder()
    if not folder.exists():
        return None
    sales = pd.read_parquet(folder / "sales.parquet")
    wide = sales.pivot_table(
        index=["region", "sku"], columns="date", values="units", observed=True, fill_value=0
    )
    return wide.to_numpy(dtype=float), pd.DatetimeIndex(wide.columns)


def _two_years(S: int = 720, T: int = 760) -> tuple[np.ndarray, pd.DatetimeIndex, pd.DataFrame]:
    """Counts with a drifting level, a week, a year and holidays; as many as the demo brand has."""
    from prophet.make_holidays import make_holidays_df

    rng = np.random.default_rng(1)
    dates = pd.date_range("2023-10-05", periods=T)
    t = np.arange(T)
    phase = 2 * np.pi * rng.random((2, S, 1))
    level = np.exp(rng.normal(2, 1, (S, 1))) * (1 + 0.3 * np.sin(4e-3 * t + phase[0]))
    week = 1 + 0.15 * rng.normal(size=(S, 7))[:, t % 7]
    year = 1 + 0.3 * np.sin(2 * np.pi * t / 365.25 + phase[1])
    days = make_holidays_df([2023, 2024, 2025], "CN")
    level = level * week * year * np.where(dates.isin(days["ds"]), 1.6, 1.0)
    return rng.poisson(level).astype(float), dates, days


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
