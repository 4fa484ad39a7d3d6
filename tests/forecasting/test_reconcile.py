"""Coherent forecasts: every level a sum of the series, and none worse than unreconciled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.brand import Brand, read_brand
from forecasting.accuracy import wape
from forecasting.forecast import COMPONENT_COLUMNS
from forecasting.forecast_check import check_frame
from forecasting.panel import build_panel
from forecasting.quantiles import CUMULATIVE_COLUMNS
from forecasting.reconcile import reconcile
from forecasting.run import forecast
from forecasting.scoring import LEVELS, joined
from forecasting.upper_levels import add_up, forecast_level

HORIZON = 14


@pytest.fixture(scope="module")
def brand(demo_folder: Path) -> Brand:
    return read_brand(demo_folder)


def test_it_is_a_whole_forecast_whose_parts_add_up(brand: Brand) -> None:
    past = brand.until(brand.as_of - pd.Timedelta(days=14))
    base = forecast(past, HORIZON, workers=1)
    made = reconcile(base, past)
    check_frame(made.frame, past)
    assert not np.allclose(made.frame["mean"], base.frame["mean"])
    run = made.frame[list(CUMULATIVE_COLUMNS)].to_numpy()
    assert (np.diff(run, axis=1) >= -1e-9).all()
    ahead = made.components[made.components["date"] > past.as_of]
    mean = ahead.merge(made.frame[["region", "sku", "date", "mean"]])["mean"]
    np.testing.assert_allclose(ahead["fitted"], mean, rtol=1e-3, atol=1e-3)
    parts = ahead[list(COMPONENT_COLUMNS[4:])].sum(axis=1)
    np.testing.assert_allclose(parts, ahead["fitted"], rtol=1e-3, atol=1e-3)
    history = made.components["date"] <= past.as_of
    pd.testing.assert_frame_equal(made.components[history], base.components[history])


@pytest.mark.shared
def test_no_level_is_worse_than_unreconciled(shared_brands: Path) -> None:
    """Against series added up, and against totals forecast by themselves."""
    brand = read_brand(shared_brands / "freshretail-cities", as_of="2024-06-04")
    errors: dict[tuple[str, str], list[float]] = {}
    for cutoff in ("2024-05-14", "2024-05-28"):
        past = brand.until(cutoff)
        base = forecast(past, 7, workers=1)
        made = reconcile(base, past)
        for level, keys in LEVELS.items():
            by = [*keys, "date"]
            for name, one in (("added up", base), ("reconciled", made)):
                sums = joined(one, brand).groupby(by, observed=True)[["units", "mean"]].sum()
                errors.setdefault((level, name), []).append(_wape(sums))
            if level in ("region", "category", "total"):
                itself = forecast_level(past, 7, keys).set_index(by)["mean"]
                sums["mean"] = itself.reindex(sums.index)
                errors.setdefault((level, "by itself"), []).append(_wape(sums))
    mean = {key: float(np.mean(found)) for key, found in errors.items()}
    for level, name in mean:
        assert mean[level, "reconciled"] <= 1.01 * mean[level, name], (level, name, mean)


def _wape(sums: pd.DataFrame) -> float:
    return wape(sums["units"].to_numpy(np.float64), sums["mean"].to_numpy(np.float64))


def test_a_total_is_of_all_that_is_in_it(brand: Brand) -> None:
    panel = build_panel(brand, 7)
    labels = pd.DataFrame({"region": [""], "sku": [""], "category": [""]})
    total = add_up(panel, np.zeros(len(panel), dtype=np.intp), labels)
    assert len(total) == 1 and total.usable.all()
    days = panel.usable.all(axis=0)
    assert days.any()
    np.testing.assert_allclose(total.demand[0, days], panel.demand[:, days].sum(axis=0), rtol=1e-4)
