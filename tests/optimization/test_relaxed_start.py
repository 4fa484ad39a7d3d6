"""A draft made from the relaxation keeps its quantities, in whole cases and whole vehicles."""

import numpy as np
import pytest

from optimization.appraisal import appraise
from optimization.linear_model import linear_programme
from optimization.linear_solver import solve_here
from optimization.network import Moves
from optimization.options import join_lanes, list_options
from optimization.problem import state_problem
from optimization.relaxed_start import relaxed_draft, whole_cases
from optimization.search import search
from tests.optimization.networks import lane, one_front, product, two_echelons


def relaxed(world):
    problem = state_problem(world.brand(), world.forecast())
    network = problem.network
    options = list_options(network, join_lanes(network))
    base = appraise(network, Moves.none(), problem.common)
    programme = linear_programme(network, options, base, problem.common)
    units = solve_here(programme, "glop", 60.0).x[: len(options)]
    return problem, options, units


def made(problem, options, units):
    return relaxed_draft(
        problem.network,
        options,
        units,
        lambda draft: appraise(problem.network, draft.moves(), problem.common),
    )


@pytest.mark.parametrize("seed", range(3))
def test_whole_cases_keep_what_a_product_moves_on_an_arc(seed):
    _, options, _ = relaxed(two_echelons())
    units = np.random.default_rng(seed).gamma(0.5, 4.0, len(options))
    cases = whole_cases(options, units)
    assert (cases >= 0).all()
    # By any day, what has gone is within half a case of what was to go.
    for arc, sku in {*zip(options.arc.tolist(), options.sku.tolist(), strict=True)}:
        rows = np.flatnonzero((options.arc == arc) & (options.sku == sku))
        rows = rows[np.argsort(options.day[rows])]
        away = np.cumsum(cases[rows] - units[rows] / options.case_units[rows])
        assert np.abs(away).max() <= 0.5 + 1e-9


def test_trips_are_whole_vehicles_on_the_days_of_what_they_carry():
    world = one_front(
        products=[product("p", case_units=1, unit_m3=0.1)],
        lanes=[lane("M", "F", vehicle_m3=2.0, vehicle_cost=10.0)],
        demand=[("r", "p", 20.0)],
    )
    problem, options, units = relaxed(world)
    draft = made(problem, options, units)
    assert draft.fleet.sum() >= 5
    sent = draft.fleet.sum(axis=0) > 0
    went = np.zeros_like(sent)
    went[options.day[units > 1e-6]] = True
    assert went[sent].all()
    # No day carries more than its vehicles, but for the half case that rounding may add.
    over = draft.load() - draft.capacity()
    assert over.max() <= 2.0 * problem.network.unit_m3[0] + 2.0


def test_no_day_has_more_vehicles_than_there_are():
    world = one_front(
        products=[product("p", case_units=1, unit_m3=0.1)],
        lanes=[lane("M", "F", vehicle_m3=2.0, vehicle_cost=10.0)],
        demand=[("r", "p", 20.0)],
        plan={"max_vehicles": 1},
    )
    problem, options, units = relaxed(world)
    # More than the vehicles take, as where the relaxation does not know of their number.
    draft = made(problem, options, units * 3)
    assert draft.fleet.max() == 1


def test_a_search_from_the_relaxation_is_at_least_as_good_as_its_start():
    problem, options, units = relaxed(two_echelons())
    network = problem.network
    draft = made(problem, options, units)
    found = search(network, problem.common, np.inf, lambda *_: None, relaxed=units)
    start = appraise(network, draft.moves(), problem.common)
    assert found.profit >= start.by_sku.sum() - draft.moving_money() - 1e-6
    assert found.profit > found.nothing
