"""Moments in the reader's own time: the ledger keeps UTC, the reader's browser tells its zone."""

from __future__ import annotations

from datetime import UTC, date, tzinfo
from zoneinfo import ZoneInfo

import pandas as pd

from dashboard import style
from dashboard.language import _


def zone() -> tzinfo:
    """Return the time zone of the reader's browser; UTC where it tells none that is known."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    if get_script_run_ctx(suppress_warning=True) is None:
        return UTC
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (KeyError, ValueError, OSError):  # unknown, no name of a zone, a folder of zones
        return UTC


def is_readers() -> bool:
    """Return whether times are the reader's own; where not, what shows them says UTC."""
    return str(zone()) != "UTC"


def moment(at: pd.Timestamp) -> str:
    """Return a moment of the ledger, day and time: the reader's, else it says that it is UTC."""
    if pd.isna(at):
        return style.date(None)
    known = at if at.tzinfo else at.tz_localize(UTC)
    text = f"{style.date(known.tz_convert(zone()), weekday=False)} {known.tz_convert(zone()):%H:%M}"
    return text if is_readers() else f"{text} UTC"


def when() -> str:
    """Return what a choice of days is headed: whose days they are."""
    return _("When") if is_readers() else _("When (UTC)")


def today() -> date:
    """Return the reader's day."""
    return pd.Timestamp.now(tz=zone()).date()
