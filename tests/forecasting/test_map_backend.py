from __future__ import annotations

import dataclasses
import logging
from typing import Any

import numpy as np
import pandas as pd
import pytest
from prophet import Prophet
from prophet.models import CmdStanPyBackend
from prophet.serialize import model_from_json, model_to_json

from forecasting.batch_design import Floats
from forecasting.map_backend import MapBackend, design_of, fast_prophet
from forecasting.posterior import log_posterior, split_terms, trend
from tests.forecasting.varied_series import HOLIDAYS, case

CASES, PARTS = 112, 4
HIGHER = 1e-7
"""Nats by which a posterior is called higher, beyond what CmdStan's eight digits leave open."""

Params = dict[str, Any]


@pytest.fixture(autouse=True, scope="module")
def quiet_stan() -> None:
    for name in ("cmdstanpy", "prophet", "prophet.models"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def stan_blocks(model: Prophet, frame: pd.DataFrame) -> tuple[Params, Params]:
    """Prophet's initial values and data block for a fit."""
    inputs = model.preprocess(frame)
    initial = model.calculate_initial_params(inputs.K)
    return dataclasses.asdict(initial), dataclasses.asdict(inputs)


def posterior_at(params: Params, data: Params) -> float:
    k, m, sigma = (params[n].reshape(-1) for n in ("k", "m", "sigma_obs"))
    y = np.asarray(data["y"], dtype=float)[None]
    design = design_of(data)
    return float(log_posterior(design, y, k, m, params["delta"], params["beta"], sigma)[0])


def fitted(params: Params, data: Params) -> Floats:
    """Scaled fitted values."""
    design = design_of(data)
    multiplicative, additive = split_terms(design, params["beta"])
    level = trend(design, params["k"][0], params["m"][0], params["delta"])
    return np.asarray(level * (1 + multiplicative) + additive)[0]


def ahead(params: Params, data: Params, days: int = 30) -> Floats:
    """Scaled trend over the month after the history, where differences between fits show most."""
    design = design_of(data)
    step = 1.0 / (len(design.t) - 1)
    later = dataclasses.replace(
        design, t=1.0 + step * np.arange(1, days + 1), X=np.zeros((days, design.X.shape[1]))
    )
    return trend(later, params["k"][0], params["m"][0], params["delta"])[0]


class Alone(MapBackend):
    """Without CmdStan behind it."""

    def _fall_back(self, why: str, *_: Any) -> Params:
        self.fell_back = why
        return {}


@pytest.mark.parametrize("part", range(PARTS))
def test_conformity_with_cmdstan(part: int) -> None:
    """The posterior is Stan's, our maximum is at least CmdStan's, and forecasts are as close.

    Where ours is not the higher maximum, forecasts may differ from CmdStan's no more than those
    of two runs of CmdStan from different starts.
    """
    stan = CmdStanPyBackend()
    alone: list[int] = []
    compared = 0
    for number in range(part, CASES, PARTS):
        series = case(number)
        initial, data = stan_blocks(series.model(), series.frame)
        backend = Alone()
        ours = backend.fit(dict(initial), dict(data))
        if backend.fell_back:
            alone.append(number)
            continue
        theirs = _cmdstan(stan, initial, data)
        if theirs is None or theirs["sigma_obs"][0, 0] < 1e-5:  # printed with too few digits
            continue
        compared += 1
        value = posterior_at(theirs, data)
        assert value == pytest.approx(theirs["lp__"][0, 0], abs=2e-3, rel=1e-5), number
        assert ours["lp__"][0, 0] == pytest.approx(posterior_at(ours, data), abs=1e-9)
        assert ours["lp__"][0, 0] >= value - 1e-3, number
        if ours["lp__"][0, 0] > value + HIGHER:
            continue
        start = {**initial, "k": initial["k"] + 0.1, "m": initial["m"] - 0.1, "sigma_obs": 0.3}
        again = _cmdstan(stan, start, data)
        assert again is not None
        for path in (fitted, ahead):
            between = np.abs(path(theirs, data) - path(again, data)).max()
            assert np.abs(path(ours, data) - path(theirs, data)).max() <= max(between, 1e-4), number
    assert compared >= 100 / PARTS
    for number in alone:  # only where the model can pass through every observation
        assert case(number).frame["y"].notna().sum() < 30


def _cmdstan(stan: CmdStanPyBackend, initial: Params, data: Params) -> Params | None:
    """CmdStan's maximum as Prophet asks for it; None where CmdStan has no answer."""
    try:
        return dict(stan.fit(dict(initial), dict(data)))
    except RuntimeError:
        return None
    finally:
        stan.cleanup()


def history(T: int = 120, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    t = np.arange(T)
    y = (20 + 0.1 * t) * (1 + 0.3 * np.sin(2 * np.pi * t / 7)) + rng.normal(size=T)
    return pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=T), "y": y})


def test_a_prophet_comes_out_with_everything_it_can_do() -> None:
    frame = history().assign(promotion=lambda f: (f["ds"].dt.day < 5).astype(float))
    model = fast_prophet(holidays=HOLIDAYS, seasonality_mode="multiplicative")
    model.add_regressor("promotion")
    model.fit(frame)
    assert model.stan_backend.fell_back == ""
    future = model.make_future_dataframe(14)
    future["promotion"] = 0.0
    forecast = model.predict(future)
    assert len(forecast) == 134 and forecast.notna().all().all()
    assert {"weekly", "holidays", "june", "promotion", "yhat_lower"} <= set(forecast.columns)
    copy = model_from_json(model_to_json(model))
    assert copy.predict(future)["yhat"].to_numpy() == pytest.approx(forecast["yhat"].to_numpy())


def test_its_plots_are_prophets() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    model = fast_prophet().fit(history())
    forecast = model.predict(model.make_future_dataframe(7))
    assert model.plot(forecast).axes
    assert len(model.plot_components(forecast).axes) == 2
    plt.close("all")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"growth": "flat"},
        {"n_changepoints": 0},
        {"changepoints": ["2024-02-01", "2024-03-01"]},
        {"scaling": "minmax"},
    ],
)
def test_forecasts_are_plain_prophets(options: dict[str, Any]) -> None:
    frame = history()
    plain, fast = Prophet(**options).fit(frame), fast_prophet(**options).fit(frame)
    future = plain.make_future_dataframe(14)
    gap = np.abs(plain.predict(future)["yhat"] - fast.predict(future)["yhat"]).max()
    assert gap < 0.01 * frame["y"].mean()


def test_logistic_growth_goes_to_cmdstan() -> None:
    frame = history().assign(cap=60.0)
    model = fast_prophet(growth="logistic").fit(frame)
    assert model.stan_backend.fell_back == "logistic growth"
    future = model.make_future_dataframe(7).assign(cap=60.0)
    assert model.predict(future)["trend"].max() < 60


def test_a_posterior_without_a_maximum_goes_to_cmdstan() -> None:
    """Six days and a model of more parameters: what comes out is CmdStan's, and it is said."""
    frame = history(6, seed=3)
    options = {"changepoint_prior_scale": 5.0, "weekly_seasonality": True}
    model = fast_prophet(**options).fit(frame, iter=20)  # CmdStan would go on for seconds
    plain = Prophet(**options).fit(frame, iter=20)
    assert model.stan_backend.fell_back == "no convergence"
    assert model.params["lp__"] == pytest.approx(plain.params["lp__"])


def test_a_constant_history_never_reaches_the_solver() -> None:
    model = fast_prophet().fit(history().assign(y=3.0))
    assert model.predict(model.make_future_dataframe(3))["yhat"].to_numpy() == pytest.approx(3.0)


def test_copies_by_name_still_work() -> None:
    """Cross-validation rebuilds the model from ``get_type()``, which must be a name Prophet has."""
    model = fast_prophet(uncertainty_samples=0)
    assert Prophet(stan_backend=model.stan_backend.get_type()).stan_backend is not None
