"""Paths carry the forecast's mean, spread and dependence, whatever company a series has."""

import numpy as np
import pandas as pd
import pytest

from forecasting.quantiles import DAILY_COLUMNS, QUANTILES
from optimization.problem import state_problem
from optimization.sample_paths import DEPENDENCE, model_paths, stratum_weights
from tests.optimization.networks import one_front, two_echelons


def paths_of(world, lasting, count=400, seed=0):
    problem = state_problem(world.brand(), world.forecast(lasting))
    series = slice(0, len(problem.network.series_sku))
    return problem, problem.paths.draw(series, count, seed)


@pytest.mark.parametrize("count", [1, 7, 40, 200])
def test_any_number_of_paths_carries_the_mean(count):
    problem, paths = paths_of(two_echelons(), 0.2, count)
    assert paths.shape == (7, 6, count)
    assert (paths >= 0).all()
    np.testing.assert_allclose(paths.mean(axis=2).T, problem.demand.mean, rtol=1e-4)


def test_each_day_has_the_forecast_quantiles():
    _, paths = paths_of(one_front(), 0.2, 2000)
    forecast = one_front().forecast(0.2)
    found = np.quantile(paths[:, 0], QUANTILES, axis=1).T
    assert found == pytest.approx(forecast[list(DAILY_COLUMNS)].to_numpy(), rel=0.02)


@pytest.mark.parametrize("lasting", [0.0, 0.3, 0.8, 1.0])
def test_cumulated_demand_spreads_as_forecast(lasting):
    _, paths = paths_of(one_front(days=14), lasting, 2000)
    total = paths.cumsum(axis=0)[:, 0]
    expected = 10 * 0.5 * np.sqrt(np.arange(1, 15) * (1 + np.arange(14) * lasting))
    # The tail beyond q95 is not in the forecast, so its part of the spread is a guess.
    assert total.std(axis=1) == pytest.approx(expected, rel=0.12)


def test_certain_demand_has_one_path():
    _, paths = paths_of(one_front(variation=0.0), 0.0, 5)
    assert paths == pytest.approx(np.full((7, 1, 5), 10.0))


def test_neither_order_nor_company_changes_a_series():
    world = two_echelons()
    brand, forecast = world.brand(), world.forecast()
    problem = state_problem(brand, forecast)
    whole = problem.common(slice(0, 6))
    shuffled = forecast.sample(frac=1.0, random_state=1).reset_index(drop=True)
    assert np.array_equal(state_problem(brand, shuffled).common(slice(0, 6)), whole)
    alone = forecast[(forecast["region"] == "r2") & (forecast["sku"] == "b")]
    one = state_problem(brand, alone).common(slice(0, 1))
    place = problem.demand.series.query("region == 'r2' and sku == 'b'").index[0]
    assert one[:, 0] == pytest.approx(whole[:, place], rel=1e-6)


def test_seeds_and_series_differ():
    problem, first = paths_of(two_echelons(), 0.2)
    other = problem.paths.draw(slice(0, 6), 400, 1)
    assert not np.allclose(first, other)
    correlation = np.corrcoef(first[0])
    assert np.abs(correlation - np.eye(6)).max() < 0.25


def test_strata_add_up():
    for count in (1, 3, 40):
        weights = stratum_weights(count)
        assert weights[:-1].sum(axis=0) == pytest.approx(np.ones(count))
        assert weights[-1].mean() == pytest.approx(0.05)


def test_dependence_is_told_from_the_cumulated_quantiles():
    found = []
    for lasting in (0.0, 0.6):
        problem = state_problem(one_front(days=14).brand(), one_front(days=14).forecast(lasting))
        found.append(tuple(DEPENDENCE[model_paths(problem.demand).dependence[0]]))
    assert found[0] == (0.0, 0.0)
    assert found[1][0] >= 0.45


def test_crossing_quantiles_are_sorted():
    world = one_front()
    forecast = world.forecast()
    swapped = forecast.rename(columns={"q25": "q75", "q75": "q25"})
    straight = state_problem(world.brand(), forecast).common(slice(0, 1))
    crossed = state_problem(world.brand(), pd.DataFrame(swapped)).common(slice(0, 1))
    assert np.array_equal(straight, crossed)
