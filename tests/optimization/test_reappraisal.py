"""An appraisal made from an earlier one is the one that running everything makes."""

from dataclasses import fields

import numpy as np
import pytest

from optimization.appraisal import Appraisal, appraise
from optimization.lasting_lots import LastingLots
from optimization.network import Moves
from optimization.problem import state_problem
from optimization.product_part import product_part
from optimization.reappraisal import changed_products, reappraise
from tests.optimization.networks import day, lane, location, one_front, product

SKUS = ("p", "q", "s", "t", "u")


@pytest.fixture(scope="module")
def problem():
    """Five products, two of them perishable, with dated stock, a front, stores and a fact."""
    lives = {"q": 3, "t": 5}
    world = one_front(
        products=[product(sku, shelf_life_days=lives.get(sku), case_units=2) for sku in SKUS],
        locations=[
            location("M", "main"),
            location("F", "front", "r"),
            location("G", "front", "s"),
            location("S", "store", "s"),
        ],
        lanes=[lane("M", "F"), lane("M", "G", lead_days=2), lane("G", "S", lead_days=0)],
        stock=[("M", sku, 60) for sku in SKUS] + [("F", "p", 10), ("G", "t", 4, day(2))],
        demand=[(region, sku, 3.0) for region in "rs" for sku in SKUS],
        days=7,
    )
    return state_problem(world.brand(), world.forecast())


def some_moves(problem, rng, share=1.0):
    """Random moves within what the mains have, of a share of the products."""
    network = problem.network
    skus = np.flatnonzero(rng.random(len(network.skus)) < share)
    sku = np.repeat(skus, 4)
    first = np.flatnonzero(network.locations[network.origin] == "M")
    return Moves(
        rng.choice(first, len(sku)), sku, rng.integers(0, 4, len(sku)), rng.integers(0, 4, len(sku))
    )


def assert_same(one: Appraisal, other: Appraisal) -> None:
    for item in fields(Appraisal):
        mine, theirs = getattr(one, item.name), getattr(other, item.name)
        if isinstance(mine, np.ndarray):
            assert mine.dtype == theirs.dtype, item.name
            np.testing.assert_allclose(mine, theirs, 1e-4, 1e-4, err_msg=item.name)
        elif isinstance(mine, LastingLots):
            np.testing.assert_array_equal(mine.beyond, theirs.beyond)
            np.testing.assert_array_equal(mine.longest, theirs.longest)
    assert one.profit == pytest.approx(other.profit, rel=1e-6)


@pytest.mark.parametrize("take_over", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_it_is_that_of_running_everything(problem, seed, take_over):
    rng = np.random.default_rng(seed)
    network, draw = problem.network, problem.common
    moves = some_moves(problem, rng)
    run = appraise(network, moves, draw)
    for _ in range(4):
        # One product moves otherwise, the rest as before.
        sku = int(rng.integers(len(network.skus)))
        other = some_moves(problem, rng)
        moves = moves.where(moves.sku != sku) + other.where(other.sku == sku)
        before, kept = run, run.unmet.copy()
        run = reappraise(before, moves, draw, take_over)
        assert_same(run, appraise(network, moves, draw))
        if not take_over:
            np.testing.assert_array_equal(before.unmet, kept)


def test_the_same_moves_in_another_order_need_no_run(problem):
    moves = some_moves(problem, np.random.default_rng(1))
    run = appraise(problem.network, moves, problem.common)
    turned = moves.where(np.arange(len(moves))[::-1])
    assert not len(changed_products(problem.network, moves, turned))
    assert reappraise(run, turned, problem.common) is run


def test_many_changed_products_are_run_anew(problem):
    network, draw = problem.network, problem.common
    run = appraise(network, Moves.none(), draw)
    moves = some_moves(problem, np.random.default_rng(2))
    assert_same(reappraise(run, moves, draw), appraise(network, moves, draw))


def test_some_products_apart_sell_what_they_sell_together(problem):
    network, chosen = problem.network, np.array([1, 3])
    products = product_part(network, chosen)
    part, series = products.network, products.series
    assert list(part.skus) == list(network.skus[chosen])
    assert set(network.series_sku[series]) == set(chosen)
    assert (
        part.lots.units.sum()
        == network.lots.units[np.isin(network.cell_sku[network.lots.cell], chosen)].sum()
    )
    whole = appraise(network, Moves.none(), problem.common)
    alone = appraise(part, Moves.none(), products.draw_of(problem.common))
    np.testing.assert_array_equal(alone.by_sku, whole.by_sku[chosen])
