"""The measures: worked examples and what must hold of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecasting.accuracy import bias, coverage, pinball, wape, wql
from forecasting.quantiles import QUANTILES

units = arrays(np.int64, 12, elements=st.integers(0, 10**6)).map(lambda cents: cents / 100)


def test_worked_examples() -> None:
    actual, made = np.array([10.0, 0.0, 30.0]), np.array([12.0, 3.0, 25.0])
    assert wape(actual, made) == pytest.approx(10 / 40)
    assert bias(actual, made) == pytest.approx(0.0)
    assert list(pinball(actual, made, 0.9)) == pytest.approx([0.2, 0.3, 4.5])
    assert coverage(actual, np.array([9, 1, 30]), np.array([11, 2, 30])) == pytest.approx(2 / 3)


def test_nothing_sold_has_no_ratio() -> None:
    assert math.isnan(wape(np.zeros(3), np.ones(3)))
    assert math.isnan(coverage(np.zeros(0), np.zeros(0), np.zeros(0)))


@pytest.mark.parametrize("level", [0.0, 1.0, 1.5])
def test_levels_outside_zero_and_one_are_refused(level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        pinball(np.ones(1), np.ones(1), level)


@given(actual=units, made=units)
def test_bias_is_within_wape(actual: np.ndarray, made: np.ndarray) -> None:
    if actual.sum() > 0:
        assert abs(bias(actual, made)) <= wape(actual, made) + 1e-9


@given(actual=units, made=units)
def test_wql_of_a_point_is_its_wape(actual: np.ndarray, made: np.ndarray) -> None:
    """With every quantile at one value, pinball over symmetric levels is half the error."""
    if actual.sum() > 0:
        point = np.repeat(made[:, None], len(QUANTILES), axis=1)
        assert wql(actual, point) == pytest.approx(wape(actual, made), rel=1e-9, abs=1e-12)
