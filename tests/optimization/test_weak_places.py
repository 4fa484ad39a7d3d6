"""Places that earn little for their vehicles are found, cleared and, if worth it, served again."""

import time

import numpy as np
import pytest

from data import silent
from optimization import search as searching
from optimization.appraisal import appraise
from optimization.draft import Draft
from optimization.network import Moves
from optimization.options import vehicle_money
from optimization.problem import state_problem
from optimization.search import search
from optimization.weak_places import cleared, weak_places
from tests.optimization.networks import World, lane, location, product

FRONTS = ["F1", "F2", "F3", "F4", "F5"]


def five_fronts(**changes):
    """One main whose stock five fronts want; vehicles to some are dear."""
    rows = {
        "products": [product("a", case_units=4), product("b", case_units=6)],
        "locations": [
            location("M", "main"),
            *(location(front, "front", f"r{number}") for number, front in enumerate(FRONTS)),
        ],
        "lanes": [
            lane("M", front, 1, vehicle_cost=4.0 + 2 * number, vehicle_m3=0.5)
            for number, front in enumerate(FRONTS)
        ],
        "stock": [("M", "a", 200), ("M", "b", 200)],
        "demand": [(f"r{n}", sku, 6.0 - n) for n in range(5) for sku in "ab"],
    }
    return World(**(rows | changes))


def found(world):
    problem = state_problem(world.brand(), world.forecast())
    network, draw = problem.network, problem.common
    common = draw(slice(0, len(network.series_sku)))
    result = search(network, lambda s: common[:, s], time.monotonic() + 60, silent)
    return network, draw, result


def test_weak_is_what_earns_less_than_its_share_of_its_vehicles():
    network, draw, result = found(five_fronts())
    draft = result.draft
    run, base = (appraise(network, moves, draw) for moves in (draft.moves(), Moves.none()))
    money = np.zeros(len(network.locations))
    np.add.at(money, network.destination, draft.fleet.sum(axis=1) * vehicle_money(network))
    served = money > 0
    assert served.sum() >= 4
    assert (weak_places(draft, run, base, 1e9) == served).all()
    before = np.zeros_like(served)
    for least in (0.0, 0.5, 1.0, 2.0, 4.0):
        weak = weak_places(draft, run, base, least)
        assert (weak >= before).all() and not (weak & ~served).any()
        before = weak
    # Each place alone, its stock left at the main: the estimate tells well from badly paid.
    one = np.flatnonzero(served)
    gain = []
    for place in one:
        rest = cleared(draft, np.arange(len(money)) == place)
        profit = appraise(network, rest.moves(), draw).by_sku.sum() - rest.moving_money()
        gain.append(run.by_sku.sum() - draft.moving_money() - profit)
    share = np.array(gain) / money[one]
    assert weak_places(draft, run, base, share.min() - 0.3).sum() == 0
    assert weak_places(draft, run, base, share.max() + 0.3)[one].all()


def test_clearing_takes_all_of_a_place_and_nothing_else():
    network, _, result = found(five_fronts())
    draft = result.draft
    places = np.isin(network.locations, ["F1", "F3"])
    rest = cleared(draft, places)
    own = places[draft.options.arcs.destination[draft.options.arc]]
    assert draft.cases[own].sum() > 0 and rest.cases[own].sum() == 0
    np.testing.assert_array_equal(rest.cases[~own], draft.cases[~own])
    assert rest.fleet[places[network.destination]].sum() == 0
    lanes = ~places[network.destination]
    np.testing.assert_array_equal(rest.fleet[lanes], draft.fleet[lanes])


def test_few_places_are_left_alone():
    network, draw, result = found(five_fronts())
    draft = Draft.empty(network, result.draft.options)
    run = appraise(network, draft.moves(), draw)
    assert not weak_places(draft, run, run, 1e9).any()


@pytest.mark.parametrize("stock", [40, 120, 400])
def test_the_search_is_never_worse_for_it(stock, monkeypatch):
    world = five_fronts(stock=[("M", "a", stock), ("M", "b", stock)])
    _, _, with_it = found(world)
    monkeypatch.setattr(searching, "LEAST_RETURN", -1e9)
    _, _, without = found(world)
    assert with_it.profit >= without.profit - 1e-9
