from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from forecasting.pooled_columns import pooled_columns
from forecasting.pooled_luck import alike, in_common, pairs_of
from forecasting.pooled_priors import Pool, pooled_means
from tests.forecasting.test_pooled_engine import T, panel


def test_the_correlation_of_a_day_is_found() -> None:
    rng = np.random.default_rng(0)
    groups = np.arange(60) % 6
    members = csr_array((np.ones(60), (groups, np.arange(60))))
    seen = rng.random((60, 900)) < 0.7
    apart = rng.normal(size=(60, 900))
    together = apart * np.sqrt(0.7) + rng.normal(size=(6, 900))[groups] * np.sqrt(0.3)
    pools = [members, csr_array(np.eye(60))]
    pairs = np.array([pairs_of(pool, seen) for pool in pools])
    assert alike(apart, seen, pools, pairs)[0] == pytest.approx(0.0, abs=0.01)
    found, alone = alike(together, seen, pools, pairs)
    assert found == pytest.approx(0.3, abs=0.03)
    assert alone == 0.0


def test_only_what_comes_to_all_on_the_same_days_is_known_less() -> None:
    rng = np.random.default_rng(1)
    columns = pooled_columns(panel(40), T)
    errors = (rng.normal(size=(1, T)) + rng.normal(size=(40, T))).astype(np.float32)
    found = in_common(columns, errors, np.ones((40, T), dtype=bool), [np.zeros(40, dtype=np.intp)])[
        0
    ]
    own = columns.names.index("promotion")  # drawn for each series by itself
    assert found[0] == pytest.approx(0.5, abs=0.1)
    assert found[own] == pytest.approx(0.0, abs=0.02)


def test_a_pool_that_errs_together_counts_as_fewer_series() -> None:
    """Ten series at a correlation of one tell as much as one series alone."""
    left, score = np.full((10, 1, 1), 1 / 3), np.full((10, 1), 2.0)
    ten, one = np.zeros(10, dtype=np.intp), np.zeros(1, dtype=np.intp)
    together = pooled_means(left, score, [Pool(ten, 1.0, in_common=np.ones(1))])
    alone = pooled_means(left[:1], score[:1], [Pool(one, 1.0)])
    np.testing.assert_allclose(together[0], alone[0])
