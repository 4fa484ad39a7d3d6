from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.brand import read_brand
from forecasting.effects import EFFECT_COLUMNS, driver_effects, pooled_effects
from tests.forecasting.test_pooled_engine import T, panel


def test_the_effect_of_a_driver_is_told_with_a_spread_that_holds_the_truth() -> None:
    table = pooled_effects(panel(120, promotion=0.5))
    assert tuple(table.columns) == EFFECT_COLUMNS
    whole = table[(table["region"] == "") & (table["category"] == "")].iloc[0]
    assert whole["name"] == "promotion"
    assert whole["kind"] == "driver"
    assert whole["series"] == 120
    truth = 0.5 * whole["per"]  # the driver is 0 or 1: one usual spread of it is `per`
    assert abs(whole["effect"] - truth) < 4 * whole["sd"]
    assert whole["sd"] < 0.2 * truth
    assert whole["sign"] == 1
    assert whole["change"] == pytest.approx(np.expm1(whole["effect"]))
    regions = table[(table["region"] != "") & (table["category"] == "")]
    assert set(regions["region"]) == {"R0", "R1", "R2"}
    assert (regions["sd"] > whole["sd"]).all()


def test_a_pool_with_the_opposite_sign_is_pointed_out() -> None:
    whole = panel(120, seed=4, promotion=0.6)
    odd = np.arange(120) < 24
    units = np.where(
        odd[:, None], whole.units * np.exp(-1.2 * whole.drivers[:, :T, 0]), whole.units
    )
    category = np.where(odd, "Odd", "Usual").astype(object)
    table = pooled_effects(replace(whole, units=units, demand=units, category=category))
    pools = table[(table["region"] == "") & (table["category"] != "")].set_index("category")
    assert pools.loc["Usual", "sign"] == 1
    assert pools.loc["Odd", "sign"] == -1
    assert pools["against"].to_dict() == {"Odd": True, "Usual": False}


def test_a_brand_without_drivers_has_no_effects_of_drivers(
    make_brand: Callable[..., Path],
) -> None:
    table = driver_effects(read_brand(make_brand(drivers=None)))
    assert not (table["kind"] == "driver").any()
    assert (table["sd"] > 0).all()


def test_an_effect_that_comes_to_all_on_the_same_days_is_less_sure_where_days_are_shared() -> None:
    rng = np.random.default_rng(0)
    apart = panel(90)
    same_days = np.repeat(apart.drivers[:1], 90, axis=0)
    effect = 0.5 * (same_days - apart.drivers)[:, :T, 0]
    units = apart.units * np.exp(effect)
    luck = np.exp(rng.normal(0, 0.15, T))  # of each day, for all series
    sds = []
    for factor in (1.0, luck):
        sold = units * factor
        found = pooled_effects(replace(apart, drivers=same_days, units=sold, demand=sold))
        whole = found[(found["region"] == "") & (found["category"] == "")].iloc[0]
        sds.append(whole["sd"])
        assert abs(whole["effect"] / whole["per"] - 0.5) < 4 * whole["sd"] / whole["per"]
    assert sds[1] > 3 * sds[0]
