"""Perturbed drafts lack whole trips, and the search is never worse for them."""

import time

import numpy as np
import pytest

from data import silent
from optimization import search as searching
from optimization.draft import Draft
from optimization.options import join_lanes, list_options
from optimization.perturbation import SHARE, perturbed
from optimization.problem import state_problem
from optimization.search import search
from tests.optimization.networks import lane, location, one_front, product


def three_fronts(stock=300):
    """One main whose stock three fronts want, in vehicles that cost what some trips bring."""
    places = [("F", "r", 6.0), ("G", "s", 4.0), ("H", "t", 3.0)]
    return one_front(
        products=[product("a", case_units=4), product("b", case_units=6, shelf_life_days=4)],
        locations=[location("M", "main"), *(location(n, "front", r) for n, r, _ in places)],
        lanes=[lane("M", n, 1, vehicle_cost=25.0, vehicle_m3=0.3) for n, _, _ in places],
        stock=[("M", "a", stock), ("M", "b", stock)],
        demand=[(region, sku, units) for _, region, units in places for sku in "ab"],
        days=10,
    )


@pytest.fixture
def full():
    """A draft with a case of everything every day, and a vehicle for it."""
    problem = state_problem(three_fronts().brand(), three_fronts().forecast())
    draft = Draft.empty(problem.network, list_options(problem.network, join_lanes(problem.network)))
    draft.cases[:] = 1
    draft.fleet[:] = problem.network.open
    return draft


@pytest.mark.parametrize("consecutive", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_trips_are_taken_off_whole_and_the_rest_is_untouched(full, seed, consecutive):
    draft = perturbed(full, np.random.default_rng(seed), consecutive)
    arcs, options = draft.options.arcs, draft.options
    left = draft.fleet[arcs.lanes[options.arc, 0], options.day]
    np.testing.assert_array_equal(draft.cases, left)
    assert (full.cases == 1).all()
    share = 1 - draft.fleet.sum() / full.fleet.sum()
    assert 0 < share < 3 * SHARE
    if consecutive:
        for place in np.unique(draft.network.destination):
            gone = np.flatnonzero((full.fleet - draft.fleet)[draft.network.destination == place][0])
            assert len(gone) == 0 or np.ptp(gone) == len(gone) - 1


def profit(world, monkeypatch, perturbations):
    problem = state_problem(world.brand(), world.forecast())
    common = problem.common(slice(0, len(problem.network.series_sku)))
    monkeypatch.setattr(searching, "_PERTURBATIONS", perturbations)
    # New loads reach the same by another way.
    monkeypatch.setattr(searching, "applies", lambda *_: False)
    return search(problem.network, lambda s: common[:, s], time.monotonic() + 60, silent).profit


def test_the_search_is_never_worse_for_it_and_sometimes_better(monkeypatch):
    gains = []
    for stock in (60, 150, 400):
        world = three_fronts(stock)
        gains.append(profit(world, monkeypatch, 12) - profit(world, monkeypatch, 0))
    assert min(gains) >= -1e-9
    assert max(gains) > 0.1
