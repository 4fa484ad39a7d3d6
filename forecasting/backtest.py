"""How good forecasts would have been: forecast the past from its own past, and score it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.errors import BadInput
from data.progress import Progress, silent
from forecasting.baselines import seasonal_naive, week_mean
from forecasting.forecast import Forecast
from forecasting.past import learn_from, past_rows, with_sales
from forecasting.peeking import hide_future, require_blind, require_no_record
from forecasting.run import forecast
from forecasting.scoring import SCORE_COLUMNS, joined, score

if TYPE_CHECKING:
    from data.brand import Brand

Model = Callable[["Brand", int], Forecast]
"""Forecasts a brand so many days from its as-of day, knowing no sales after it."""

BACKTEST_COLUMNS: tuple[str, ...] = (
    "model",
    "level",
    "window",
    "horizon",
    "wape",
    "bias",
    "wql",
    "cover90",
    "seconds_per_series",
    *(name for name in SCORE_COLUMNS if name.endswith("_all")),
    "group",
    "below",
    "units",
)
_MIN_HISTORY = 28

OURS = "nearfield"
"""The name of the brand's own engine among the models."""


def backtest(
    brand: Brand,
    horizon: int | None = None,
    windows: int = 3,
    *,
    peers: bool = False,
    models: Mapping[str, Model] | None = None,
    sample: int | None = None,
    audit: bool = False,
    keep: Callable[[pd.DataFrame], None] | None = None,
    backend: str = "loky",
    workers: int | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Score forecasts over rolling origins.

    Window w of W ends ``(W − w) × horizon`` days before the as-of day; each model sees the brand
    as it was the day before the window (:func:`forecasting.peeking.hide_future`).

    :param horizon: days; default: the brand's plan horizon.
    :param windows: >= 1; the first must leave 28 days of history.
    :param peers: also the peers of :mod:`forecasting.peers` (the extra ``peers``).
    :param models: instead of the built-in ones, by name.
    :param sample: score only so many series, drawn once. Models that learn each series alone
        forecast only these, so that slow peers can be afforded; the others learn from all.
    :param audit: forecast the first window again from another future, and fail if that moves a
        model's forecast.
    :param keep: given each window's forecast of the brand's own engine, as
        :func:`forecasting.past.past_rows` has it.
    :returns: :data:`BACKTEST_COLUMNS`, first all rows of the five levels
        (:data:`forecasting.scoring.LEVELS`), then those of its parts; window is its first day;
        see :func:`forecasting.scoring.score`. seconds_per_series is that of the run.
    :raises BadInput: the history is too short for so many windows, or a driver declared known
        is a record of sales.
    :raises Failure: with ``audit``: a model sees what it is scored on.
    """
    horizon = brand.settings.plan.horizon_days if horizon is None else horizon
    ends = _ends(brand, horizon, windows)
    tell = progress or silent
    require_no_record(hide_future(brand, ends[0]), horizon)
    if models is None:
        models = {
            OURS: partial(forecast, backend=backend, workers=workers, seed=seed),
            "seasonal_naive": seasonal_naive,
            "week_mean": week_mean,
            **(_peers(backend, workers) if peers else {}),
        }
    chosen = _sample(brand, sample, seed)
    alone = _learn_alone() if sample is not None else frozenset()
    rows: list[dict[str, object]] = []
    before: dict[str, list[pd.DataFrame]] = {name: [] for name in models}
    total, done = len(ends) * len(models), 0
    for as_of in ends:
        past = hide_future(brand, as_of)
        for name, model in models.items():
            tell(done, total, f"{name} as of {as_of:%Y-%m-%d}")
            if audit and as_of == ends[0]:
                require_blind(model, brand, as_of, horizon)
            seen = _only(past, chosen) if name in alone else past
            began = time.perf_counter()
            made = model(seen, horizon)
            seconds = (time.perf_counter() - began) / max(len(made.series), 1)
            found = joined(made, brand)
            found = found if chosen is None else found[_among(found, chosen)]
            kept = past_rows(found, as_of)
            if keep is not None and name == OURS:
                keep(past_rows(made.frame, as_of))
            # How a model's errors go together is learnt from the windows before.
            together = learn_from(pd.concat(before[name])) if before[name] else None
            rows += [
                {"model": name, **row, "horizon": horizon, "seconds_per_series": seconds}
                for row in score(found, f"{made.first_day:%Y-%m-%d}", together)
            ]
            before[name].append(with_sales(kept, brand))
            done += 1
    tell(total, total, "scored")
    frame = pd.DataFrame(rows, columns=list(BACKTEST_COLUMNS))
    return frame.sort_values("group", key=lambda group: group != "", kind="stable").reset_index(
        drop=True
    )


def retrospect(
    brand: Brand, horizon: int, windows: int, *, progress: Progress | None = None
) -> Iterator[pd.DataFrame]:
    """Yield what the brand's engine would have said before each window, oldest first.

    Rows are those of :func:`forecasting.past.past_rows`.

    :raises BadInput: the history is too short for so many windows.
    """
    for as_of in _ends(brand, horizon, windows):
        made = forecast(hide_future(brand, as_of), horizon, progress=progress)
        yield past_rows(made.frame, as_of)


def most_windows(brand: Brand, horizon: int) -> int:
    """Return how many windows leave 28 days of history."""
    first = brand.dates[0] + pd.Timedelta(days=_MIN_HISTORY - 1)
    return max(0, int((brand.as_of - first).days // horizon))


def _ends(brand: Brand, horizon: int, windows: int) -> list[pd.Timestamp]:
    """Return the as-of day of each window, oldest first."""
    if horizon < 1 or windows < 1:
        raise BadInput(f"expected a horizon and windows of at least 1; found {horizon}, {windows}.")
    ends = [brand.as_of - pd.Timedelta(days=horizon * w) for w in range(windows, 0, -1)]
    first = brand.dates[0] + pd.Timedelta(days=_MIN_HISTORY - 1)
    if ends[0] < first:
        fit = most_windows(brand, horizon)
        raise BadInput(
            f"windows: {windows} of {horizon} days leave less than {_MIN_HISTORY} days of history "
            f"from {brand.dates[0]:%Y-%m-%d}. Ask for {fit} or fewer, or for a shorter horizon."
        )
    return ends


def _sample(brand: Brand, count: int | None, seed: int | None) -> pd.DataFrame | None:
    """Return region and sku of the series to score, drawn once; None for all."""
    series = brand.series()[["region", "sku"]]
    if count is None or count >= len(series):
        return None
    if count < 1:
        raise BadInput(f"sample: expected at least 1 series; found {count}.")
    rng = np.random.default_rng(seed or 0)
    return series.iloc[np.sort(rng.choice(len(series), count, replace=False))]


def _among(rows: pd.DataFrame, chosen: pd.DataFrame) -> pd.Series[bool]:
    """Which rows are of the chosen series."""
    wanted = set(zip(chosen["region"].astype(str), chosen["sku"].astype(str), strict=True))
    keys = zip(rows["region"].astype(str), rows["sku"].astype(str), strict=True)
    return pd.Series([key in wanted for key in keys], index=rows.index)


def _only(brand: Brand, chosen: pd.DataFrame | None) -> Brand:
    """Return the brand with the sales of the chosen series alone."""
    if chosen is None:
        return brand
    sales = brand.sales.merge(chosen, on=["region", "sku"], how="inner")
    return replace(brand, sales=sales.reset_index(drop=True), version=f"{brand.version}#")


def _learn_alone() -> frozenset[str]:
    from forecasting.peers import LEARN_ALONE

    return frozenset({"seasonal_naive", "week_mean"}) | LEARN_ALONE


def _peers(backend: str, workers: int | None) -> dict[str, Model]:
    from forecasting.peers import available_peers

    return dict(available_peers(backend, workers))
