"""The locked libraries work together: a real Prophet fit, an OR-Tools solve and a page."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("name", ["prophet", "cmdstanpy", "ortools", "streamlit", "pandas"])
def test_what_is_installed_is_what_is_locked(name: str) -> None:
    locked = dict(
        line.split(";")[0].strip().split("==")
        for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
        if ";" not in line
    )
    assert version(name) == locked[name]


@pytest.mark.filterwarnings("ignore")
def test_prophet_fits() -> None:
    from prophet import Prophet

    days = pd.date_range("2025-01-01", periods=60)
    history = pd.DataFrame({"ds": days, "y": 10 + np.arange(60) * 0.5})
    model = Prophet(weekly_seasonality=False).fit(history)
    ahead = model.predict(model.make_future_dataframe(5))["yhat"].tail(5)
    np.testing.assert_allclose(ahead, 10 + np.arange(60, 65) * 0.5, rtol=0.02)


def test_or_tools_solves() -> None:
    from ortools.linear_solver.python import model_builder

    model = model_builder.Model()
    x = model.new_int_var(0, 10, "x")
    y = model.new_int_var(0, 10, "y")
    model.add(2 * x + 3 * y <= 12)
    model.maximize(3 * x + 4 * y)
    solver = model_builder.Solver("scip")
    assert solver.solve(model) == model_builder.SolveStatus.OPTIMAL
    assert solver.objective_value == 18


@pytest.mark.filterwarnings("ignore")
def test_a_page_opens() -> None:
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_string("import streamlit as st\nst.title('Nearfield')").run()
    assert not app.exception
    assert app.title[0].value == "Nearfield"
