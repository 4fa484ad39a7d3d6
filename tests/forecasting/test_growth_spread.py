"""Lines of each series' own: told from levels that stray, and drawn on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecasting.carried_level import CarriedLevel
from forecasting.growth_spread import SPREADS, growth_spread, with_growth
from forecasting.level_strength import own_strength
from forecasting.pooled_columns import PooledColumns, growth

USUAL = CarriedLevel()
SERIES, DAYS, NOISE = 40, 200, 0.04


def no_columns(days: int) -> PooledColumns:
    return PooledColumns(
        shared=np.zeros((days, 1)),
        own=np.zeros((SERIES, days, 1), dtype=np.float32),
        component=("weekly", "drivers"),
        names=("nothing", "price"),
        own_sd=np.ones(2),
        unit=np.ones(2),
    )


def spread(target: np.ndarray, weight: np.ndarray | None = None) -> float:
    columns = no_columns(target.shape[1])
    weight = np.ones_like(target) if weight is None else weight
    beta, noise = np.zeros((SERIES, 2)), np.full(SERIES, NOISE)
    level = own_strength(columns, beta, target, weight, noise, USUAL)
    return growth_spread(columns, beta, target, weight, noise, level)


def wandering(seed: int, days: int = DAYS) -> np.ndarray:
    """(SERIES, days) of the level that is usual, and noise."""
    rng = np.random.default_rng(seed)
    level = rng.normal(0, 10**0.5, SERIES)
    found = np.empty((SERIES, days))
    for day in range(days):
        found[:, day] = level + rng.normal(0, 1, SERIES)
        fresh = (10 * (1 - USUAL.level_decay**2)) ** 0.5
        level = USUAL.level_decay * level + rng.normal(0, fresh, SERIES)
    return 3.0 + NOISE**0.5 * found


@pytest.mark.parametrize("seed", range(4))
def test_levels_that_stray_have_no_lines(seed: int) -> None:
    assert spread(wandering(seed)) == 0.0


def test_lines_are_told_and_their_spread_is_about_that_of_the_slopes() -> None:
    rng = np.random.default_rng(7)
    slopes = rng.normal(0, 3.0, SERIES)[:, None] * growth(DAYS, DAYS)
    target = 3.0 + slopes + rng.normal(0, NOISE**0.5, (SERIES, DAYS))
    assert spread(target) in SPREADS[1:]
    # A few weeks tell nothing of a line, nor do days that do not count.
    assert spread(target[:, :50]) == 0.0
    assert spread(target, np.zeros_like(target)) == 0.0


def test_a_line_is_put_behind_the_shared_columns_and_an_old_one_is_widened() -> None:
    columns = with_growth(no_columns(DAYS), DAYS - 14, 1.0)
    assert columns.names == ("nothing", "growth", "price")
    assert columns.component == ("weekly", "trend", "drivers")
    values = columns.values(slice(0, 1), slice(0, DAYS))
    assert values.shape == (1, DAYS, 3)
    np.testing.assert_allclose(values[0, DAYS - 14, 1], 0.0)
    np.testing.assert_allclose(np.diff(values[0, :, 1]), 1 / 365.25)
    assert columns.own_sd.tolist() == [1.0, 1.0, 1.0]
    wider = with_growth(replace(columns, own_sd=np.array([1.0, 0.1, 1.0])), DAYS - 14, 3.0)
    assert wider.names == columns.names
    np.testing.assert_allclose(wider.own_sd, [1.0, np.hypot(0.1, 3.0), 1.0])
