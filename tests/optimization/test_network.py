"""Tables become arrays: lots, cells, open days, facts, rejections; what does not fit is told."""

import numpy as np
import pandas as pd
import pytest

from data import BadForecast, read_brand
from optimization.network import NEVER, Moves
from optimization.problem import state_problem
from tests.optimization.networks import (
    AS_OF,
    day,
    lane,
    location,
    on,
    one_front,
    product,
    two_echelons,
)


def network_of(world, **decisions):
    return state_problem(world.brand(), world.forecast(), **decisions).network


def names(network, cells):
    return [
        (network.locations[network.cell_location[c]], network.skus[network.cell_sku[c]])
        for c in cells
    ]


def test_cells_are_where_a_product_can_be():
    network = network_of(one_front())
    assert names(network, range(2)) == [("F", "p"), ("M", "p")]
    assert list(network.cell_series) == [0, -1]
    assert list(network.cells(np.array([0, 1]), np.array([0, 0]))) == [0, 1]


def test_a_front_that_only_feeds_stores_has_cells():
    world = one_front(
        locations=[location("M", "main"), location("F", "front", "x"), location("S", "store", "r")],
        lanes=[lane("M", "F"), lane("F", "S")],
        stock=[("M", "p", 10)],
    )
    assert ("F", "p") in names(network_of(world), range(3))


def test_lanes_are_open_when_they_depart_and_arrive_in_time():
    world = one_front(
        lanes=[lane("M", "F", 2, departs_on=on(0, 2, 5))], days=7, plan={"frozen_days": 1}
    )
    network = network_of(world)  # day 0 is a Monday
    assert list(np.flatnonzero(network.departs[0])) == [0, 2, 5]
    assert list(np.flatnonzero(network.open[0])) == [2]


def test_stock_keeps_its_date_and_undated_stock_begins_to_age_at_a_front():
    world = one_front(
        products=[product("p", shelf_life_days=3.0)],
        stock=[("M", "p", 5), ("M", "p", 6, day(4)), ("F", "p", 7), ("F", "p", 8, AS_OF)],
        inbound=[("F", "p", 9, day(2)), ("F", "p", 1, day(-4)), ("F", "p", 2, day(20))],
    )
    network = network_of(world)
    lots = network.lots
    found = sorted(zip(lots.units, lots.day, lots.expiry, lots.fresh, strict=True))
    assert found == [
        (1, 0, 2, False),
        (5, -1, NEVER, True),
        (6, -1, 4, False),
        (7, -1, 2, False),
        (9, 2, 4, False),
    ]
    assert network.dropped == {"lots of stock that had expired by the as-of day": 1}


def test_approved_transfers_are_facts_or_on_their_way():
    approved = pd.DataFrame(
        [
            ("M>F", "p", day(1), 2),
            ("M>F", "p", day(-1), 3),
            ("M>F", "p", day(-9), 4),
            ("gone", "p", day(1), 1),
        ],
        columns=["lane", "sku", "dispatch_date", "cases"],
    )
    network = network_of(one_front(lanes=[lane("M", "F", 2)]), approved=approved)
    assert (network.facts.day.tolist(), network.facts.cases.tolist()) == ([1], [2])
    coming = network.lots.day == 1
    assert network.lots.units[coming].tolist() == [12]
    assert network.dropped == {"approved transfers of unknown lanes or products": 1}


def test_rejected_transfers_are_barred_until_their_day():
    rejected = pd.DataFrame(
        [("M>F", "p", day(2)), ("M>F", "p", day(0))], columns=["lane", "sku", "until"]
    )
    network = network_of(one_front(), rejected=rejected)
    zero = np.zeros(4, dtype=np.int64)
    assert network.barred(zero, zero, np.arange(1, 5)).tolist() == [True, True, False, False]


def test_the_assortment_says_what_a_front_may_hold():
    network = network_of(one_front(assortment=[("F", "p", 40.0)]))
    assert network.receives.tolist() == [True, True]
    assert network.max_units.tolist() == [40.0, np.inf]
    assert network_of(one_front(assortment=[])).receives.tolist() == [False, True]


def test_vehicles_and_moving_costs():
    network = network_of(one_front(lanes=[lane("M", "F", vehicle_m3=0.1, unit_cost=0.5)]))
    moves = Moves([0, 0], [0, 0], [1, 1], [5, 2])  # 28 units, 0.112 m³
    assert network.vehicles(network.volume(moves)).tolist() == [[0, 2, 0, 0, 0, 0, 0]]
    costs = network.moving_costs(moves)
    assert costs == pytest.approx(
        {"vehicles": 10.0, "moving": 14.0, "handling": 28 * 0.08, "co2": 0.0}
    )
    assert moves.merged().cases.tolist() == [7]


def test_the_horizon_is_as_far_as_the_forecast_reaches():
    world = one_front()
    forecast = world.forecast()
    short = forecast[forecast["date"] <= day(3)]
    assert state_problem(world.brand(), short).network.days == 4
    with pytest.raises(BadForecast, match="expected 7 days"):
        state_problem(world.brand(), short, horizon=7)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns="c50"), "c50"),
        (lambda f: f.assign(region="nowhere"), "nowhere"),
        (lambda f: f.assign(sku="nothing"), "nothing"),
        (lambda f: f[f["date"] != day(2)], "in a row"),
        (lambda f: pd.concat([f, f]), "each once"),
        (lambda f: f.assign(q50=np.nan), "q50"),
        (lambda f: f.assign(mean=-1.0), "mean"),
        (lambda f: f.assign(date=f["date"] - pd.Timedelta(days=30)), "expected .* days from"),
    ],
    ids=["column", "region", "sku", "missing day", "twice", "nan", "negative", "past"],
)
def test_a_forecast_that_does_not_fit_is_refused(change, message):
    world = one_front()
    with pytest.raises(BadForecast, match=message):
        state_problem(world.brand(), change(world.forecast()))


def test_no_forecast_at_all_is_no_demand():
    world = one_front()
    problem = state_problem(world.brand(), world.forecast().iloc[:0], horizon=3)
    assert problem.network.series_sku.size == 0
    assert problem.network.cell_series.tolist() == [-1, -1]


def test_permuted_tables_give_the_same_network():
    world = two_echelons()
    brand = world.brand()
    turned = two_echelons(
        products=world.products[::-1], locations=world.locations[::-1], lanes=world.lanes[::-1]
    ).brand()
    one = state_problem(brand, world.forecast()).network
    other = state_problem(turned, world.forecast()).network
    for name in ("cell_location", "cell_sku", "origin", "unit_m3", "share", "open"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


@pytest.mark.shared
def test_real_networks_are_read(shared_brands):
    from tests.optimization.forecasts import gamma_forecast

    brand = read_brand(shared_brands / "freshretail-cities")
    network = state_problem(brand, gamma_forecast(brand)).network
    assert len(network.series_sku) == 3041
    assert len(network.cell_sku) == 3041 + 2 * 865
    assert network.lots.units.sum() == pytest.approx(brand.stock["units"].sum())
