"""Series of every sort that Prophet meets, each with a model to fit it: for conformity tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from prophet import Prophet

LENGTHS = (14, 15, 17, 20, 25, 30, 40, 60, 76, 100, 150, 200, 365, 500, 730, 900)

HOLIDAYS = pd.DataFrame(
    [
        {"holiday": name, "ds": pd.Timestamp(day), "lower_window": -1, "upper_window": 1}
        for name, days in {
            "new year": ("2023-01-22", "2024-02-10", "2025-01-29"),
            "june": ("2023-06-18", "2024-06-18"),
            "november": ("2023-11-11", "2024-11-11"),
            "once": ("2023-01-12",),
        }.items()
        for day in days
    ]
)


@dataclass(frozen=True)
class Case:
    """One series and the model to fit it with."""

    number: int
    frame: pd.DataFrame
    options: dict[str, Any]
    regressors: tuple[tuple[str, str], ...]

    def model(self) -> Prophet:
        model = Prophet(**self.options)
        for name, mode in self.regressors:
            model.add_regressor(name, mode=mode)
        return model


def case(number: int) -> Case:
    """Case ``number``: its length, scale, gaps, zeros, modes and regressors are drawn from it."""
    rng = np.random.default_rng([20231, number])
    T = int(rng.choice(LENGTHS))
    t = np.arange(T)
    price, promotion = rng.normal(size=T), (rng.random(T) < 0.2).astype(float)
    shape = 1 + 0.5 * rng.normal() * t / T + 0.3 * np.sin(6 * t / max(T, 60))
    week = rng.normal(size=7) * rng.choice([0.0, 0.05, 0.3, 1.0])
    year = 0.2 * np.sin(2 * np.pi * t / 365.25)
    shape = shape * (1 + week[t % 7] + year + 0.1 * price + 0.3 * promotion)
    y = _noisy(shape, number % 6, rng) * 10 ** rng.uniform(-2, 5)
    if rng.random() < 0.4:
        y[rng.random(T) < 0.2] = np.nan
    if not np.nanmin(y) < np.nanmax(y):
        y[[0, T // 2, T - 1]] = 1.0, 2.0, 3.0
    mode = ("additive", "multiplicative")[number % 2]
    options: dict[str, Any] = {
        "seasonality_mode": mode,
        "growth": "flat" if rng.random() < 0.2 else "linear",
        "changepoint_prior_scale": float(rng.choice([0.05, 0.05, 0.5, 0.005])),
        "scaling": "minmax" if rng.random() < 0.1 else "absmax",
        "yearly_seasonality": bool(T > 300 and rng.random() < 0.6),
    }
    if rng.random() < 0.5:
        options["holidays"] = HOLIDAYS
    if rng.random() < 0.3:
        options["holidays_mode"] = "additive"
    if rng.random() < 0.1:
        options["n_changepoints"] = 0
    regressors = []
    if rng.random() < 0.4:
        regressors.append(("price", str(rng.choice(["additive", "multiplicative"]))))
    if rng.random() < 0.4:
        regressors.append(("promotion", mode))
    dates = pd.date_range("2023-01-01", periods=T)
    frame = pd.DataFrame({"ds": dates, "y": y, "price": price, "promotion": promotion})
    return Case(number, frame, options, tuple(regressors))


def _noisy(
    shape: np.ndarray[Any, Any], kind: int, rng: np.random.Generator
) -> np.ndarray[Any, Any]:
    T = len(shape)
    if kind == 0:
        return np.asarray(shape + rng.normal(size=T) * rng.choice([0.02, 0.1, 0.5]))
    if kind == 1:
        return rng.poisson(np.maximum(3 * shape, 0)).astype(float)
    if kind == 2:  # mostly zeros
        return rng.poisson(np.maximum(0.2 * shape, 0)).astype(float)
    if kind == 3:  # a jump of the level
        return np.asarray(
            np.maximum(shape, 0) * rng.lognormal(0, 0.5, T) * np.where(2 * np.arange(T) > T, 3, 1)
        )
    if kind == 4:  # few distinct values
        return np.asarray(np.round(np.maximum(2 * shape, 0)))
    return np.asarray(shape + 0.2 * rng.standard_t(2, size=T))
