"""What is to be planned: a network, the demand it faces, and how to plan it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from data import BadForecast, Brand, PlanSettings
from optimization.demand import Array, Demand, forecast_days, read_demand
from optimization.grouping import Rows
from optimization.network import Network
from optimization.network_builder import build_network
from optimization.sample_paths import PathModel, model_paths

COMMON_PATHS = 40
"""Paths that plans are made on; more change neither plans nor their profit."""
FRESH_PATHS = 200
"""Paths that a finished plan is evaluated on."""
_MANY_SERIES, _FEWER_COMMON, _FEWER_FRESH = 20_000, 20, 80
"""Above so many series errors even out, and memory and time are dearer than more paths."""
_FRESH = 1_000_003
"""Added to the seed for paths that no planning has seen."""


@dataclass(frozen=True, eq=False)
class Problem:
    """A network and its demand.

    :param paths: what sample paths are drawn from.
    :param seed: of the sample paths.
    """

    network: Network
    demand: Demand
    paths: PathModel
    settings: PlanSettings
    seed: int

    @property
    def common_paths(self) -> int:
        """How many paths a plan is made on."""
        return _FEWER_COMMON if self._many else COMMON_PATHS

    @property
    def fresh_paths(self) -> int:
        """How many fresh paths there are."""
        return _FEWER_FRESH if self._many else FRESH_PATHS

    @property
    def _many(self) -> bool:
        return len(self.network.series_sku) > _MANY_SERIES

    def common(self, series: Rows, paths: int | None = None) -> Array:
        """Draw the paths that plans are made on: (days, series, paths), the same every time."""
        return self.paths.draw(series, paths or self.common_paths, self.seed)

    def fresh(self, series: Rows, paths: int | None = None) -> Array:
        """Draw paths that no planning has seen: (days, series, paths), the same every time."""
        return self.paths.draw(series, paths or self.fresh_paths, self.seed + _FRESH)


def state_problem(
    brand: Brand,
    forecast: pd.DataFrame,
    *,
    approved: pd.DataFrame | None = None,
    rejected: pd.DataFrame | None = None,
    last: pd.DataFrame | None = None,
    horizon: int | None = None,
    seed: int | None = None,
) -> Problem:
    """Put a brand, a forecast and people's decisions into one problem.

    :param forecast: see :func:`optimization.demand.read_demand`.
    :param approved, rejected, last: see :func:`optimization.network_builder.build_network`.
    :param horizon: days to plan; default: the brand's ``horizon_days``, or as far as the
        forecast reaches where that is shorter.
    :raises data.errors.BadForecast: the forecast does not fit the brand or the horizon.
    """
    settings = brand.settings.plan
    reach = forecast_days(brand, forecast)
    days = min(settings.horizon_days, max(reach, 1)) if horizon is None else horizon
    if days < 1:
        raise BadForecast(f"horizon: expected at least 1 day, found {days}.")
    if horizon is not None and len(forecast) and reach < horizon:
        raise BadForecast(
            f"forecast: expected {horizon} days from {brand.as_of:%Y-%m-%d}, found {reach}."
            " Forecast further, or plan a shorter horizon."
        )
    demand = read_demand(brand, forecast, days)
    network = build_network(
        brand, demand.series, days, approved=approved, rejected=rejected, last=last
    )
    return Problem(
        network=network,
        demand=demand,
        paths=model_paths(demand),
        settings=settings,
        seed=settings.seed if seed is None else seed,
    )
