"""Forecast, plan and record: what stands behind the dashboard, made by its job."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import BadInput
from data.sentence import say

if TYPE_CHECKING:
    import pandas as pd

    from data import Brand
    from data.ledger import Ledger
    from data.progress import Progress
    from data.workspace import Workspace
    from forecasting.forecast import Forecast
    from optimization.plan import Plan

PAST_WINDOWS, PAST_SERIES = 2, 10_000
"""Windows that the first night forecasts once more, and series up to which that takes seconds, and
so does telling what drivers do."""


def prepared(
    brand: Brand,
    progress: Progress,
    *,
    keep_forecast: bool = False,
    backend: str = "loky",
    workers: int | None = None,
) -> tuple[Forecast, Plan, str]:
    """Make the forecast and the plan that the dashboard shows.

    What people approved is taken as given, what they rejected stays rejected as long as it
    stands, and the new proposals are recorded for their decision. The plan is made on the
    forecast with people's overrides; the forecast's files stay as the model made them. What it
    said is kept, to be compared with what comes.

    :param keep_forecast: plan on the workspace's forecast where it fits the brand.
    :returns: the forecast, the plan and the plan's id in the ledger.
    """
    from data.ledger import Ledger
    from data.workspace import Workspace
    from forecasting import forecast
    from forecasting.past import keep_past, past_rows
    from optimization.planner import plan_transfers

    assert brand.folder is not None, "a brand read from files"
    workspace = Workspace.of(brand.folder)
    ledger = Ledger(workspace.ledger_url, brand.settings.name)
    _refuse_older(ledger, brand)
    made = _kept(brand, workspace) if keep_forecast else None
    if made is None:
        made = forecast(brand, backend=backend, workers=workers, progress=progress)
        made.write(workspace.forecast)
    _fill_past(brand, workspace, progress)
    planned = _with_overrides(made.frame, brand, ledger)
    keep_past(workspace.past, past_rows(made.frame, brand.as_of, planned["mean"].to_numpy()))
    facts = ledger.facts(brand.as_of)
    result = plan_transfers(
        brand,
        planned,
        approved=facts.approved,
        rejected=facts.rejected,
        last=_last(workspace),
        backend=backend,
        workers=workers,
        progress=progress,
    )
    result.write(workspace.plan)
    ident = plan_id(workspace.plan)
    record(ledger, ident, brand, result, basis=facts.position)
    ledger.close()
    _keep_effects(brand, workspace, progress)  # last: nobody waits for it
    return made, result, ident


def overridden(brand: Brand, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return a forecast with the overrides that stand in the brand's ledger, and how many.

    A brand that nobody has worked on has no ledger, and none is made here.
    """
    from data.workspace import find_ledger_url

    url = None if brand.folder is None else find_ledger_url(brand.folder)
    if url is None:
        return frame, 0
    from data.ledger import Ledger
    from data.overrides import in_force, overrides
    from forecasting.overridden import apply_overrides

    with Ledger(url, brand.settings.name) as ledger:
        standing = in_force(overrides(ledger), brand.as_of)
    return apply_overrides(frame, standing, brand), len(standing)


def _with_overrides(frame: pd.DataFrame, brand: Brand, ledger: Ledger) -> pd.DataFrame:
    from data.overrides import in_force, overrides
    from forecasting.overridden import apply_overrides

    return apply_overrides(frame, in_force(overrides(ledger), brand.as_of), brand)


def _fill_past(brand: Brand, workspace: Workspace, progress: Progress) -> None:
    """Forecast the last days from before them, where no night before has been kept.

    So the first night, too, can say how good its forecast is likely to be.
    """
    from forecasting.backtest import most_windows, retrospect
    from forecasting.past import keep_past, read_past

    horizon = brand.settings.plan.horizon_days
    windows = min(PAST_WINDOWS, most_windows(brand, horizon))
    quick = brand.settings.forecast.engine == "nearfield" and len(brand.series()) <= PAST_SERIES
    if quick and windows and read_past(workspace.past, brand).empty:
        # One step, not the steps of each: who waits would think that it began anew.
        progress(0, windows, "forecasting the past")
        for done, rows in enumerate(retrospect(brand, horizon, windows), start=1):
            keep_past(workspace.past, rows)
            progress(done, windows, "forecasting the past")


def _keep_effects(brand: Brand, workspace: Workspace, progress: Progress) -> None:
    """Work out what drivers and events do, where that is not known for these tables yet."""
    from dashboard import kept_effects
    from forecasting import driver_effects

    tells = brand.settings.forecast.engine == "nearfield" and len(brand.series()) <= PAST_SERIES
    if not tells or kept_effects.read(workspace.effects, brand) is not None:
        return
    progress(0, 1, "effects")
    kept_effects.write(workspace.effects, brand, driver_effects(brand))
    progress(1, 1, "effects")


def _kept(brand: Brand, workspace: Workspace) -> Forecast | None:
    from forecasting.forecast import read_forecast

    try:
        return read_forecast(workspace.forecast, brand)
    except (BadInput, FileNotFoundError):
        return None


def _last(workspace: Workspace) -> pd.DataFrame | None:
    """Return the transfers of the plan that people have read, None where there is none."""
    from optimization.plan import read_plan

    try:
        return read_plan(workspace.plan).transfers
    except BadInput:
        return None


def record(ledger: Ledger, ident: str, brand: Brand, plan: Plan, basis: int | None = None) -> None:
    """Record a plan's transfers for people's decision; recording one twice changes nothing."""
    ledger.record_plan(ident, plan.as_of, brand.settings.name, plan.transfers, basis=basis)


def _refuse_older(ledger: Ledger, brand: Brand) -> None:
    """Refuse to plan for a day before the ledger's last plan, before hours of work.

    :raises BadInput: says which day is expected.
    """
    plans = ledger.plans()
    if len(plans) and plans["as_of"].max() > brand.as_of:
        raise BadInput(
            say(
                "{folder}: the sales end on {last}, but a plan as of {planned} is recorded "
                "already. Add the newer sales.",
                folder=brand.folder,
                last=f"{brand.as_of:%Y-%m-%d}",
                planned=f"{plans['as_of'].max():%Y-%m-%d}",
            )
        )


def plan_id(folder: Path) -> str:
    """Return the name of the plan in a folder, as the ledger knows it: a digest of its files."""
    digest = hashlib.sha256((folder / "transfers.csv").read_bytes())
    digest.update((folder / "plan.json").read_bytes())
    return digest.hexdigest()[:12]
