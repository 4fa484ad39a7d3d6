"""Prophet fitted in process: :class:`prophet.models.IStanBackend` over the batch solver.

``Prophet(stan_backend=...)`` takes names of an enum, so another backend is put in by setting the
attribute that Prophet reads when it fits::

    model = Prophet(holidays=holidays)
    model.stan_backend = MapBackend()
    model.fit(history)

or, in short, ``fast_prophet(holidays=holidays).fit(history)``. What comes out is a
``prophet.Prophet`` with the parameters that CmdStan would have returned: ``predict``, the plots and
``prophet.serialize.model_to_json`` work.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
from prophet import Prophet
from prophet.models import CmdStanPyBackend, IStanBackend, StanBackendEnum, TrendIndicator

from forecasting.batch_design import BatchDesign, Floats
from forecasting.map_fit import BatchFit, fit_scaled
from forecasting.posterior import trend

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class MapResult:
    """How a fit ended; Prophet keeps it as ``model.stan_fit``.

    :param log_posterior: Stan's ``lp__`` at the maximum.
    :param iterations: Newton steps.
    """

    log_posterior: float
    iterations: int


class MapBackend(IStanBackend):  # type: ignore[misc]  # prophet is untyped for mypy here
    """Maximises prophet.stan's posterior in process; CmdStan takes what it cannot do.

    CmdStan fits logistic growth, draws samples (``mcmc_samples > 0``), and takes over where the
    solver did not converge, as where the model passes through every observation and the posterior
    has no maximum. :attr:`fell_back` says why, or is "".
    """

    def __init__(self) -> None:
        super().__init__()
        self.fell_back = ""
        self._cmdstan: CmdStanPyBackend | None = None

    @staticmethod
    def get_type() -> str:
        """The name Prophet builds copies by (cross-validation, regressor models): CmdStan's.

        The enum cannot be added to; a copy made by name maximises the same posterior with CmdStan.
        """
        return str(StanBackendEnum.CMDSTANPY.name)

    def load_model(self) -> Any:
        """Nothing to load; CmdStan is loaded when it is first needed."""
        return None

    def fit(
        self, stan_init: dict[str, Any], stan_data: dict[str, Any], **kwargs: Any
    ) -> dict[str, Any]:
        """The maximum of the posterior, in the form of ``CmdStanPyBackend.fit``.

        :param stan_init: Prophet's initial values; used by CmdStan only.
        :param stan_data: the data block of prophet.stan.
        :param kwargs: options of ``CmdStanModel.optimize``; used by CmdStan only.
        :returns: lp__, k, m, delta, sigma_obs, beta and trend, each (1, n).
        """
        self.fell_back = ""
        if stan_data["trend_indicator"] == TrendIndicator.LOGISTIC.value:
            return self._fall_back("logistic growth", stan_init, stan_data, kwargs)
        design = design_of(stan_data)
        fit = fit_scaled(np.asarray(stan_data["y"], dtype=float)[None, :], design)
        if not fit.converged[0]:
            return self._fall_back("no convergence", stan_init, stan_data, kwargs)
        self.stan_fit = MapResult(float(fit.log_posterior[0]), int(fit.iterations[0]))
        return _parameters(fit, design)

    def sampling(
        self, stan_init: dict[str, Any], stan_data: dict[str, Any], samples: int, **kwargs: Any
    ) -> dict[str, Any]:
        """Draws from the posterior, by CmdStan."""
        out: dict[str, Any] = self._stan().sampling(stan_init, stan_data, samples, **kwargs)
        self.stan_fit = self._stan().stan_fit
        return out

    def cleanup(self) -> None:
        """Remove the files CmdStan wrote, if it ran."""
        if self._cmdstan is not None:
            self._cmdstan.cleanup()

    def _stan(self) -> CmdStanPyBackend:
        if self._cmdstan is None:
            self._cmdstan = CmdStanPyBackend()
            self._cmdstan.newton_fallback = self.newton_fallback
        return self._cmdstan

    def _fall_back(
        self, why: str, stan_init: dict[str, Any], stan_data: dict[str, Any], kwargs: dict[str, Any]
    ) -> dict[str, Any]:
        logger.info("CmdStan takes over: %s", why)
        self.fell_back = why
        out: dict[str, Any] = self._stan().fit(stan_init, stan_data, **kwargs)
        self.stan_fit = self._stan().stan_fit
        return out


def fast_prophet(**kwargs: Any) -> Prophet:
    """An unfitted ``prophet.Prophet`` that fits in process.

    :param kwargs: of ``Prophet``.
    """
    model = Prophet(**kwargs)
    model.stan_backend = MapBackend()
    return model


def design_of(stan_data: dict[str, Any]) -> BatchDesign:
    """The design of one series from the data block of prophet.stan (linear or flat growth)."""
    flat = stan_data["trend_indicator"] == TrendIndicator.FLAT.value
    return BatchDesign(
        t=np.asarray(stan_data["t"], dtype=float),
        changepoints=np.asarray(stan_data["t_change"], dtype=float),
        X=np.ascontiguousarray(stan_data["X"], dtype=float),
        beta_scale=np.asarray(stan_data["sigmas"], dtype=float),
        multiplicative=np.asarray(stan_data["s_m"]) > 0,
        changepoint_scale=float(stan_data["tau"]),
        growth="flat" if flat else "linear",
    )


def _parameters(fit: BatchFit, design: BatchDesign) -> dict[str, Floats]:
    level = trend(design, fit.k, fit.m, fit.delta)
    return {
        "lp__": fit.log_posterior.reshape(1, 1),
        "k": fit.k.reshape(1, 1),
        "m": fit.m.reshape(1, 1),
        "delta": fit.delta.reshape(1, -1),
        "sigma_obs": fit.sigma.reshape(1, 1),
        "beta": fit.beta.reshape(1, -1),
        "trend": level.reshape(1, -1),
    }
