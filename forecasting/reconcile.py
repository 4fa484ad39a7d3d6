"""Totals that see themselves, and series that follow: one forecast, coherent at every level.

A region's total, or a category's, is smoother than its series, and forecast by itself
(:mod:`forecasting.upper_levels`) it often tells its level better. But such forecasts contradict
the sum of the series, and each other. Here each series and day is multiplied by

    √(region by itself / region added up)^½ · √(category by itself / category added up)^½,

so that every total moves halfway, on the log scale, from what its series add up to towards what it
says of itself, shared between the two ways in which series belong together, and all levels remain
sums of the series. (Averaging forecasts of different levels: Hollyman, Petropoulos and Tipping,
*Understanding forecast reconciliation*, 2021.) Measured in docs/forecasting.md: it gains where
totals by themselves are nearly as good as the series added up, and loses a little elsewhere.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecasting.forecast import COMPONENT_COLUMNS, Forecast
from forecasting.quantiles import CUMULATIVE_COLUMNS, DAILY_COLUMNS
from forecasting.upper_levels import forecast_level

if TYPE_CHECKING:
    from data.brand import Brand

Floats = npt.NDArray[np.floating[Any]]

LEVELS: Final = ("region", "category")
"""The levels whose totals are asked what they say of themselves."""

_WAY: Final = 0.5
"""How far a total moves towards what it says of itself, on the log scale."""

_FURTHEST: Final = 2.0
"""A total that differs by more than this factor from its series has gone astray itself."""


def reconcile(made: Forecast, brand: Brand) -> Forecast:
    """Return the forecast with its series moved so that totals gain from seeing themselves.

    :param made: of ``brand``, with the engine ``nearfield`` or any other.
    :returns: the same rows; mean, quantiles and, over the horizon, components multiplied by the
        same factor of a series and day; cumulated quantiles by that of the cumulated mean.
    """
    frame = made.frame
    category = brand.products.set_index(brand.products["sku"].astype(str))["category"]
    keyed = pd.DataFrame(
        {
            "region": frame["region"].astype(str),
            "category": frame["sku"].astype(str).map(category).astype(str),
            "date": frame["date"],
            "mean": frame["mean"],
        }
    )
    logs = np.zeros(len(frame))
    for level in LEVELS:
        if len(keyed[level].unique()) > 1:
            logs += np.log(_ratios(keyed, level, brand, made.horizon)) / len(LEVELS)
    factor = np.exp(_WAY * logs)
    after = frame["mean"].to_numpy(np.float64) * factor
    by = [frame["region"], frame["sku"]]
    runs = [
        pd.Series(values, index=frame.index).groupby(by, observed=True).cumsum().to_numpy()
        for values in (frame["mean"].to_numpy(np.float64), after)
    ]
    grew = np.divide(runs[1], runs[0], out=np.ones(len(frame)), where=runs[0] > 0)
    moved = frame.assign(
        mean=after,
        **{name: frame[name] * factor for name in DAILY_COLUMNS},
        **{name: frame[name] * grew for name in CUMULATIVE_COLUMNS},
    )
    run = list(CUMULATIVE_COLUMNS)
    moved[run] = moved.groupby(by, observed=True)[run].cummax()
    return replace(made, frame=moved, components=_components(made, factor))


def _ratios(keyed: pd.DataFrame, level: str, brand: Brand, horizon: int) -> Floats:
    """What each row's total says of itself over what its series add up to."""
    itself = forecast_level(brand, horizon, (level,)).set_index([level, "date"])["mean"]
    added = keyed.groupby([level, "date"])["mean"].sum()
    ratio = (itself.reindex(added.index) / added.where(added > 0)).fillna(1.0)
    ratio = ratio.clip(1.0 / _FURTHEST, _FURTHEST)
    wanted = pd.MultiIndex.from_frame(keyed[[level, "date"]])
    return ratio.reindex(wanted).to_numpy(dtype=np.float64)


def _components(made: Forecast, factor: Floats) -> pd.DataFrame:
    """Components over the horizon by the same factor, so that they still add up to the mean."""
    components = made.components
    if components.empty:
        return components
    names = ["region", "sku", "date"]
    factors = made.frame[names].assign(factor=factor)
    joined = components[names].merge(factors, on=names, how="left")["factor"].fillna(1.0)
    scale = joined.to_numpy(dtype=np.float32)
    parts = {name: components[name] * scale for name in COMPONENT_COLUMNS[3:]}
    return components.assign(**parts)
