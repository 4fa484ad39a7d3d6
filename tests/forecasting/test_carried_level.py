from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from forecasting.carried_level import (
    CarriedLevel,
    carried_covariance,
    carry_on,
    smoothed,
    whiten,
)

LEVEL = CarriedLevel(level_variance=3.0, level_decay=0.95, short_variance=0.7, short_decay=0.4)


def kernel(days: int) -> np.ndarray:
    apart = np.abs(np.subtract.outer(np.arange(days), np.arange(days)))
    return 3.0 * 0.95**apart + 0.7 * 0.4**apart


@pytest.fixture
def observed() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(3, 40, 4))
    weight = rng.uniform(0.2, 2.0, size=(3, 40))
    weight[0, 5:12] = 0.0
    weight[1, -3:] = 0.0
    return columns, weight


def test_whitening_gives_the_products_of_generalised_least_squares(
    observed: tuple[np.ndarray, np.ndarray],
) -> None:
    columns, weight = observed
    found = whiten(days_first(columns), weight.T, LEVEL)
    for s in range(3):
        seen = weight[s] > 0
        V = kernel(40)[np.ix_(seen, seen)] + np.diag(1 / weight[s, seen])
        X = columns[s, seen]
        white = found.innovations[:, :, s]
        np.testing.assert_allclose(white.T @ white, X.T @ np.linalg.solve(V, X), rtol=1e-9)


def days_first(columns: np.ndarray) -> np.ndarray:
    return columns.transpose(1, 2, 0).copy()


def test_a_look_at_a_cutoff_is_that_of_a_history_that_ends_there(
    observed: tuple[np.ndarray, np.ndarray],
) -> None:
    columns, weight = observed
    whole = whiten(days_first(columns), weight.T, LEVEL, [17, 40])
    part = whiten(days_first(columns[:, :17]), weight[:, :17].T, LEVEL)
    np.testing.assert_array_equal(whole.state[0], part.state[0])
    np.testing.assert_array_equal(whole.covariance[0], part.covariance[0])
    np.testing.assert_array_equal(whole.innovations[:17], part.innovations)


def test_the_level_is_carried_on_as_kriging_does(observed: tuple[np.ndarray, np.ndarray]) -> None:
    columns, weight = observed
    H = 6
    found = whiten(days_first(columns), weight.T, LEVEL)
    ahead = carry_on(found.state[0], H, LEVEL)
    spread = carried_covariance(found.covariance[0], H, LEVEL)
    for s in range(3):
        seen = np.flatnonzero(weight[s] > 0)
        K = kernel(40 + H)
        V = K[np.ix_(seen, seen)] + np.diag(1 / weight[s, seen])
        cross = K[40:, seen]
        np.testing.assert_allclose(ahead[s], cross @ np.linalg.solve(V, columns[s, seen]))
        expected = K[40:, 40:] - cross @ np.linalg.solve(V, cross.T)
        np.testing.assert_allclose(spread[s], expected, atol=1e-10)


def test_the_smoother_gives_the_level_given_all_days(
    observed: tuple[np.ndarray, np.ndarray],
) -> None:
    columns, weight = observed
    residual = columns[:, :, 0]
    found = smoothed(residual.T, weight.T, LEVEL).T
    for s in range(3):
        seen = np.flatnonzero(weight[s] > 0)
        K = kernel(40)
        V = K[np.ix_(seen, seen)] + np.diag(1 / weight[s, seen])
        np.testing.assert_allclose(
            found[s], K[:, seen] @ np.linalg.solve(V, residual[s, seen]), atol=1e-10
        )


def test_series_may_be_carried_on_as_strongly_as_each_is(
    observed: tuple[np.ndarray, np.ndarray],
) -> None:
    columns, weight = observed
    level = replace(LEVEL, level_variance=np.array([1.0, 3.0, 9.0]))
    together = whiten(days_first(columns), weight.T, level)
    spread = carried_covariance(together.covariance[0], 5, level)
    trend = smoothed(columns[:, :, 0].T, weight.T, level)
    for s, variance in enumerate((1.0, 3.0, 9.0)):
        only, alone = slice(s, s + 1), replace(LEVEL, level_variance=variance)
        assert level.of(only).level_variance == [variance]
        found = whiten(days_first(columns[only]), weight[only].T, alone)
        np.testing.assert_allclose(together.innovations[:, :, only], found.innovations)
        np.testing.assert_allclose(
            spread[only], carried_covariance(found.covariance[0], 5, alone), atol=1e-12
        )
        np.testing.assert_allclose(
            trend[:, only], smoothed(columns[only, :, 0].T, weight[only].T, alone), atol=1e-12
        )


@pytest.mark.parametrize(
    "wrong",
    [
        {"level_variance": -1.0},  # a variance
        {"level_variance": np.array([1.0, -1.0])},  # of each series
        {"short_variance": -0.1},  # likewise
        {"level_decay": 1.0},  # a random walk has no stationary variance
        {"short_decay": -0.1},  # days alternate in sign
    ],
)
def test_a_level_checks_itself(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        CarriedLevel(**wrong)
