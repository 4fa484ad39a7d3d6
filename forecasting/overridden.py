"""The forecast with people's overrides, as a value beside it: forecast × overrides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecasting.quantiles import CUMULATIVE_COLUMNS, DAILY_COLUMNS

if TYPE_CHECKING:
    from data.brand import Brand

Floats = npt.NDArray[np.floating[Any]]


def apply_overrides(frame: pd.DataFrame, overrides: pd.DataFrame, brand: Brand) -> pd.DataFrame:
    """Return the forecast that a plan is made on; the one given is not changed.

    Overrides apply in the order in which they were entered. A percentage multiplies mean and
    quantiles of each series and day in scope, so that uncertainty keeps its proportion; units
    are shared out over the scope's series of a day in proportion to their means (evenly where
    all are 0), and never take a mean below 0. Cumulated quantiles follow the cumulated mean.

    :param frame: :data:`~forecasting.quantiles.FORECAST_COLUMNS`.
    :param overrides: from :func:`data.overrides.in_force`.
    :returns: the same rows and columns.
    """
    if overrides.empty:
        return frame
    before = frame["mean"].to_numpy(dtype=np.float64)
    after = overridden_mean(frame, overrides, brand)
    grew = _ratio(after, before)
    changed = frame.assign(mean=after)
    for column in DAILY_COLUMNS:
        changed[column] = np.where(
            (before == 0) & (after > 0), after, frame[column].to_numpy(np.float64) * grew
        )
    key = [frame["region"].cat.codes, frame["sku"].cat.codes]
    order = np.lexsort((frame["date"].to_numpy(), key[1].to_numpy(), key[0].to_numpy()))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    by = [codes.to_numpy()[order] for codes in key]
    runs = [pd.Series(values[order]).groupby(by).cumsum().to_numpy() for values in (before, after)]
    scale = _ratio(runs[1], runs[0])
    for column in CUMULATIVE_COLUMNS:
        was = frame[column].to_numpy(np.float64)[order]
        values = np.where((runs[0] == 0) & (runs[1] > 0), runs[1], was * scale)
        changed[column] = pd.Series(values).groupby(by).cummax().to_numpy()[place]
    return changed


def overridden_mean(frame: pd.DataFrame, overrides: pd.DataFrame, brand: Brand) -> Floats:
    """Return the mean of each row with the overrides.

    :param frame: region, sku, date and mean; ``origin`` too where it holds forecasts of several
        nights, so that units are shared out within each.
    """
    mean = frame["mean"].to_numpy(dtype=np.float64).copy()
    night = pd.factorize(frame["origin"])[0] if "origin" in frame else np.zeros(len(frame), int)
    day = pd.factorize(frame["date"])[0]
    moment = night * (int(day.max(initial=0)) + 1) + day
    for override in overrides.to_dict("records"):
        inside = in_scope(frame, override, brand)
        if override["kind"] == "percent":
            mean[inside] *= 1.0 + float(override["amount"]) / 100.0
            continue
        of = moment[inside]
        total = np.bincount(of, mean[inside], int(moment.max(initial=0)) + 1)[of]
        even = 1.0 / np.maximum(np.bincount(of), 1)[of]
        part = np.divide(mean[inside], total, out=even, where=total > 0)
        mean[inside] = np.maximum(mean[inside] + float(override["amount"]) * part, 0.0)
    return mean


def in_scope(frame: pd.DataFrame, override: dict[Any, Any], brand: Brand) -> npt.NDArray[np.bool_]:
    """Which rows (region, sku, date) an override concerns."""
    date = frame["date"].to_numpy()
    inside = (date >= override["starts"].to_datetime64()) & (
        date <= override["ends"].to_datetime64()
    )
    for name in ("region", "sku"):
        if override[name]:
            inside &= frame[name].astype(str).to_numpy() == override[name]
    if override["category"]:
        products = brand.products
        of = products.loc[products["category"].astype(str) == override["category"], "sku"]
        inside &= frame["sku"].astype(str).isin(set(of.astype(str))).to_numpy()
    return np.asarray(inside)


def _ratio(after: Floats, before: Floats) -> Floats:
    return np.divide(after, before, out=np.ones_like(after), where=before > 0)
