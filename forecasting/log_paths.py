"""Sample paths of demand from a normal distribution on the log scale.

All series share one set of scrambled Sobol points, so that a series' paths depend neither on its
place among the others nor on who computes them, and few paths go far (Owen, *Scrambling Sobol and
Niederreiter-Xing points*, 1998).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri
from scipy.stats import qmc

Floats = npt.NDArray[np.float64]


@lru_cache(maxsize=4)
def normal_points(samples: int, days: int, seed: int) -> Floats:
    """(samples, days) standard normal points; ``samples`` is rounded up to a power of two."""
    power = max(1, int(np.ceil(np.log2(samples))))
    points = qmc.Sobol(days, scramble=True, rng=np.random.default_rng(seed)).random_base2(power)
    return np.asarray(ndtri(np.clip(points, 1e-9, 1 - 1e-9)))


def demand_paths(
    mean: Floats, covariance: Floats, offset: Floats, *, samples: int, seed: int
) -> Floats:
    """(S, samples, H) units >= 0 of series whose log(demand + offset) is normal.

    :param mean: (S, H). :param covariance: (S, H, H) positive definite. :param offset: (S,).
    """
    points = normal_points(samples, mean.shape[1], seed)
    factor = np.linalg.cholesky(covariance)
    logs = mean[:, None, :] + points[None] @ factor.transpose(0, 2, 1)
    return np.asarray(np.maximum(np.exp(logs) - offset[:, None, None], 0.0))
