"""What is known of all series before any is forecast, and each batch's share of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from forecasting.batch import Task
from forecasting.design import Shared, driver_scales
from forecasting.new_products import expected_levels, launch_curve, launch_factors
from forecasting.panel import Panel
from forecasting.prophet_engine import Priors
from forecasting.spread import AS_FITTED, Spread

if TYPE_CHECKING:
    from data.brand import Brand

Floats = npt.NDArray[np.floating[Any]]

SERIES_PRIORS = Priors(changepoint=0.1, weekly=0.03, yearly=0.05, event=0.3, driver=0.1)
"""Priors of a series around its pool; chosen by measurement, see docs/forecasting.md."""

ALONE_PRIORS = Priors(changepoint=0.1, weekly=0.1, yearly=0.3, event=0.3, driver=0.1)
"""Priors of a series without a pool."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """What the parent knows of all series, from which each batch takes its own."""

    panel: Panel
    scales: Floats
    likes: Floats
    launch: Floats
    counts: bool
    samples: int
    seed: int

    def task(
        self,
        series: npt.NDArray[np.intp],
        shared: Sequence[Shared],
        spread: Spread = AS_FITTED,
    ) -> Task:
        """Return the task of a batch of series, given what each takes from its pool."""
        return Task(
            series=series,
            panel=self.panel.part(series),
            shared=tuple(shared),
            likes=self.likes[series],
            launch=self.launch[series],
            scales=self.scales,
            counts=self.counts,
            priors=SERIES_PRIORS,
            alone=ALONE_PRIORS,
            samples=self.samples,
            seed=self.seed,
            spread=spread,
        )


def prepare(brand: Brand, panel: Panel, seed: int | None) -> Preparation:
    """Gather what the brand says of the panel's series.

    :param seed: of the sample paths; default: the brand's setting.
    """
    settings = brand.settings.forecast
    return Preparation(
        panel=panel,
        scales=driver_scales(panel),
        likes=expected_levels(panel, _likenesses(brand), _prices(brand)),
        launch=_launches(brand, panel),
        counts=_whole_units(panel),
        samples=settings.samples,
        seed=settings.seed if seed is None else seed,
    )


def _likenesses(brand: Brand) -> dict[str, str]:
    products = brand.products[["sku", "similar_to"]].astype(str)
    return {sku: like for sku, like in products.itertuples(index=False) if like}


def _prices(brand: Brand) -> dict[str, float]:
    products = brand.products
    return dict(zip(products["sku"].astype(str), products["price"].astype(float), strict=True))


def _launches(brand: Brand, panel: Panel) -> Floats:
    """(S, T + H) what share of its later level each series sells on a day."""
    launched = brand.products.set_index(brand.products["sku"].astype(str))["launched"]
    first = (launched.reindex(panel.sku) - panel.dates[0]).dt.days.to_numpy(dtype=np.float64)
    begins = np.argmax(np.isfinite(panel.units), axis=1)
    alive = np.isfinite(panel.units).any(axis=1)
    # It begins in a region on its first day there, at the earliest on its launch.
    first = np.where(alive & np.isfinite(first), np.fmax(begins, first), first)
    shares = np.ones((len(panel), len(panel.dates)))
    new = np.flatnonzero(np.isfinite(first) & (first >= 0))
    if not len(new):
        return shares
    curve = launch_curve(panel)
    age = np.arange(len(panel.dates))[None, :] - first[new, None].astype(np.intp)
    shares[new] = launch_factors(curve, age)
    return shares


def _whole_units(panel: Panel) -> bool:
    units = panel.units[np.isfinite(panel.units)]
    return bool((units == np.round(units)).all())
