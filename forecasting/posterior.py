r"""The log posterior of Prophet's model, exactly that of prophet.stan, for a batch of series.

.. math::

    \log p = -n\log\sigma - \frac{1}{2\sigma^2}\sum_t w_t\,(y_t - \mu_t)^2 - 2\sigma^2
             - \frac{k^2+m^2}{50} - \frac{1}{\tau}\sum_j|\delta_j|
             - \sum_i\frac{(\beta_i-b_i)^2}{2 s_i^2},\qquad
    \mu = g\,(1 + X_m\beta) + X_a\beta,\quad g = kt + m + \sum_j\delta_j(t-c_j)_+

with weights w that are 0 or 1 in Prophet, n their sum, and prior means b that are nought in
Prophet. Constants are dropped as Stan's ``~`` drops them, so that the value is CmdStan's ``lp__``.
``Prophet.fit`` maximises it without the Jacobian of sigma (``optimize(jacobian=False)`` of
cmdstanpy).

Source: ``prophet/stan_model/prophet.stan``; Taylor and Letham, "Forecasting at scale", The
American Statistician 72 (2018), 37-45.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecasting.batch_design import BatchDesign, Floats

LOCATION_VARIANCE = 25.0
"""Of the normal priors on k and m."""

NOISE_PRIOR_SCALE = 0.5
"""Of the half-normal prior on sigma."""


def split_terms(design: BatchDesign, beta: Floats) -> tuple[Floats, Floats]:
    """The regression terms of each series and day.

    :param beta: (S, J).
    :returns: multiplicative terms (a share of the trend) and additive terms, each (S, T).
    """
    K = design.X.shape[1]
    parts = []
    for chosen in (design.multiplicative, ~design.multiplicative):
        part = beta[:, :K] @ (design.X * chosen[:K]).T
        if design.X_series is not None and chosen[K:].any():
            own = beta[:, None, K:][:, :, chosen[K:]] @ design.X_series[:, chosen[K:], :]
            part = part + own[:, 0]
        parts.append(part)
    return parts[0], parts[1]


def trend(design: BatchDesign, k: Floats, m: Floats, delta: Floats) -> Floats:
    """(S, T) scaled trend; k and delta have no part in flat growth."""
    if design.growth == "flat":
        return np.repeat(m[:, None], len(design.t), axis=1)
    out: Floats = np.column_stack([k, m, delta]) @ design.trend_basis.T
    return out


def log_posterior(
    design: BatchDesign,
    y: Floats,
    k: npt.ArrayLike,
    m: npt.ArrayLike,
    delta: npt.ArrayLike,
    beta: npt.ArrayLike,
    sigma: npt.ArrayLike,
    weights: Floats | None = None,
) -> Floats:
    """The log posterior of each series, without Stan's constants.

    :param y: (S, T) scaled values, NaN where a day is missing.
    :param k: (S,) slope; m: (S,) level; delta: (S, C); beta: (S, J); sigma: (S,) > 0.
    :param weights: (S, T) of the days in the likelihood, >= 0; 1 by default.
    :returns: (S,) in nats.
    """
    k, m, sigma = (np.asarray(a, dtype=float) for a in (k, m, sigma))
    delta, beta = np.asarray(delta, dtype=float), np.asarray(beta, dtype=float)
    multiplicative, additive = split_terms(design, beta)
    mean = trend(design, k, m, delta) * (1.0 + multiplicative) + additive
    weight = day_weights(y, weights)
    square = weight * np.where(np.isnan(y), 0.0, y - mean) ** 2
    value: Floats = (
        -weight.sum(axis=1) * np.log(sigma)
        - square.sum(axis=1) / (2.0 * sigma**2)
        - sigma**2 / (2.0 * NOISE_PRIOR_SCALE**2)
        - (k**2 + m**2) / (2.0 * LOCATION_VARIANCE)
        - np.abs(delta).sum(axis=1) / np.asarray(design.changepoint_scale)
        - (((beta - design.beta_mean) / design.beta_scale) ** 2).sum(axis=1) / 2.0
    )
    return value


def day_weights(y: Floats, weights: Floats | None) -> Floats:
    """(S, T) weights of the days, 0 where y is missing and 1 elsewhere unless given."""
    seen = ~np.isnan(y)
    return seen.astype(float) if weights is None else np.where(seen, weights, 0.0)


def conditional_sigma(rss: Floats, n: Floats) -> Floats:
    r"""The sigma that maximises the posterior given everything else.

    The positive root of :math:`4\sigma^4 + n\sigma^2 = \mathrm{RSS}`, in the form that does not
    cancel.

    :param rss: (...) sums of squared scaled residuals.
    :param n: (...) observed days, or the sum of their weights.
    """
    out: Floats = np.sqrt(2.0 * rss / (n + np.sqrt(n * n + 16.0 * rss)))
    return out
