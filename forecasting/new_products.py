"""What a product without a history of its own is likely to sell, and how it begins.

Where the product sells in other regions, its level is taken on the log scale as a sum of effects
of region, category, category in the region, and the product. Each effect is a mean drawn towards
nought by the few series that it rests on (an additive mixed model by backfitting; Hastie and
Tibshirani, *Generalized Additive Models*, 1990; the shrinkage is that of Bühlmann's credibility).

Where it sells nowhere yet, it is expected at the mean of its category in the region, moved by
what its price says within the category; and where it resembles another product (``similar_to``),
mostly at the level of that one in the region.

A launch seldom begins at its later level. :func:`launch_curve` learns from products whose launch
lies within the history how sales of the first weeks compare with those after.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecasting.panel import Panel

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.intp]

RECENT_DAYS: Final = 28
LAUNCH_DAYS: Final = 56
"""Days after its launch on which a product is still finding its place."""

_WORTH: Final[Mapping[str, float]] = {
    "region": 0.2,
    "category": 0.2,
    "region_category": 0.7,
    "sku": 0.3,
}
"""How many series weigh as much as knowing nothing of the effect."""

_PRICE_WORTH: Final = 20.0
_LIKENESS: Final = 0.5
"""Weight of what a product resembles, against its category, on the log scale."""

_SWEEPS: Final = 12
_MATURE_DAYS: Final = 14
_WORTH_OF_NO_CURVE: Final = 2.0


def expected_levels(
    panel: Panel, similar_to: Mapping[str, str], price: Mapping[str, float] | None = None
) -> Floats:
    """(S,) mean units a day to expect of each series, were nothing known of itself.

    A product that sells in other regions is known by them; otherwise by what it resembles, else
    by category, price and region alone.

    :param similar_to: likeness of each sku that has one. :param price: of each sku.
    """
    own = recent_levels(panel)
    known = np.isfinite(own) & (own > 0)
    if not known.any():
        return np.zeros(len(panel))
    sku = _codes(panel.sku)
    sells = np.isin(sku, sku[known])
    z = np.log(np.where(known, own, 1.0))
    levels = _by_category(panel, own, known) * _price_factor(panel, price or {}, z, known)
    likes = _by_likeness(panel, similar_to, own, known)
    alike = np.isfinite(likes) & (levels > 0)
    levels[alike] = likes[alike] ** _LIKENESS * levels[alike] ** (1 - _LIKENESS)
    levels[sells] = _by_effects(panel, z, known)[sells]
    return np.asarray(levels)


def recent_levels(panel: Panel) -> Floats:
    """(S,) mean demand of the usable days among the last 28; NaN where there is none."""
    recent = panel.usable[:, -RECENT_DAYS:]
    total = np.where(recent, panel.demand[:, -RECENT_DAYS:], 0.0).sum(axis=1, dtype=np.float64)
    days = recent.sum(axis=1)
    return np.where(days > 0, total / np.maximum(days, 1), np.nan)


def launch_curve(panel: Panel) -> Floats:
    """(56,) demand on each day after a launch over that of the weeks after, mean of the launches.

    Learnt from series that began within the history and have gone on for 14 days beyond the
    curve; drawn to 1 where these are few.
    """
    begins = np.argmax(np.isfinite(panel.units), axis=1)
    began = np.isfinite(panel.units).any(axis=1) & (begins >= RECENT_DAYS)
    began &= panel.history - begins >= LAUNCH_DAYS + _MATURE_DAYS
    ratios: dict[str, list[Floats]] = {}
    for i in np.flatnonzero(began):
        days = slice(begins[i], panel.history)
        demand = np.where(panel.usable[i, days], panel.demand[i, days], np.nan).astype(np.float64)
        later = demand[LAUNCH_DAYS : LAUNCH_DAYS + RECENT_DAYS]
        level = float(np.nanmean(later)) if np.isfinite(later).any() else 0.0
        if level > 0:
            ratios.setdefault(str(panel.sku[i]), []).append(demand[:LAUNCH_DAYS] / level)
    total, weight = np.ones(LAUNCH_DAYS), np.ones(LAUNCH_DAYS)
    total, weight = _WORTH_OF_NO_CURVE * total, _WORTH_OF_NO_CURVE * weight
    for of_product in ratios.values():  # a product counts once, in however many regions it began
        rows = np.stack(of_product)
        known = np.isfinite(rows)
        mean = np.where(known, rows, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        there = known.any(axis=0)
        total[there] += np.minimum(mean[there], 5.0)
        weight[there] += 1.0
    curve = total / weight
    # A week's mean, so that the weekday of the launch does not stay in it.
    padded = np.pad(curve, 3, mode="edge")
    return np.asarray(np.convolve(padded, np.ones(7) / 7.0, mode="valid"))


def launch_factors(curve: Floats, days_since: npt.NDArray[np.integer[Any]]) -> Floats:
    """Return the curve's value for each age in days; 1 beyond it, 0 before the launch.

    :param days_since: 0 on the day of the launch.
    """
    inside = (days_since >= 0) & (days_since < len(curve))
    factors = np.where(inside, curve[np.clip(days_since, 0, len(curve) - 1)], 1.0)
    return np.asarray(np.where(days_since < 0, 0.0, factors))


def _by_effects(panel: Panel, z: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    """(S,) levels from the effects of region, category, both, and product."""
    pairs = np.char.add(np.char.add(panel.region.astype(str), "\x1f"), panel.category.astype(str))
    groups = {
        "region": _codes(panel.region),
        "category": _codes(panel.category),
        "sku": _codes(panel.sku),
        "region_category": _codes(pairs),
    }
    effects: dict[str, Floats] = {
        name: np.zeros(int(codes.max()) + 1) for name, codes in groups.items()
    }
    centre = float(z[known].mean())
    for _ in range(_SWEEPS):
        for name, codes in groups.items():
            others = [effects[other][groups[other]] for other in groups if other != name]
            rest = z - centre - np.sum(others, axis=0)
            effects[name] = _shrunk_means(rest, codes, known, len(effects[name]), _WORTH[name])
    fitted = centre + np.sum([effects[name][codes] for name, codes in groups.items()], axis=0)
    # From the median of what a level may be to its mean: Duan's smearing estimate (1983).
    return np.asarray(np.exp(fitted) * np.exp((z - fitted)[known]).mean())


def _by_category(panel: Panel, own: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    """(S,) mean level of the category in the region, else of the region, else of all."""
    frame = pd.DataFrame(
        {
            "region": panel.region.astype(str),
            "category": panel.category.astype(str),
            "own": np.where(known | (own == 0), own, np.nan),
        }
    )
    levels = frame.groupby(["region", "category"])["own"].transform("mean")
    for keys in (["category"], ["region"]):
        levels = levels.fillna(frame.groupby(keys)["own"].transform("mean"))
    return levels.fillna(float(frame["own"].mean())).to_numpy(dtype=np.float64, copy=True)


def _by_likeness(
    panel: Panel, similar_to: Mapping[str, str], own: Floats, known: npt.NDArray[np.bool_]
) -> Floats:
    """(S,) level of what the product resembles: in the region, else its mean; NaN without one."""
    names = panel.sku.astype(str)
    pairs = zip(panel.region.astype(str)[known], names[known], own[known], strict=True)
    there = {(region, sku): level for region, sku, level in pairs}
    mean = pd.Series(own[known]).groupby(names[known]).mean().to_dict()
    likes = [similar_to.get(sku, "") for sku in names]
    keys = zip(panel.region.astype(str), likes, strict=True)
    return np.array([there.get(key, mean.get(key[1], np.nan)) for key in keys])


def _price_factor(
    panel: Panel, price: Mapping[str, float], z: Floats, known: npt.NDArray[np.bool_]
) -> Floats:
    """(S,) what a product's price says of its level within the category, over products."""
    products = pd.DataFrame({"sku": panel.sku.astype(str), "category": panel.category.astype(str)})
    products["z"] = np.where(known, z, np.nan)
    products = products.groupby(["category", "sku"])[["z"]].mean().reset_index()
    paid = products["sku"].map(price).astype(np.float64)
    logs = paid.where(paid > 0).map(np.log)
    by = products["category"]
    dear = (logs - logs.groupby(by).transform("mean")).fillna(0.0)
    sold = products["z"] - products["z"].groupby(by).transform("mean")
    there = sold.notna()
    worth = _PRICE_WORTH * float(dear[there].var() or 0.0) if there.sum() > 1 else 0.0
    scale = float((dear[there] ** 2).sum()) + worth
    slope = float((dear * sold)[there].sum()) / scale if scale > 0 else 0.0
    factor = dict(zip(products["sku"], np.exp(slope * dear), strict=True))
    return np.array([factor[sku] for sku in panel.sku.astype(str)])


def _shrunk_means(
    values: Floats, codes: Ints, known: npt.NDArray[np.bool_], count: int, worth: float
) -> Floats:
    total = np.bincount(codes[known], values[known], count)
    return np.asarray(total / (np.bincount(codes[known], minlength=count) + worth))


def _codes(names: npt.NDArray[Any]) -> Ints:
    return np.unique(names.astype(str), return_inverse=True)[1].astype(np.intp).ravel()
