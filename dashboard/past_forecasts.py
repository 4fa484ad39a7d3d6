"""The kept forecasts of past nights, read once, and what they teach about totals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from dashboard import state
from forecasting.past import learn_from, read_past

if TYPE_CHECKING:
    from data import Brand
    from forecasting.coherent import Together


def past() -> tuple[pd.DataFrame, Together | None, str]:
    """Return what :func:`forecasting.past.read_past` does, how errors go together, and a key.

    The key changes when either does: what is kept of them is kept under it.
    """
    folder = state.workspace().past
    brand = state.brand()
    files = state.signature(folder)
    rows, together = _past(str(folder), files, brand, brand.version)
    return rows, together, f"{brand.version}{hash(files)}"


@st.cache_resource(max_entries=2, show_spinner=False)
def _past(
    folder: str, files: state.Signature, _brand: Brand, version: str
) -> tuple[pd.DataFrame, Together | None]:
    rows = read_past(Path(folder), _brand)
    return rows, learn_from(rows)
