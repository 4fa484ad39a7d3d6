"""Plain Prophet as a peer: each series by itself, with CmdStan, as its documentation says."""

from __future__ import annotations

import logging
import tempfile
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecasting.baselines import assemble_peer
from forecasting.forecast import Forecast
from forecasting.panel import Panel, build_panel
from forecasting.peer_lightgbm import mean_known
from forecasting.quantiles import QUANTILES
from forecasting.workers import Workers

if TYPE_CHECKING:
    from data.brand import Brand

Floats = npt.NDArray[np.floating[Any]]

BATCH = 16
SAMPLES = 200
"""Prophet draws 1,000 paths by default; 200 tell seven quantiles nearly as well, and sooner."""


def prophet_peer(
    brand: Brand, horizon: int, *, backend: str = "loky", workers: int | None = None
) -> Forecast:
    """Forecast each series with Prophet's defaults, the calendar as holidays, drivers as
    regressors, and days out of stock missing.

    A series with fewer than two usable days, or that CmdStan cannot fit, takes its mean.
    """
    panel = build_panel(brand, horizon)
    batches = [np.arange(i, min(i + BATCH, len(panel))) for i in range(0, len(panel), BATCH)]
    work = ((batch, panel.part(batch)) for batch in batches)
    shape = (len(panel), horizon)
    mean, daily = np.empty(shape), np.empty((*shape, len(QUANTILES)))
    for batch, means, quantiles in Workers(backend, workers).each(_batch, work, len(batches)):
        mean[batch], daily[batch] = means, quantiles
    return assemble_peer(brand, panel, mean, daily, "prophet-plain")


def _batch(
    work: tuple[npt.NDArray[np.intp], Panel],
) -> tuple[npt.NDArray[np.intp], Floats, Floats]:
    series, panel = work
    with tempfile.TemporaryDirectory(prefix="nearfield-") as scratch:
        made = [_one(panel, i, scratch) for i in range(len(panel))]
    return series, np.stack([mean for mean, _ in made]), np.stack([daily for _, daily in made])


def _one(panel: Panel, i: int, scratch: str) -> tuple[Floats, Floats]:
    history, horizon = panel.history, panel.horizon
    usable = panel.usable[i]
    level = float(np.nan_to_num(mean_known(np.where(usable, panel.demand[i], np.nan))))
    if usable.sum() < 2:
        return np.full(horizon, level), np.full((horizon, len(QUANTILES)), level)
    begins = int(np.argmax(np.isfinite(panel.units[i])))
    frame = pd.DataFrame({"ds": panel.dates, "y": np.nan})
    frame.loc[: history - 1, "y"] = np.where(usable, panel.demand[i], np.nan)
    known = np.isfinite(panel.drivers[i]).all(axis=0)
    names = [name for name, there in zip(panel.driver_names, known, strict=True) if there]
    frame[names] = panel.drivers[i][:, known].astype(np.float64)
    frame = frame.iloc[begins:]
    model = _prophet()(holidays=_holidays(panel, begins), uncertainty_samples=SAMPLES)
    for name in names:
        model.add_regressor(name)
    try:
        np.random.seed(0)  # noqa: NPY002  (Prophet draws its paths from the global generator)
        model.fit(frame.iloc[: history - begins], output_dir=scratch)
        future = frame.iloc[history - begins :].drop(columns="y")
        paths = model.predictive_samples(future)["yhat"]
        mean = model.predict(future, vectorized=True)["yhat"].to_numpy()
    except (RuntimeError, ValueError):
        return np.full(horizon, level), np.full((horizon, len(QUANTILES)), level)
    return mean, np.quantile(paths, QUANTILES, axis=1).T


def _holidays(panel: Panel, begins: int) -> pd.DataFrame | None:
    """The calendar's windows and the brand's events that the series' history has shown."""
    values = np.concatenate([panel.calendar, panel.brand_events], axis=1)
    names = np.array([*panel.calendar_names, *panel.brand_event_names])
    seen = (values[begins : panel.history] != 0).any(axis=0)
    day, column = np.nonzero(values[:, seen])
    if not len(day):
        return None
    return pd.DataFrame({"ds": panel.dates[day], "holiday": names[seen][column]})


@lru_cache(maxsize=1)
def _prophet() -> Any:
    """Prophet as it comes, only silent."""
    logging.getLogger("prophet.plot").setLevel(logging.CRITICAL)  # it misses plotly; we do not
    from cmdstanpy.utils import get_logger
    from prophet import Prophet

    get_logger().setLevel(logging.CRITICAL)
    logging.getLogger("prophet").setLevel(logging.CRITICAL)
    return partial(Prophet)
