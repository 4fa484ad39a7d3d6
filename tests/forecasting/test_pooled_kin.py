from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecasting.pooled_kin import drawn_to_kin, kin_level, share_of_kin
from forecasting.pooled_regression import fit_pooled
from tests.forecasting.test_pooled_engine import H, T, panel


def test_kin_are_the_others_of_the_group_weighted_by_what_is_known_of_them() -> None:
    level, noise = np.array([1.0, 2.0, 5.0, 7.0]), np.array([1.0, 1.0, 0.5, 1.0])
    found = kin_level(level, noise, np.array([0, 0, 0, 1]))
    np.testing.assert_allclose(found, [(2 + 2 * 5) / 3, (1 + 2 * 5) / 3, 1.5, 0.0])


def test_a_share_is_learnt_only_where_kin_go_ahead() -> None:
    rng = np.random.default_rng(0)
    whole = panel(150, seed=3)  # three regions a product, levels that wander apart
    cutoffs = [T - 18, T - 11, T - 6]
    move = np.cumsum(rng.normal(0, 0.08, (50, T)), axis=1)  # of each product, everywhere
    noise = np.exp(rng.normal(0, 0.35, (150, T)))
    units = whole.units * np.exp(np.repeat(move, 3, axis=0)) * noise
    together = replace(whole, units=units, demand=units)
    shares = []
    for kind in (whole, together):
        *past, fit = fit_pooled(kind, T, H, earlier=cutoffs)
        shares.append(share_of_kin(kind, cutoffs, past))
    assert shares[0] < 0.1 < shares[1] <= 0.5
    moved = drawn_to_kin(together, fit, shares[1]).outlook.day - fit.outlook.day
    kin = kin_level(fit.level, fit.noise, np.repeat(np.arange(50), 3))
    assert np.corrcoef(moved[:, 0], kin)[0, 1] > 0.99
    assert np.average(moved[:, 0], weights=1 / fit.noise) == pytest.approx(0.0, abs=1e-9)
