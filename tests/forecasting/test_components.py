"""Parts in units: they add up, whatever the parts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecasting.components import PARTS, in_units


@given(
    logs=arrays(np.float64, (5, 8), elements=st.floats(-3, 3)),
    fitted=arrays(np.float64, 8, elements=st.floats(0, 1e4)),
    offset=st.floats(1e-3, 10),
)
def test_parts_sum_to_fitted(logs: np.ndarray, fitted: np.ndarray, offset: float) -> None:
    parts = in_units(dict(zip(PARTS, logs, strict=True)), fitted, offset)
    np.testing.assert_allclose(parts[1:].sum(axis=0), parts[0], rtol=1e-9, atol=1e-8)
    np.testing.assert_array_equal(parts[0], fitted)


def test_one_part_gets_all_of_the_change() -> None:
    zero = np.zeros(1)
    logs = dict.fromkeys(PARTS, zero) | {"weekly": np.log([2.0])}
    parts = in_units(logs, np.array([19.0]), offset=1.0)  # 20 = 10 × 2
    assert parts[:, 0] == pytest.approx([19.0, 9.0, 10.0, 0.0, 0.0, 0.0])
