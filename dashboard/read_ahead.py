"""Read what the pages show before anyone asks: at the start, and when a night's plan is new.

The first reader of the morning would otherwise wait until libraries are loaded and the brand,
its forecast, its plan and its past forecasts are read.
"""

from __future__ import annotations

import importlib
import pkgutil
import time
from pathlib import Path

from dashboard import kept
from data.errors import BadInput, Failure

SECONDS_BETWEEN_LOOKS = 20
_PAGES_LOAD = (
    "first_visit",
    "board",
    "confirmation_preview",
    "deciding",
    "forecast_overrides",
    "forecast_record",
    "sidebar",
    "what_if_panel",
)
"""Modules that pages import, and with them nearly all that there is to load."""


def go_on(folder: Path) -> None:
    """Read now and whenever the files have changed, for ever: for a thread of the server.

    :param folder: of the brand that the server shows.
    """
    _load()
    known: object = None
    while True:
        found = signatures(folder)
        if found != known and folder.is_dir():
            known = found
            read(folder)
        time.sleep(SECONDS_BETWEEN_LOOKS)


def read(folder: Path) -> None:
    """Read the brand and what was made of it; faults are left for the pages to tell."""
    try:
        kept.brand_of(folder)
        kept.plan_of(folder)
        kept.forecast_of(folder)
        kept.past_of(folder)
    except (BadInput, Failure, OSError):
        return


def signatures(folder: Path) -> object:
    """Return what changes when anything that is read ahead does."""
    if not folder.is_dir():
        return None
    workspace = kept.workspace_of(folder)
    made = [kept.signature(place) for place in (folder, workspace.plan, workspace.past)]
    return [*made, kept.forecast_signature(folder)]


def _load() -> None:
    import altair as alt
    import pandas as pd

    from dashboard import charts

    for name in _PAGES_LOAD:
        importlib.import_module(f"dashboard.{name}")
    for module in pkgutil.iter_modules(charts.__path__):
        importlib.import_module(f"dashboard.charts.{module.name}")
    # The first chart of a process compiles what checks every other.
    alt.Chart(pd.DataFrame({"x": [1]})).mark_point().encode(x="x:Q").to_dict()
