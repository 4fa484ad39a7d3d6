from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecasting.fallback import unfit_flags
from forecasting.panel import Panel
from forecasting.pooled_columns import pooled_columns
from forecasting.pooled_engine import forecast_pooled
from forecasting.pooled_parts import fitted_demand
from forecasting.pooled_regression import PooledRegression, fit_pooled
from forecasting.pooled_run import told_by_its_pools
from forecasting.pooled_stock import STOCK, expected_stock, told_by_stock
from tests.forecasting.test_pooled_engine import H, T, panel

ELASTICITY = 0.7
"""Sales go with the share of hours in stock to this power."""


def with_gaps(series: int = 60, low: int = 6) -> tuple[Panel, Panel]:
    """The same series with stock all day and with gaps, worst on the last days."""
    rng = np.random.default_rng(5)
    full = panel(series)
    share = np.where(rng.random((series, T)) < 0.3, rng.uniform(0.5, 1.0, (series, T)), 1.0)
    share[: series // 2, -low:] = 0.6
    units = full.units * share**ELASTICITY
    return full, replace(full, units=units, demand=units, availability=share)


def test_gaps_in_stock_are_not_taken_for_a_falling_level() -> None:
    full, gaps = with_gaps()
    (fit,) = fit_pooled(gaps, T, H)
    column = fit.columns.names.index(STOCK)
    per_log = np.median(fit.beta[:, column]) / fit.columns.unit[column]
    assert per_log == pytest.approx(ELASTICITY, abs=0.1)
    half = slice(0, 30)
    assert np.allclose(expected_stock(gaps, T, H)[half], 0.85, atol=0.12)
    expected = fit_pooled(full, T, H)[0].outlook.day[half].mean()
    assert fit.outlook.day[half].mean() == pytest.approx(expected, abs=0.1)


def test_what_is_fitted_of_the_past_is_of_days_with_the_usual_stock() -> None:
    _, gaps = with_gaps()
    (fit,) = fit_pooled(gaps, T, H)
    fitted = fitted_demand(gaps, fit, PooledRegression())
    worst = gaps.availability < 0.7
    sold = np.where(worst, gaps.units, 0.0).sum()
    assert np.where(worst, fitted, 0.0).sum() > 1.15 * sold


def test_expected_stock_trusts_the_last_days_as_far_as_they_have_told() -> None:
    rng = np.random.default_rng(0)
    plain = panel(200)
    lasting = np.repeat(rng.uniform(0.55, 1.0, (200, 1)), T, axis=1)
    fleeting = rng.uniform(0.55, 1.0, (200, T))
    for share, spread in ((lasting, 0.1), (fleeting, 0.0)):
        found = expected_stock(replace(plain, availability=share), T, H)
        assert found.std() == pytest.approx(share.mean(axis=1).std() if spread else 0.0, abs=0.03)
        assert found.mean() == pytest.approx(share.mean(), abs=0.02)


def test_without_gaps_or_with_a_far_field_that_sold_on_there_is_no_column() -> None:
    full, gaps = with_gaps()
    mended = replace(gaps, demand=gaps.units / gaps.availability)
    for kind, told in ((full, False), (mended, False), (gaps, True)):
        assert told_by_stock(kind, T) is told
        assert (STOCK in pooled_columns(kind, T).names) is told


def test_stock_after_the_cutoff_is_not_looked_at() -> None:
    _, gaps = with_gaps()
    later = gaps.availability.copy()
    later[:, T - 10 :] = 0.51
    other = replace(gaps, availability=later)
    one, two = (fit_pooled(p, T - 10, H)[0].outlook.day for p in (gaps, other))
    np.testing.assert_array_equal(one, two)


def test_a_series_hardly_ever_in_stock_is_told_by_its_pools() -> None:
    full, _ = with_gaps()
    usable = np.ones_like(full.usable)
    usable[0, :-6] = usable[1, :-2] = False
    starved = replace(full, usable=usable, availability=usable.astype(float))
    flags = unfit_flags(starved)
    assert list(flags[:3]) == ["mostly_out", "mostly_out", ""]
    assert list(told_by_its_pools(starved, flags)[:3]) == [True, False, False]
    mean, expected = (forecast_pooled(p, H).mean[0].sum() for p in (starved, full))
    assert mean == pytest.approx(expected, rel=0.25)
