"""Prophet for one series: its fit, its sample paths, its components.

The model is Prophet's (Taylor and Letham 2018, "Forecasting at scale"), additive on the
logarithm of demand, so that week, year, events and drivers multiply. Holidays enter as
regressors, which is what Prophet's own holidays frame becomes, without building it anew for
every series.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecasting.design import Design, fourier

if TYPE_CHECKING:
    from prophet import Prophet

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Priors:
    """Prior standard deviations, on the log scale unless said otherwise.

    :param changepoint: Laplace scale of slope changes, in Prophet's units (y over its largest
        absolute value, t from 0 to 1).
    :param weekly: of each Fourier coefficient of the week.
    :param yearly: of each Fourier coefficient of the year.
    :param event: of the effect of a window of the calendar or of a brand's event; of a series in
        a pool, of the share by which it differs from the pool.
    :param driver: of the effect of one usual spread of a driver.
    """

    changepoint: float = 0.1
    weekly: float = 0.1
    yearly: float = 0.3
    event: float = 0.3
    driver: float = 0.1


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted series on the scale of ``Design.y``; arrays over all T + H days.

    :param parts: trend, weekly, yearly, events, drivers, each (T + H,).
    :param effects: of each regressor of the design, for one unit of its column.
    :param sigma: standard deviation of a day's noise.
    :param level_sigma: standard deviation of what a path's whole level may be off by; not of
        Prophet, which takes its fitted level for known: see :mod:`forecasting.spread`.
    :param slope_change: Laplace scale of future slope changes, per day.
    :param change_rate: chance of a slope change on a day.
    """

    parts: dict[str, Floats]
    effects: dict[str, float]
    sigma: float
    slope_change: float
    change_rate: float
    level_sigma: float = 0.0

    @property
    def total_sigma(self) -> float:
        """Standard deviation of a day's demand around its location, noise and level together."""
        return float(np.hypot(self.sigma, self.level_sigma))

    @property
    def location(self) -> Floats:
        """(T + H,) the sum of the parts."""
        return np.asarray(sum(self.parts.values()))


def fit_prophet(
    design: Design, dates: pd.DatetimeIndex, priors: Priors, scratch: str | None = None
) -> tuple[Prophet, Fit]:
    """Fit Prophet to one series.

    :param dates: T + H days of the panel.
    :param scratch: folder for the files of CmdStan; the caller removes it.
    :returns: the fitted ``prophet.Prophet`` and what it says of every day.
    :raises RuntimeError: Stan gives no optimum.
    """
    model = _prophet()(
        growth="linear",
        changepoint_prior_scale=priors.changepoint,
        yearly_seasonality=False,
        weekly_seasonality=False,
        daily_seasonality=False,
        uncertainty_samples=0,
    )
    scale = float(np.abs(design.y).max())  # Prophet's y_scale: its priors are in units of it
    if design.yearly:
        model.add_seasonality("yearly", 365.25, design.yearly, prior_scale=priors.yearly / scale)
    if design.weekly:
        model.add_seasonality("weekly", 7.0, design.weekly, prior_scale=priors.weekly / scale)
    for name in design.names:
        prior = priors.driver if name.startswith("driver:") else priors.event
        model.add_regressor(name, prior_scale=prior / scale, standardize=False)
    history = pd.DataFrame(design.X[design.day], columns=list(design.names))
    history.insert(0, "ds", dates[design.day])
    history.insert(1, "y", design.y)
    # Prophet takes Newton below 100 rows, six times slower here; it remains the second try.
    model.fit(history, **({} if _backend else {"algorithm": "LBFGS", "output_dir": scratch}))
    return model, _read_fit(model, design, dates)


def _read_fit(model: Prophet, design: Design, dates: pd.DatetimeIndex) -> Fit:
    """Evaluate the fitted model on all days: the arithmetic of ``Prophet.predict``, in NumPy."""
    params = model.params
    y_scale = float(model.y_scale)
    first, days = int(dates[0].to_datetime64().astype("datetime64[D]").astype(int)), len(dates)
    start = (model.start - dates[0]).days
    t_scale = model.t_scale / pd.Timedelta(days=1)
    t = (np.arange(days) - start) / t_scale
    delta = params["delta"][0]
    trend = model.piecewise_linear(t, delta, params["k"][0], params["m"][0], model.changepoints_t)
    beta = params["beta"][0] * y_scale
    blocks = {
        "yearly": fourier(first, days, 365.25, design.yearly),
        "weekly": fourier(first, days, 7.0, design.weekly),
        "events": design.X[:, : design.occasions],
        "drivers": design.X[:, design.occasions :],
    }
    parts: dict[str, Floats] = {"trend": np.asarray(trend) * y_scale}
    column = 0
    for name, block in blocks.items():
        parts[name] = block @ beta[column : column + block.shape[1]]
        column += block.shape[1]
    for name, part in design.pooled.items():
        parts[name] = parts[name] + part
    return Fit(
        parts=parts,
        effects=dict(
            zip(design.names, beta[len(beta) - len(design.names) :].tolist(), strict=True)
        ),
        sigma=float(params["sigma_obs"][0, 0]) * y_scale,
        slope_change=(float(np.mean(np.abs(delta))) + 1e-8) * y_scale / t_scale,
        change_rate=min(1.0, len(model.changepoints_t) / t_scale),
    )


_backend: Callable[[], Any] | None = None


def use_stan_backend(factory: Callable[[], Any] | None) -> None:
    """Let another ``prophet.models.IStanBackend`` fit in this process; ``None``: CmdStan."""
    global _backend
    _backend = factory
    _shared_backend.cache_clear()


@lru_cache(maxsize=1)
def _shared_backend() -> Any:
    """One backend for all fits of the process: making one costs as much as a fit."""
    if _backend is not None:
        return _backend()
    from prophet.models import CmdStanPyBackend

    return CmdStanPyBackend()


@lru_cache(maxsize=1)
def _prophet() -> type[Prophet]:
    """Prophet, quiet, with the process's shared backend."""
    logging.getLogger("prophet.plot").setLevel(logging.CRITICAL)  # it misses plotly; we do not
    from cmdstanpy.utils import get_logger
    from prophet import Prophet

    get_logger().setLevel(logging.CRITICAL)  # asking for it sets its level, so ours comes after
    logging.getLogger("prophet").setLevel(logging.CRITICAL)

    class QuietProphet(Prophet):  # type: ignore[misc]
        def _load_stan_backend(self, stan_backend: str | None) -> None:
            self.stan_backend = _shared_backend()

    QuietProphet.__name__ = QuietProphet.__qualname__ = "Prophet"
    return QuietProphet
