"""Totals of many series that add up, with quantiles: any product, category, region or all.

Means are added up from the series, so every level agrees with every other by construction
(bottom-up; Hyndman and Athanasopoulos, *Forecasting: principles and practice*, 3rd ed., ch. 11).
Quantiles do not add up: how wide a total is depends on how its series' errors go together. Here
the error of a series on a day is taken as a sum of independent parts

    e_i = s_i · (own_i + product + category + region + category in the region + all),

where s_i is the spread that the series' own quantiles claim; a part is shared by all series that
have its product, category … in common (a crossed variance-components model; Searle, Casella and
McCulloch, *Variance Components*, 1992). Then any total has variance

    Σ_c σ_c² Σ_g (Σ_{i in g} s_i)²,

g running over the groups of part c. The σ_c² are found by the method of moments from the errors
of past forecasts (:func:`learn_together`), and shrunk to what is usual where these are few.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import nnls
from scipy.special import ndtri

from forecasting.quantiles import CUMULATIVE_COLUMNS, DAILY_COLUMNS, QUANTILES
from forecasting.totals import rows_of

if TYPE_CHECKING:
    from data.brand import Brand
    from forecasting.forecast import Forecast

Floats = npt.NDArray[np.floating[Any]]

PARTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "own": ("region", "sku"),
        "product": ("sku",),
        "category": ("category",),
        "region": ("region",),
        "region_category": ("region", "category"),
        "all": (),
    }
)
"""The parts of an error, and what series must have in common to share them."""

_NORMAL: Final = ndtri(np.array(QUANTILES))
_WIDTH: Final = float(_NORMAL[-1] - _NORMAL[0])
_FURTHEST: Final = 4.0
"""Spreads beyond which an error counts as that: one product gone wild is not how all go."""

_WORTH_OF_THE_USUAL: Final = 14
"""Days of errors that weigh as much as the usual shares."""


@dataclass(frozen=True, slots=True)
class Together:
    """How the errors of series go together.

    :param day: variance of each of :data:`PARTS`, in units of the series' own claimed variance.
    :param run: the same for demand cumulated from the first day.
    """

    day: Mapping[str, float]
    run: Mapping[str, float]

    def __post_init__(self) -> None:
        for shares in (self.day, self.run):
            if set(shares) != set(PARTS) or any(not share >= 0 for share in shares.values()):
                raise ValueError(f"expected a variance >= 0 for each of {list(PARTS)}: {shares}")


USUAL: Final = Together(
    day=MappingProxyType(
        {
            "own": 0.55,
            "product": 0.15,
            "category": 0.03,
            "region": 0.015,
            "region_category": 0.02,
            "all": 0.02,
        }
    ),
    run=MappingProxyType(
        {
            "own": 0.45,
            "product": 0.15,
            "category": 0.06,
            "region": 0.015,
            "region_category": 0.02,
            "all": 0.02,
        }
    ),
)
"""What is taken where no past forecast tells: measured, see docs/forecasting.md."""


def total_quantiles(
    rows: pd.DataFrame,
    keys: tuple[str, ...],
    together: Together | None = None,
    *,
    cumulated: bool = False,
) -> pd.DataFrame:
    """Add series up by ``keys`` and day, with quantiles of the totals.

    A total of one series keeps its quantiles; of several it is lognormal with the sum of their
    means and the variance above.

    :param rows: region, sku, category, date, mean and the daily quantiles, one row a series and
        day; with ``cumulated`` also the cumulated ones.
    :param keys: of region, sku, category; empty for one total.
    :returns: ``keys``, date, mean, the quantiles; sorted by ``keys`` and date.
    """
    together = together or USUAL
    rows = rows.sort_values("date", kind="stable")
    group, frame = _groups(rows, keys)
    mean = np.asarray(np.bincount(group, rows["mean"].to_numpy(np.float64), len(frame)), float)
    frame["mean"] = mean
    daily = _quantiles(rows, group, mean, DAILY_COLUMNS, together.day)
    for index, column in enumerate(DAILY_COLUMNS):
        frame[column] = daily[:, index]
    if cumulated:
        run = frame.groupby(list(keys), observed=True)["mean"] if keys else frame["mean"]
        total = run.cumsum().to_numpy(dtype=np.float64)
        found = _quantiles(rows, group, total, CUMULATIVE_COLUMNS, together.run)
        for index, column in enumerate(CUMULATIVE_COLUMNS):
            frame[column] = found[:, index]
        if keys:
            runs = frame.groupby(list(keys), observed=True)[list(CUMULATIVE_COLUMNS)]
            frame[list(CUMULATIVE_COLUMNS)] = runs.cummax()
        else:
            frame[list(CUMULATIVE_COLUMNS)] = frame[list(CUMULATIVE_COLUMNS)].cummax()
    return frame


def expected_total(
    forecast: Forecast,
    brand: Brand,
    region: str | None = None,
    skus: Collection[str] | None = None,
    together: Together | None = None,
) -> pd.DataFrame:
    """Return the demand expected of the series chosen, day by day, with quantiles.

    :param region: None for all. :param skus: likewise.
    :returns: date, mean, the daily and the cumulated quantiles; of one series its own.
    """
    frame = forecast.frame[rows_of(forecast.frame, region, skus)]
    category = brand.products.set_index(brand.products["sku"].astype(str))["category"]
    frame = frame.assign(category=frame["sku"].astype(str).map(category).to_numpy())
    return total_quantiles(frame, (), together, cumulated=True)


def learn_together(day: pd.DataFrame, run: pd.DataFrame | None = None) -> Together:
    """Learn how errors go together from those of past forecasts.

    :param day: region, sku, category, date, error (sold − mean) and spread (standard deviation
        claimed), of days with stock; ``origin`` too where forecasts of several days are in it.
    :param run: the same for cumulated demand.
    """
    return Together(day=_shares(day, USUAL.day), run=_shares(run, USUAL.run))


def spread_of(rows: pd.DataFrame, columns: tuple[str, ...] = DAILY_COLUMNS) -> Floats:
    """Return the standard deviation that the outermost quantiles of each row claim."""
    return np.asarray(
        (rows[columns[-1]].to_numpy(np.float64) - rows[columns[0]].to_numpy(np.float64)) / _WIDTH
    )


def _groups(rows: pd.DataFrame, keys: tuple[str, ...]) -> tuple[npt.NDArray[np.intp], pd.DataFrame]:
    """Return each row's group, and the groups' keys and dates in order."""
    grouped = rows.groupby([*keys, "date"], observed=True, sort=True)
    frame = grouped.size().reset_index()[[*keys, "date"]]
    return np.asarray(grouped.ngroup(), dtype=np.intp), frame


def _quantiles(
    rows: pd.DataFrame,
    group: npt.NDArray[np.intp],
    mean: Floats,
    columns: tuple[str, ...],
    shares: Mapping[str, float],
) -> Floats:
    spread = spread_of(rows, columns)
    variance = np.zeros(len(mean))
    for part, keys in PARTS.items():
        if shares[part] == 0.0:
            continue
        codes = _codes(rows, keys)
        width = int(codes.max(initial=0)) + 1
        pairs, where = np.unique(group * width + codes, return_inverse=True)
        sums = np.bincount(where, spread, len(pairs))
        variance += shares[part] * np.bincount(pairs // width, sums**2, len(mean))
    safe = np.maximum(mean, 1e-12)
    scale = np.sqrt(np.log1p(variance / safe**2))
    found = safe[:, None] * np.exp(_NORMAL * scale[:, None] - scale[:, None] ** 2 / 2)
    found[mean <= 0] = 0.0
    alone = np.flatnonzero(np.bincount(group, minlength=len(mean))[group] == 1)
    own = rows[list(columns)].to_numpy(dtype=np.float64)
    found[group[alone]] = own[alone]
    return np.asarray(found)


def _codes(rows: pd.DataFrame, keys: tuple[str, ...]) -> npt.NDArray[np.intp]:
    if not keys:
        return np.zeros(len(rows), dtype=np.intp)
    return np.asarray(rows.groupby(list(keys), observed=True).ngroup(), dtype=np.intp)


def _shares(errors: pd.DataFrame | None, usual: Mapping[str, float]) -> Mapping[str, float]:
    """Solve E[Σ_g (Σ e)²] = Σ_c σ_c² Σ_g (Σ s)² over the parts' groups, with σ_c² >= 0."""
    if errors is None or errors.empty:
        return usual
    when = ["date", *(["origin"] if "origin" in errors else [])]
    moment = _codes(errors, tuple(when))
    spread = errors["spread"].to_numpy(dtype=np.float64)
    error = np.clip(errors["error"].to_numpy(np.float64), -_FURTHEST * spread, _FURTHEST * spread)
    # Both over the root of the spread: else the few largest series alone would speak.
    weight = 1.0 / np.sqrt(np.maximum(spread, 1e-9))
    error, spread = error * weight, spread * weight
    names = list(PARTS)
    left, right = np.zeros((len(names), len(names))), np.zeros(len(names))
    for row, part in enumerate(names):
        right[row] = _sum_of_squares(error, moment, _codes(errors, PARTS[part]))
        for column, other in enumerate(names):
            both = tuple(dict.fromkeys((*PARTS[part], *PARTS[other])))
            left[row, column] = _sum_of_squares(spread, moment, _codes(errors, both))
    size = np.maximum(np.diag(left), 1e-12)
    found, _ = nnls(left / size[:, None], right / size)
    days = float(len(np.unique(moment)))
    share = days / (days + _WORTH_OF_THE_USUAL)
    return MappingProxyType(
        {
            name: share * float(value) + (1 - share) * usual[name]
            for name, value in zip(names, found, strict=True)
        }
    )


def _sum_of_squares(
    values: Floats, moment: npt.NDArray[np.intp], codes: npt.NDArray[np.intp]
) -> float:
    where = np.unique(moment * (int(codes.max(initial=0)) + 1) + codes, return_inverse=True)[1]
    return float((np.bincount(where, values) ** 2).sum())
