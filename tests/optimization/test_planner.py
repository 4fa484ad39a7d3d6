"""Plans are right where the answer is known, keep every limit, and say why."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scipy.stats import norm, poisson

from data import Costs, Promise, Promises
from forecasting.quantiles import CUMULATIVE_COLUMNS, DAILY_COLUMNS, FORECAST_COLUMNS, QUANTILES
from optimization import bounding
from optimization.outlook import gain_parts
from optimization.plan import read_plan
from optimization.plan_tables import FRAMES, LIMITS
from optimization.planner import plan_transfers
from tests.optimization.networks import (
    World,
    day,
    lane,
    location,
    on,
    one_front,
    product,
    two_echelons,
    two_products,
)
from tests.optimization.planning import plan_world, solver_here


def free_lane(**other):
    return lane("M", "F", **({"vehicle_cost": 0.0, "lead_days": 0} | other))


NO_COSTS = Costs(holding_per_m3_day=0.0, handling_per_unit=0.0, waste_share_of_price=1.0)
NO_FAR = Promises(
    near=Promise(0.5, 0.0, 1.0), mid=Promise(4.0, 0.0, 1.0), far=Promise(30.0, 0.0, 0.0)
)


def newsvendor(overage, underage, quantiles, mean):
    """One front, one day: what is left costs ``overage``, what is missed ``underage``."""
    world = one_front(
        products=[product("p", price=overage, margin=underage, case_units=1, shelf_life_days=1.0)],
        lanes=[free_lane()],
        stock=[("M", "p", 500)],
        demand=[("r", "p", mean)],
        days=1,
        costs=NO_COSTS,
        promise=NO_FAR,
    )
    values = dict(zip(DAILY_COLUMNS, quantiles, strict=True))
    values |= dict(zip(CUMULATIVE_COLUMNS, quantiles, strict=True))
    row = {"region": "r", "sku": "p", "date": day(0), "mean": mean} | values
    forecast = pd.DataFrame([row])[list(FORECAST_COLUMNS)]
    with solver_here():
        return plan_transfers(world.brand(), forecast)


def test_the_normal_newsvendor():
    # Snyder and Shen, Fundamentals of Supply Chain Theory: h = 0.18, p = 0.70, S* = 56.6.
    quantiles = norm.ppf(QUANTILES, 50, 8)
    plan = newsvendor(0.18, 0.70, quantiles, 50.0)
    assert plan.transfers["units"].tolist() == [pytest.approx(56.6, abs=1.0)]


def test_the_poisson_newsvendor():
    plan = newsvendor(1.0, 4.0, poisson.ppf(QUANTILES, 50), 50.0)
    assert plan.transfers["units"].tolist() == [pytest.approx(56, abs=1.0)]


def test_a_plan_gains_and_says_what_it_costs():
    plan = plan_world(one_front())
    assert plan.status == "feasible"
    assert plan.gain > 0.85 * (plan.bound - plan.doing_nothing)
    assert plan.service["mid"] > 60
    assert plan.costs["vehicles"] == plan.trips["cost"].sum()
    assert plan.objective == pytest.approx(plan.evaluated, rel=0.02)
    assert plan.gap == pytest.approx((plan.bound - plan.objective) / plan.bound)
    parts = gain_parts(plan)
    assert sum(parts.values()) == pytest.approx(plan.gain)
    assert parts["sales"] > 0 > parts["vehicles"] == -plan.costs["vehicles"]


def test_certain_demand_is_met_exactly():
    # 9.7 a day are sold at the front from day 1 on, 7 days after the horizon included.
    world = one_front(
        products=[product("p", case_units=1)],
        stock=[("M", "p", 1000)],
        variation=0.0,
        lanes=[lane("M", "F", vehicle_cost=1.0)],
        costs=Costs(holding_per_m3_day=0.1),
    )
    plan = plan_world(world)
    assert plan.proposed["units"].sum() == pytest.approx(13 * 9.7, abs=2)


def test_nothing_moves_that_cannot_arrive():
    world = one_front(lanes=[lane("M", "F", 7)])
    plan = plan_world(world)
    assert plan.status == "nothing_to_do"
    assert plan.proposed.empty
    assert set(plan.unmet["constraint"]) <= {"lead_time", "departure"}
    late = plan_world(one_front(lanes=[lane("M", "F", 5)]))
    assert (late.proposed["arrive_date"] <= day(6)).all()
    assert not late.proposed.empty


def test_frozen_days_see_no_new_dispatch():
    plan = plan_world(one_front(plan={"frozen_days": 3}))
    assert plan.proposed["dispatch_date"].min() == day(3)


def test_lanes_leave_on_their_days():
    plan = plan_world(one_front(lanes=[lane("M", "F", departs_on=on(1, 4))]))
    assert set(plan.proposed["dispatch_date"]) <= {day(1), day(4)}
    assert not plan.proposed.empty


def test_storage_holds_expected_stock():
    tight = one_front(
        locations=[location("M", "main"), location("F", "front", "r", storage_m3=0.1)]
    )
    plan = plan_world(tight)
    assert 0 < plan.proposed["m3"].max() <= 0.1
    free = plan_world(one_front())
    assert plan.evaluated < free.evaluated


def test_a_place_receives_no_more_than_it_can_handle():
    tight = one_front(
        locations=[location("M", "main"), location("F", "front", "r", handling_units=11)]
    )
    plan = plan_world(tight)
    assert plan.proposed.groupby("arrive_date")["units"].sum().max() == 8


def test_the_assortment_limits_what_a_place_holds():
    plan = plan_world(one_front(assortment=[("F", "p", 30.0)]))
    assert 0 < plan.proposed["units"].max() <= 28
    assert plan_world(one_front(assortment=[])).proposed.empty


def test_vehicles_are_whole_and_no_more_than_allowed():
    world = one_front(
        lanes=[lane("M", "F", vehicle_m3=0.05, vehicle_cost=1.0)], plan={"max_vehicles": 2}
    )
    plan = plan_world(world)
    assert plan.trips["vehicles"].max() <= 2
    assert (plan.trips["fill"] <= 1).all()


def test_a_van_for_little_and_a_truck_for_much():
    lanes = [
        lane("M", "F", lane="van", vehicle_m3=0.5, vehicle_cost=10.0),
        lane("M", "F", lane="truck", vehicle_m3=5.0, vehicle_cost=40.0),
    ]
    assert set(plan_world(one_front(lanes=lanes)).trips["lane"]) == {"van"}
    much = one_front(lanes=lanes, demand=[("r", "p", 200.0)], stock=[("M", "p", 9000)])
    assert "truck" in set(plan_world(much).trips["lane"])


def test_dear_vehicles_stay_at_home():
    plan = plan_world(one_front(lanes=[lane("M", "F", vehicle_cost=5000.0)]))
    assert plan.status == "nothing_to_do"
    assert plan.evaluated == plan.doing_nothing
    assert set(plan.unmet["constraint"]) <= {"economics", "vehicle", "lead_time"}


def approved(*rows):
    return pd.DataFrame(rows, columns=["lane", "sku", "dispatch_date", "cases"])


def test_approved_transfers_are_facts():
    facts = approved(("M>F", "p", day(0), 3), ("M>F", "p", day(4), 5))
    plan = plan_world(one_front(), approved=facts)
    held = plan.transfers[plan.transfers["status"] == "approved"]
    assert held["cases"].tolist() == [3, 5]
    keys = plan.transfers[["lane", "sku", "dispatch_date"]]
    assert not keys.duplicated().any()
    assert not plan.proposed.empty


def test_facts_are_sunk_in_doing_nothing():
    facts = approved(("M>F", "p", day(0), 40))
    world = one_front(lanes=[lane("M", "F", vehicle_cost=400.0)])
    plan = plan_world(world, approved=facts)
    assert plan.status == "nothing_to_do"
    assert plan.costs["vehicles"] == 400.0
    assert plan.evaluated == plan.doing_nothing


def test_facts_that_break_a_limit_are_no_failure():
    tight = one_front(
        locations=[
            location("M", "main"),
            location("F", "front", "r", handling_units=5, storage_m3=0.05),
        ],
        stock=[("M", "p", 30)],
    )
    plan = plan_world(tight, approved=approved(("M>F", "p", day(0), 20)))
    assert plan.transfers["status"].tolist() == ["approved"]


def test_rejected_transfers_are_not_proposed_again():
    rejected = pd.DataFrame([("M>F", "p", day(3))], columns=["lane", "sku", "until"])
    plan = plan_world(one_front(), rejected=rejected)
    assert plan.proposed["dispatch_date"].min() > day(3)
    never = pd.DataFrame([("M>F", "p", day(30))], columns=["lane", "sku", "until"])
    plan = plan_world(one_front(), rejected=never)
    assert plan.proposed.empty
    assert set(plan.unmet["constraint"]) == {"rejected"}


def test_what_leaves_the_main_is_missed_far():
    # Two fronts' worth of demand, stock for one: moving it takes it from the far field.
    world = one_front(
        demand=[("r", "p", 10.0), ("s", "p", 40.0)],
        stock=[("M", "p", 60)],
        products=[product("p", case_units=1)],
    )
    plan = plan_world(world)
    sold = plan.service["mid"] * 0.97 + plan.service["far"] * 0.7
    assert sold <= 60 + 1e-3
    alone = plan_world(replace(world, demand=[("r", "p", 10.0)]))
    assert alone.service["lost"] < plan.service["lost"]


def test_two_echelons_reach_the_stores_where_they_pay():
    near = Promises(
        near=Promise(0.5, 0.5, 1.0), mid=Promise(4.0, 3.0, 0.8), far=Promise(30.0, 5.0, 0.4)
    )
    lanes = [
        lane("M", "F1", 1),
        lane("M", "F2", 2),
        lane("F1", "S1", 0, vehicle_cost=2.0),
        lane("F1", "S2", 1, vehicle_cost=2.0),
    ]
    plan = plan_world(two_echelons(promise=near, lanes=lanes))
    reached = set(plan.proposed["destination"])
    assert {"F1", "F2"} <= reached
    assert reached & {"S1", "S2"}
    assert plan.service["near"] > 60


def test_every_transfer_has_its_reason():
    plan = plan_world(two_echelons())
    reasons = plan.reasons
    assert reasons["limited_by"].isin(LIMITS).all()
    assert (reasons["demand_q90"] >= reasons["demand_q50"]).all()
    assert (reasons["gain"] > 0).mean() > 0.9
    assert plan.transfers["expected_gain"].tolist() == reasons["gain"].tolist()
    share = reasons["cost_share"].sum()
    assert share == pytest.approx(plan.costs["vehicles"] + plan.costs["co2"])
    first = json.loads(plan.transfers["reason"].iloc[0])
    assert first["limited_by"] in LIMITS
    assert plan.unmet["constraint"].isin(LIMITS).all()


def test_reasons_of_a_certain_world():
    world = one_front(
        stock=[("M", "p", 500), ("F", "p", 20)],
        variation=0.0,
        products=[product("p", case_units=1)],
    )
    reason = plan_world(world).reasons.iloc[0]
    assert reason["stock"] == 20
    assert reason["inbound"] == 0
    assert reason["cover_days"] == pytest.approx(20 / 9.7, rel=1e-3)
    assert reason["runs_out"] == day(2)
    assert reason["demand_q50"] == pytest.approx(reason["demand_q90"])


def test_the_gain_of_a_transfer_is_what_dropping_it_costs():
    from optimization.evaluation import evaluate
    from optimization.problem import state_problem

    world = one_front(demand=[("r", "p", 10.0), ("s", "p", 3.0)], stock=[("M", "p", 90)])
    plan = plan_world(world)
    problem = state_problem(world.brand(), world.forecast())
    network = problem.network
    from tests.optimization.test_evaluation import moves_of

    rows = [
        ("M>F", "p", (date - day(0)).days, cases)
        for date, cases in zip(plan.proposed["dispatch_date"], plan.proposed["cases"], strict=True)
    ]
    money = [
        evaluate(
            network,
            moves_of(network, [r for i, r in enumerate(rows) if i != left_out]),
            problem.common,
        )
        for left_out in [None, *range(len(rows))]
    ]
    for left_out, outcome in enumerate(money[1:]):
        vehicle = money[0].money["vehicles"] - outcome.money["vehicles"]
        loss = money[0].profit - outcome.profit + vehicle
        assert plan.reasons["gain"].iloc[left_out] == pytest.approx(loss, rel=0.02, abs=0.5)


@pytest.mark.parametrize(
    "world",
    [
        one_front(lanes=[]),
        one_front(stock=[]),
        one_front(demand=[("s", "p", 10.0)]),
        one_front(lanes=[lane("M", "F", unit_cost=50.0)]),
    ],
    ids=["no lanes", "no stock", "no front in the region", "nothing to earn"],
)
def test_nothing_to_do_is_a_plan_and_not_an_exception(world, tmp_path):
    plan = plan_world(world)
    assert plan.status == "nothing_to_do"
    assert plan.proposed.empty
    plan.write(tmp_path / "plan")
    assert read_plan(tmp_path / "plan").to_dict() == plan.to_dict()


def test_a_forecast_of_nothing_is_nothing_to_do():
    world = one_front()
    with solver_here():
        plan = plan_transfers(world.brand(), world.forecast().iloc[:0], horizon=3)
    assert plan.status == "nothing_to_do"
    assert plan.horizon_days == 3


def test_a_plan_survives_its_files(tmp_path):
    plan = plan_world(two_echelons(), approved=approved(("M>F1", "a", day(0), 2)))
    plan.write(tmp_path / "plan")
    again = read_plan(tmp_path / "plan")
    assert again.to_dict() == plan.to_dict()
    for name in FRAMES:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(plan, name))


def test_same_input_and_seed_same_plan():
    one, other = (plan_world(two_echelons(), seed=3) for _ in range(2))
    pd.testing.assert_frame_equal(one.transfers, other.transfers)
    assert one.evaluated == other.evaluated


def test_a_solver_without_an_answer_costs_the_bound_and_not_the_plan(monkeypatch):
    class Silent:
        def __init__(self, *_):
            pass

        def wait(self, seconds=None):
            return False

        def result(self):
            return None

        def close(self):
            pass

    monkeypatch.setattr(bounding, "Relaxing", Silent)
    world = one_front()
    plan = plan_transfers(world.brand(), world.forecast())
    assert plan.status == "no_bound"
    assert plan.bound is None
    assert plan.gap is None
    assert plan.gain > 0


def test_the_time_limit_returns_the_best_so_far():
    world = two_echelons()
    with solver_here():
        plan = plan_transfers(world.brand(), world.forecast(), time_limit=1e-3)
    assert plan.status in ("time_limit", "nothing_to_do", "no_bound")
    assert plan.evaluated >= plan.doing_nothing


def test_small_gains_are_left_out_where_the_brand_says_so():
    every = plan_world(two_echelons())
    least = float(every.proposed["expected_gain"].median())
    few = plan_world(two_echelons(plan={"min_gain": least}))
    assert len(few.proposed) < len(every.proposed)


def test_money_scales():
    world = one_front()
    times = 7.0
    scaled = one_front(
        products=[product("p", price=16.0 * times, margin=10.0 * times)],
        lanes=[lane("M", "F", vehicle_cost=5.0 * times)],
        promise=Promises(
            *(
                replace(p, delivery_cost=p.delivery_cost * times)
                for p in (world.promise.near, world.promise.mid, world.promise.far)
            )
        ),
        costs=Costs(holding_per_m3_day=6.0 * times, handling_per_unit=0.08 * times),
    )
    one, other = plan_world(world), plan_world(scaled)
    assert other.objective == pytest.approx(one.objective * times, rel=1e-4)
    assert other.bound == pytest.approx(one.bound * times, rel=1e-4)
    assert other.proposed["cases"].tolist() == one.proposed["cases"].tolist()


def test_permuting_the_input_changes_nothing():
    world = two_echelons()
    turned = two_echelons(
        products=world.products[::-1],
        locations=world.locations[::-1],
        lanes=world.lanes[::-1],
        stock=world.stock[::-1],
        demand=world.demand[::-1],
    )
    one, other = plan_world(world), plan_world(turned)
    pd.testing.assert_frame_equal(one.transfers, other.transfers)


@st.composite
def worlds(draw):
    days = draw(st.integers(2, 6))
    chance = st.booleans()
    amount = st.sampled_from([0, 5, 30, 200])
    products = [
        product(
            sku,
            case_units=draw(st.sampled_from([1, 4, 12])),
            margin=draw(st.sampled_from([1.0, 4.0, 20.0])),
            unit_m3=draw(st.sampled_from([0.002, 0.02])),
            shelf_life_days=draw(st.sampled_from([np.nan, 2.0, 5.0])),
        )
        for sku in ("a", "b")
    ]
    locations = [
        location("M", "main"),
        location("N", "main"),
        location("F", "front", "r", storage_m3=draw(st.sampled_from([np.inf, 0.3]))),
        location("G", "front", "s", handling_units=draw(st.sampled_from([np.inf, 20.0]))),
        location("S", "store", "r", demand_share=draw(st.sampled_from([0.4, 1.0]))),
    ]
    lanes = [
        lane("M", "F", draw(st.integers(0, 2)), vehicle_cost=draw(st.sampled_from([1.0, 30.0]))),
        lane("M", "G", 1, departs_on=on(0, 2, 3)),
        lane("N", "G", 1, vehicle_m3=0.2, vehicle_cost=3.0),
        lane("F", "S", draw(st.integers(0, 1)), vehicle_cost=1.0),
    ]
    stock = [
        (place, sku, float(draw(amount)), day(draw(st.integers(0, 5))) if draw(chance) else None)
        for place in ("M", "N", "F", "S")
        for sku in ("a", "b")
    ]
    demand = [("r", "a", 8.0), ("r", "b", 2.0), ("s", "a", draw(st.sampled_from([1.0, 20.0])))]
    return World(
        products=products,
        locations=locations,
        lanes=lanes,
        stock=stock,
        demand=demand,
        inbound=[("M", "a", 24.0, day(1))] if draw(chance) else [],
        variation=draw(st.sampled_from([0.0, 0.6])),
        days=days,
        plan={"frozen_days": draw(st.integers(0, 1))},
    )


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(world=worlds(), decided=st.booleans())
def test_every_plan_keeps_every_limit_and_is_never_worse_than_none(world, decided):
    facts = approved(("M>F", "a", day(0), 1)) if decided else None
    plan_world(world, approved=facts)


@pytest.mark.parametrize(("more", "start"), [("stock", 30), ("stock", 120), ("vehicles", 120)])
def test_more_of_a_limit_never_lowers_the_bound(more, start):
    def world(stock, vehicles):
        return one_front(
            stock=[("M", "p", stock)],
            lanes=[lane("M", "F", vehicle_m3=0.06, vehicle_cost=2.0)],
            plan={"max_vehicles": vehicles},
        )

    less = plan_world(world(start, 1))
    greater = plan_world(world(2 * start, 1) if more == "stock" else world(start, 3))
    assert greater.bound >= less.bound - 1e-6 * abs(less.bound)


def test_what_is_counted_is_counted_to_its_end() -> None:
    world = two_products()
    told: list[tuple[int, int, str]] = []
    with solver_here():
        plan_transfers(
            world.brand(), world.forecast(), progress=lambda *step: told.append(step), seed=5
        )
    last = {what: (done, total) for done, total, what in told}
    for what in ("improving the plan", "looking for a better plan", "checking and explaining"):
        done, total = last[what]
        assert done == total, what
