"""A brand, its forecast, its plan and its past forecasts, read once for all readers.

What is read from files is kept (``cache_resource``: one object, never copied, never changed by
a page) under a key that changes when the files do.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from data import Brand, read_brand
from data.workspace import Workspace
from optimization.plan import read_plan

if TYPE_CHECKING:
    import pandas as pd

    from forecasting.coherent import Together
    from forecasting.forecast import Forecast
    from optimization.plan import Plan

Signature = tuple[tuple[str, int, int], ...]


def signature(folder: Path) -> Signature:
    """Return names, sizes and times of a folder's files: changes when any file does."""
    if not folder.is_dir():
        return ()
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return tuple((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files)


def workspace_of(folder: Path) -> Workspace:
    """Return where the work on a brand is kept."""
    return _workspace(folder, folder.is_dir())


@cache
def _workspace(folder: Path, _there: bool) -> Workspace:
    # Finding it tries to write; once is enough, until the folder appears.
    return Workspace.of(folder)


def brand_of(folder: Path) -> Brand:
    """Return the brand in a folder.

    :raises BadBrand: with every fault, where the folder cannot be used.
    """
    return _brand(str(folder), signature(folder))


@st.cache_resource(max_entries=2, show_spinner=False)
def _brand(folder: str, files: Signature) -> Brand:
    return read_brand(Path(folder))


def forecast_of(folder: Path) -> Forecast | None:
    """Return the last forecast of a brand; None before the first.

    :raises BadForecast: where the file does not fit the brand (any more).
    """
    path = workspace_of(folder).forecast
    if not path.is_file():
        return None
    files = forecast_signature(folder)
    return _forecast(str(path), files, str(folder), brand_of(folder).version)


def forecast_signature(folder: Path) -> Signature:
    """Return the signature of a brand's last forecast: of its files, among others beside them."""
    files = signature(workspace_of(folder).forecast.parent)
    return tuple(entry for entry in files if entry[0].startswith("forecast."))


@st.cache_resource(max_entries=2, show_spinner=False)
def _forecast(path: str, files: Signature, folder: str, version: str) -> Forecast:
    from forecasting.forecast import read_forecast

    return read_forecast(Path(path), brand_of(Path(folder)))


def plan_of(folder: Path) -> Plan | None:
    """Return the last plan of a brand; None before the first."""
    kept = workspace_of(folder).plan
    if not (kept / "plan.json").is_file():
        return None
    return _plan(str(kept), signature(kept))


@st.cache_resource(max_entries=4, show_spinner=False)
def _plan(folder: str, files: Signature) -> Plan:
    return read_plan(Path(folder))


def past_of(folder: Path) -> tuple[pd.DataFrame, Together | None, str]:
    """Return what :func:`forecasting.past.read_past` does, how errors go together, and a key.

    The key changes when either does: what is kept of them is kept under it.
    """
    past = workspace_of(folder).past
    files = signature(past)
    brand = brand_of(folder)
    rows, together = _past(str(past), files, brand, brand.version)
    return rows, together, f"{brand.version}{hash(files)}"


@st.cache_resource(max_entries=2, show_spinner=False)
def _past(
    folder: str, files: Signature, _brand: Brand, version: str
) -> tuple[pd.DataFrame, Together | None]:
    from forecasting.past import learn_from, read_past

    rows = read_past(Path(folder), _brand)
    return rows, learn_from(rows)
