"""Moments as their reader's clock says; UTC is said where the reader's zone is not known."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
import streamlit as st
from streamlit.runtime.context import ContextProxy

from dashboard import audit_trail, local_time
from data.ledger import Ledger
from data.transitions import Action

AT = pd.Timestamp("2025-11-02 17:30", tz="UTC")


@pytest.fixture
def in_zone(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """A page whose browser tells this zone."""
    monkeypatch.setattr(
        "streamlit.runtime.scriptrunner.get_script_run_ctx", lambda **options: object()
    )
    monkeypatch.setattr(ContextProxy, "timezone", property(lambda self: request.param))
    assert st.context.timezone == request.param


@pytest.mark.parametrize("in_zone", ["Asia/Shanghai"], indirect=True)
def test_a_moment_is_told_in_the_readers_time(
    in_zone: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("style", "language"):
        monkeypatch.setattr(f"dashboard.{module}.language", lambda: "en")
    assert local_time.moment(AT) == "3 Nov 01:30"
    assert local_time.moment(AT.tz_localize(None)) == "3 Nov 01:30"  # the ledger's own time is UTC
    assert local_time.when() == "When"
    assert local_time.moment(pd.NaT) == "–"  # type: ignore[arg-type]


@pytest.mark.parametrize("in_zone", [None, "UTC", "Moon/Base", "/etc"], indirect=True)
def test_where_the_zone_is_not_known_it_is_utc_and_says_so(
    in_zone: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("style", "language"):
        monkeypatch.setattr(f"dashboard.{module}.language", lambda: "en")
    assert local_time.moment(AT) == "2 Nov 17:30 UTC"
    assert local_time.when() == "When (UTC)"


def test_outside_a_page_times_are_utc() -> None:
    assert local_time.moment(pd.Timestamp("2025-11-03 01:30", tz="Asia/Shanghai")) == (
        "2 Nov 17:30 UTC"
    )


def test_the_days_of_the_audit_are_the_readers(ledger: Ledger) -> None:
    made = ledger.events(action=str(Action.RECORD))["at"].iloc[0]
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):  # 14 hours before UTC, 11 after
        day: date = made.tz_convert(zone).date()
        of_day = audit_trail.read(ledger, [str(Action.RECORD)], day, day, zone=zone)
        assert len(of_day) == 1
        other = day - pd.Timedelta(days=1)
        assert audit_trail.read(ledger, [str(Action.RECORD)], other, other, zone=zone).empty
