"""The state of a block of series while their maxima are sought together."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from forecasting.batch_design import Floats


@dataclass(eq=False)
class Block:
    """What is known of B series, and where their search stands.

    Rows of every array belong to a series; theta is ``[k, m, delta, beta]``, or ``[m, beta]`` in
    flat growth.
    """

    rows: npt.NDArray[np.intp]
    y: Floats  # (B, T), 0 where missing
    weight: Floats  # (B, T) of the day in the likelihood, 0 where missing
    n: Floats  # (B,) sums of the weights
    own: Floats | None  # (B, L, T)
    precision: Floats  # (B, P) of the normal priors, 0 for delta
    mean: Floats  # (B, P) of the normal priors
    rate: Floats  # (B,) lambda = 1 / tau
    theta: Floats  # (B, P)
    dual: Floats  # (B, C)
    barrier: Floats  # (B,) mu
    exact: Floats  # (B,) 1 where the full Hessian is used, 0 for Gauss-Newton
    stale: npt.NDArray[np.bool_]  # (B,) the matrix is of a point too far away
    promised: Floats  # (B,) twice the nats that the last step promised
    trend: Floats  # (B, T)
    growth: Floats  # (B, T) 1 + multiplicative terms
    residual: Floats  # (B, T), not weighted

    def __len__(self) -> int:
        return len(self.rows)

    def keep(self, chosen: npt.NDArray[np.bool_]) -> Block:
        """The block without the series that are done."""
        values: dict[str, Any] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            values[f.name] = None if value is None else value[chosen]
        return Block(**values)


@dataclass(eq=False)
class Found:
    """Results of the series that left a block."""

    theta: Floats
    converged: npt.NDArray[np.bool_]
    steps: npt.NDArray[np.int64]
