from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecasting.panel import Panel
from forecasting.pooled_lessons import Lessons, learn_lessons
from forecasting.pooled_regression import PooledFit, fit_pooled
from tests.forecasting.test_pooled_engine import H, T, panel

CUTOFFS = [T - 14, T - 10, T - 7]


def with_demand(whole: Panel, demand: np.ndarray) -> Panel:
    return replace(whole, units=demand, demand=demand)


def volume(whole: Panel) -> np.ndarray:
    return whole.demand[:, -28:].mean(axis=1)


def lessons(whole: Panel) -> tuple[Lessons, list[PooledFit]]:
    fits = fit_pooled(whole, T, H, earlier=CUTOFFS)
    return learn_lessons(whole, CUTOFFS, fits[:-1], volume(whole)), fits


def rebounding(series: int = 120) -> Panel:
    """Stock runs short for a while, and what was not sold then is asked for in the days after."""
    whole, rng = panel(series), np.random.default_rng(3)
    share, lift = np.ones((series, T)), np.zeros((series, T))
    for each, start in enumerate(rng.integers(0, 12, series)):
        for day in range(start, T, 12):
            share[each, day : day + 3] = 0.6
            lift[each, day + 3 : day + 8] = 0.25
    demand = whole.demand * share**0.5 * np.exp(lift)
    return replace(with_demand(whole, demand), availability=share)


def moving_together(series: int = 150) -> Panel:
    """Products whose level wanders in all regions at once; each series has its own noise."""
    whole, rng = panel(series), np.random.default_rng(4)
    products = np.unique(whole.sku, return_inverse=True)[1]
    wander = np.cumsum(rng.normal(0, 0.12, (products.max() + 1, T)), axis=1)[products]
    noise = rng.normal(0, 0.3, (series, T))
    return with_demand(whole, np.exp(3.0 + wander + noise))


def test_series_short_of_stock_are_expected_to_rebound() -> None:
    whole = rebounding()
    found, fits = lessons(whole)
    assert found.slopes[0] < 0
    lift = found.heeded(whole, T, fits[-1], volume(whole)).day - fits[-1].outlook.day
    short = whole.availability[:, -3:].mean(axis=1) < 0.8
    assert lift[short, -1].mean() > lift[~short, -1].mean()
    # It takes a day until the shelf is filled: of the first, siblings alone tell.
    alone = replace(found, slopes=found.slopes * [1, 0, 0])
    first = alone.heeded(whole, T, fits[-1], volume(whole)).day[:, 0]
    np.testing.assert_allclose(first, fits[-1].outlook.day[:, 0])


def test_siblings_are_followed_where_products_move_as_one() -> None:
    together, apart = lessons(moving_together())[0], lessons(panel(150))[0]
    assert together.slopes[1] > 0.2
    assert abs(apart.slopes[1]) < together.slopes[1]


def test_following_siblings_is_nearer_to_what_comes() -> None:
    whole = moving_together()
    cutoff = T - H
    names = ("units", "availability", "demand", "usable")
    past = replace(whole, history=cutoff, **{n: getattr(whole, n)[:, :cutoff] for n in names})
    origins = [cutoff - 14, cutoff - 10, cutoff - 7]
    fits = fit_pooled(past, cutoff, H, earlier=origins)
    found = learn_lessons(past, origins, fits[:-1], volume(past))
    truth = np.log(whole.demand[:, cutoff:] + fits[-1].offset[:, None])
    heeded = found.heeded(past, cutoff, fits[-1], volume(past)).day
    # Less what all have in common, of which lessons say nothing.
    missed = [
        np.abs((truth - d) - (truth - d).mean(axis=0)).mean()
        for d in (heeded, fits[-1].outlook.day)
    ]
    assert missed[0] < missed[1]


def test_without_stock_and_siblings_nothing_is_learnt() -> None:
    whole = panel()
    whole = replace(whole, sku=np.array([f"P{i}" for i in range(len(whole))], dtype=object))
    found, fits = lessons(whole)
    np.testing.assert_allclose(found.slopes[:2], 0.0)
    of_both = replace(found, slopes=found.slopes * [1, 1, 0])
    heeded = of_both.heeded(whole, T, fits[-1], volume(whole))
    np.testing.assert_allclose(heeded.day, fits[-1].outlook.day)
    np.testing.assert_allclose(heeded.run, fits[-1].outlook.run)


def test_cumulated_demand_moves_with_its_days() -> None:
    whole = moving_together()
    _, fits = lessons(whole)
    outlook = Lessons(np.array([0.0, 1.0, 0.0])).heeded(whole, T, fits[-1], volume(whole))
    lift = outlook.day - fits[-1].outlook.day
    assert np.abs(lift).max() > 0.01
    moved = outlook.run - fits[-1].outlook.run
    np.testing.assert_allclose(moved[:, 0], lift[:, 0])
    assert (moved <= np.maximum.accumulate(lift, axis=1) + 1e-9).all()
    assert (moved >= np.minimum.accumulate(lift, axis=1) - 1e-9).all()


def test_lessons_of_a_cutoff_know_nothing_after_it() -> None:
    whole = moving_together()
    changed = whole.demand.copy()
    changed[:, 60:] *= 3.0
    (before,), (after,) = (fit_pooled(w, 60, H) for w in (whole, with_demand(whole, changed)))
    np.testing.assert_array_equal(before.beyond, after.beyond)
    assert before.beyond.std() == pytest.approx(after.beyond.std()) and before.beyond.any()


def test_few_series_cannot_teach_just_anything() -> None:
    whole = rebounding(4)
    found, fits = lessons(whole)
    assert -3 <= found.slopes[0] <= 0 <= found.slopes[1] <= 1.5
    wild = Lessons(np.array([-1e6, 1e6, 1e6])).heeded(whole, T, fits[-1], volume(whole))
    assert np.abs(wild.day - fits[-1].outlook.day).max() <= 1.0 + 1e-9
    assert np.isfinite(wild.run).all()


def growing(rate: float, series: int = 60) -> Panel:
    """Series that grow or shrink by so much a day, every other one."""
    whole, rng = panel(series), np.random.default_rng(6)
    sign = np.where(np.arange(series) % 2, 1.0, -1.0)[:, None]
    trend = rate * sign * (np.arange(T) - T / 2)
    return with_demand(whole, np.exp(4.0 + trend + rng.normal(0, 0.1, (series, T))))


def test_a_level_that_keeps_going_does_not_fall_back() -> None:
    found, fits = lessons(growing(0.02))
    assert 0 < found.slopes[2] <= 2
    usual, heeded = fits[-1].outlook.day, found.heeded(growing(0.02), T, fits[-1], np.ones(60)).day
    grows = np.arange(60) % 2 == 1
    assert (heeded - usual)[grows, -1].min() > 0 > (heeded - usual)[~grows, -1].max()
    assert lessons(growing(0.0))[0].slopes[2] <= 0
