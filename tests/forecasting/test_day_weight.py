"""Days on which everybody strays weigh less; a few series' bad day does not."""

from __future__ import annotations

import numpy as np
import pytest

from forecasting.day_weight import day_weight


def errors(series: int) -> np.ndarray:
    drawn = np.random.default_rng(0).normal(size=(series, 40))
    drawn[:, 7] *= np.sqrt(1.5)
    drawn[:, 8] *= 5.0
    drawn[:, 9] *= 0.5
    return np.asarray(drawn)


def test_a_day_weighs_less_the_further_all_series_stray_on_it() -> None:
    found = day_weight(errors(20_000), np.ones((20_000, 40), dtype=bool))
    assert found[7] == pytest.approx(1.5**-2, rel=0.05)
    assert found[8] == 0.3
    assert found[9] == 1.0
    usual = np.delete(found, [7, 8, 9])
    assert (usual > 0.93).all() and (usual <= 1.0).all()


def test_few_series_tell_little_of_a_day() -> None:
    def found(series: int) -> float:
        drawn = np.ones((series, 40))
        drawn[:, 7] = np.sqrt(1.5)
        return float(day_weight(drawn, np.ones((series, 40), dtype=bool))[7])

    assert found(3_000) == pytest.approx(1.5**-2, rel=0.01)
    assert found(30) == pytest.approx(1.25**-2)
    assert found(3) > 0.9


def test_days_that_nobody_saw_are_usual() -> None:
    seen = np.ones((500, 40), dtype=bool)
    seen[:, 8] = False
    drawn = np.where(seen, errors(500), 0.0)
    assert day_weight(drawn, seen)[8] == 1.0
    assert (day_weight(np.zeros((3, 40)), np.zeros((3, 40), dtype=bool)) == 1.0).all()
