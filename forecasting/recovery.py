"""How much was wanted on days on which stock ran out.

Sales of such a day are what stock allowed. Let *e* be the share of the day's shoppers who could
buy: the share of the selling hours with local stock, and of the other hours the share that bought
from the far field where that sold on (:func:`forecasting.panel.share_that_buys`). Shoppers come as
a Poisson process whose rate differs from day to day around the expected one, μ, by a gamma factor
of shape *k* (so that the day's demand is negative binomial). Stock runs out at a time that depends
on what was bought before and not on what would have come after, so that *s* units sold while a
share *e* could buy tell of the day's rate as gamma and Poisson do (Gelman et al., *Bayesian Data
Analysis*, 3rd ed., sec. 2.6), and

    demand = s + (1 − e) · (k + s) / (k / μ + e).

Where nothing could be bought, that is μ; where nearly everything could, it is the sales. μ is what
the forecast's model makes of the day given all others, times the series' own ratio of sales to it
on days in stock. Hours count alike: where stock runs out before the busy evening, a little more
was wanted than this says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecasting.panel import Panel, build_panel, series_rows, share_that_buys
from forecasting.pooled_parts import fitted_demand
from forecasting.pooled_regression import PooledRegression, fit_pooled

if TYPE_CHECKING:
    from data.brand import Brand
    from forecasting.forecast import Forecast

Floats = npt.NDArray[np.floating[Any]]

RECOVERED_COLUMNS: tuple[str, ...] = ("region", "sku", "date", "availability", "sales", "demand")
"""Columns of :func:`recovered_demand`."""

DAY_SHAPE = 4.0
"""*k*: a day's rate strays from the expected one by a factor with standard deviation a half."""

_KNOWN_DAYS = 5.0
"""Days of usual sales by which a series' ratio of sales to what was expected is drawn to one."""


def recovered_demand(brand: Brand, forecast: Forecast | None = None) -> pd.DataFrame:
    """Return what would have sold on every past day on which stock was not there all day.

    :param forecast: of the same brand and as-of day, whose components say what was expected of
        each day; without it, or without its components, the pooled regression is fitted anew.
    :returns: region and sku (categories), date, availability (0 to below 1), sales and demand
        (units, demand >= sales), one row a series and day, sorted; days that the series was not
        yet sold are left out.
    """
    panel = build_panel(brand, 1)
    expected = None if forecast is None else _from_components(panel, forecast.components)
    if expected is None:
        settings = PooledRegression()
        (fit,) = fit_pooled(panel, panel.history, 1, settings)
        expected = fitted_demand(panel, fit, settings)
    share = share_that_buys(brand, panel.region, panel.availability)
    demand = recover(panel.units, panel.availability if share is None else share, expected)
    there = np.isfinite(panel.units) & (panel.availability < 1.0)
    row, day = np.nonzero(there)
    columns: dict[str, Any] = {}
    for name, values in (("region", panel.region), ("sku", panel.sku)):
        categories = brand.sales[name].cat.categories
        codes = categories.get_indexer(pd.Index(values))[row]
        columns[name] = pd.Categorical.from_codes(codes, categories=categories)
    columns["date"] = panel.dates[day].as_unit("ns")
    columns["availability"] = panel.availability[there].astype(np.float64)
    columns["sales"] = panel.units[there].astype(np.float64)
    columns["demand"] = demand[there]
    return pd.DataFrame(columns)


def recover(sales: Floats, share: Floats, expected: Floats) -> Floats:
    """Return demand of each day, >= sales.

    :param sales: (S, T) units, NaN where the series was not sold.
    :param share: (S, T) of the day's shoppers who could buy, 0 to 1.
    :param expected: (S, T) units that the model expects with stock all day, >= 0.
    """
    units = sales.astype(np.float64)
    whole = np.isfinite(units) & (share >= 1.0)
    usual = np.where(whole, units, 0.0).sum(axis=1) / np.maximum(whole.sum(axis=1), 1)
    prior = _KNOWN_DAYS * usual
    sold = np.where(whole, units, 0.0).sum(axis=1) + prior
    made = np.where(whole, expected, 0.0).sum(axis=1) + prior
    ratio = np.where(sold > 0, sold / np.maximum(made, 1e-12), 1.0)
    rate = np.maximum(expected * ratio[:, None], 1e-6)
    more = (1.0 - share) * (DAY_SHAPE + units) / (DAY_SHAPE / rate + share)
    return np.asarray(units + np.maximum(more, 0.0))


def recovered_by_series(days: pd.DataFrame) -> pd.DataFrame:
    """Add up recovered days by region and product.

    :param days: from :func:`recovered_demand`.
    :returns: region, sku, days (without stock at some hour), sales and demand (units on those
        days) and recovered (demand − sales), most recovered first.
    """
    grouped = days.groupby(["region", "sku"], observed=True)
    total = grouped.agg(
        days=("date", "size"), sales=("sales", "sum"), demand=("demand", "sum")
    ).reset_index()
    total["recovered"] = total["demand"] - total["sales"]
    return total.sort_values("recovered", ascending=False, kind="stable", ignore_index=True)


def _from_components(panel: Panel, components: pd.DataFrame) -> Floats | None:
    """(S, T) what the forecast's model expected of each day of history."""
    past = components[components["date"] < panel.dates[panel.history]]
    if past.empty:
        return None
    keys = pd.DataFrame({"region": panel.region, "sku": panel.sku})
    row = series_rows(keys, past["region"], past["sku"])
    day = (past["date"].to_numpy() - panel.dates[0].to_datetime64()) // np.timedelta64(1, "D")
    grid = np.full((len(panel), panel.history), np.nan)
    known = (row >= 0) & (day >= 0)
    grid[row[known], day[known]] = np.maximum(past["fitted"].to_numpy()[known], 0.0)
    # A series that is not fitted (too short, too seldom in stock) is expected to sell as usual.
    usable = panel.usable
    usual = np.where(usable, panel.demand, 0.0).sum(axis=1) / np.maximum(usable.sum(axis=1), 1)
    return np.where(np.isnan(grid), usual[:, None], grid)
