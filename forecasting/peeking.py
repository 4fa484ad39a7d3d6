"""Nothing after the cutoff may reach a forecast of the past: what is hidden, and the proof.

A back-test is worth nothing if a forecast has seen what it is scored on. The future can come in
by sales, by a driver that is only known afterwards, or by a model that reads the brand's files
by itself. :func:`hide_future` takes all of these away; :func:`require_blind` proves for a model
that sales after the cutoff do not move its forecast; :func:`require_no_record` finds drivers
that are declared known and yet are a record of sales.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from data.errors import BadInput, Failure
from forecasting.driver_grid import known_drivers
from forecasting.panel import build_panel

if TYPE_CHECKING:
    from data.brand import Brand
    from forecasting.forecast import Forecast

TOO_CLOSE = 0.98
"""A driver that goes with a series' sales this closely is a record of them: known drivers of
real brands stay below 0.6."""

_TOLERANCE = 1e-6


def hide_future(brand: Brand, as_of: pd.Timestamp) -> Brand:
    """Return the brand as a forecast of the past may see it.

    Sales end at the cutoff, drivers that are not known ahead (``past``) end with them, and the
    folder is taken away, so that nobody reads the files again. Drivers declared known stay over
    the horizon: they were planned.
    """
    past = brand.until(as_of)
    known = ("date", "region", "sku", *known_drivers(brand))
    unknown = [name for name in past.drivers.columns if name not in known]
    drivers = past.drivers
    if unknown:
        later = drivers["date"] > past.as_of
        drivers = drivers.assign(**{name: drivers[name].mask(later) for name in unknown})
    return replace(past, folder=None, drivers=drivers)


def require_blind(
    model: Callable[[Brand, int], Forecast], brand: Brand, as_of: pd.Timestamp, horizon: int
) -> None:
    """Forecast from the brand and from one with another future; both must be the same.

    :raises Failure: sales after the cutoff moved the forecast.
    """
    frames = [
        model(hide_future(world, as_of), horizon).frame
        for world in (brand, _other_future(brand, as_of))
    ]
    here, there = (frame.select_dtypes("number").to_numpy() for frame in frames)
    same = here.shape == there.shape and np.allclose(
        here, there, rtol=_TOLERANCE, atol=_TOLERANCE, equal_nan=True
    )
    if not same:
        raise Failure(
            f"The forecast as of {as_of:%Y-%m-%d} changes with sales after that day: it sees what "
            "it is to be scored on."
        )


def require_no_record(brand: Brand, horizon: int) -> None:
    """Refuse known drivers that tell the sales themselves, such as units sold or visits served.

    :raises BadInput: a known driver goes with sales, within series, at :data:`TOO_CLOSE` or more.
    """
    panel = build_panel(brand, horizon)
    usable = panel.usable
    units = np.where(usable, panel.units, np.nan).astype(np.float64)
    for index, name in enumerate(panel.driver_names):
        values = panel.drivers[:, : panel.history, index].astype(np.float64)
        if abs(_within(units, np.where(usable, values, np.nan))) >= TOO_CLOSE:
            raise BadInput(
                f"drivers, column {name}: it follows sales so closely that it must be a record of "
                f'them, which nobody knows ahead. Declare {name} = "past" in [drivers].'
            )


def _within(left: Any, right: Any) -> float:
    """Return the correlation of two (S, T) arrays within series; 0 where there is none."""
    both = np.isfinite(left) & np.isfinite(right)
    count = np.maximum(both.sum(axis=1, keepdims=True), 1)
    parts = []
    for values in (left, right):
        held = np.where(both, values, 0.0)
        parts.append(np.where(both, values - held.sum(axis=1, keepdims=True) / count, 0.0))
    scale = np.sqrt((parts[0] ** 2).sum() * (parts[1] ** 2).sum())
    return float((parts[0] * parts[1]).sum() / scale) if scale > 0 else 0.0


def _other_future(brand: Brand, as_of: pd.Timestamp) -> Brand:
    """The same brand, but after the cutoff other units, days in stock and unknown drivers."""
    rng = np.random.default_rng(0)
    sales, drivers = brand.sales.copy(), brand.drivers.copy()
    later = (sales["date"] > as_of).to_numpy()
    units = sales["units"].to_numpy(copy=True)
    units[later] = rng.permutation(units[later]) * 3 + 7
    sales["units"] = units
    sales.loc[later, "availability"] = np.float32(1.0)
    known = ("date", "region", "sku", *known_drivers(brand))
    after = (drivers["date"] > as_of).to_numpy()
    for name in drivers.columns.difference(list(known)):
        values = drivers[name].to_numpy(copy=True)
        values[after] = values[after] * 3 + 7
        drivers[name] = values
    return replace(brand, sales=sales, drivers=drivers, version=f"{brand.version}~")
