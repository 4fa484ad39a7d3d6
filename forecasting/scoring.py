"""One forecast against what was sold: by level, region, category, day ahead, quantile, volume.

Every score is a ratio of sums, so that rows of several windows can be put together by ``units``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecasting.accuracy import pinball
from forecasting.coherent import Together, total_quantiles
from forecasting.panel import MIN_AVAILABILITY
from forecasting.quantiles import DAILY_COLUMNS, QUANTILES

if TYPE_CHECKING:
    from data.brand import Brand
    from forecasting.forecast import Forecast

Floats = npt.NDArray[np.floating[Any]]

LEVELS: Mapping[str, tuple[str, ...]] = {
    "series": ("region", "sku"),
    "product": ("sku",),
    "category": ("category",),
    "region": ("region",),
    "total": (),
}
"""What demand is added up by before it is scored, each day for itself."""

BREAKDOWNS: Mapping[str, str] = {
    "by_region": "region",
    "by_category": "category",
    "by_horizon_day": "day",
    "by_volume_quartile": "quartile",
}
"""Parts of level ``series``: the name of the row's level, and what parts it."""

MEASURES = ("wape", "bias", "wql", "cover90")

SCORE_COLUMNS: tuple[str, ...] = (
    "level",
    "group",
    "window",
    *MEASURES,
    *(f"{measure}_all" for measure in MEASURES),
    "below",
    "units",
)
"""Columns of a score; see :func:`score`."""


def joined(made: Forecast, brand: Brand) -> pd.DataFrame:
    """Return a forecast's rows with what was sold: one row a series and day of its life.

    :returns: the forecast's columns and units, availability, in_stock, category, day (1 = the
        first day ahead) and quartile (of the series' volume, 1 = the slowest).
    """
    daily = brand.daily_sales()
    before = daily[(daily["date"] < made.first_day)]
    daily = daily[daily["date"] >= made.first_day]
    rows = made.frame.merge(daily, on=["region", "sku", "date"], how="inner")
    category = brand.products.set_index(brand.products["sku"].astype(str))["category"]
    rows["category"] = rows["sku"].astype(str).map(category).to_numpy()
    rows["in_stock"] = rows["availability"] >= MIN_AVAILABILITY
    rows["day"] = (rows["date"] - made.first_day).dt.days + 1
    # Classes of volume come from before the window: what is scored must not sort itself.
    volume = before.groupby(["region", "sku"], observed=True)["units"].mean().rename("volume")
    known = rows[["region", "sku"]].merge(volume.reset_index(), on=["region", "sku"], how="left")
    edges = volume.quantile([0.25, 0.5, 0.75]).to_numpy()
    rows["quartile"] = 1 + np.searchsorted(edges, known["volume"].fillna(0.0).to_numpy())
    return rows


def score(
    rows: pd.DataFrame, window: str, together: Together | None = None
) -> Iterator[dict[str, object]]:
    """Score a forecast at every level and in every part.

    :param rows: from :func:`joined`.
    :param together: how errors go together, for the quantiles of totals; default: as usual.
    :returns: rows of :data:`SCORE_COLUMNS`. wape, bias, wql and cover90 are of days with stock
        (elsewhere sales do not tell demand), the same with ``_all`` of all days; ``group`` is
        the part (a region, a category, a day ahead, a quartile of volume with 1 the slowest, a
        quantile) and empty for the five levels; ``below`` is the share of days at or below the
        quantile; ``units`` were sold on the days with stock that were scored.
    """
    for level, keys in LEVELS.items():
        some, every = (_level(part, keys, together) for part in (rows[rows["in_stock"]], rows))
        yield _row(level, "", window, _measures(some), _measures(every))
    cells = _cells(rows)
    for level, by in BREAKDOWNS.items():
        stocked = cells[rows["in_stock"].to_numpy()]
        labels = rows[by].astype(str).to_numpy()
        sums = cells.groupby(labels).sum()
        sums_in = stocked.groupby(labels[rows["in_stock"].to_numpy()]).sum().reindex(sums.index)
        for label in sorted(sums.index, key=_order):
            both = _measures(sums_in.loc[label]), _measures(sums.loc[label])
            yield _row(level, label, window, *both)
    yield from _by_quantile(rows, window)


def _cells(rows: pd.DataFrame) -> pd.DataFrame:
    """What is summed up for each row: units, errors, losses, coverage."""
    actual = rows["units"].to_numpy(dtype=np.float64)
    quantiles = rows[list(DAILY_COLUMNS)].to_numpy(dtype=np.float64)
    return _sums(actual, rows["mean"].to_numpy(dtype=np.float64), quantiles)


def _sums(actual: Floats, mean: Floats, quantiles: Floats) -> pd.DataFrame:
    losses = [pinball(actual, quantiles[:, i], level) for i, level in enumerate(QUANTILES)]
    return pd.DataFrame(
        {
            "units": actual,
            "absolute": np.abs(mean - actual),
            "error": mean - actual,
            "loss": 2.0 * np.mean(losses, axis=0) if len(actual) else actual,
            "inside": (actual >= quantiles[:, 0]) & (actual <= quantiles[:, -1]),
            "count": 1.0,
        }
    )


def _level(
    rows: pd.DataFrame, keys: tuple[str, ...], together: Together | None
) -> pd.Series[float]:
    if keys == LEVELS["series"]:
        return _cells(rows).sum()
    totals = total_quantiles(rows, keys, together)
    sold = rows.groupby([*keys, "date"], observed=True)["units"].sum()
    return _sums(
        sold.to_numpy(dtype=np.float64),
        totals["mean"].to_numpy(),
        totals[list(DAILY_COLUMNS)].to_numpy(),
    ).sum()


def _measures(sums: pd.Series[float]) -> dict[str, float]:
    units, count = float(sums["units"]), float(sums["count"])
    over = units if units > 0 else float("nan")
    return {
        "wape": float(sums["absolute"]) / over,
        "bias": float(sums["error"]) / over,
        "wql": float(sums["loss"]) / over,
        "cover90": float(sums["inside"]) / count if count > 0 else float("nan"),
        "units": units,
    }


def _row(
    level: str, group: str, window: str, stocked: dict[str, float], every: dict[str, float]
) -> dict[str, object]:
    return {
        "level": level,
        "group": group,
        "window": window,
        **{measure: stocked[measure] for measure in MEASURES},
        **{f"{measure}_all": every[measure] for measure in MEASURES},
        "below": float("nan"),
        "units": stocked["units"],
    }


def _by_quantile(rows: pd.DataFrame, window: str) -> Iterator[dict[str, object]]:
    """Each quantile's own loss (as ``wql``) and how often demand stayed at or below it."""
    nothing = {measure: float("nan") for measure in MEASURES} | {"units": 0.0}
    for level, column in zip(QUANTILES, DAILY_COLUMNS, strict=True):
        both, below = [], float("nan")
        for part in (rows, rows[rows["in_stock"]]):
            actual = part["units"].to_numpy(dtype=np.float64)
            quantile = part[column].to_numpy(dtype=np.float64)
            units = float(actual.sum())
            loss = 2.0 * pinball(actual, quantile, level).sum()
            both.append(
                nothing | {"wql": loss / units if units > 0 else float("nan"), "units": units}
            )
            below = float((actual <= quantile).mean()) if len(actual) else float("nan")
        row = _row("by_quantile", f"{level:g}", window, both[1], both[0])
        yield row | {"below": below}


def _order(label: str) -> tuple[float, str]:
    return (float(label), "") if label.replace(".", "", 1).isdigit() else (float("inf"), label)
