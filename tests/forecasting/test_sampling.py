"""Sample paths: their mean, their spread, their quantiles, their seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.design import Design
from forecasting.prophet_engine import Fit
from forecasting.sampling import (
    generator,
    mean_units,
    path_quantiles,
    sample_paths,
    trend_paths,
    whole_units,
)

DAYS, HORIZON = 40, 10


def _design(level: float = 20.0, last_day: int = DAYS - HORIZON - 1) -> Design:
    return Design(
        day=np.array([0, last_day]),
        y=np.zeros(2),
        pooled={},
        level=level,
        offset=0.1 * level,
        names=(),
        X=np.zeros((DAYS, 0)),
        unseen=(),
        weekly=0,
        yearly=0,
    )


def _fit(sigma: float = 0.4, slope_change: float = 0.0, rate: float = 0.0) -> Fit:
    zero = np.zeros(DAYS)
    parts = dict.fromkeys(("trend", "weekly", "yearly", "events", "drivers"), zero)
    return Fit(parts=parts, effects={}, sigma=sigma, slope_change=slope_change, change_rate=rate)


def test_the_mean_is_the_mean_of_the_paths_not_their_median() -> None:
    paths, mean = sample_paths(_design(), _fit(), HORIZON, 200_000, generator(1, "a"))
    np.testing.assert_allclose(paths.mean(axis=0), mean, rtol=0.01)
    assert (mean > np.median(paths, axis=0) * 1.05).all()  # lognormal: they differ


@settings(max_examples=50, deadline=None)
@given(location=st.floats(-4, 3), sigma=st.floats(0.01, 1.5))
def test_closed_form_of_the_mean(location: float, sigma: float) -> None:
    """Against the integral by Gauss and Hermite."""
    design = _design()
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    values = np.maximum(design.to_units(location + sigma * nodes), 0.0)
    expected = float((weights * values).sum() / weights.sum())
    assert mean_units(design, np.array([location]), sigma)[0] == pytest.approx(
        expected, rel=0.01, abs=0.02
    )


def test_trend_paths_widen_as_prophet_says() -> None:
    """A change of slope with chance p and Laplace scale b: var of day h = 2 p b² Σ (j - ½)²."""
    rng = np.random.default_rng(3)
    paths = trend_paths(_fit(slope_change=0.02, rate=0.3), 0, HORIZON, 100_000, rng)
    steps = np.arange(1, HORIZON + 1) - 0.5
    expected = np.sqrt(2 * 0.3 * 0.02**2 * np.cumsum(steps**2))
    np.testing.assert_allclose(paths.std(axis=0), expected, rtol=0.05)


def test_days_since_the_last_observation_widen_the_first_forecast_day() -> None:
    fit = _fit(sigma=0.1, slope_change=0.05, rate=0.5)
    fresh, _ = sample_paths(_design(), fit, HORIZON, 5_000, generator(0, "a"))
    stale, _ = sample_paths(_design(last_day=9), fit, HORIZON, 5_000, generator(0, "a"))
    assert stale[:, 0].std() > 1.5 * fresh[:, 0].std()


def test_quantiles_are_ordered_not_negative_and_cumulate() -> None:
    paths, _ = sample_paths(_design(), _fit(sigma=1.2), HORIZON, 400, generator(0, "a"))
    daily, cumulated = path_quantiles(paths)
    for quantiles in (daily, cumulated):
        assert (np.diff(quantiles, axis=1) >= 0).all()
        assert (quantiles >= 0).all()
    assert (np.diff(cumulated, axis=0) >= 0).all()
    np.testing.assert_array_equal(daily[0], cumulated[0])


def test_whole_units_keep_the_mean() -> None:
    rng = np.random.default_rng(0)
    paths = np.full((200_000, 1), 0.3)
    rounded = whole_units(paths, rng)
    assert set(np.unique(rounded)) == {0.0, 1.0}
    assert rounded.mean() == pytest.approx(0.3, abs=0.01)


def test_a_series_draws_its_own_numbers_by_seed_and_key() -> None:
    def draw(seed: int, key: str) -> float:
        return float(generator(seed, key).random())

    assert draw(1, "a") == draw(1, "a")
    assert len({draw(1, "a"), draw(1, "b"), draw(2, "a")}) == 3
