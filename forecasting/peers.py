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
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.errors import BadInput
from forecasting.baselines import WEEK, assemble_peer
from forecasting.forecast import Forecast
from forecasting.panel import Panel, build_panel
from forecasting.peer_lightgbm import lightgbm_peer, mean_known
from forecasting.peer_prophet import prophet_peer
from forecasting.quantiles import QUANTILES

if TYPE_CHECKING:
    from data.brand import Brand

Floats = npt.NDArray[np.floating[Any]]

LEARN_ALONE: Final = frozenset({"theta", "autoets", "prophet"})
"""Peers whose forecast of a series does not depend on other series."""


def available_peers(
    backend: str = "loky", workers: int | None = None
) -> dict[str, Callable[[Brand, int], Forecast]]:
    """Return the peers whose libraries are installed, by name, the quickest first.

    :raises BadInput: none of the extra's libraries is.
    """
    peers: dict[str, Callable[[Brand, int], Forecast]] = {}
    if importlib.util.find_spec("statsforecast"):
        peers["theta"] = partial(statsforecast_peer, model="DynamicOptimizedTheta", workers=workers)
        peers["autoets"] = partial(statsforecast_peer, model="AutoETS", workers=workers)
    if importlib.util.find_spec("lightgbm"):
        peers["lightgbm"] = lightgbm_peer
    if not peers:
        raise BadInput("Peers need their libraries: install nearfield with the extra `peers`.")
    return peers | {"prophet": partial(prophet_peer, backend=backend, workers=workers)}


def statsforecast_peer(
    brand: Brand, horizon: int, model: str, *, workers: int | None = None
) -> Forecast:
    """Forecast each series with a model of statsforecast, weekly season.

    Days left out for want of stock take the mean of the same weekday before and after; a series of
    so few days that the model tells nothing goes on at their mean.

    :param model: name of a class in ``statsforecast.models``.
    :param workers: processes; default: this one.
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
        n_jobs=workers or 1,
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
    level = np.nan_to_num(mean_known(np.where(panel.usable, panel.demand, np.nan)))
    untold = ~(np.isfinite(mean).all(axis=1) & np.isfinite(daily).all(axis=(1, 2)))
    mean[untold], daily[untold] = level[untold, None], level[untold, None, None]
    return assemble_peer(brand, panel, mean, daily, model.lower())


def _without_gaps(panel: Panel) -> Floats:
    """(S, T) demand with unusable days from the same weekday, by interpolation; else the mean."""
    demand = np.where(panel.usable, panel.demand, np.nan).astype(np.float64)
    for weekday in range(WEEK):
        days = pd.DataFrame(demand[:, weekday::WEEK].T)
        demand[:, weekday::WEEK] = days.interpolate(limit_direction="both").to_numpy().T
    mean = np.nan_to_num(mean_known(demand), nan=0.0)
    return np.where(np.isnan(demand), mean[:, None], demand)
