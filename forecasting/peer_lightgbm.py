"""LightGBM as a peer: one model of all series, from lags, stockouts, drivers and calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from forecasting.baselines import WEEK, assemble_peer
from forecasting.forecast import Forecast
from forecasting.panel import Panel, build_panel
from forecasting.quantiles import QUANTILES

if TYPE_CHECKING:
    from data.brand import Brand

Floats = npt.NDArray[np.floating[Any]]

ROUNDS = 300
ORIGINS = 28
"""Past days from which LightGBM learns to look ahead; every other one is taken."""

TREES: dict[str, object] = {
    "num_leaves": 63,
    "learning_rate": 0.05,
    "min_data_in_leaf": 50,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "verbosity": -1,
    "deterministic": True,
    "force_row_wise": True,
    "seed": 0,
}


def lightgbm_peer(brand: Brand, horizon: int) -> Forecast:
    """Forecast all series with one LightGBM.

    Direct: a row is a series, a past origin and a day ahead of it; its features are what was
    known at the origin and what is planned for the day. Target and lags are over the series'
    level, so that slow and fast movers learn from each other, and rows weigh as much as they
    sell; the mean is learnt with Tweedie loss, each quantile with its pinball loss. Days out of
    stock are neither targets nor lags, and the shares of such days are features.
    """
    import lightgbm

    panel = build_panel(brand, horizon)
    rows, target, level = [], [], []
    first = max(2 * WEEK, panel.history - horizon - ORIGINS)
    for origin in range(first, panel.history - 1, 2):
        ahead = np.arange(origin, min(origin + horizon, panel.history))
        found, base = features(panel, origin, ahead)
        known = panel.usable[:, ahead].ravel()
        rows.append(found[known])
        target.append(panel.demand[:, ahead].ravel()[known].astype(np.float64))
        level.append(np.repeat(base, len(ahead))[known])
    X, y, scale = np.concatenate(rows), np.concatenate(target), np.concatenate(level)
    ahead = np.arange(panel.history, panel.history + horizon)
    future, base = features(panel, panel.history, ahead)
    shape = (len(panel), horizon)
    data = lightgbm.Dataset(X, y / scale, weight=scale / scale.mean(), free_raw_data=False)

    def learn(**loss: object) -> Floats:
        found = lightgbm.train({**TREES, **loss}, data, ROUNDS).predict(future)
        return np.asarray(found).reshape(shape) * base[:, None]

    mean = learn(objective="tweedie", tweedie_variance_power=1.2)
    daily = np.stack([learn(objective="quantile", alpha=level) for level in QUANTILES], axis=2)
    return assemble_peer(brand, panel, mean, daily, "lightgbm")


def features(panel: Panel, origin: int, ahead: npt.NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Rows (S × len(ahead), features) as known at ``origin``, and each series' level (S,)."""
    known = np.where(panel.usable, panel.demand, np.nan)[:, :origin].astype(np.float64)
    means = [mean_known(known[:, -days:]) for days in (3, WEEK, 2 * WEEK, 4 * WEEK)]
    level = np.maximum(np.nan_to_num(means[-1], nan=0.0), 0.1)
    ratio = known / level[:, None]
    weekday = panel.dates.day_of_week.to_numpy()
    same_day = np.stack(
        [mean_known(ratio[:, weekday[:origin] == weekday[day]][:, -4:]) for day in ahead], axis=1
    )
    codes = [
        np.unique(names.astype(str), return_inverse=True)[1]
        for names in (panel.region, panel.sku, panel.category)
    ]
    in_stock = panel.usable[:, :origin]
    of_series = np.column_stack(
        [
            np.log(level),
            *(mean / level for mean in means),
            ratio[:, -WEEK:],
            in_stock[:, -WEEK:].mean(axis=1),
            in_stock[:, -4 * WEEK :].mean(axis=1),
            panel.availability[:, origin - 1],
            *codes,
        ]
    )
    calendar = np.concatenate([panel.calendar, panel.brand_events], axis=1)[ahead]
    coming = panel.drivers[:, ahead].astype(np.float64)
    usual = mean_known(np.moveaxis(panel.drivers[:, max(0, origin - 4 * WEEK) : origin], 1, 2))
    shape = (len(panel), len(ahead))
    columns = [
        np.broadcast_to(of_series[:, None, :], (*shape, of_series.shape[1])),
        same_day[:, :, None],
        np.broadcast_to((ahead - origin)[None, :, None], (*shape, 1)),
        np.broadcast_to(weekday[ahead][None, :, None], (*shape, 1)),
        np.broadcast_to(calendar[None], (*shape, calendar.shape[1])),
        coming,
        coming - usual[:, None, :],
    ]
    rows = np.concatenate(columns, axis=2, dtype=np.float32)
    return rows.reshape(-1, rows.shape[2]), level


def mean_known(values: Floats) -> Floats:
    """Mean over the last axis of what is not NaN; NaN where nothing is known."""
    known = np.isfinite(values)
    count = known.sum(axis=-1)
    total = np.where(known, values, 0.0).sum(axis=-1)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))
