"""How good forecasts would have been: forecast the past from its own past, and score it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.errors import BadInput
from data.progress import Progress, silent
from forecasting.accuracy import bias, coverage, wape, wql
from forecasting.baselines import seasonal_naive
from forecasting.forecast import Forecast
from forecasting.panel import MIN_AVAILABILITY
from forecasting.quantiles import DAILY_COLUMNS
from forecasting.run import forecast

if TYPE_CHECKING:
    from data.brand import Brand

Model = Callable[["Brand", int], Forecast]
"""Forecasts a brand so many days from its as-of day, knowing no sales after it."""

LEVELS: Mapping[str, tuple[str, ...]] = {
    "series": ("region", "sku"),
    "product": ("sku",),
    "category": ("category",),
    "region": ("region",),
    "total": (),
}
"""What demand is added up by before it is scored, each day for itself."""

BACKTEST_COLUMNS: tuple[str, ...] = (
    "model",
    "level",
    "days",
    "window",
    "horizon",
    "wape",
    "bias",
    "wql",
    "cover90",
    "seconds_per_series",
)
_MIN_HISTORY = 28


def backtest(
    brand: Brand,
    horizon: int | None = None,
    windows: int = 3,
    *,
    peers: bool = False,
    models: Mapping[str, Model] | None = None,
    backend: str = "loky",
    workers: int | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Score forecasts over rolling origins.

    Window w of W ends ``(W − w) × horizon`` days before the as-of day; each model sees the brand
    as it was the day before the window (drivers stay: they were planned).

    :param horizon: days; default: the brand's plan horizon.
    :param windows: >= 1; the first must leave 28 days of history.
    :param peers: also the peers of :mod:`forecasting.peers` (the extra ``peers``).
    :param models: instead of the built-in ones, by name.
    :returns: :data:`BACKTEST_COLUMNS`: model; level (:data:`LEVELS`); days: ``in_stock`` (scored
        where the product was there at least half the selling hours: elsewhere sales do not tell
        demand) or ``all`` (sales as they were); window (its first day); wape, bias, wql (2 ×
        pinball over the seven quantiles / units) and cover90 (share within q05 to q95), the last
        two at level series only, because quantiles do not add up; seconds_per_series of the run.
    :raises BadInput: the history is too short for so many windows.
    """
    horizon = brand.settings.plan.horizon_days if horizon is None else horizon
    if horizon < 1 or windows < 1:
        raise BadInput(f"expected a horizon and windows of at least 1; found {horizon}, {windows}.")
    ends = [brand.as_of - pd.Timedelta(days=horizon * w) for w in range(windows, 0, -1)]
    first = brand.dates[0] + pd.Timedelta(days=_MIN_HISTORY - 1)
    if ends[0] < first:
        fit = max(0, int((brand.as_of - first).days // horizon))
        raise BadInput(
            f"windows: {windows} of {horizon} days leave less than {_MIN_HISTORY} days of history "
            f"from {brand.dates[0]:%Y-%m-%d}. Ask for {fit} or fewer, or for a shorter horizon."
        )
    tell = progress or silent
    if models is None:
        models = {
            "nearfield": partial(forecast, backend=backend, workers=workers, seed=seed),
            "seasonal_naive": seasonal_naive,
            **(_peers() if peers else {}),
        }
    rows: list[dict[str, object]] = []
    total = len(ends) * len(models)
    for done, (as_of, (name, model)) in enumerate(
        (as_of, item) for as_of in ends for item in models.items()
    ):
        tell(done, total, f"{name} as of {as_of:%Y-%m-%d}")
        began = time.perf_counter()
        made = model(brand.until(as_of), horizon)
        seconds = (time.perf_counter() - began) / max(len(made.series), 1)
        for scores in score(made, brand):
            rows.append(
                {"model": name, **scores, "horizon": horizon, "seconds_per_series": seconds}
            )
    tell(total, total, "scored")
    return pd.DataFrame(rows, columns=list(BACKTEST_COLUMNS))


def score(made: Forecast, brand: Brand) -> Iterator[dict[str, object]]:
    """Score one forecast against the brand's sales, at each level and choice of days.

    Days of a series outside of its recorded life are not scored.
    """
    daily = brand.daily_sales()
    daily = daily[daily["date"] >= made.first_day]
    joined = made.frame.merge(daily, on=["region", "sku", "date"], how="inner")
    category = brand.products.set_index(brand.products["sku"].astype(str))["category"]
    joined["category"] = joined["sku"].astype(str).map(category).to_numpy()
    window = f"{made.first_day:%Y-%m-%d}"
    for days in ("in_stock", "all"):
        rows = joined if days == "all" else joined[joined["availability"] >= MIN_AVAILABILITY]
        for level, keys in LEVELS.items():
            yield {
                "level": level,
                "days": days,
                "window": window,
                **_score_level(rows, level, keys),
            }


def _score_level(rows: pd.DataFrame, level: str, keys: tuple[str, ...]) -> dict[str, float]:
    if level == "series":
        actual = rows["units"].to_numpy(dtype=np.float64)
        quantiles = rows[list(DAILY_COLUMNS)].to_numpy()
        return {
            **_score_mean(actual, rows["mean"].to_numpy()),
            "wql": wql(actual, quantiles),
            "cover90": coverage(actual, quantiles[:, 0], quantiles[:, -1]),
        }
    added = rows.groupby([*keys, "date"], observed=True)[["units", "mean"]].sum()
    scores = _score_mean(added["units"].to_numpy(dtype=np.float64), added["mean"].to_numpy())
    return {**scores, "wql": float("nan"), "cover90": float("nan")}


def _score_mean(
    actual: npt.NDArray[np.floating[Any]], mean: npt.NDArray[np.floating[Any]]
) -> dict[str, float]:
    return {"wape": wape(actual, mean), "bias": bias(actual, mean)}


def _peers() -> dict[str, Model]:
    from forecasting.peers import available_peers

    return dict(available_peers())
