"""Forecast, plan and record: what stands behind the dashboard, made by its job."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

    from data import Brand
    from data.ledger import Ledger
    from data.progress import Progress
    from data.workspace import Workspace
    from forecasting.forecast import Forecast
    from optimization.plan import Plan


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
    stands, and the new proposals are recorded for their decision.

    :param keep_forecast: plan on the workspace's forecast where it fits the brand.
    :returns: the forecast, the plan and the plan's id in the ledger.
    """
    from data.ledger import Ledger
    from data.workspace import Workspace
    from forecasting import forecast
    from optimization.planner import plan_transfers

    assert brand.folder is not None, "a brand read from files"
    workspace = Workspace.of(brand.folder)
    ledger = Ledger(workspace.ledger_url, brand.settings.name)
    _refuse_older(ledger, brand)
    made = _kept(brand, workspace) if keep_forecast else None
    if made is None:
        made = forecast(brand, backend=backend, workers=workers, progress=progress)
        made.write(workspace.forecast)
    facts = ledger.facts(brand.as_of)
    result = plan_transfers(
        brand,
        made.frame,
        approved=facts.approved,
        rejected=facts.rejected,
        last=_last(workspace),
        progress=progress,
    )
    result.write(workspace.plan)
    ident = plan_id(workspace.plan)
    record(ledger, ident, brand, result, basis=facts.position)
    ledger.close()
    return made, result, ident


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
            f"{brand.folder}: the sales end on {brand.as_of:%Y-%m-%d}, but a plan as of "
            f"{plans['as_of'].max():%Y-%m-%d} is recorded already. Add the newer sales."
        )


def plan_id(folder: Path) -> str:
    """Return the name of the plan in a folder, as the ledger knows it: a digest of its files."""
    digest = hashlib.sha256((folder / "transfers.csv").read_bytes())
    digest.update((folder / "plan.json").read_bytes())
    return digest.hexdigest()[:12]
