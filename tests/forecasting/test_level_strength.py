"""The variance of each series' own level: its likelihood, and what is taken of it."""

from __future__ import annotations

import numpy as np
import pytest

from forecasting.carried_level import CarriedLevel
from forecasting.level_strength import STEPS, log_likelihood, own_strength
from forecasting.pooled_columns import PooledColumns

USUAL = CarriedLevel(level_variance=4.0, level_decay=0.97, short_variance=0.3, short_decay=0.4)
DAYS = 120


def kernel(level: CarriedLevel, days: int) -> np.ndarray:
    apart = np.abs(np.subtract.outer(np.arange(days), np.arange(days)))
    slow, short = level.variance
    return np.asarray(slow * level.level_decay**apart + short * level.short_decay**apart)


def drawn(level: CarriedLevel, series: int, noise: float, seed: int = 0) -> np.ndarray:
    """(series, DAYS) of the model, around a constant of 3."""
    rng = np.random.default_rng(seed)
    root = np.linalg.cholesky(noise * (kernel(level, DAYS) + np.eye(DAYS)))
    return np.asarray(3.0 + (root @ rng.normal(size=(DAYS, series))).T)


def no_columns(series: int, days: int = DAYS) -> PooledColumns:
    return PooledColumns(
        shared=np.zeros((days, 1)),
        own=np.zeros((series, days, 0), dtype=np.float32),
        component=("trend",),
        names=("nothing",),
        own_sd=np.ones(1),
        unit=np.ones(1),
    )


def strength(target: np.ndarray, weight: np.ndarray, noise: float) -> np.ndarray:
    S, days = target.shape
    found = own_strength(
        no_columns(S, days), np.zeros((S, 1)), target, weight, np.full(S, noise), USUAL
    )
    return np.asarray(found.level_variance)


def test_the_likelihood_is_that_of_the_joint_normal_with_constant_and_noise_integrated_out() -> (
    None
):
    rng = np.random.default_rng(1)
    rest = drawn(USUAL, 2, 0.2)[:, :25]
    weight = rng.uniform(0.3, 1.0, size=rest.shape)
    weight[0, 4:9] = 0.0
    prior = np.array([0.1, 0.3])
    weak, strong = (CarriedLevel(v, 0.97, 0.3, 0.4) for v in (1.0, 9.0))

    def directly(level: CarriedLevel, s: int) -> float:
        seen = weight[s] > 0
        V = kernel(level, 25)[np.ix_(seen, seen)] + np.diag(1 / weight[s, seen])
        one, y = np.ones(seen.sum()), rest[s, seen]
        precision = np.linalg.inv(V)
        support = one @ precision @ one
        square = y @ precision @ y - (one @ precision @ y) ** 2 / support
        shape = (seen.sum() + 30.0) / 2
        log_det = np.linalg.slogdet(V)[1]
        return float(-log_det / 2 - np.log(support) / 2 - shape * np.log(square + 30.0 * prior[s]))

    apart = log_likelihood(rest.T, weight.T, prior, strong) - log_likelihood(
        rest.T, weight.T, prior, weak
    )
    expected = [directly(strong, s) - directly(weak, s) for s in range(2)]
    np.testing.assert_allclose(apart, expected, rtol=1e-8)


def test_series_that_wander_are_told_from_series_that_stay() -> None:
    stays, wanders = (CarriedLevel(v, 0.97, 0.3, 0.4) for v in (0.5, 32.0))
    target = np.concatenate([drawn(stays, 40, 0.1), drawn(wanders, 40, 0.1)])
    found = strength(target, np.ones_like(target), 0.1)
    assert np.median(found[:40]) < 1.5
    assert np.median(found[40:]) > 10.0
    assert (found >= USUAL.level_variance * STEPS[0]).all()
    assert (found <= USUAL.level_variance * STEPS[-1]).all()


def test_years_can_tell_that_a_level_hardly_moves_and_weeks_cannot() -> None:
    target = 3.0 + np.random.default_rng(2).normal(0, 1, (40, 1000))
    usual = USUAL.level_variance
    assert np.median(strength(target, np.ones_like(target), 1.0)) < usual / 12
    weeks = target[:, :60]
    assert np.median(strength(weeks, np.ones_like(weeks), 1.0)) > usual / 5


@pytest.mark.parametrize("size", [0.1, 1.0, 10.0])
def test_it_is_measured_in_units_of_a_days_noise(size: float) -> None:
    target = drawn(USUAL, 10, 0.1)
    weight = np.ones_like(target)
    np.testing.assert_allclose(
        strength(size * target, weight, size**2 * 0.1), strength(target, weight, 0.1)
    )


def test_a_series_without_days_gets_the_usual() -> None:
    target = drawn(USUAL, 2, 0.1)
    weight = np.ones_like(target)
    weight[0] = 0.0
    assert strength(target, weight, 0.1)[0] == pytest.approx(USUAL.level_variance)
