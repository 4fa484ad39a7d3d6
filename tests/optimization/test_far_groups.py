"""How demand spreads over the paths, where rounding would leave a row without a solution."""

import pytest

from optimization.appraisal import appraise
from optimization.far_groups import far_groups
from optimization.network import Moves
from optimization.problem import state_problem
from tests.optimization.networks import one_front


@pytest.mark.parametrize("mean", [1.3, 7.7, 97.1])
def test_what_empty_fronts_serve_is_not_below_nothing(mean):
    # They miss all their demand but for rounding, to either side.
    world = one_front(stock=[("M", "p", 60)], demand=[("r", "p", mean)], variation=1.0)
    problem = state_problem(world.brand(), world.forecast())
    nothing = appraise(problem.network, Moves.none(), problem.common)
    groups = far_groups(problem.network, nothing, problem.common)
    assert groups.forward.min() >= 0
    assert groups.forward.max() < 1e-3
