"""What else could have been done, and what one more unit of a limit is worth: known answers."""

import numpy as np
import pandas as pd
import pytest

from data import Costs
from optimization.evaluation import evaluate
from optimization.problem import state_problem
from tests.optimization.networks import day, lane, location, one_front, product
from tests.optimization.planning import plan_world
from tests.optimization.test_evaluation import moves_of


def profit(world, rows):
    problem = state_problem(world.brand(), world.forecast())
    return evaluate(problem.network, moves_of(problem.network, rows), problem.common).profit


def rows_of(plan):
    days = (plan.proposed["dispatch_date"] - plan.as_of).dt.days - 1
    columns = (plan.proposed["lane"], plan.proposed["sku"], days, plan.proposed["cases"])
    return [(str(a), str(b), int(c), int(d)) for a, b, c, d in zip(*columns, strict=True)]


def test_each_alternative_loses_what_carrying_it_out_loses():
    world = one_front(
        locations=[location("M", "main"), location("N", "main"), location("F", "front", "r")],
        lanes=[
            lane("M", "F", vehicle_cost=6.0),
            lane("M", "F", lane="slow", lead_days=3, vehicle_cost=20.0),
            lane("N", "F", vehicle_cost=9.0, unit_cost=0.05),
        ],
        stock=[("M", "p", 1000), ("N", "p", 1000)],
    )
    plan = plan_world(world)
    rows = rows_of(plan)
    best = profit(world, rows)
    told = plan.reasons
    assert {row[0] for row in rows} == {"M>F"}
    for number, row in enumerate(rows):
        rest = rows[:number] + rows[number + 1 :]
        reason = told.iloc[number]
        assert best - profit(world, rest) == pytest.approx(reason["nothing"], rel=0.02, abs=0.5)
        later = (reason["later_date"] - plan.as_of).days - 1
        if later in range(7) and not [r for r in rest if r[2] == later]:
            moved = [*rest, (row[0], row[1], later, row[3])]
            loss = best - profit(world, moved)
            assert loss == pytest.approx(reason["later"], rel=0.05, abs=0.7)
        assert reason["other_origin_name"] == "N"
        moved = [*rest, ("N>F", *row[1:])]
        assert best - profit(world, moved) == pytest.approx(reason["other_origin"], abs=0.1)
        assert reason["other_vehicle_lane"] == "slow"
        moved = [*rest, ("slow", row[1], max(row[2] - 2, 0), row[3])]
        loss = best - profit(world, moved)
        assert loss == pytest.approx(reason["other_vehicle"], rel=0.05, abs=1.0)


def test_where_there_is_no_alternative_none_is_told():
    world = one_front(lanes=[lane("M", "F", departs_on=(True,) + (False,) * 6)])
    reasons = plan_world(world).reasons
    assert reasons["later"].isna().all()
    assert reasons["later_date"].isna().all()
    assert (reasons["other_origin_name"] == "").all()
    assert reasons["nothing"].gt(0).all()


def dearest(plan, limit):
    return [row for row in plan.details["limits"] if row["limit"] == limit]


def gain_of(world, **changes):
    return plan_world(one_front(**(world | changes))).objective


def test_a_cubic_metre_is_worth_what_it_would_bring():
    def places(room):
        return [location("M", "main"), location("F", "front", "r", storage_m3=room)]

    # One trip on the first day; 25 units are 0.1 m³; demand is certain.
    world = {
        "products": [product("p", case_units=1)],
        "lanes": [lane("M", "F", 0, departs_on=(True,) + (False,) * 6)],
        "stock": [("M", "p", 900)],
        "variation": 0.0,
    }
    plan = plan_world(one_front(**world, locations=places(0.1)))
    told = dearest(plan, "storage")[0]
    assert (told["location"], told["per"]) == ("F", "m3")
    more = gain_of(world, locations=places(0.11)) - gain_of(world, locations=places(0.1))
    assert told["value"] == pytest.approx(more / 0.01, rel=0.35)
    worth = plan.unmet.loc[plan.unmet["constraint"] == "storage", "limit_value"]
    assert worth.tolist() == [pytest.approx(told["value"])]


def test_a_case_of_main_stock_is_worth_what_it_would_bring():
    world = {"costs": Costs(holding_per_m3_day=0.1), "lanes": [lane("M", "F", vehicle_cost=0.1)]}
    less = plan_world(one_front(**world, stock=[("M", "p", 40)]))
    told = dearest(less, "main_stock")[0]
    assert (told["location"], told["sku"], told["per"]) == ("M", "p", "case")
    more = gain_of(world, stock=[("M", "p", 44)]) - less.objective
    assert told["value"] == pytest.approx(more, rel=0.1)


def test_one_more_van_is_worth_what_it_would_bring():
    def world(vans):
        small = lane("M", "F", vehicle_m3=0.04, vehicle_cost=1.0, departs_on=(True,) + (False,) * 6)
        return {"lanes": [small], "plan": {"max_vehicles": vans}, "variation": 0.0}

    plan = plan_world(one_front(**world(1)))
    told = dearest(plan, "vehicle")[0]
    assert told["lane"] == "M>F"
    assert told["date"] == f"{day(0):%Y-%m-%d}"
    more = plan_world(one_front(**world(2))).objective - plan.objective
    assert told["value"] == pytest.approx(more, rel=0.15)


def test_an_older_plan_without_alternatives_can_be_read(tmp_path):
    from optimization.plan import read_plan

    plan = plan_world(one_front())
    plan.write(tmp_path / "plan")
    path = tmp_path / "plan" / "reasons.parquet"
    pd.read_parquet(path).drop(columns=["later", "other_origin_name"]).to_parquet(path)
    again = read_plan(tmp_path / "plan").reasons
    assert np.isnan(again["later"]).all()
    assert (again["other_origin_name"] == "").all()
