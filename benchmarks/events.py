"""Double 11 of the demo brand's last years, forecast from the years before: pooled and plain.

``python -m benchmarks.events`` prints JSON. Plain Prophet gets the same windows of the calendar as
holidays (and so knows the days); its posterior is maximised in process, which finds the same
optimum (docs/fit.md). Both are scored on the truth of 1 to 11 November, which only the simulator
knows. ``noise`` is the WAPE of the truth's own expectation: chance that no forecast can beat.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data.brand import read_brand
from data.demo import read_truth, simulate_demo
from forecasting.accuracy import bias, wape
from forecasting.calendar import china_holidays
from forecasting.panel import Panel, build_panel
from forecasting.pooled_engine import forecast_pooled

ORIGINS = ("2024-10-31", "2025-11-02")
HORIZON = 14
MIN_DAYS = 60
LEVELS = ("series", "product", "category", "region", "total")


def run() -> dict[str, Any]:
    """Return WAPE and bias by origin, level and model, and the ratio of the two WAPEs."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "demo")
        simulate_demo(folder)
        panel, truth = build_panel(read_brand(folder), HORIZON), read_truth(folder)
        return {origin: _compare(panel, truth, pd.Timestamp(origin)) for origin in ORIGINS}


def _compare(panel: Panel, truth: pd.DataFrame, origin: pd.Timestamp) -> dict[str, Any]:
    history = int((origin - panel.dates[0]).days) + 1
    past = panel.before(panel.history - history) if history < panel.history else panel
    known = np.isfinite(past.units).sum(axis=1) >= MIN_DAYS
    past = past.part(np.flatnonzero(known))
    days = past.dates[history : history + HORIZON]
    inside = np.asarray((days.month == 11) & (days.day <= 11))
    actual, expected = (_grid(truth, past, days, name) for name in ("demand", "expected"))
    forecasts = {
        "nearfield": forecast_pooled(past, HORIZON).mean,
        "prophet": _plain(past, history, days),
    }
    out: dict[str, Any] = {"noise": wape(actual[:, inside], expected[:, inside])}
    for level in LEVELS:
        totals = {name: _added(f[:, inside], past, level) for name, f in forecasts.items()}
        true = _added(actual[:, inside], past, level)
        rows = {name: {"wape": wape(true, f), "bias": bias(true, f)} for name, f in totals.items()}
        ratio = rows["nearfield"]["wape"] / rows["prophet"]["wape"]
        out[level] = {**rows, "ratio": ratio}
    return out


def _grid(truth: pd.DataFrame, panel: Panel, days: pd.DatetimeIndex, column: str) -> np.ndarray:
    rows = truth[truth["date"].isin(days)].astype({"region": str, "sku": str})
    wide = rows.pivot_table(index=["region", "sku"], columns="date", values=column)
    keys = pd.MultiIndex.from_arrays([panel.region, panel.sku])
    return wide.reindex(keys).reindex(columns=days).to_numpy(dtype=float)


def _added(values: np.ndarray, panel: Panel, level: str) -> np.ndarray:
    if level == "series":
        return values
    if level == "total":
        return np.asarray(values.sum(axis=0))
    group = {"product": panel.sku, "category": panel.category, "region": panel.region}[level]
    return np.asarray(pd.DataFrame(values).groupby(group).sum(), dtype=float)


def _plain(panel: Panel, history: int, days: pd.DatetimeIndex) -> np.ndarray:
    from prophet import Prophet

    from forecasting.batch_design import prophet_design
    from forecasting.batch_predict import predict_batch
    from forecasting.map_fit import fit_batch

    dates = panel.dates[:history]
    holidays = china_holidays(dates[0], days[-1])
    shown = set(holidays.loc[holidays["ds"] <= dates[-1], "holiday"])
    holidays = holidays[holidays["holiday"].isin(shown)]
    design, later = prophet_design(
        Prophet(holidays=holidays), pd.DataFrame({"ds": dates}), pd.DataFrame({"ds": days})
    )
    assert later is not None
    fit = fit_batch(panel.units.astype(float), design)
    return np.maximum(predict_batch(fit, later).mean, 0.0)


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
