from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecasting.calibration import calibrate, normal_quantiles, own_width
from forecasting.components import PARTS
from forecasting.panel import Panel
from forecasting.pooled_columns import pooled_columns
from forecasting.pooled_engine import forecast_pooled
from forecasting.pooled_outlook import cumulated
from forecasting.pooled_priors import Pool, groups_of, pooled_means
from forecasting.pooled_regression import fit_pooled
from forecasting.pooled_run import while_sold

T, H = 84, 7


def panel(series: int = 60, seed: int = 0, *, promotion: float = 0.5) -> Panel:
    """Series of one category with a weekend, a promotion that lifts by e^promotion, and a level."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2024-03-04", periods=T + H)
    driver = (rng.random((series, T + H)) < 0.2).astype(float)
    weekend = np.where(dates.dayofweek >= 5, 0.3, 0.0)
    wander = np.cumsum(rng.normal(0, 0.03, (series, T + H)), axis=1)
    level = rng.normal(2.5, 0.7, (series, 1))
    rate = np.exp(level + weekend + promotion * driver + wander)
    units = (rate * np.exp(rng.normal(0, 0.15, rate.shape)))[:, :T]
    return Panel(
        dates=dates,
        history=T,
        region=np.array([f"R{i % 3}" for i in range(series)], dtype=object),
        sku=np.array([f"P{i // 3}" for i in range(series)], dtype=object),
        category=np.array(["C"] * series, dtype=object),
        units=units,
        availability=np.ones((series, T)),
        demand=units,
        usable=np.ones((series, T), dtype=bool),
        closed=np.zeros((series, T + H), dtype=bool),
        stopped=np.zeros(series, dtype=bool),
        calendar=np.zeros((T + H, 0)),
        calendar_names=(),
        brand_events=np.zeros((T + H, 0)),
        brand_event_names=(),
        brand_event_scope=np.zeros((0, series), dtype=bool),
        drivers=driver[:, :, None],
        driver_names=("promotion",),
    )


def cut(whole: Panel, history: int) -> Panel:
    names = ("units", "availability", "demand", "usable")
    return replace(
        whole, history=history, **{name: getattr(whole, name)[:, :history] for name in names}
    )


def test_the_effect_of_a_driver_is_learnt_from_the_pool() -> None:
    known = panel(promotion=0.5)
    # One series was never promoted: its effect can only come from the others.
    drivers = known.drivers.copy()
    drivers[0, :T] = 0.0
    units = known.units.copy()
    units[0] = np.exp(2.0)
    one = replace(known, drivers=drivers, units=units, demand=units)
    (fit,) = fit_pooled(one, T, H)
    spread = pooled_columns(one, T).own[:, :T, -1]
    per_promotion = fit.beta[0, -1] * (1.0 / np.ptp(spread[1]))
    assert fit.beta[0, -1] == pytest.approx(np.median(fit.beta[1:, -1]), rel=0.15)
    assert per_promotion > 0
    unit = np.ptp(spread[1])  # what one promotion is on the driver's own scale
    assert np.median(fit.beta[1:, -1]) * unit == pytest.approx(0.5, abs=0.07)


def test_nothing_after_the_cutoff_is_looked_at() -> None:
    whole = panel()
    changed = whole.demand.copy()
    changed[:, 60:] *= 100.0
    planted = replace(whole, units=changed, demand=changed)
    (before,), (after,) = fit_pooled(whole, 60, H), fit_pooled(planted, 60, H)
    for name in ("day", "day_sd", "run", "run_sd"):
        np.testing.assert_array_equal(getattr(before.outlook, name), getattr(after.outlook, name))


def test_quantiles_are_ordered_non_negative_and_cumulate() -> None:
    found = forecast_pooled(panel(), H)
    for quantiles in (found.daily, found.cumulated):
        assert (quantiles >= 0).all()
        assert (np.diff(quantiles, axis=2) >= 0).all()
    assert (np.diff(found.cumulated, axis=1) >= 0).all()
    assert (found.cumulated[:, -1] >= found.daily[:, -1] - 1e-9).all()
    np.testing.assert_allclose(found.cumulated[:, 0], found.daily[:, 0], rtol=0.25)


def test_intervals_cover_what_comes() -> None:
    whole = panel(300, seed=3)
    past = cut(whole, T - H)
    found = forecast_pooled(past, H)
    truth = whole.units[:, T - H :]
    inside = (truth >= found.daily[:, :, 0]) & (truth <= found.daily[:, :, -1])
    assert 0.85 < inside.mean() < 0.95
    assert abs(found.mean.sum() / truth.sum() - 1) < 0.05


def test_it_beats_the_mean_of_last_week() -> None:
    whole = panel(200, seed=5)
    past = cut(whole, T - H)
    truth = whole.units[:, T - H :]
    naive = past.units[:, -7:].mean(axis=1, keepdims=True)
    found = forecast_pooled(past, H).mean
    assert np.abs(found - truth).sum() < 0.75 * np.abs(naive - truth).sum()


def test_parts_sum_to_the_mean_and_tell_the_driver() -> None:
    whole = panel()
    found = forecast_pooled(whole, H)
    total = found.parts[:, 1:].sum(axis=1)
    assert total.shape == (len(whole), T + H)
    np.testing.assert_allclose(total[:, T:], found.mean, rtol=1e-3, atol=1e-3)
    promoted = whole.drivers[:, :, 0] == 1
    drivers = found.parts[:, 1 + PARTS.index("drivers")]
    assert drivers[promoted].mean() > drivers[~promoted].mean() + 1
    np.testing.assert_allclose(found.parts[:, 0], total, rtol=1e-4, atol=1e-3)


def test_the_order_of_the_series_does_not_matter() -> None:
    whole = panel()
    order = np.random.default_rng(1).permutation(len(whole))
    straight, shuffled = forecast_pooled(whole, H), forecast_pooled(whole.part(order), H)
    np.testing.assert_allclose(shuffled.mean, straight.mean[order], rtol=1e-6)
    np.testing.assert_allclose(shuffled.daily, straight.daily[order], rtol=1e-6)


def test_days_without_stock_do_not_pull_the_forecast_down() -> None:
    whole = panel()
    units = whole.units.copy()
    out = np.zeros_like(whole.usable)
    out[:, -20:-10] = True
    units[out] = 0.0
    availability = np.where(out, 0.0, 1.0)
    starved = replace(whole, units=units, demand=units, availability=availability, usable=~out)
    mean, expected = forecast_pooled(starved, H).mean, forecast_pooled(whole, H).mean
    assert abs(mean.sum() / expected.sum() - 1) < 0.05


def test_pooled_means_are_those_of_the_normal_hierarchy() -> None:
    """One coefficient, known variances: the posterior mean has a closed form."""
    rng = np.random.default_rng(0)
    precision = rng.uniform(1, 5, 8)  # in units of a series' own spread around its pool
    estimate = rng.normal(1, 1, 8)
    left = 1 / (precision + 1)
    found = pooled_means(
        left[:, None, None],
        (precision * estimate)[:, None],
        [Pool(np.zeros(8, dtype=np.intp), 2.0)],
    )
    weight = 1 / (1 / precision + 1)
    expected = (weight * estimate).sum() / (weight.sum() + 1 / 2.0**2)
    np.testing.assert_allclose(found[:, 0], expected)


def test_groups_number_combinations() -> None:
    a = np.array(["x", "x", "y", "y"], dtype=object)
    b = np.array(["1", "2", "1", "1"], dtype=object)
    assert groups_of(a, b).tolist() == [0, 1, 2, 2]


def test_calibration_learns_a_spread_three_times_too_narrow() -> None:
    rng = np.random.default_rng(0)
    errors = [rng.normal(0, 3, (500, 4)) for _ in range(3)]
    learnt = calibrate(errors, rng.lognormal(size=500), classes=2)
    scores = learnt.of(np.array([0.1, 10.0]))
    np.testing.assert_allclose(scores[:, :, 0], 3 * normal_quantiles()[0], rtol=0.15)
    np.testing.assert_allclose(scores[:, :, 3], 0.0, atol=1e-9)


def test_calibration_without_errors_is_the_normal_distribution() -> None:
    scores = calibrate([], np.array([1.0])).of(np.array([1.0, 2.0]))
    np.testing.assert_allclose(scores[:, 0], np.tile(normal_quantiles(), (2, 1)))
    nothing = [np.full((5, 2), np.nan)]
    scores = calibrate(nothing, np.arange(5.0)).of(np.array([1.0]))
    np.testing.assert_allclose(scores[0, 0], normal_quantiles())


def test_what_sells_in_lumps_is_expected_at_its_mean() -> None:
    rng = np.random.default_rng(4)
    whole = panel(40)
    lumps = 200 * np.exp(rng.normal(0, 0.3, (40, T))) * (rng.random((40, T)) < 0.7)
    made = forecast_pooled(replace(whole, units=lumps, demand=lumps), H)
    assert np.abs(made.mean / lumps.mean() - 1).mean() < 0.3
    assert np.median(made.daily[:, :, -1]) < 3 * lumps.mean()


def test_one_days_luck_does_not_make_that_day_wide() -> None:
    rng = np.random.default_rng(0)
    errors = [rng.normal(size=(400, 9)) for _ in range(4)]
    for origin in errors:
        origin[:, 4] *= 3.0
    volume = np.ones(400)

    def widths(around: int) -> np.ndarray:
        scores = calibrate(errors, volume, around=around).of(volume[:1])[0]
        return np.asarray(scores[:, -1] - scores[:, 0])

    alone, near, far = widths(0), widths(2), widths(9)
    assert alone[4] > 2.5 * alone[0]
    assert near[0] == pytest.approx(alone[:3].mean(), rel=0.02)
    assert near[4] == pytest.approx(alone[2:7].mean(), rel=0.02)
    np.testing.assert_allclose(far, alone.mean(), rtol=0.02)


def test_fits_at_earlier_cutoffs_are_those_of_a_history_that_ends_there() -> None:
    whole = panel()
    early, _ = fit_pooled(whole, T, H, earlier=[T - 10])
    (alone,) = fit_pooled(whole, T - 10, H)
    # Noise, offset and the scale of drivers differ a little, as they are those of all of history.
    assert np.abs(early.outlook.day - alone.outlook.day).mean() < 0.02


def test_a_sum_of_lognormals_has_the_moments_of_its_paths() -> None:
    covariance = np.array([[[0.2, 0.1], [0.1, 0.3]]])
    mean = np.array([[1.0, 2.0]])
    location, sd = cumulated(mean, covariance)
    draws = np.random.default_rng(0).multivariate_normal(mean[0], covariance[0], 200_000)
    paths = np.cumsum(np.exp(draws), axis=1)
    np.testing.assert_allclose(np.exp(location + sd**2 / 2)[0], paths.mean(axis=0), rtol=0.01)
    np.testing.assert_allclose(
        np.sqrt(np.expm1(sd**2))[0], paths.std(axis=0) / paths.mean(axis=0), rtol=0.02
    )
    np.testing.assert_allclose(np.exp(location)[0], np.median(paths, axis=0), rtol=0.02)


def test_series_sold_in_whole_units_get_quantiles_in_whole_units() -> None:
    whole = panel(80, seed=7)
    counted = np.random.default_rng(0).poisson(whole.units / 6.0).astype(float)
    units = np.where(np.arange(80)[:, None] < 40, counted, whole.units)
    mixed = replace(whole, units=units, demand=units)
    past = cut(mixed, T - H)
    found = forecast_pooled(past, H)
    for quantiles in (found.daily, found.cumulated):
        assert (quantiles[:40] == np.rint(quantiles[:40])).all()
        assert (quantiles[40:] != np.rint(quantiles[40:])).mean() > 0.9
        assert (quantiles >= 0).all()
        assert (np.diff(quantiles, axis=2) >= 0).all()
    truth = units[:40, T - H :]
    # A quantile of a count: at most its share lies below it, at least its share up to it.
    assert (truth < found.daily[:40, :, 0]).mean() < 0.09
    assert (truth <= found.daily[:40, :, 0]).mean() > 0.03
    assert (truth > found.daily[:40, :, -1]).mean() < 0.09
    assert (truth >= found.daily[:40, :, -1]).mean() > 0.03


def test_an_occasion_that_history_has_not_shown_widens_its_days() -> None:
    plain = panel()
    calendar = np.zeros((T + H, 1))
    calendar[T + 2 : T + 4] = 1.0
    occasion = replace(plain, calendar=calendar, calendar_names=("fair",))
    (without,), (with_it,) = fit_pooled(plain, T, H), fit_pooled(occasion, T, H)
    ratio = with_it.outlook.day_sd / without.outlook.day_sd
    np.testing.assert_allclose(ratio[:, [0, 1, 4, 5, 6]], 1.0)
    assert (ratio[:, 2:4] > 1.02).all()
    usual = np.exp(without.outlook.day + without.outlook.day_sd**2 / 2)
    np.testing.assert_allclose(
        np.exp(with_it.outlook.day + with_it.outlook.day_sd**2 / 2), usual, rtol=1e-9
    )


def test_an_event_is_larger_where_its_pool_has_felt_it_more() -> None:
    rng = np.random.default_rng(0)
    whole = panel(90, seed=2)
    calendar = np.zeros((T + H, 1))
    calendar[[30, 31, T + 1]] = 1.0
    effect = np.where(np.arange(90) < 45, 1.0, 0.5)[:, None]  # twice as strong in one category
    units = whole.units * np.exp(effect * calendar[:T, 0])
    units[0, 30:32] = whole.units[0, 30:32]  # one series missed it
    category = np.where(np.arange(90) < 45, "C", "D").astype(object)
    order = rng.permutation(90)
    shopped = replace(
        whole,
        units=units,
        demand=units,
        calendar=calendar,
        calendar_names=("fair",),
        category=category,
    ).part(order)
    (fit,) = fit_pooled(shopped, T, H)
    found = fit.beta[:, fit.columns.names.index("fair")]
    strong = category[order] == "C"
    assert found[strong].mean() == pytest.approx(1.0, abs=0.1)
    assert found[~strong].mean() == pytest.approx(0.5, abs=0.1)
    missed = found[order == 0][0]
    assert 0.3 < missed < found[strong].mean()  # drawn to its pool, not left at nought


def test_the_luck_that_origins_share_is_widened() -> None:
    rng = np.random.default_rng(0)
    apart = [rng.normal(0, 1, (400, 4)) for _ in range(4)]
    shared = [errors + luck for errors, luck in zip(apart, (-0.9, -0.3, 0.3, 0.9), strict=True)]
    volume = np.ones(400)
    width = [
        np.diff(calibrate(e, volume).of(volume)[0, 0, [0, -1]])[0]
        / np.diff(normal_quantiles()[[0, -1]])
        for e in (apart, shared)
    ]
    assert width[0] == pytest.approx(1.0, rel=0.06)
    # Four draws with a variance of 0.45: one more strays by 0.45 * 5 / 3 around their mean.
    assert width[1] == pytest.approx(np.sqrt(1 + 0.45 * 5 / 3), rel=0.06)


def test_a_series_that_erred_widely_is_wide_again() -> None:
    rng = np.random.default_rng(0)
    origins = [rng.normal(0, 1, (400, 7)) for _ in range(4)]
    for errors in origins:
        errors[:40] *= 2.0
    apart, width = own_width(origins)
    usual = 0.9 + 0.1 * 4.0  # mean square; sixty errors of this size are what is believed before
    assert width[:40].mean() == pytest.approx(np.sqrt((60 + 28 * 4 / usual) / 88), rel=0.05)
    assert width[40:].mean() == pytest.approx(np.sqrt((60 + 28 / usual) / 88), rel=0.05)
    origins[2][0] *= 9.0  # what an origin is divided by comes from the others alone
    assert own_width(origins)[0][2][0] <= apart[2][0]
    one = origins[:1]
    assert (own_width(one)[1] == 1.0).all() and (own_width(one)[0][0] == 1.0).all()


def test_weeks_ahead_the_mean_does_not_run_away_and_intervals_hold() -> None:
    whole = panel(200, seed=9)
    past = cut(whole, T - 21)
    found = forecast_pooled(past, 21)
    truth = whole.units[:, T - 21 :]
    assert abs(found.mean[:, 14:].sum() / truth[:, 14:].sum() - 1) < 0.08
    inside = (truth >= found.daily[:, :, 0]) & (truth <= found.daily[:, :, -1])
    assert 0.83 < inside[:, 14:].mean() < 0.97


@pytest.mark.parametrize("history", [1, 3, 12, 29])
def test_a_short_history_has_a_forecast_for_every_day(history: int) -> None:
    made = forecast_pooled(cut(panel(1), history), H)
    for found in (made.mean, made.daily, made.cumulated):
        assert found.shape[1] == H and np.isfinite(found).all()
    assert (made.mean > 0).all()


def test_products_ordered_on_days_of_their_own_keep_these_days() -> None:
    known = panel()
    rng = np.random.default_rng(4)
    weekday = np.asarray(known.dates.dayofweek)
    own = np.arange(len(known)) // 3 % 5
    rate = np.where(weekday[None, :] == own[:, None], 100.0, 0.0)
    units = rng.poisson(rate)[:, :T].astype(float)
    batches = replace(known, units=units, demand=units, drivers=np.zeros_like(known.drivers))
    mean = forecast_pooled(batches, H).mean
    assert np.abs(mean - rate[:, T:]).sum() < 0.25 * rate[:, T:].sum()


def test_the_mean_of_slow_movers_is_what_they_sell() -> None:
    known = panel(400)
    rng = np.random.default_rng(5)
    rate = rng.uniform(0.1, 1.0, (len(known), 1)) * np.ones((1, T))
    units = rng.negative_binomial(1, 1 / (1 + rate)).astype(float)
    slow = replace(known, units=units, demand=units, drivers=np.zeros_like(known.drivers))
    assert forecast_pooled(slow, H).mean.sum() / H == pytest.approx(rate[:, 0].sum(), rel=0.1)


def test_what_has_grown_for_long_grows_on() -> None:
    known = panel()
    rng = np.random.default_rng(6)
    pace = np.repeat([0.015, -0.015, 0.005], len(known) // 3)[:, None]
    rate = 40 * np.exp(pace * (np.arange(T + H) - T / 2))
    units = rng.poisson(rate)[:, :T].astype(float)
    growing = replace(known, units=units, demand=units, drivers=np.zeros_like(known.drivers))
    mean = forecast_pooled(growing, H).mean
    assert np.abs(mean - rate[:, T:]).sum() < 0.06 * rate[:, T:].sum()


def test_days_after_a_series_has_ended_tell_nothing() -> None:
    known = panel(6)
    units = known.units.copy()
    units[0, T - 30 :] = 0.0
    units[1, T - 30 :] = 0.0
    units[2, T - 3 :] = 0.0
    whole = replace(known, units=units, demand=units)
    ended = np.arange(6) == 0
    told = while_sold(whole, ended).usable
    assert not told[0, T - 30 :].any() and told[0, : T - 30].all()
    assert told[1:].all()
