"""Totals forecast as series of their own: what adding up has to be measured against.

A total is smoother than its parts, and a model that sees it alone may tell its level and season
better; but such forecasts of different levels contradict each other (they are *unreconciled*).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecasting.panel import Panel, build_panel
from forecasting.pooled_engine import forecast_pooled

if TYPE_CHECKING:
    from data.brand import Brand

Floats = npt.NDArray[np.floating[Any]]

_DAYS_AROUND = 14


def forecast_level(brand: Brand, horizon: int, keys: tuple[str, ...]) -> pd.DataFrame:
    """Forecast the totals of a level by themselves, with the engine ``nearfield``.

    :param keys: of region, sku, category; empty for one total.
    :returns: ``keys``, date and mean.
    """
    panel = build_panel(brand, horizon)
    group, labels = _groups(panel, keys)
    level = add_up(panel, group, labels)
    made = forecast_pooled(level, horizon)
    frame = labels.loc[labels.index.repeat(horizon)].reset_index(drop=True)
    frame["date"] = np.tile(panel.dates[panel.history :].to_numpy(), len(labels))
    frame["mean"] = made.mean.ravel()
    return frame[[*keys, "date", "mean"]]


def add_up(panel: Panel, group: npt.NDArray[np.intp], labels: pd.DataFrame) -> Panel:
    """Return the panel of the groups' totals.

    A series' days out of stock, and those before its first, count as the mean of its usable days
    within two weeks around: a total has to be of all that is in it. Drivers are means weighted by
    volume.

    :param group: (S,) the group of each series, 0 to G - 1.
    :param labels: (G,) region, sku and category of each, empty where it has all.
    """
    count = len(labels)
    demand = _filled(panel)

    def add(values: Floats) -> Floats:
        total = np.zeros((count, *values.shape[1:]))
        np.add.at(total, group, values)
        return total

    total = add(demand)
    volume = demand.mean(axis=1)[:, None, None] + 1e-9
    known = np.isfinite(panel.drivers)
    weight = add(known * volume)
    drivers = np.divide(
        add(np.where(known, panel.drivers, 0.0) * volume),
        weight,
        out=np.full(weight.shape, np.nan),
        where=weight > 0,
    )
    scope = np.zeros((len(panel.brand_event_scope), count), dtype=bool)
    for index, concerned in enumerate(panel.brand_event_scope):
        scope[index, group[concerned]] = True
    return replace(
        panel,
        region=labels["region"].to_numpy(dtype=object),
        sku=labels["sku"].to_numpy(dtype=object),
        category=labels["category"].to_numpy(dtype=object),
        units=total.astype(np.float32),
        availability=np.ones_like(total, dtype=np.float32),
        demand=total.astype(np.float32),
        usable=np.ones(total.shape, dtype=bool),
        closed=np.zeros((count, len(panel.dates)), dtype=bool),
        stopped=np.zeros(count, dtype=bool),
        brand_event_scope=scope,
        drivers=drivers.astype(np.float32),
    )


def _groups(panel: Panel, keys: tuple[str, ...]) -> tuple[npt.NDArray[np.intp], pd.DataFrame]:
    names = pd.DataFrame(
        {
            name: getattr(panel, name).astype(str) if name in keys else np.full(len(panel), "")
            for name in ("region", "sku", "category")
        }
    )
    every = ["region", "sku", "category"]
    labels = names.drop_duplicates().sort_values(every, ignore_index=True)
    joined = names.merge(labels.reset_index(), on=every, how="left")
    return joined["index"].to_numpy(dtype=np.intp), labels


def _filled(panel: Panel) -> Floats:
    """(S, T) demand, days that do not tell of it from those around; 0 before the first day."""
    demand = np.where(panel.usable, panel.demand, 0.0).astype(np.float64)
    total, days = _around(demand), _around(panel.usable.astype(np.float64))
    around = np.divide(total, days, out=np.zeros_like(total), where=days > 0.5)
    begun = np.maximum.accumulate(np.isfinite(panel.units), axis=1)
    missed = begun & ~panel.closed[:, : panel.history]
    return np.where(panel.usable, demand, np.where(missed, around, 0.0))


def _around(values: Floats) -> Floats:
    """(S, T) sums over two weeks before to two weeks after each day."""
    padded = np.pad(np.cumsum(values, axis=1), ((0, 0), (_DAYS_AROUND + 1, _DAYS_AROUND)), "edge")
    padded[:, : _DAYS_AROUND + 1] = 0.0
    return np.asarray(padded[:, 2 * _DAYS_AROUND + 1 :] - padded[:, : values.shape[1]])
