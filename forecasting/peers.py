"""What a user would pick instead, each in its strongest honest form (the extra ``peers``).

Every peer gets what Nearfield gets: the same days left out for want of stock, the same drivers
and calendar where it can take them, nothing after the as-of day. None is imported until a
backtest asks for peers.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.errors import BadInput
from forecasting.baselines import assemble_quantiles
from forecasting.forecast import Forecast
from forecasting.panel import Panel, build_panel
from forecasting.quantiles import QUANTILES

if TYPE_CHECKING:
    from data.brand import Brand

Floats = npt.NDArray[np.floating[Any]]

WEEK = 7
_ORIGINS = 28
"""Past days from which LightGBM learns to look ahead."""

_TREES: dict[str, object] = {
    "num_leaves": 63,
    "learning_rate": 0.05,
    "min_data_in_leaf": 50,
    "feature_fraction": 0.8,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "verbosity": -1,
    "deterministic": True,
    "force_row_wise": True,
    "seed": 0,
}
_ROUNDS = 300


def available_peers() -> dict[str, Callable[[Brand, int], Forecast]]:
    """Return the peers whose libraries are installed, by name.

    :raises BadInput: none is.
    """
    peers: dict[str, Callable[[Brand, int], Forecast]] = {}
    if importlib.util.find_spec("lightgbm"):
        peers["lightgbm"] = lightgbm_peer
    if importlib.util.find_spec("statsforecast"):
        peers["theta"] = partial(statsforecast_peer, model="DynamicOptimizedTheta")
        peers["autoets"] = partial(statsforecast_peer, model="AutoETS")
    if not peers:
        raise BadInput("Peers need their libraries: install nearfield with the extra `peers`.")
    return peers


def statsforecast_peer(brand: Brand, horizon: int, model: str) -> Forecast:
    """Forecast each series with a model of statsforecast, weekly season.

    Days left out for want of stock take the mean of the same weekday before and after.

    :param model: name of a class in ``statsforecast.models``.
    """
    from statsforecast import StatsForecast, models

    panel = build_panel(brand, horizon)
    demand = _without_gaps(panel)
    number = np.arange(len(panel))
    begins = np.argmax(np.isfinite(panel.units), axis=1)
    long = pd.DataFrame(
        {
            "unique_id": np.repeat(number, panel.history),
            "ds": np.tile(panel.dates[: panel.history], len(panel)),
            "y": demand.ravel(),
        }
    )
    long = long[(np.arange(panel.history)[None, :] >= begins[:, None]).ravel()]
    engine = StatsForecast(
        [getattr(models, model)(season_length=WEEK)],
        freq="D",
        fallback_model=models.SeasonalNaive(season_length=WEEK),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # theirs, of series that do not converge
        made = engine.forecast(df=long, h=horizon, level=[50, 80, 90])
    made = made.sort_values(["unique_id", "ds"])
    columns = {0.05: "-lo-90", 0.1: "-lo-80", 0.25: "-lo-50", 0.5: ""}
    columns |= {0.75: "-hi-50", 0.9: "-hi-80", 0.95: "-hi-90"}
    shape = (len(panel), horizon)
    mean = made[model].to_numpy(dtype=np.float64).reshape(shape)
    daily = np.stack(
        [made[model + columns[q]].to_numpy(dtype=np.float64).reshape(shape) for q in QUANTILES],
        axis=2,
    )
    return _forecast(brand, panel, mean, daily, model)


def lightgbm_peer(brand: Brand, horizon: int) -> Forecast:
    """Forecast all series with one LightGBM of lags, levels, drivers and calendar.

    Direct: a row is a series, a past origin and a day ahead of it; its features are what was
    known at the origin and what is planned for the day. The mean is learnt with Tweedie loss, the
    quantiles each with its pinball loss on demand over the series' level.
    """
    import lightgbm

    panel = build_panel(brand, horizon)
    rows, target, level = [], [], []
    first = max(2 * WEEK, panel.history - horizon - _ORIGINS)
    for origin in range(first, panel.history - 1, 2):
        ahead = np.arange(origin, min(origin + horizon, panel.history))
        features, base = _features(panel, origin, ahead)
        known = panel.usable[:, ahead].ravel()
        rows.append(features[known])
        target.append(panel.demand[:, ahead].ravel()[known].astype(np.float64))
        level.append(np.repeat(base, len(ahead))[known])
    X, y, scale = np.concatenate(rows), np.concatenate(target), np.concatenate(level)
    ahead = np.arange(panel.history, panel.history + horizon)
    future, base = _features(panel, panel.history, ahead)
    shape = (len(panel), horizon)
    data = lightgbm.Dataset(X, y, free_raw_data=False)
    tweedie = {**_TREES, "objective": "tweedie", "tweedie_variance_power": 1.2}
    mean = lightgbm.train(tweedie, data, _ROUNDS).predict(future).reshape(shape)
    ratio = lightgbm.Dataset(X, y / scale, weight=scale / scale.mean(), free_raw_data=False)
    daily = np.empty((*shape, len(QUANTILES)))
    for index, quantile in enumerate(QUANTILES):
        pinball = {**_TREES, "objective": "quantile", "alpha": quantile}
        share = lightgbm.train(pinball, ratio, _ROUNDS).predict(future).reshape(shape)
        daily[:, :, index] = share * base[:, None]
    return _forecast(brand, panel, mean, daily, "lightgbm")


def _features(panel: Panel, origin: int, ahead: npt.NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Rows (S × len(ahead), features) as known at ``origin``, and each series' level (S,)."""
    known = np.where(panel.usable, panel.demand, np.nan)[:, :origin].astype(np.float64)
    means = [_mean(known[:, -days:]) for days in (WEEK, 2 * WEEK, 4 * WEEK)]
    level = np.maximum(np.nan_to_num(means[-1], nan=0.0), 0.1)
    weekday = panel.dates.day_of_week.to_numpy()
    same_day = np.stack(
        [_mean(known[:, weekday[:origin] == weekday[day]][:, -4:]) for day in ahead], axis=1
    )
    codes = [
        np.unique(names.astype(str), return_inverse=True)[1]
        for names in (panel.region, panel.sku, panel.category)
    ]
    of_series = np.stack([*means, known[:, -1], *codes], axis=1)
    calendar = np.concatenate([panel.calendar, panel.brand_events], axis=1)[ahead]
    shape = (len(panel), len(ahead))
    columns = [
        np.broadcast_to(of_series[:, None, :], (*shape, of_series.shape[1])),
        same_day[:, :, None],
        np.broadcast_to((ahead - origin)[None, :, None], (*shape, 1)),
        np.broadcast_to(weekday[ahead][None, :, None], (*shape, 1)),
        np.broadcast_to(calendar[None], (*shape, calendar.shape[1])),
        panel.drivers[:, ahead],
    ]
    rows = np.concatenate(columns, axis=2, dtype=np.float32)
    return rows.reshape(-1, rows.shape[2]), level


def _mean(values: Floats) -> Floats:
    known = np.isfinite(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _without_gaps(panel: Panel) -> Floats:
    """(S, T) demand with unusable days from the same weekday, by interpolation; else the mean."""
    demand = np.where(panel.usable, panel.demand, np.nan).astype(np.float64)
    for weekday in range(WEEK):
        days = pd.DataFrame(demand[:, weekday::WEEK].T)
        demand[:, weekday::WEEK] = days.interpolate(limit_direction="both").to_numpy().T
    mean = np.nan_to_num(_mean(demand), nan=0.0)
    return np.where(np.isnan(demand), mean[:, None], demand)


def _forecast(brand: Brand, panel: Panel, mean: Floats, daily: Floats, name: str) -> Forecast:
    """Clip at zero; cumulate the quantiles as those of independent days."""
    mean, daily = np.maximum(mean, 0.0), np.maximum(np.sort(daily, axis=2), 0.0)
    away = daily - mean[:, :, None]
    spread = np.sqrt(np.cumsum(away**2, axis=1)) * np.sign(away)
    total = np.maximum(np.cumsum(mean, axis=1)[:, :, None] + spread, 0.0)
    cumulated = np.sort(np.maximum.accumulate(total, axis=1), axis=2)
    return assemble_quantiles(brand, panel, mean, daily, cumulated, engine=name.lower())
