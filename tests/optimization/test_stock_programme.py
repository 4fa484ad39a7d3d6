"""The programme over stock levels never earns less than an exact plan, and little more."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimization.stock_programme import MOST, _on_grid, stock_programme

PRICE, HOLDING = 10.0, 0.3


def best_fixed_plan(days, case, cost, most):
    """Enumerate plans of whole cases against every combination of independent days' demands."""
    combinations = np.array(list(itertools.product(*days)))
    best = 0.0
    for cases in itertools.product(range(most + 1), repeat=len(days) - 1):
        stock = np.zeros(len(combinations))
        money = -cost * case * sum(cases)
        for day, sent in enumerate(cases):
            stock += sent * case
            sold = np.minimum(stock, combinations[:, day])
            stock -= sold
            money += PRICE * sold.mean() - HOLDING * stock.mean()
        money += PRICE * np.minimum(stock, combinations[:, -1]).mean()
        best = max(best, money)
    return best


@settings(max_examples=40, deadline=None)
@given(
    demand=st.lists(st.lists(st.floats(0, 9), min_size=4, max_size=4), min_size=3, max_size=4),
    case=st.sampled_from([1.0, 3.0, 7.0]),
    cost=st.sampled_from([0.5, 4.0, 8.0]),
)
def test_it_is_never_below_the_best_fixed_plan(demand, case, cost):
    days = np.array(demand, dtype=np.float32)
    exact = best_fixed_plan(days, case, cost, most=max(int(18 / case), 2) if case > 1 else 8)
    programme = stock_programme(days[:, None, :], np.array([case]), np.array([HOLDING]))
    costs = np.full((len(days) - 1, 1), cost)
    solution = programme.solve(np.array([PRICE]), costs)
    assert solution.beyond[0] == pytest.approx(0, abs=1e-3)
    assert solution.values()[0] >= exact - 1e-3


def test_one_day_is_the_newsvendor():
    # One day, unit cases: buy at 4, sell at 10, what is left is worth nothing. A demand that is
    # on the grid already loses none of its risk there.
    demand = np.repeat(np.array([13, 13, 26, 39], dtype=np.float32), 10)
    stages = np.stack([demand, np.zeros(40, np.float32)])[:, None, :]
    programme = stock_programme(stages, np.array([13.0]), np.array([0.0]))
    value = programme.solve(np.array([10.0]), np.full((1, 1), 4.0)).values()[0]
    exact = max(10 * np.minimum(y, demand).mean() - 4 * y for y in 13.0 * np.arange(4))
    assert value == pytest.approx(exact, rel=1e-4)


def test_what_is_certain_is_exact():
    # 4 a day for 3 days and 8 after: one case of 4 each morning, two more for the days after.
    demand = np.full((4, 1, 5), 4.0, dtype=np.float32)
    demand[3] = 8.0
    programme = stock_programme(demand, np.array([4.0]), np.array([HOLDING]))
    value = programme.solve(np.array([PRICE]), np.full((3, 1), 6.0)).values()[0]
    assert value == pytest.approx(20 * (PRICE - 6) - 8 * HOLDING, rel=1e-5)


def test_nothing_is_sent_where_nothing_can_arrive():
    demand = np.full((4, 1, 5), 4.0, dtype=np.float32)
    programme = stock_programme(demand, np.array([1.0]), np.array([HOLDING]))
    costs = np.full((3, 1), np.inf)
    assert programme.solve(np.array([PRICE]), costs).values()[0] == 0
    costs[2] = 1.0
    sent, sold, _ = programme.solve(np.array([PRICE]), costs).sent()
    assert sent[:2].sum() == 0
    assert sold[0] == pytest.approx(8, rel=0.05)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 30), min_size=6, max_size=6))
def test_demand_on_the_grid_has_the_same_mean_and_fewer_risks(values):
    ordered = np.sort(np.array([values], dtype=np.float32), axis=1)
    step = np.maximum(ordered[:, -1] / MOST, 0.5)
    chance = _on_grid(ordered, step)[:, 0]
    grid = np.arange(MOST + 1) * step[0]
    assert chance.sum() == pytest.approx(1, abs=1e-5)
    mean = float(ordered.mean())
    # The last stratum is rounded up: at most a step, with its chance.
    last = chance[np.flatnonzero(chance > 1e-7)[-1]]
    assert mean - 1e-3 <= chance @ grid <= mean + last * step[0] + 1e-3
    for level in np.linspace(0, 30, 13):
        sells = chance @ np.minimum(grid, level)
        assert sells >= np.minimum(ordered, level).mean() - 1e-3
