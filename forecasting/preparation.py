"""What is known of all series before any is forecast, and each batch's share of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from forecasting.batch import Task
from forecasting.design import Shared, driver_scales
from forecasting.fallback import likes_levels
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
    launched: npt.NDArray[np.intp]
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
            launched=self.launched[series],
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
        likes=likes_levels(panel, _likenesses(brand)),
        launched=_launch_days(brand, panel),
        counts=_whole_units(panel),
        samples=settings.samples,
        seed=settings.seed if seed is None else seed,
    )


def _likenesses(brand: Brand) -> dict[str, str]:
    products = brand.products[["sku", "similar_to"]].astype(str)
    return {sku: like for sku, like in products.itertuples(index=False) if like}


def _launch_days(brand: Brand, panel: Panel) -> npt.NDArray[np.intp]:
    """(S,) day of the panel on which the product is sold first; 0 where it is sold already."""
    launched = brand.products.set_index(brand.products["sku"].astype(str))["launched"]
    days = (launched.reindex(panel.sku) - panel.dates[0]).dt.days.fillna(0)
    return np.asarray(np.clip(days.to_numpy(), 0, None), dtype=np.intp)


def _whole_units(panel: Panel) -> bool:
    units = panel.units[np.isfinite(panel.units)]
    return bool((units == np.round(units)).all())
