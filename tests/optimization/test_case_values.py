"""What a case more or fewer is worth is what a run with it earns more, perishable or not."""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from optimization.appraisal import appraise
from optimization.case_values import value_of_adding, value_of_keeping
from optimization.draft import Draft, stock_to_send
from optimization.options import join_lanes, list_options
from optimization.problem import state_problem
from tests.optimization.networks import lane, location, product, two_echelons


def fronts(life, stock=400):
    """Two fronts with free vehicles; cases of one unit, so that every error shows."""
    skus = ["a", "b"]
    return two_echelons(
        products=[product(sku, case_units=1, shelf_life_days=life) for sku in skus],
        locations=[
            location("M", "main"),
            location("F1", "front", "r1"),
            location("F2", "front", "r2"),
        ],
        lanes=[lane("M", "F1", 1, vehicle_cost=0.0), lane("M", "F2", 2, vehicle_cost=0.0)],
        stock=[*(("M", sku, stock) for sku in skus), ("F1", "a", 9), ("F2", "b", 5)],
        demand=[(region, sku, 6.0) for region in ("r1", "r2") for sku in skus],
    )


PROBLEMS = {
    life: state_problem(fronts(life).brand(), fronts(life).forecast())
    for life in (2.0, 3.0, 5.0, np.nan)
}


@pytest.mark.parametrize("life", PROBLEMS)
@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(data=st.data())
def test_a_unit_more_or_fewer_is_worth_what_a_run_with_it_earns(life, data):
    problem = PROBLEMS[life]
    network = problem.network
    options = list_options(network, join_lanes(network))
    draft = Draft.empty(network, options)
    chosen = data.draw(
        st.lists(st.tuples(st.integers(0, len(options) - 1), st.integers(1, 9)), max_size=12)
    )
    for row, cases in chosen:
        draft.cases[row] += cases
    row = np.array([data.draw(st.integers(0, len(options) - 1))])
    if (stock_to_send(draft) < 1).any():
        return
    now = appraise(network, draft.moves(), problem.common)

    def earned(change):
        other = draft.copy()
        other.cases[row] += change
        run = appraise(network, other.moves(), problem.common)
        money = run.by_sku.sum() - other.landed_by_sku().sum()
        return money - now.by_sku.sum() + draft.landed_by_sku().sum()

    # Beyond the horizon the order of lots that expire is an estimate: a tenth of a unit's margin.
    more = value_of_adding(draft, now, row, np.ones(1))[0]
    assert more == pytest.approx(earned(1), abs=1e-2)
    if draft.cases[row[0]]:
        fewer = value_of_keeping(draft, now, row, np.ones(1, dtype=np.int64))[0]
        assert fewer == pytest.approx(-earned(-1), abs=1e-2)
