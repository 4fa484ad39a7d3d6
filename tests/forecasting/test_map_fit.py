from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.batch_design import BatchDesign, Floats
from forecasting.map_fit import BLOCK_BYTES, BatchFit, fit_batch, fit_scaled
from forecasting.map_gram import Gram
from forecasting.map_start import start
from forecasting.posterior import log_posterior


def weekly(T: int = 60, C: int = 8, mode: str = "mixed", own: Floats | None = None) -> BatchDesign:
    """Three weekly pairs and one more column; the pairs multiply unless the mode is additive."""
    t = np.arange(T)
    waves = [f(2 * np.pi * j * t / 7) for j in (1, 2, 3) for f in (np.sin, np.cos)]
    X = np.column_stack([*waves, (t % 11 == 0).astype(float)])
    L = 0 if own is None else own.shape[1]
    multiplicative = np.array([mode != "additive"] * 6 + [mode == "multiplicative"] * (1 + L))
    return BatchDesign(
        t=t / (T - 1),
        changepoints=np.linspace(0.05, 0.8, C),
        X=X,
        beta_scale=np.full(7 + L, 10.0),
        multiplicative=multiplicative,
        X_series=own,
    )


def demand(S: int, T: int = 60, seed: int = 0, missing: float = 0.0) -> Floats:
    rng = np.random.default_rng(seed)
    t = np.arange(T)
    level = np.exp(rng.normal(2, 1, (S, 1)))
    week = 1 + 0.3 * rng.normal(size=(S, 7))[:, t % 7]
    y = level * (1 + 0.5 * rng.normal(size=(S, 1)) * t / T) * week
    y = np.maximum(y + 0.2 * level * rng.normal(size=(S, T)), 0)
    y[rng.random((S, T)) < missing] = np.nan
    return np.asarray(y)


def assert_same(one: BatchFit, other: BatchFit, nats: float = 1e-4) -> None:
    """Two fits of one series found the same maximum (and the same place, as far as it is sharp)."""
    assert one.log_posterior == pytest.approx(other.log_posterior, abs=nats)
    assert one.sigma == pytest.approx(other.sigma, rel=1e-3)
    assert one.beta == pytest.approx(other.beta, abs=1e-3)


MODES = ("additive", "multiplicative", "mixed")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("growth", ["linear", "flat"])
def test_nothing_nearby_is_better(mode: str, growth: str) -> None:
    y = demand(40, missing=0.1)
    design = replace(weekly(mode=mode), growth=growth)
    scale = np.nanmax(np.abs(y), axis=1, keepdims=True)
    fit = fit_batch(y, design)
    assert fit.converged.all()
    rng = np.random.default_rng(1)
    for size in (1e-1, 1e-2, 1e-3, 1e-4):
        for _ in range(20):
            k, m = (v + size * rng.normal(size=v.shape) for v in (fit.k, fit.m))
            delta = fit.delta + size * rng.normal(size=fit.delta.shape)
            beta = fit.beta + size * rng.normal(size=fit.beta.shape)
            sigma = fit.sigma * np.exp(size * rng.normal(size=fit.sigma.shape))
            if growth == "flat":
                k, delta = fit.k, fit.delta
            near = log_posterior(design, y / scale, k, m, delta, beta, sigma)
            assert (near <= fit.log_posterior + 1e-4).all()


@pytest.mark.parametrize("mode", MODES)
def test_the_gradient_vanishes(mode: str) -> None:
    """In the smooth parameters; the slope changes obey |derivative| <= 1 / tau instead."""
    y = demand(20)
    design = weekly(mode=mode)
    fit = fit_batch(y, design)
    scaled = y / fit.y_scale[:, None]

    def value(**changed: Floats) -> Floats:
        f = replace(fit, **changed)
        return log_posterior(design, scaled, f.k, f.m, f.delta, f.beta, f.sigma)

    h = 1e-5
    spread = fit.sigma / np.sqrt(y.shape[1])  # about one posterior standard deviation
    for name in ("k", "m"):
        v = getattr(fit, name)
        slope = (value(**{name: v + h}) - value(**{name: v - h})) / (2 * h)
        assert (np.abs(slope) * spread < 0.02).all()
    for j in range(design.columns):
        e = np.eye(design.columns)[j] * h
        slope = (value(beta=fit.beta + e) - value(beta=fit.beta - e)) / (2 * h)
        assert (np.abs(slope) * spread < 0.02).all()
    away = np.abs(fit.delta) > 1e-3
    for j in range(fit.delta.shape[1]):
        e = np.eye(fit.delta.shape[1])[j] * h
        right = (value(delta=fit.delta + e) - fit.log_posterior) / h
        left = (value(delta=fit.delta - e) - fit.log_posterior) / h
        assert (right < 1.0).all() and (left < 1.0).all()
        assert (np.abs(right[away[:, j]]) < 1.0).all()


@pytest.mark.parametrize("mode", MODES)
def test_a_series_gets_the_same_fit_alone_and_among_others(mode: str) -> None:
    own = np.random.default_rng(3).normal(size=(17, 2, 60))
    y, design = demand(17, missing=0.15), weekly(mode=mode, own=own)
    together = fit_batch(y, design)
    small = fit_batch(y, design, block_size=4)
    assert_same(together, small)
    for s in (0, 7, 16):
        alone = fit_batch(y[[s]], design.rows(np.array([s])))
        whole = BatchFit(**{n: getattr(together, n)[[s]] for n in together.__dataclass_fields__})
        assert_same(alone, whole)


@pytest.mark.parametrize("mode", MODES)
def test_series_columns_are_worth_what_shared_columns_are(mode: str) -> None:
    y = demand(9, missing=0.1)
    shared = weekly(mode=mode)
    cut = replace(
        shared,
        X=shared.X[:, :4],
        X_series=np.repeat(shared.X[:, 4:].T[None], 9, axis=0),
    )
    assert_same(fit_batch(y, shared), fit_batch(y, cut))


def test_a_missing_day_is_a_day_left_out() -> None:
    y, design = demand(1, seed=5), weekly(mode="multiplicative")
    gap = np.isin(np.arange(60), [7, 20, 21, 44])
    cut = replace(design, t=design.t[~gap], X=design.X[~gap])
    scaled = y / y.max()
    assert_same(fit_scaled(np.where(gap, np.nan, scaled), design), fit_scaled(scaled[:, ~gap], cut))


@pytest.mark.parametrize("mode", MODES)
def test_a_day_of_weight_two_is_two_days(mode: str) -> None:
    own = np.random.default_rng(8).normal(size=(2, 1, 60))
    y, design = demand(2, seed=7), weekly(mode=mode, own=own)
    twice = np.sort(np.concatenate([np.arange(60), np.arange(10, 20)]))
    weights = np.where(np.isin(np.arange(60), np.arange(10, 20)), 2.0, 1.0)
    repeated = replace(design, t=design.t[twice], X=design.X[twice], X_series=own[:, :, twice])
    assert_same(
        fit_batch(y, design, weights=np.repeat(weights[None], 2, axis=0)),
        fit_batch(y[:, twice], repeated),
    )


@given(st.floats(1e-3, 1e6), st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_the_unit_of_sales_does_not_matter(unit: float, seed: int) -> None:
    y, design = demand(3, seed=seed), weekly(mode="multiplicative")
    one, other = fit_batch(y, design), fit_batch(unit * y, design)
    assert other.y_scale == pytest.approx(unit * one.y_scale)
    assert_same(one, other)


def test_prior_means_are_an_offset() -> None:
    """y - X b with means of nought is y with means b, when all columns add."""
    design = weekly(mode="additive")
    y = demand(6) / 10
    b = np.random.default_rng(4).normal(size=(6, 7)) * 0.1
    tight = replace(design, beta_scale=np.full((6, 7), 0.05))
    moved = fit_scaled(y, replace(tight, beta_mean=b))
    plain = fit_scaled(y - b @ design.X.T, tight)
    assert moved.log_posterior == pytest.approx(plain.log_posterior, abs=1e-4)
    assert moved.beta == pytest.approx(plain.beta + b, abs=1e-4)


def test_a_narrow_prior_holds_beta_at_its_mean() -> None:
    design = weekly(mode="multiplicative")
    b = np.full((5, 7), 0.07)
    fit = fit_batch(demand(5), replace(design, beta_mean=b, beta_scale=np.full(7, 1e-5)))
    assert fit.converged.all()
    assert fit.beta == pytest.approx(b, abs=1e-3)


def test_changepoint_scales_may_differ_by_series() -> None:
    y, design = demand(4), weekly()
    tau = np.array([0.01, 0.05, 0.5, 5.0])
    fit = fit_batch(y, replace(design, changepoint_scale=tau))
    for s in range(4):
        alone = fit_batch(y[[s]], replace(design, changepoint_scale=float(tau[s])))
        assert fit.log_posterior[s] == pytest.approx(alone.log_posterior[0], abs=1e-4)


def test_a_series_with_one_value_keeps_it() -> None:
    y = np.vstack([np.full(60, 4.0), np.zeros(60), demand(1)])
    fit = fit_batch(y, weekly())
    assert fit.converged.all()
    assert (fit.m * fit.y_scale)[:2] == pytest.approx([4.0, 0.0])
    assert not fit.k[:2].any() and not fit.delta[:2].any() and not fit.beta[:2].any()
    assert (fit.sigma[:2] == 1e-9).all() and fit.sigma[2] > 0.01


def test_a_model_through_every_point_is_not_called_converged() -> None:
    rng = np.random.default_rng(6)
    design = weekly(T=10, C=7, mode="additive")
    fit = fit_batch(rng.normal(size=(3, 10)), replace(design, changepoint_scale=5.0))
    assert not fit.converged.any()


def test_sales_on_a_few_days_only_are_fitted_or_have_no_maximum() -> None:
    """A hard sort: nearly flat and saddled posteriors, some of them without a maximum."""
    y = np.random.default_rng(9).poisson(0.15, (300, 76)).astype(float)
    y = y[(y > 0).sum(axis=1) > 1]
    fit = fit_batch(y, weekly(T=76, C=25, mode="multiplicative"))
    assert (fit.converged | (fit.sigma < 1e-5)).mean() > 0.99
    assert fit.converged.mean() > 0.9


@pytest.mark.parametrize("mode", MODES)
def test_steps_that_may_climb_come_to_the_same_maximum_sooner(
    mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    y, design = demand(60, T=200, missing=0.05), weekly(T=200, C=25, mode=mode)
    y *= np.exp(np.random.default_rng(2).normal(0, 0.1, y.shape).cumsum(axis=1))  # levels that bend
    free = fit_batch(y, design)
    monkeypatch.setattr("forecasting.map_newton.FREE_CLIMB", 0.0)
    held = fit_batch(y, design)
    assert free.converged.all() and held.converged.all()
    assert_same(free, held)
    assert free.iterations.sum() < held.iterations.sum()


def test_the_search_begins_near_and_at_the_same_place_in_any_company() -> None:
    y, design = demand(30, missing=0.1), weekly(mode="multiplicative")
    y = y / np.nanmax(y, axis=1, keepdims=True)
    apart = replace(design, changepoint_scale=np.geomspace(0.01, 1, 30))
    gram, slopes = Gram(design), slice(2, 10)
    weight = np.isfinite(y).astype(float)
    theta = start(y, weight, apart, gram, slopes).theta
    alone = start(y[3:4], weight[3:4], apart.rows(slice(3, 4)), gram, slopes).theta
    assert alone[0] == pytest.approx(theta[3])
    sigma = np.full(30, 0.1)
    k, m, delta, beta = theta[:, 0], theta[:, 1], theta[:, 2:10], theta[:, 10:]
    there = log_posterior(design, y, k, m, delta, beta, sigma)
    line = log_posterior(design, y, 0 * k, np.nanmean(y, axis=1), 0 * delta, 0 * beta, sigma)
    best = fit_batch(y, design).log_posterior
    assert (best >= there).all() and np.median((best - there) / (best - line)) < 0.1


def test_days_taken_in_chunks_give_the_same_matrices(monkeypatch: pytest.MonkeyPatch) -> None:
    y, design = demand(5, missing=0.1), weekly(mode="mixed")
    whole = fit_batch(y, design)
    monkeypatch.setattr("forecasting.map_gram.TABLE_BYTES", 7 * 8 * 20**2)
    assert len(Gram(design)._chunks) > 1
    assert_same(whole, fit_batch(y, design))


def test_memory_is_that_of_a_block() -> None:
    design = weekly(T=30, C=3, mode="multiplicative")
    few, many = demand(500, T=30), demand(4_000, T=30)
    peaks = []
    for y in (few, many):
        tracemalloc.start()
        fit_batch(y, design, block_size=250)
        peaks.append(tracemalloc.get_traced_memory()[1] - y.nbytes)
        tracemalloc.stop()
    result = 8 * 4_000 * 30
    assert peaks[1] - peaks[0] < 3 * result
    assert peaks[1] < BLOCK_BYTES


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (np.zeros((2, 59)), "y must be"),
        (np.full((1, 60), np.inf), "finite"),
        (np.where(np.arange(60) == 3, 1.0, np.nan)[None], "fewer than two days"),
    ],
)
def test_what_cannot_be_fitted_is_refused(y: Floats, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        fit_batch(y, weekly())


def test_negative_weights_are_refused() -> None:
    with pytest.raises(ValueError, match="weights"):
        fit_batch(demand(1), weekly(), weights=np.full((1, 60), -1.0))
