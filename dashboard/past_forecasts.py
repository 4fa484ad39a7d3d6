"""The kept forecasts of past nights, and what they teach about totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard import state
from dashboard.kept import past_of

if TYPE_CHECKING:
    import pandas as pd

    from forecasting.coherent import Together


def past() -> tuple[pd.DataFrame, Together | None, str]:
    """Return those of the brand shown, as :func:`dashboard.kept.past_of` does."""
    return past_of(state.brand_folder())
