"""What drivers and events do to demand, by pool, and how sure that is.

The pooled regression learns the effect of each driver and event for all series together, and for
each category, region and category in a region as far as their data insist
(:mod:`forecasting.pooled_priors`). Here those effects are told with their spread, and whether the
sign of one is beyond doubt and that of the whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from forecasting.panel import Panel, build_panel
from forecasting.pooled_priors import Pool, groups_of
from forecasting.pooled_regression import PooledRegression, Told, listen, solve

if TYPE_CHECKING:
    from data.brand import Brand

Floats = npt.NDArray[np.float64]

EFFECT_COLUMNS: tuple[str, ...] = (
    "kind",
    "name",
    "region",
    "category",
    "series",
    "per",
    "effect",
    "sd",
    "change",
    "sign",
    "against",
)
"""Columns of :func:`driver_effects`."""

CLEAR = 2.0
"""An effect this many standard deviations from nought has a sign."""

KINDS = {"drivers": "driver", "events": "event"}


def driver_effects(brand: Brand) -> pd.DataFrame:
    """Return what each driver and event does to demand, by pool.

    :returns: :data:`EFFECT_COLUMNS`, one row for each effect and pool: kind (driver or event);
        name; region and category ("" for all of them); series (how many the pool has); per (by
        how much the driver moves: its usual spread within a series; 1 for events: a day of full
        strength); effect (what that does to log demand); sd (its standard deviation: that of the
        pool's mean, series taken for independent, so that days on which all series were lucky
        together make it wider in truth); change (exp(effect) - 1, a share of demand); sign (1 or
        -1 where it is :data:`CLEAR`, else 0); against (the sign is clear, and so is that of all
        series together, and they differ: worth a look before it is believed).
    """
    return pooled_effects(build_panel(brand, 1))


def pooled_effects(panel: Panel, settings: PooledRegression | None = None) -> pd.DataFrame:
    """Return :func:`driver_effects` of a panel's history."""
    told = listen(panel, [panel.history], settings or PooledRegression())
    at = told.equations[0].rescaled(told.wider)
    beta, left, _ = solve(at, told.pools, told.noise)
    wanted = np.flatnonzero(np.isin(np.array(told.columns.component), list(KINDS)))
    region, category = panel.region.astype(str), panel.category.astype(str)
    nothing = np.full(len(panel), "")
    frames = []
    scopes = (
        (nothing, nothing),
        (nothing, category),
        (region, nothing),
        (region, category),
    )
    for (regions, categories), pool in zip(scopes, told.pools, strict=False):  # not by product
        groups = groups_of(regions, categories)
        effect, sd = _of_pools(groups, beta, left, told, pool)
        first = np.unique(groups, return_index=True)[1]
        size = np.bincount(groups)
        for column in wanted:
            frames.append(
                pd.DataFrame(
                    {
                        "kind": KINDS[told.columns.component[column]],
                        "name": told.columns.names[column],
                        "region": regions[first],
                        "category": categories[first],
                        "series": size,
                        "per": told.columns.unit[column],
                        "effect": effect[:, column],
                        "sd": sd[:, column],
                    }
                )
            )
    if not frames:
        return pd.DataFrame(columns=list(EFFECT_COLUMNS))
    table = pd.concat(frames, ignore_index=True)
    table["change"] = np.expm1(table["effect"])
    table["sign"] = np.sign(table["effect"]) * (table["effect"].abs() > CLEAR * table["sd"])
    table["sign"] = table["sign"].astype(int)
    whole = table[(table["region"] == "") & (table["category"] == "")]
    of_all = table["name"].map(whole.drop_duplicates("name").set_index("name")["sign"])
    table["against"] = table["sign"] * of_all < 0
    return table[list(EFFECT_COLUMNS)]


def _of_pools(
    groups: npt.NDArray[np.intp], beta: Floats, left: Floats, told: Told, pool: Pool
) -> tuple[Floats, Floats]:
    """(G, K) mean effect of each group's series and its standard deviation.

    What the series tell of their mean has precision Σ (1 - V) in units of a series' own spread,
    less what they have in common; the pool's own prior adds to it
    (:mod:`forecasting.pooled_priors`).
    """
    S, K = beta.shape
    members = csr_array((np.ones(S), (groups, np.arange(S))))
    size = np.bincount(groups)[:, None]
    mean = (members @ beta) / size
    precision = size[:, :, None] * np.eye(K) - (members @ left.reshape(S, K * K)).reshape(-1, K, K)
    shared = np.sqrt(pool.shrinks(K))
    precision /= shared[:, :, None] * shared[:, None, :]
    prior = np.eye(K) / max(pool.spread for pool in told.pools[1:]) ** 2
    if len(size) == 1:
        prior = np.eye(K) / told.pools[0].spread ** 2
    spread = np.linalg.inv(precision + prior)
    own_sd = told.columns.own_sd
    return mean * own_sd, np.sqrt(np.diagonal(spread, axis1=1, axis2=2)) * own_sd
