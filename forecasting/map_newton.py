r"""Newton steps on the profiled log posterior of a block of series, all at once.

The minimised function of a series is minus the log posterior with sigma at its conditional maximum
and each :math:`\lambda|\delta|` (:math:`\lambda=1/\tau`) replaced by the value of its logarithmic
barrier with the bound eliminated,

.. math::

    \varphi_\mu(\delta) = \lambda u - \mu\log u,\qquad u = \epsilon + \sqrt{\epsilon^2+\delta^2},
    \qquad \epsilon = \mu/\lambda,

which lies within a few mu of :math:`\lambda|\delta|` up to a constant. mu falls towards
:data:`BARRIER_END` as the steps succeed. The curvature of the barrier is taken at dual variables z
with :math:`|z|<\lambda` (Chan, Golub and Mulet, SIAM J. Sci. Comput. 20, 1999), which keeps
Newton's method fast when mu is small. Profiling sigma subtracts a rank-one term from the Hessian,
put in by Sherman and Morrison's formula and bounded so that the step always descends.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecasting.batch_design import Floats
from forecasting.map_block import Block, Found
from forecasting.map_gram import ADDITIVE, MULTIPLICATIVE, DayWeights, Gram
from forecasting.posterior import conditional_sigma

BARRIER_END = 1e-6
BARRIER_FALL = 0.1
"""Factor on mu after a step that was taken nearly whole."""

DECREMENT = 1e-6
"""Nats that a Newton step may still promise where a series counts as converged."""

NEAR = 10.0
"""Twice the nats that a step promises below which the maximum is near: then the full Newton matrix
is used, and the whole step is taken even if it climbs a little."""

FREE_CLIMB, FREE_STEPS = 100.0, 30
"""How far such a step may climb, over twice the nats that it promises, and for how many steps."""

SMALLEST_SIGMA = 1e-6
"""Below it the posterior has no maximum: the model passes through every observation."""

REUSE = 0.5
"""Nats promised by the last step below which a series keeps its matrix for one more."""

REUSE_GAIN = 0.3
"""A matrix is kept only while each step promises less than this share of the one before."""

MAX_STEPS = 100
MAX_HALVINGS = 25
ARMIJO = 1e-4
DUAL_MARGIN = 1e-4
RANK_ONE_LIMIT = 0.95


class Newton:
    """The maximiser over blocks of series that share a design.

    :param gram: of the design.
    :param slopes: the columns of delta in theta.
    """

    def __init__(self, gram: Gram, slopes: slice) -> None:
        self.gram = gram
        self.slopes = slopes
        self.kinds = np.concatenate([gram.kinds, gram.own_kinds])
        self.trends = int((gram.kinds == 0).sum())

    def run(self, block: Block) -> Found:
        """Step until every series has converged or stalled."""
        B, P = block.theta.shape
        found = Found(np.empty((B, P)), np.zeros(B, dtype=bool), np.zeros(B, dtype=np.int64))
        block.trend, factor, additive = self.terms(block, block.theta)
        block.growth = 1.0 + factor
        block.residual = block.y - block.trend * block.growth - additive
        gram = self._gram(block)
        for step in range(1, MAX_STEPS + 1):
            converged, stalled = self._step(block, gram, free=step <= FREE_STEPS)
            done = converged | stalled
            found.theta[block.rows] = block.theta
            found.steps[block.rows] = step
            found.converged[block.rows[converged]] = True
            if done.all():
                break
            if done.mean() > 0.1 or len(block) <= 8:
                block = block.keep(~done)
                if len(gram) > 1:
                    gram = gram[~done]
            if not self.gram.constant and block.stale.any():
                gram[block.stale] = self._gram(block.keep(block.stale))
        return found

    def terms(self, block: Block, theta: Floats) -> tuple[Floats, Floats, Floats]:
        """(B, T) trend, multiplicative and additive terms; linear in theta."""
        Z, kinds, nt = self.gram.Z, self.gram.kinds, self.trends
        trend = theta[:, :nt] @ Z[:, :nt].T
        out = []
        for kind in (MULTIPLICATIVE, ADDITIVE):
            columns = np.flatnonzero(kinds == kind)
            part = theta[:, columns] @ Z[:, columns].T
            mine = np.flatnonzero(self.gram.own_kinds == kind)
            if block.own is not None and len(mine):
                part = part + (theta[:, None, len(kinds) + mine] @ block.own[:, mine])[:, 0]
            out.append(part)
        return trend, out[0], out[1]

    def _gram(self, block: Block) -> Floats:
        """(B, P, P) second derivatives of half the sum of squares; (1, P, P) if all are equal."""
        full = bool((block.weight == 1).all())
        if self.gram.constant and full:
            seen = np.ones(block.y.shape[1])
            weights = DayWeights(seen, seen, seen, seen)
        elif self.gram.constant:
            weights = DayWeights(block.weight, np.ones(1), np.ones(1), np.zeros(1))
        else:
            curvature = block.weight * block.residual * block.exact[:, None]
            weights = DayWeights(block.weight, block.growth, block.trend, curvature)
        return self.gram.matrices(weights, block.own)

    def _gradient(self, block: Block) -> Floats:
        """(B, P) of half the sum of squares, without its sign."""
        Z, kinds, nt = self.gram.Z, self.gram.kinds, self.trends
        out = np.empty((len(block), len(self.kinds)))
        r = block.weight * block.residual
        out[:, :nt] = (r if self.gram.constant else r * block.growth) @ Z[:, :nt]
        for kind, weighted in ((MULTIPLICATIVE, None), (ADDITIVE, r)):
            columns = np.flatnonzero(kinds == kind)
            mine = np.flatnonzero(self.gram.own_kinds == kind)
            if not len(columns) and not len(mine):
                continue
            v = r * block.trend if weighted is None else weighted
            out[:, columns] = v @ Z[:, columns]
            if block.own is not None and len(mine):
                out[:, len(kinds) + mine] = (block.own[:, mine] @ v[:, :, None])[:, :, 0]
        return out

    def _step(
        self, block: Block, gram: Floats, free: bool
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """One step of every series; which have converged, and which cannot move.

        :param free: whether steps near the maximum may climb.
        """
        P = block.theta.shape[1]
        rss = np.einsum("bt,bt,bt->b", block.weight, block.residual, block.residual)
        sigma2 = np.maximum(conditional_sigma(rss, block.n), SMALLEST_SIGMA) ** 2
        likelihood = -self._gradient(block) / sigma2[:, None]
        delta = block.theta[:, self.slopes]
        slope, curvature = _barrier(delta, block.dual, block.rate, block.barrier)
        gradient = likelihood + block.precision * (block.theta - block.mean)
        gradient[:, self.slopes] += slope
        H = gram / sigma2[:, None, None]
        diagonal = block.precision.copy()
        diagonal[:, self.slopes] += curvature
        H.reshape(len(block), -1)[:, :: P + 1] += diagonal
        solved = np.linalg.solve(H, np.stack([-gradient, likelihood], axis=2))
        direction = _with_rank_one(solved, likelihood, block.n, sigma2)
        decrement = -np.einsum("bp,bp->b", gradient, direction)
        # Where the full Hessian is indefinite the step may climb; backwards it leaves the saddle.
        uphill = decrement < 0
        direction[uphill] *= -1.0
        decrement = np.abs(decrement)
        climb = np.where(free & (decrement < NEAR), FREE_CLIMB * decrement, 0.0)
        length, moved = self._search(block, direction, decrement, climb, sigma2, rss)
        dual = slope + curvature * direction[:, self.slopes] - block.dual
        limit = (1.0 - DUAL_MARGIN) * block.rate[:, None]
        block.dual = np.clip(block.dual + length[:, None] * dual, -limit, limit)
        small = ~uphill & (decrement < 2.0 * DECREMENT)
        at_end = block.barrier <= BARRIER_END
        converged = small & at_end & (sigma2 > SMALLEST_SIGMA**2)
        fresh = block.stale
        stalled = ~converged & ~moved & ~small & (block.exact == 0) & fresh
        stalled |= sigma2 <= SMALLEST_SIGMA**2
        exact = np.where(moved & (length > 0.5) & (decrement < NEAR), 1.0, 0.0)
        slow = decrement > REUSE_GAIN * block.promised
        block.stale = slow | (exact != block.exact) | (length < 1.0) | (decrement > 2.0 * REUSE)
        block.exact, block.promised = exact, decrement
        fall = (length > 0.5) | small
        block.barrier = np.where(
            fall, np.maximum(block.barrier * BARRIER_FALL, BARRIER_END), block.barrier
        )
        return converged, stalled

    def _search(
        self,
        block: Block,
        direction: Floats,
        decrement: Floats,
        climb: Floats,
        sigma2: Floats,
        rss: Floats,
    ) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Halve each step until it descends; moves the block, returns lengths and who moved.

        The whole step may climb so far (``climb``): a step of the primal and the dual variables
        together that carries slopes across nought looks bad from there and is good.
        The residual is quadratic in the step length, so the sum of squares is a quartic with
        coefficients computed once.
        """
        trend, factor, additive = self.terms(block, direction)
        first = trend * block.growth + block.trend * factor + additive
        second = trend * factor
        r = block.residual

        def dot(a: Floats, b: Floats) -> Floats:
            out: Floats = np.einsum("bt,bt->b", a, b)
            return out

        zero = np.zeros(len(block))
        weighted = block.weight * first
        quartic = [rss, -2 * dot(r, weighted), dot(first, weighted), zero, zero]
        if not self.gram.constant:
            other = block.weight * second
            quartic[2:] = [
                quartic[2] - 2 * dot(r, other),
                2 * dot(first, other),
                dot(second, other),
            ]
        away = block.theta - block.mean
        prior = np.stack(
            [
                np.einsum("bp,bp->b", block.precision, away**2) / 2,
                np.einsum("bp,bp->b", block.precision * away, direction),
                np.einsum("bp,bp->b", block.precision, direction**2) / 2,
            ]
        )
        start, change = block.theta[:, self.slopes], direction[:, self.slopes]

        def value(rows: npt.NDArray[np.intp], a: Floats) -> Floats:
            q = [c[rows] for c in quartic]
            squares = q[0] + a * (q[1] + a * (q[2] + a * (q[3] + a * q[4])))
            squares = np.maximum(squares, 0.0)
            n = block.n[rows]
            sigma = np.maximum(conditional_sigma(squares, n), SMALLEST_SIGMA)
            p = prior[:, rows]
            rate, mu = block.rate[rows, None], block.barrier[rows, None]
            u = mu / rate + np.hypot(mu / rate, start[rows] + a[:, None] * change[rows])
            barrier = (rate * u - mu * np.log(u)).sum(axis=1)
            out: Floats = (
                n * np.log(sigma)
                + squares / (2 * sigma**2)
                + 2 * sigma**2
                + p[0]
                + a * (p[1] + a * p[2])
                + barrier
            )
            return out

        everyone = np.arange(len(block))
        length = np.ones(len(block))
        base = value(everyone, np.zeros(len(block)))
        rounding = 1e-12 * (1.0 + np.abs(base))
        left = everyone
        for _ in range(MAX_HALVINGS):
            bound = (
                base[left] - ARMIJO * length[left] * decrement[left] + rounding[left] + climb[left]
            )
            left = left[~(value(left, length[left]) <= bound)]
            if not len(left):
                break
            length[left] /= 2
            climb = np.zeros(len(block))
        length[left] = 0.0
        a = length[:, None]
        block.theta = block.theta + a * direction
        block.trend = block.trend + a * trend
        block.growth = block.growth + a * factor
        block.residual = r - a * (first + a * second)
        return length, length > 0


def _barrier(delta: Floats, dual: Floats, rate: Floats, mu: Floats) -> tuple[Floats, Floats]:
    """Slope and primal-dual curvature of the smoothed absolute value, each (B, C)."""
    rate = rate[:, None]
    epsilon = mu[:, None] / rate
    root = np.hypot(epsilon, delta)
    u = epsilon + root
    # u - |delta| loses its digits where delta is large; the root's conjugate does not.
    near = epsilon + epsilon**2 / (root + np.abs(delta))
    far = u + np.abs(delta)
    above = np.where(delta > 0, near, far)
    below = np.where(delta > 0, far, near)
    one, other = (rate + dual) / (2 * above), (rate - dual) / (2 * below)
    return rate * delta / u, 4.0 * one * other / (one + other)


def _with_rank_one(solved: Floats, likelihood: Floats, n: Floats, sigma2: Floats) -> Floats:
    """The Newton direction of the function with sigma profiled out.

    Its Hessian is H - c g g' with g the likelihood's gradient and c = 2 / (n + 8 sigma^2).
    """
    plain, other = solved[:, :, 0], solved[:, :, 1]
    kappa = np.einsum("bp,bp->b", likelihood, other)
    c = np.minimum(2.0 / (n + 8.0 * sigma2), RANK_ONE_LIMIT / np.maximum(kappa, 1e-300))
    along = np.einsum("bp,bp->b", likelihood, plain)
    out: Floats = plain + (c * along / (1.0 - c * kappa))[:, None] * other
    return out
