"""Sentences: what a planner reads for codes and numbers, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from dashboard import language, sentences
from data.decisions import Change
from data.transitions import Action, Reason, State
from forecasting.calendar import EVENTS
from forecasting.fallback import FLAGS
from optimization.plan_tables import LIMITS

REASON: dict[str, Any] = {
    "stock": 30.0,
    "inbound": 0.0,
    "cover_days": 1.5,
    "runs_out": pd.Timestamp("2025-11-05"),
    "demand_q50": 80.0,
    "demand_q90": 132.0,
    "gain": 420.0,
    "saved_lost": 24.0,
    "saved_far": 12.0,
    "cost_share": 60.0,
    "limited_by": "main_stock",
}


@pytest.fixture(params=["en", "zh"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for module in (language, sentences.style, sentences):
        monkeypatch.setattr(module, "language", lambda: request.param)
    yield request.param


def test_why_tells_each_number_once() -> None:
    text = " ".join(sentences.why(REASON, "CNY"))
    for part in ("30 units", "1.5 days", "Wed 5 Nov", "80", "132", "24", "12", "¥420", "¥60"):
        assert text.count(part) == 1, part
    assert "origin has no more" in text


def test_what_is_missing_is_left_out() -> None:
    assert sentences.why({}, "CNY") == []
    assert sentences.why({"gain": float("nan"), "runs_out": pd.NaT}, "CNY") == []
    only_gain = sentences.why({"gain": 5.0}, "EUR")
    assert only_gain == ["Without it the plan would earn €5 less."]
    assert "on the way" in sentences.why({**REASON, "inbound": 7.0}, "CNY")[0]


def test_long_cover_is_not_counted() -> None:
    text = sentences.why({**REASON, "cover_days": 400.0, "runs_out": pd.NaT}, "CNY")[0]
    assert "more than 60 days" in text
    assert "run out" not in text


def test_in_short_fits_a_table_row() -> None:
    text = sentences.in_short(REASON)
    assert text.startswith("out of stock on Wed 5 Nov · ")
    assert "36 more nearby" in text
    assert "\n" not in text
    assert "not more" not in sentences.in_short({**REASON, "limited_by": "economics"})


def test_every_code_has_its_sentence(reader: str) -> None:
    told = [
        *(sentences.why({"limited_by": code}, "CNY")[0] for code in LIMITS),
        *(sentences.flag(code) for code in FLAGS),
        *(sentences.event(code) for code in EVENTS),
        *(sentences.rejection(code) for code in Reason),
        *(sentences.way_out(code) for code in State),
        *(sentences.action(code) for code in Action if code not in (Action.RECORD, Action.GRANT)),
    ]
    assert all(told)
    codes = {*LIMITS, *FLAGS, *EVENTS, *Reason} - {"618", "rejected"}  # also words
    assert not codes & set(told)
    assert not [text for text in told if re.search(r"[a-z]_[a-z]", text)]
    if reader == "zh":
        assert not [text for text in told if re.search("[A-Za-z]{4,}", text)]


def test_a_code_that_nobody_knows_is_told_as_it_is() -> None:
    assert "moon" in sentences.why({"limited_by": "moon"}, "CNY")[0]
    assert "moon" in sentences.flag("moon")
    assert sentences.flag("") == ""
    assert sentences.event("anniversary") == "anniversary"


def test_who_was_first_and_what_they_did(reader: str) -> None:
    at = datetime(2025, 11, 3, 9, 5, tzinfo=UTC)
    change = Change("p", "T1", 1, 2, State.APPROVED, 12, Action.APPROVE, "Li <b>Wei</b>", at)
    text = sentences.changed(change, "Milk → Hangzhou")
    assert "Li <b>Wei</b>" in text  # plain text: the page escapes it
    assert "12" in text
    assert "09:05 UTC" in text
    assert "Milk → Hangzhou" in text
