"""Past days are lived through by the same rules, whoever decides."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.errors import BadInput
from optimization.base_stock import BaseStock
from optimization.evaluation import evaluate
from optimization.network import Moves
from optimization.problem import state_problem
from optimization.replay import COLUMNS, replay
from tests.optimization.forecasts import forecast_of
from tests.optimization.networks import AS_OF, lane, one_front, product, two_echelons
from tests.optimization.planning import solver_here

DAYS = 3
START = AS_OF - pd.Timedelta(days=DAYS)


def demand_of(world, spread=0.3):
    """What was asked for on the replayed days: drawn around the mean."""
    rng = np.random.default_rng(1)
    dates = pd.date_range(START + pd.Timedelta(days=1), periods=DAYS)
    rows = [
        (date, region, sku, mean * rng.gamma(1 / spread**2, spread**2))
        for region, sku, mean in world.demand
        for date in dates
    ]
    return pd.DataFrame(rows, columns=["date", "region", "sku", "units"])


def forecaster(world):
    series = pd.DataFrame(world.demand, columns=["region", "sku", "mean"])
    return lambda brand: forecast_of(series, brand.as_of, world.days, world.variation)


def replayed(world, days=DAYS, **choices):
    with solver_here():
        brand, demand = world.brand(), demand_of(world)
        return replay(brand, START, days, forecaster(world), demand, **choices)


WORLD = one_front(
    stock=[("M", "p", 300), ("F", "p", 15)],
    lanes=[lane("M", "F", vehicle_cost=3.0)],
    inbound=[("M", "p", 40, AS_OF + pd.Timedelta(days=2))],
    days=4,
)


@pytest.fixture(scope="module")
def told():
    return replayed(WORLD)


def test_every_policy_has_a_row_a_day(told):
    assert list(told.columns) == list(COLUMNS)
    assert told.groupby("policy")["date"].nunique().to_dict() == {
        "plan": DAYS,
        "base_stock": DAYS,
        "nothing": DAYS,
    }
    asked = demand_of(WORLD).groupby("date")["units"].sum()
    served = told.set_index("date")[["near", "mid", "far", "lost"]].sum(axis=1)
    for date, total in served.items():
        assert total == pytest.approx(asked[date], rel=1e-5)


def test_the_plan_earns_more_than_nothing(told):
    money = told.groupby("policy")[["profit", "left_value"]].sum().sum(axis=1)
    assert money["plan"] > money["nothing"]
    units = told.groupby("policy")["units_moved"].sum()
    assert units["nothing"] == 0
    assert units["plan"] > 0
    assert told.loc[told["policy"] == "plan", "cost"].sum() > 0


@pytest.mark.parametrize("life", [np.nan, 3.0])
def test_doing_nothing_day_by_day_is_doing_nothing_at_once(life):
    """Stock is carried from night to night as one simulation of all days carries it."""
    world = two_echelons(
        products=[
            product("a", shelf_life_days=life),
            product("b", shelf_life_days=4.0, case_units=6),
            product("c", case_units=1, margin=30.0),
        ],
        stock=[
            *(("M", sku, 40) for sku in "abc"),
            *(("F1", sku, 30) for sku in "abc"),
            ("F2", "b", 25, AS_OF + pd.Timedelta(days=2)),
            ("F2", "b", 9, AS_OF + pd.Timedelta(days=9)),
            ("S1", "a", 12),
        ],
        inbound=[("F1", "b", 12, AS_OF + pd.Timedelta(days=2))],
        days=DAYS,
    )
    asked = demand_of(world)
    rows = replayed(replace(world, lanes=[]), policies=["nothing"])
    problem = state_problem(replace(world, lanes=[]).brand(), world.forecast())
    network = problem.network
    table = asked.assign(day=(asked["date"] - START).dt.days - 1).set_index(
        ["day", "region", "sku"]
    )["units"]
    path = np.zeros((DAYS, len(network.series_sku), 1), dtype=np.float32)
    for number, (region, sku) in enumerate(
        zip(network.series_region, network.series_sku, strict=True)
    ):
        for today in range(DAYS):
            path[today, number, 0] = table[today, network.regions[region], network.skus[sku]]
    whole = evaluate(network, Moves.none(), lambda series: path[:, series])
    profit = whole.profit - whole.money["end_value"]
    assert rows["profit"].sum() == pytest.approx(profit, rel=1e-4)
    for field in ("near", "mid", "far", "lost"):
        assert rows[field].sum() == pytest.approx(whole.service[field], rel=1e-4, abs=1e-3)


def test_days_without_demand_cannot_be_replayed():
    with pytest.raises(BadInput, match="expected demand on each of 9 days"):
        replayed(WORLD, days=9)


def test_base_stock_fills_up_to_its_days():
    world = one_front(products=[product("p", case_units=1)])
    sent = BaseStock(5.0, 0.0).decide(world.brand(), world.forecast())
    # 10 a day for 5 days and the day on the way, less the 10 that are there.
    assert sent["cases"].tolist() == [50]
    assert BaseStock(5.0, 0.5).decide(world.brand(), world.forecast()).empty
    little = one_front(stock=[("M", "p", 7)])
    assert BaseStock(5.0, 0.0).decide(little.brand(), little.forecast())["cases"].tolist() == [1]
    with pytest.raises(ValueError, match="cover_days > 0"):
        BaseStock(0.0, 0.0)
