"""A place's best chain of arrivals is worth no less than any arrivals that it could have."""

import numpy as np
import pytest

from optimization.appraisal import appraise
from optimization.arrival_chains import best_chains
from optimization.cell_blocks import cell_blocks
from optimization.evaluation import evaluate
from optimization.network import Moves
from optimization.options import join_lanes, list_options, vehicle_money
from optimization.path_bound import path_bound
from optimization.priced_cells import Room
from optimization.priced_mains import Mains
from optimization.problem import state_problem
from tests.optimization.networks import lane, one_front, product
from tests.optimization.test_evaluation import moves_of
from tests.optimization.test_path_bound import FEW, PERISHABLE, VANS, fronts


def priced(world, steps):
    """A world's network, arcs and blocks after so many steps of the prices."""
    problem = state_problem(world.brand(), world.forecast())
    network = problem.network
    arcs = join_lanes(network)
    options = list_options(network, arcs)
    base = appraise(network, Moves.none(), problem.common)
    mains = Mains.of(network, options, base, problem.common)
    blocks = cell_blocks(network, options, base, mains)
    for block in blocks:
        block.ascend([Room(np.ones(len(network.locations)))], steps, 0.05)
    return network, arcs, blocks


@pytest.mark.parametrize("products", [None, PERISHABLE])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("steps", [0, 30])
def test_no_choice_of_arrivals_earns_more(products, share, steps):
    world = fronts(lanes=VANS, **({} if products is None else {"products": products}))
    network, arcs, blocks = priced(world, steps)
    count = len(network.locations)
    places, shares = np.ones(count, dtype=bool), np.full(count, share)
    chains = best_chains(network, arcs, blocks, places, [shares])
    rng = np.random.default_rng(steps)
    ways, days = chains.chosen.shape[:2]
    # Every lane here is an arc of its own; the first way to a place is its lane listed first.
    money, size = vehicle_money(network), network.vehicle_m3
    cheapest = np.array(
        [(money / size)[arcs.of_lane == arc].min() for arc in range(len(arcs.lead))]
    )
    best = np.zeros(count)
    for trial in range(150):
        chosen = rng.random((ways, days, 1)) < rng.choice([0.1, 0.3, 0.6])
        chosen = chains.chosen if not trial else np.repeat(chosen, count, axis=2)
        earned = sum(block.earned(Room(shares, chosen), places) for block in blocks)
        for place in np.unique(arcs.destination):
            for way, arc in enumerate(np.flatnonzero(arcs.destination == place)):
                fixed = (
                    money[arcs.of_lane == arc] - share * cheapest[arc] * size[arcs.of_lane == arc]
                )
                can = chosen[way, :, place] & (np.arange(days) >= arcs.lead[arc])
                earned[place] -= can.sum() * fixed.min()
        best = np.maximum(best, earned)
        if not trial and not share:
            # A chain of few arrivals: what its pairs leave out is little.
            assert earned.sum() >= 0.9 * chains.money.sum()
    assert (chains.money >= best - 1e-3 * (1 + best)).all()
    assert chains.money.sum() > 0


def test_each_day_pays_a_vehicle_of_its_own():
    # What lives a day must come every day; no day is worth a vehicle, though all together are.
    world = one_front(
        products=[product("p", case_units=1, shelf_life_days=1.0)],
        lanes=[lane("M", "F", vehicle_cost=30.0, vehicle_m3=30.0)],
    )
    problem = state_problem(world.brand(), world.forecast())
    network = problem.network
    nothing = evaluate(network, moves_of(network, []), problem.common).profit
    cheap = one_front(
        products=[product("p", case_units=1, shelf_life_days=1.0)],
        lanes=[lane("M", "F", vehicle_cost=1.0, vehicle_m3=30.0)],
    )
    easy = state_problem(cheap.brand(), cheap.forecast())
    gain = path_bound(easy.network, easy.common, rounds=FEW) - nothing
    assert gain > 30.0, "all days together are worth more than one vehicle"
    bound = path_bound(network, problem.common, rounds=FEW)
    assert bound == pytest.approx(nothing, rel=1e-6)
