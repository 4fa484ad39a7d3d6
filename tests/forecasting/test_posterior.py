from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prophet import Prophet

from forecasting.batch_design import BatchDesign
from forecasting.posterior import (
    NOISE_PRIOR_SCALE,
    conditional_sigma,
    log_posterior,
    split_terms,
    trend,
)


def test_value_of_a_posterior_worked_out_by_hand() -> None:
    design = BatchDesign(
        t=np.array([0.0, 0.5, 1.0]),
        changepoints=np.array([0.5]),
        X=np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]),
        beta_scale=np.array([10.0, 2.0]),
        multiplicative=np.array([True, False]),
        changepoint_scale=0.05,
    )
    # trend 1, 2, 4 (slope 2, then 4); multiplied by 1.5 on days 1 and 3; 0.2 added on 2 and 3.
    y = np.array([[1.5, 2.3, 6.2]])
    residual = np.array([0.0, 0.1, 0.0])
    value = log_posterior(design, y, [2.0], [1.0], [[2.0]], [[0.5, 0.2]], [0.1])
    expected = (
        -3 * np.log(0.1)
        - (residual**2).sum() / (2 * 0.01)
        - 0.01 / (2 * 0.25)
        - (4 + 1) / 50
        - 2 / 0.05
        - 0.5**2 / 200
        - 0.2**2 / 8
    )
    assert value == pytest.approx([expected], abs=1e-12)


def test_prior_means_move_the_prior() -> None:
    design = BatchDesign(
        t=np.array([0.0, 1.0]),
        changepoints=np.array([0.0]),
        X=np.eye(2),
        beta_scale=np.array([0.5, 0.5]),
        multiplicative=np.zeros(2, dtype=bool),
        beta_mean=np.array([[1.0, 0.0], [0.0, 0.0]]),
    )
    y = np.array([[1.0, 0.0], [1.0, 0.0]])
    beta = np.array([[1.0, 0.0], [1.0, 0.0]])
    zero = np.zeros(2)
    at = log_posterior(design, y, zero, zero, np.zeros((2, 1)), beta, [1.0, 1.0])
    assert at[0] - at[1] == pytest.approx(1 / (2 * 0.25))


def test_missing_days_do_not_count() -> None:
    t = np.linspace(0, 1, 5)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5, 2))
    keep = np.array([0, 1, 3, 4])
    y = rng.normal(size=5)
    gap = np.where(np.isin(np.arange(5), keep), y, np.nan)
    whole = BatchDesign(t, np.array([0.3]), X, np.ones(2), np.zeros(2, dtype=bool))
    cut = BatchDesign(t[keep], np.array([0.3]), X[keep], np.ones(2), np.zeros(2, dtype=bool))
    arguments = ([0.4], [0.1], [[0.2]], [[0.3, -0.2]], [0.7])
    assert log_posterior(whole, gap[None], *arguments) == pytest.approx(
        log_posterior(cut, y[None, keep], *arguments), abs=1e-12
    )


def test_trend_is_prophets() -> None:
    rng = np.random.default_rng(1)
    t = np.linspace(0, 1.2, 50)
    changepoints, delta = np.array([0.2, 0.5, 0.51]), rng.normal(size=3)
    design = BatchDesign(t, changepoints, np.zeros((50, 0)), np.ones(0), np.zeros(0, dtype=bool))
    ours = trend(design, np.array([0.7]), np.array([-0.3]), delta[None])
    prophets = Prophet.piecewise_linear(t, delta, 0.7, -0.3, changepoints)
    assert ours[0] == pytest.approx(prophets, abs=1e-12)


def test_terms_of_shared_and_series_columns() -> None:
    rng = np.random.default_rng(2)
    X, own = rng.normal(size=(6, 2)), rng.normal(size=(3, 2, 6))
    mode = np.array([True, False, False, True])
    design = BatchDesign(np.linspace(0, 1, 6), np.array([0.5]), X, np.ones(4), mode, X_series=own)
    beta = rng.normal(size=(3, 4))
    multiplicative, additive = split_terms(design, beta)
    for s in range(3):
        assert multiplicative[s] == pytest.approx(beta[s, 0] * X[:, 0] + beta[s, 3] * own[s, 1])
        assert additive[s] == pytest.approx(beta[s, 1] * X[:, 1] + beta[s, 2] * own[s, 0])


@given(
    st.floats(1e-8, 1e4, allow_nan=False),
    st.integers(2, 1000),
    st.floats(-0.3, 0.3, allow_nan=False).filter(lambda x: abs(x) > 1e-3),
)
def test_conditional_sigma_is_the_maximum(rss: float, n: int, away: float) -> None:
    def value(sigma: float) -> float:
        return -n * np.log(sigma) - rss / (2 * sigma**2) - sigma**2 / (2 * NOISE_PRIOR_SCALE**2)

    best = float(conditional_sigma(np.array(rss), np.array(n)))
    assert value(best) > value(best * np.exp(away))
