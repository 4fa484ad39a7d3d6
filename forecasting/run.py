"""Forecast every series of a brand with the engine that it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.errors import BadInput, Cancelled
from data.progress import Progress, silent
from forecasting.assemble import assemble
from forecasting.forecast import Forecast
from forecasting.panel import build_panel
from forecasting.pooled_run import pooled_outcomes
from forecasting.preparation import prepare
from forecasting.prophet_run import prophet_outcomes
from forecasting.workers import Workers

if TYPE_CHECKING:
    from data.brand import Brand


def forecast(
    brand: Brand,
    horizon: int | None = None,
    *,
    backend: str = "loky",
    workers: int | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
) -> Forecast:
    """Forecast every series of a brand from the day after its as-of day.

    :param horizon: days, 1 to 366; default: the brand's plan horizon.
    :param backend: joblib's name of one: ``loky`` (processes), ``threading``, ``sequential``,
        or one that a cluster has registered (``dask``, ``ray``).
    :param workers: how many at once; default: the processors at hand.
    :param seed: of the sample paths; default: the brand's setting. The same seed gives the same
        forecast whatever the backend and the number of workers.
    :param progress: told how many series are done; may raise :class:`~data.errors.Cancelled`.
    :raises BadInput: the horizon is out of range, or a known driver ends before it does.
    :raises Cancelled: Ctrl-C.
    :raises Failure: a worker died, or Prophet itself does not work here.
    """
    horizon = brand.settings.plan.horizon_days if horizon is None else horizon
    if not 1 <= horizon <= 366:
        raise BadInput(f"horizon: expected 1 to 366 days; found {horizon}.")
    panel = build_panel(brand, horizon)
    plan = prepare(brand, panel, seed)
    tell = progress or silent
    try:
        engine = (
            prophet_outcomes if brand.settings.forecast.engine == "prophet" else pooled_outcomes
        )
        outcomes = engine(plan, Workers(backend, workers), tell)
    except KeyboardInterrupt:
        raise Cancelled("Stopped. The last forecast still stands.") from None
    return assemble(brand, panel, outcomes)
