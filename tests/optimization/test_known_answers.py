"""Plans of textbook problems: what is best there is known without any planner."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from data import Costs, Promise, Promises
from optimization.network import AFTER_DAYS
from optimization.planner import plan_transfers
from tests.optimization.networks import World, day, lane, location, product
from tests.optimization.planning import plan_world, solver_here

FRONTS_ONLY = Promises(
    near=Promise(0.5, 0.0, 1.0), mid=Promise(4.0, 0.0, 1.0), far=Promise(30.0, 0.0, 0.0)
)


def lot_sizes(demand, setup, holding):
    """Wagner and Whitin 1958: days on which to order, and the least cost, by their recursion.

    What stands overnight costs; the demand of each day is known and must be met.
    """
    days = len(demand)
    best, last = [0.0] + [np.inf] * days, [0] * (days + 1)
    for first, until in itertools.combinations(range(days + 1), 2):
        cost = best[first] + setup
        cost += sum(holding * (day - first) * demand[day] for day in range(first, until))
        if cost < best[until]:
            best[until], last[until] = cost, first
    orders, until = [], days
    while until:
        orders.append(last[until])
        until = last[until]
    return sorted(orders), best[days]


def lot_sizing_world(demand, setup, holding):
    """A front with known demand; nothing is asked for in the last week, so that nothing is kept."""
    days = len(demand)
    return World(
        products=[product("p", unit_m3=0.01, case_units=1, margin=50.0, shelf_life_days=30.0)],
        locations=[location("M", "main"), location("F", "front", "r")],
        lanes=[lane("M", "F", 0, vehicle_m3=100.0, vehicle_cost=setup)],
        stock=[("M", "p", sum(demand))],
        demand=[("r", "p", 1.0)],
        variation=0.0,
        days=days,
        promise=FRONTS_ONLY,
        costs=Costs(holding_per_m3_day=100 * holding, handling_per_unit=0.0),
    )


def with_daily_means(world, demand):
    """The world's certain forecast with another mean each day."""
    frame = world.forecast().sort_values("date", ignore_index=True)
    daily, total = np.asarray(demand, dtype=float), np.cumsum(demand)
    for name in frame.columns.drop(["region", "sku", "date"]):
        frame[name] = total if name.startswith("c") else daily
    return frame


@pytest.mark.parametrize(
    ("demand", "setup", "holding"),
    [
        # The demand of Wagner and Whitin's example of twelve months, with one setup cost.
        ([69, 29, 36, 61, 61, 26, 34, 67, 45, 67, 79, 56], 85.0, 1.0),
        ([20, 50, 10, 50, 50, 10, 20, 40, 20, 30], 100.0, 1.0),
        ([10, 10, 10, 10, 10, 10], 25.0, 1.0),
        ([5, 0, 0, 80, 0, 5], 40.0, 0.5),
    ],
    ids=["Wagner and Whitin", "ten periods", "level", "lumpy"],
)
def test_fixed_cost_against_holding(demand, setup, holding):
    orders, least = lot_sizes(demand, setup, holding)
    demand = [*demand, *[0] * AFTER_DAYS]
    world = lot_sizing_world(demand, setup, holding)
    with solver_here():
        plan = plan_transfers(world.brand(), with_daily_means(world, demand))
    spent = plan.costs["vehicles"] + plan.costs["holding"]
    missed = 50.0 * (sum(demand) - plan.service["mid"])
    assert least - 0.5 <= spent + missed <= 1.08 * least
    assert abs(len(plan.trips) - len(orders)) <= 1


def test_shortage_is_the_classic_transportation_problem():
    # Three mains, four fronts, one day: cheap vehicles a unit, unit costs decide.
    supply = {"A": 35, "B": 50, "C": 40}
    wanted = {"w": 45, "x": 20, "y": 30, "z": 30}
    cost = np.array([[8, 6, 10, 9], [9, 12, 13, 7], [14, 9, 16, 5]], dtype=float)
    answer = linprog(
        cost.ravel(),
        A_eq=np.vstack(
            [
                np.kron(np.eye(3), np.ones(4)),
                np.kron(np.ones(3), np.eye(4)),
            ]
        ),
        b_eq=[*supply.values(), *wanted.values()],
    )
    world = World(
        products=[product("p", case_units=1, margin=60.0, unit_m3=0.001, shelf_life_days=1.0)],
        locations=[location(name, "main") for name in supply]
        + [location(f"F{name}", "front", name) for name in wanted],
        lanes=[
            lane(main, f"F{name}", 0, vehicle_cost=0.0, unit_cost=cost[row, column])
            for row, main in enumerate(supply)
            for column, name in enumerate(wanted)
        ],
        stock=[(name, "p", units) for name, units in supply.items()],
        demand=[(name, "p", float(units)) for name, units in wanted.items()],
        variation=0.0,
        days=1,
        promise=FRONTS_ONLY,
        costs=Costs(holding_per_m3_day=0.0, handling_per_unit=0.0, waste_share_of_price=0.0),
    )
    plan = plan_world(world)
    assert plan.proposed["units"].sum() == 125
    assert plan.bound == pytest.approx(60.0 * 125 - answer.fun, rel=1e-6)
    assert plan.objective >= 0.96 * plan.bound


def test_two_echelons_move_nothing_that_cannot_arrive_in_time():
    # Two days to the front and one more to the store: with four days, what leaves on day 0 is
    # the last that a store can sell from, and the front's own stock serves it until then.
    world = World(
        products=[product("p", case_units=1)],
        locations=[
            location("M", "main"),
            location("F", "front", "r"),
            location("S", "store", "r"),
        ],
        lanes=[
            lane("M", "F", 2, vehicle_cost=1.0),
            lane("F", "S", 1, vehicle_cost=1.0),
        ],
        stock=[("M", "p", 500), ("F", "p", 30)],
        demand=[("r", "p", 10.0)],
        variation=0.0,
        days=4,
        promise=replace(FRONTS_ONLY, mid=Promise(4.0, 5.0, 0.6)),
    )
    plan = plan_world(world)
    rows = plan.proposed
    assert (rows["arrive_date"] <= day(3)).all()
    assert set(rows["lane"]) == {"M>F", "F>S"}
    first = rows[rows["lane"] == "M>F"]["arrive_date"].min()
    early = rows[(rows["lane"] == "F>S") & (rows["dispatch_date"] < first)]
    assert early["units"].sum() <= 30
    late = plan_world(replace(world, lanes=[lane("M", "F", 4), lane("F", "S", 1)]))
    assert set(late.proposed["lane"]) == {"F>S"}
    assert late.proposed["units"].sum() <= 30


def test_permuting_products_and_places_permutes_the_plan():
    def named(first, second):
        return World(
            products=[product(first), product(second, margin=14.0, case_units=6)],
            locations=[location("M", "main"), location("F", "front", "r")],
            lanes=[lane("M", "F", 1)],
            stock=[("M", first, 200), ("M", second, 300), ("F", first, 12)],
            demand=[("r", first, 9.0), ("r", second, 6.0)],
            variation=0.0,
        )

    one, other = plan_world(named("a", "b")), plan_world(named("z", "y"))
    renamed = one.transfers.replace({"sku": {"a": "z", "b": "y"}})
    keys = ["dispatch_date", "sku"]
    columns = [*keys, "lane", "cases"]
    pd.testing.assert_frame_equal(
        renamed.sort_values(keys)[columns].reset_index(drop=True),
        other.transfers.sort_values(keys)[columns].reset_index(drop=True),
    )


@pytest.mark.parametrize("more", ["stock", "vehicles", "information", "lanes"])
@pytest.mark.parametrize("seed", range(2))
def test_more_to_choose_from_never_earns_less(more, seed):
    rng = np.random.default_rng(seed)
    stock, mean = float(rng.integers(20, 200)), float(rng.integers(3, 15))
    case = int(rng.choice([1, 4]))

    def world(richer):
        van = lane("M", "F", vehicle_m3=0.08, vehicle_cost=3.0)
        truck = lane("M", "F", lane="truck", vehicle_m3=1.0, vehicle_cost=9.0)
        return World(
            products=[product("p", case_units=case)],
            locations=[location("M", "main"), location("F", "front", "r")],
            lanes=[van, truck] if richer == "lanes" else [van],
            stock=[("M", "p", stock * (1.5 if richer == "stock" else 1.0))],
            demand=[("r", "p", mean), ("s", "p", mean / 2)],
            variation=0.1 if richer == "information" else 0.6,
            plan={"max_vehicles": 3 if richer == "vehicles" else 1},
            days=6,
        )

    less = plan_world(world(""))
    richer = plan_world(world(more))
    assert richer.objective >= less.objective - 0.03 * less.gain - 1e-6
