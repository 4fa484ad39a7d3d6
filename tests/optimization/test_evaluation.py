"""The vectorised simulation agrees with a plain one, path by path, and with known answers."""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from data import Costs
from optimization.evaluation import evaluate
from optimization.network import Moves
from optimization.problem import state_problem
from tests.optimization.networks import day, lane, location, one_front, product, two_echelons
from tests.optimization.reference import (
    end_value_without_expiry,
    left_after,
    profit_of_path,
)


def moves_of(network, rows):
    """Moves from (lane, sku, day, cases)."""
    lanes, skus = list(network.lanes), list(network.skus)
    return Moves(
        *np.array([(lanes.index(a), skus.index(b), c, d) for a, b, c, d in rows]).reshape(-1, 4).T
    )


def deliverable(problem, rows, draw=None, days=7):
    """Those of ((lane, lead), sku, day, cases) that can be carried out, one after another."""
    chosen = []
    for (name, lead), sku, left, cases in rows:
        moves = moves_of(problem.network, [*chosen, (name, sku, left, cases)])
        outcome = evaluate(problem.network, moves, draw or problem.common)
        if left + lead < days and outcome.undelivered == 0:
            chosen.append((name, sku, left, cases))
    return chosen


def paths_as_dict(problem, demand, path):
    series = problem.demand.series
    return {
        (region, sku): demand[:, row, path].astype(float).tolist()
        for row, (region, sku) in enumerate(zip(series["region"], series["sku"], strict=True))
    }


rows = st.lists(
    st.tuples(
        st.sampled_from([("M>F1", 1), ("M>F2", 2), ("F1>S1", 0), ("F1>S2", 1)]),
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 6),
        st.integers(1, 3),
    ),
    max_size=6,
)


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(rows=rows, scarce=st.booleans(), dated=st.booleans())
def test_the_simulation_agrees_with_plain_python(rows, scarce, dated):
    stock = [("M", sku, 60 if scarce else 600) for sku in "abc"]
    stock += [("F1", "a", 30, day(2) if dated else None), ("F1", "a", 25), ("F1", "b", 18)]
    stock += [("M", "b", 20, day(3) if dated else None), ("F2", "c", 4), ("S1", "a", 5)]
    world = two_echelons(stock=stock, inbound=[("M", "a", 11, day(2)), ("F2", "b", 7, day(1))])
    brand = world.brand()
    problem = state_problem(brand, world.forecast())
    network = problem.network
    chosen = deliverable(problem, rows, short_draw(problem))
    outcome = evaluate(network, moves_of(network, chosen), short_draw(problem))
    demand = problem.common(slice(0, len(network.series_sku)), 4)
    expected = [profit_of_path(brand, chosen, paths_as_dict(problem, demand, p)) for p in range(4)]
    for kind in ("sales", "holding", "waste"):
        mean = np.mean([path.get(kind, 0.0) for path in expected])
        assert outcome.money[kind] == pytest.approx(mean, rel=1e-4, abs=1e-2)


def short_draw(problem):
    return lambda series: problem.common(series, 4)


def test_end_value_is_what_seven_steady_days_earn():
    world = two_echelons(products=[product(sku) for sku in "abc"])
    brand = world.brand()
    problem = state_problem(brand, world.forecast())
    network = problem.network
    chosen = [("M>F1", "a", 0, 20), ("M>F2", "c", 1, 40), ("F1>S2", "b", 5, 2)]
    demand = problem.common(slice(0, 6), 4)
    rate = demand.mean(axis=(0, 2))
    series = problem.demand.series.itertuples(index=False)
    rates = {tuple(row): float(value) for row, value in zip(series, rate, strict=True)}
    expected = [
        end_value_without_expiry(
            brand, left_after(brand, chosen, paths_as_dict(problem, demand, p)), rates
        )
        for p in range(4)
    ]
    outcome = evaluate(network, moves_of(network, chosen), short_draw(problem))
    assert outcome.money["end_value"] == pytest.approx(np.mean(expected), rel=1e-4)


def test_certain_demand_by_hand():
    # 10 a day for 3 days; 25 at the front serve 10, 10 and 25 - 2 · 9.7 = 5.6 sold; far has none.
    world = one_front(stock=[("F", "p", 25)], variation=0.0, days=3)
    problem = state_problem(world.brand(), world.forecast())
    outcome = evaluate(problem.network, Moves.none(), problem.common)
    sold = 25
    assert outcome.money["sales"] == pytest.approx(sold * (10 - 1.2), rel=1e-5)
    assert outcome.service["mid"] == pytest.approx(25 / 0.97, rel=1e-5)
    assert outcome.service["lost"] == pytest.approx(30 - 25 / 0.97, rel=1e-4)
    nights = (25 - 9.7) + (25 - 19.4)
    assert outcome.money["holding"] == pytest.approx(nights * 0.004 * 6, rel=1e-4)
    assert outcome.short[0] == pytest.approx([0, 0, 1])
    assert outcome.money["end_value"] == 0


def test_far_sales_draw_on_the_main():
    world = one_front(stock=[("M", "p", 15)], variation=0.0, days=3, lanes=[])
    problem = state_problem(world.brand(), world.forecast())
    outcome = evaluate(problem.network, Moves.none(), problem.common)
    assert outcome.service["far"] == pytest.approx(15 / 0.7, rel=1e-5)
    assert outcome.night[problem.network.cells(np.array([1]), np.array([0]))[0]] == pytest.approx(
        [8, 1, 0], abs=1e-4
    )


def test_what_is_promised_is_not_sold_before_it_leaves():
    world = one_front(stock=[("M", "p", 20)], variation=0.0, days=4)
    problem = state_problem(world.brand(), world.forecast())
    moves = moves_of(problem.network, [("M>F", "p", 2, 4)])
    outcome = evaluate(problem.network, moves, problem.common)
    assert outcome.undelivered == 0
    assert outcome.service["far"] == pytest.approx(4 / 0.7, rel=1e-5)
    assert outcome.served[1, 0] == pytest.approx([0, 0, 0, 10], abs=1e-4)


def test_what_expires_is_wasted_and_first_to_expire_is_first_to_go():
    world = one_front(
        stock=[("F", "p", 30, day(0)), ("F", "p", 8)],
        variation=0.0,
        days=2,
        costs=Costs(waste_share_of_price=0.5),
    )
    problem = state_problem(world.brand(), world.forecast())
    outcome = evaluate(problem.network, Moves.none(), problem.common)
    assert outcome.money["waste"] == pytest.approx((30 - 9.7) * 16 * 0.5, rel=1e-5)
    assert outcome.served[1, 0] == pytest.approx([10, 8 / 0.97], rel=1e-5)


def test_shelf_life_begins_when_it_reaches_the_front():
    world = one_front(
        products=[product("p", shelf_life_days=2.0)], stock=[("M", "p", 100)], variation=0.0, days=6
    )
    problem = state_problem(world.brand(), world.forecast())
    moves = moves_of(problem.network, [("M>F", "p", 1, 10)])  # 40 units arrive on day 2
    outcome = evaluate(problem.network, moves, problem.common)
    assert outcome.served[1, 0] == pytest.approx([0, 0, 10, 10, 0, 0], abs=1e-4)
    assert outcome.money["waste"] == pytest.approx((40 - 19.4) * 16 * 0.6, rel=1e-4)


def test_money_adds_up_and_missed_profit_is_against_own_stock():
    world = two_echelons()
    problem = state_problem(world.brand(), world.forecast())
    outcome = evaluate(problem.network, Moves.none(), problem.common)
    money = outcome.money
    costs = sum(value for kind, value in money.items() if kind not in ("sales", "end_value"))
    assert outcome.profit == pytest.approx(money["sales"] + money["end_value"] - costs)
    assert sum(outcome.service.values()) == pytest.approx(problem.demand.mean.sum(), rel=1e-4)
    assert (outcome.missed >= 0).all()


def test_blocks_change_nothing(monkeypatch):
    world = two_echelons()
    problem = state_problem(world.brand(), world.forecast())
    moves = moves_of(problem.network, [("M>F1", "b", 0, 3), ("F1>S2", "b", 2, 1)])
    whole = evaluate(problem.network, moves, problem.common)
    from optimization import evaluation

    small = evaluation.cuts
    monkeypatch.setattr(evaluation, "cuts", lambda n, m, p: small(n, m, p, elements=1))
    parts = evaluate(problem.network, moves, problem.common)
    assert parts.profit == pytest.approx(whole.profit, rel=1e-6)
    assert np.allclose(parts.night, whole.night)


def test_a_move_to_where_the_product_cannot_be_is_refused():
    world = two_echelons(
        products=[product(sku) for sku in ("a", "b", "c", "d")],
        lanes=[lane("M", "F1"), lane("M", "F2"), lane("F1", "S1"), lane("F1", "S2")],
        locations=[
            location("M", "main"),
            *(location(f"F{i}", "front", f"r{i}") for i in (1, 2)),
            *(location(f"S{i}", "store", "r1") for i in (1, 2)),
        ],
    )
    problem = state_problem(world.brand(), world.forecast())
    with pytest.raises(ValueError, match="expected locations"):
        evaluate(problem.network, moves_of(problem.network, [("M>F1", "d", 0, 1)]), problem.common)
