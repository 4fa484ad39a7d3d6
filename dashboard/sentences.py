"""Reason codes and numbers as sentences, in the reader's language.

Everything returned is plain text: where Streamlit reads Markdown, pass it through
:func:`dashboard.style.plain`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from dashboard import local_time, style
from dashboard.language import _, language, ngettext
from dashboard.words import word
from data.decisions import Change
from data.transitions import Action, State

LONG_COVER = 60.0
"""Days of cover above which a sentence does not count them."""


def why(reason: Mapping[Any, Any], currency: str) -> list[str]:
    """Tell why a transfer is proposed, one thing a sentence.

    :param reason: a row of ``Plan.reasons`` (:data:`optimization.plan_tables.REASONS`); what is
        missing is left out.
    """
    told = (_there, _needed, _saves, _earns, _limit)
    return [text for text in (tell(reason, currency) for tell in told) if text]


def in_short(reason: Mapping[Any, Any]) -> str:
    """Tell why in one line, for a table that has the gain in a column of its own."""
    parts = []
    runs_out = reason.get("runs_out")
    if runs_out is not None and not pd.isna(runs_out):
        parts.append(_("out of stock on {day}").format(day=style.date(runs_out)))
    elif _has(reason, "cover_days"):
        parts.append(_("covers {days} days").format(days=_days(reason["cover_days"])))
    saved = sum(float(reason[name]) for name in ("saved_lost", "saved_far") if _has(reason, name))
    if saved > 0:
        parts.append(_("serves {units} more nearby").format(units=style.compact(saved)))
    limit = str(reason.get("limited_by") or "")
    if limit and limit != "economics":
        parts.append(_("not more: {limit}").format(limit=word(limit)))
    return " · ".join(parts)


def _there(reason: Mapping[Any, Any], currency: str) -> str:
    if not _has(reason, "stock", "cover_days"):
        return ""
    stock = style.compact(reason["stock"])
    coming = float(reason["inbound"]) if _has(reason, "inbound") else 0.0
    text = (
        _("The destination has {stock} units and {inbound} on the way: {days} days of demand.")
        if coming > 0
        else _("The destination has {stock} units: {days} days of demand.")
    )
    text = text.format(stock=stock, inbound=style.compact(coming), days=_days(reason["cover_days"]))
    runs_out = reason.get("runs_out")
    if runs_out is None or pd.isna(runs_out):
        return text
    return _join(text, _("It would run out on {day}.").format(day=style.date(runs_out)))


def _needed(reason: Mapping[Any, Any], currency: str) -> str:
    if not _has(reason, "demand_q50", "demand_q90"):
        return ""
    return _(
        "Until the next delivery it is as likely as not to need {median} units; "
        "9 times in 10, {high} are enough."
    ).format(median=style.compact(reason["demand_q50"]), high=style.compact(reason["demand_q90"]))


def _saves(reason: Mapping[Any, Any], currency: str) -> str:
    lost = float(reason["saved_lost"]) if _has(reason, "saved_lost") else 0.0
    far = float(reason["saved_far"]) if _has(reason, "saved_far") else 0.0
    lost_words, far_words = style.compact(lost), style.compact(far)
    if _counts(lost) and _counts(far):
        return _(
            "{lost} units are served that would find no stock, and {far} that would have to wait "
            "for a main warehouse."
        ).format(lost=lost_words, far=far_words)
    if _counts(lost):
        return _("{lost} units are served that would find no stock.").format(lost=lost_words)
    if _counts(far):
        return _(
            "{far} units are served from nearby that would have to wait for a main warehouse."
        ).format(far=far_words)
    return ""


def _earns(reason: Mapping[Any, Any], currency: str) -> str:
    if not _has(reason, "gain"):
        return ""
    gain = style.money(reason["gain"], currency)
    if not _has(reason, "cost_share"):
        return _("Without it the plan would earn {gain} less.").format(gain=gain)
    return _(
        "Without it the plan would earn {gain} less; its share of the trip's cost is {cost}."
    ).format(gain=gain, cost=style.money(reason["cost_share"], currency))


_LIMITS: Mapping[str, Callable[[], str]] = {
    "economics": lambda: _("One more case would cost more than it brings."),
    "main_stock": lambda: _("It is not more because the origin has no more to give."),
    "vehicle": lambda: _(
        "It is not more because the vehicles are full and one more is not worth it."
    ),
    "storage": lambda: _("It is not more because the destination's storage is full."),
    "handling": lambda: _("It is not more because the destination cannot receive more that day."),
    "case": lambda: _("It is not more because less than another whole case is wanted."),
    "lead_time": lambda: _("It is not more because more could not arrive in time."),
    "departure": lambda: _("It is not more because nothing else departs in time."),
    "assortment": lambda: _("It is not more because the assortment allows no more there."),
    "rejected": lambda: _("It is not more because more was rejected, and that still stands."),
    "no_lane": lambda: _("It is not more because no other lane leads there."),
    "expiry": lambda: _("It is not more because more would spoil before it sells."),
}


def _limit(reason: Mapping[Any, Any], currency: str) -> str:
    code = str(reason.get("limited_by") or "")
    if not code:
        return ""
    tell = _LIMITS.get(code)
    return tell() if tell else _("It is not more because of: {code}.").format(code=code)


_FLAGS: Mapping[str, Callable[[], str]] = {
    "new": lambda: _("It has not been sold yet: the forecast is that of products like it."),
    "too_short": lambda: _(
        "It has been sold for less than two weeks with stock: the forecast leans on products like "
        "it."
    ),
    "mostly_out": lambda: _("It was hardly ever in stock: the forecast leans on products like it."),
    "too_few_sales": lambda: _(
        "It sold on fewer than five days: the forecast is the mean of the last eight weeks."
    ),
    "all_zero": lambda: _("It never sold on a day with stock: the forecast is close to nothing."),
    "constant": lambda: _("It sold the same every day: the forecast is that."),
    "ended": lambda: _("It seems to have ended: the forecast is zero."),
    "fit_failed": lambda: _(
        "The model could not be fitted: the forecast is the mean of the last four weeks."
    ),
    "unseen_event": lambda: _(
        "The days ahead hold an event that its history does not know: its effect is not in here."
    ),
}


def flag(code: str) -> str:
    """Tell what is special about a series' forecast and why; "" where nothing is."""
    if not code:
        return ""
    tell = _FLAGS.get(code)
    return tell() if tell else _("It is not an ordinary fit: {code}.").format(code=code)


_EVENTS: Mapping[str, Callable[[], str]] = {
    "new_year": lambda: _("New Year"),
    "spring_festival": lambda: _("Spring Festival"),
    "qingming": lambda: _("Qingming"),
    "labour_day": lambda: _("Labour Day"),
    "dragon_boat": lambda: _("Dragon Boat Festival"),
    "mid_autumn": lambda: _("Mid-Autumn Festival"),
    "national_day": lambda: _("National Day"),
    "womens_day": lambda: _("Women's Day"),
    "618": lambda: _("618"),
    "double11": lambda: _("Double 11"),
    "double12": lambda: _("Double 12"),
    "winter_holiday": lambda: _("Winter school holiday"),
    "summer_holiday": lambda: _("Summer school holiday"),
    "makeup_workday": lambda: _("Make-up working day"),
}


def event(code: str) -> str:
    """Return the name of a day of China's calendar; the code itself where it is a brand's own."""
    tell = _EVENTS.get(code)
    return tell() if tell else code


_REASONS: Mapping[str, Callable[[], str]] = {
    "forecast_too_high": lambda: _("The forecast is too high"),
    "stock_wrong": lambda: _("The stock figure is wrong"),
    "no_dock_slot": lambda: _("There is no dock slot"),
    "supplier_issue": lambda: _("There is an issue with the supplier"),
    "other": lambda: _("Another reason"),
}


def rejection(code: str) -> str:
    """Return the reason of a rejection in words."""
    tell = _REASONS.get(code)
    return tell() if tell else code


_ACTIONS: Mapping[str, Callable[[], str]] = {
    Action.APPROVE: lambda: _("approved"),
    Action.EDIT: lambda: _("changed the cases"),
    Action.REJECT: lambda: _("rejected"),
    Action.DISPATCH: lambda: _("dispatched"),
    Action.RECEIVE: lambda: _("received"),
    Action.CORRECT: lambda: _("corrected what was received"),
    Action.CANCEL: lambda: _("cancelled"),
    Action.PROPOSE: lambda: _("proposed by the plan"),
    Action.CARRY: lambda: _("rejected again: the rejection still stands"),
    Action.SUPERSEDE: lambda: _("replaced by a newer plan"),
    Action.EXPORT: lambda: _("handed over to the warehouse"),
    Action.UNDO: lambda: _("undid the last decision"),
    Action.RECORD: lambda: _("recorded a plan"),
    Action.GRANT: lambda: _("gave roles"),
    Action.OVERRIDE: lambda: _("overrode the forecast"),
    Action.WITHDRAW: lambda: _("withdrew an override"),
}


def action(code: str) -> str:
    """Return what an event of the ledger did, in words."""
    tell = _ACTIONS.get(code)
    return tell() if tell else code


_WAYS_OUT: Mapping[str, Callable[[], str]] = {
    State.PROPOSED: lambda: _("It is only proposed: approve or reject it first."),
    State.APPROVED: lambda: _("It is approved: undo that, or cancel it."),
    State.REJECTED: lambda: _("It is rejected: undo that first."),
    State.DISPATCHED: lambda: _("It is on its way: only what is received can be confirmed."),
    State.RECEIVED: lambda: _("It has arrived: only the received quantity can be corrected."),
    State.CANCELLED: lambda: _("It is cancelled: undo that, or wait for the next plan."),
    State.SUPERSEDED: lambda: _("A newer plan has replaced it: decide on that one."),
}


def way_out(state: str) -> str:
    """Say what can be done with a transfer in a state in which a decision was refused."""
    tell = _WAYS_OUT.get(state)
    return tell() if tell else ""


def changed(change: Change, name: str) -> str:
    """Say what somebody else did to a transfer since the reader saw it.

    :param name: the transfer in words.
    """
    return ngettext(
        "{name}: {who} {action} at {when}; it is now {state} with {cases} case.",
        "{name}: {who} {action} at {when}; it is now {state} with {cases} cases.",
        change.cases,
    ).format(
        name=name,
        who=change.who,
        action=action(change.action),
        when=local_time.moment(pd.Timestamp(change.at)),
        state=word(change.state),
        cases=style.number(change.cases),
    )


def _days(days: float) -> str:
    if days >= LONG_COVER:
        return _("more than {days}").format(days=style.number(LONG_COVER))
    return style.number(days, 1).removesuffix(".0")


def _has(reason: Mapping[Any, Any], *names: str) -> bool:
    return all(reason.get(name) is not None and not pd.isna(reason[name]) for name in names)


def _counts(units: float) -> bool:
    return units >= 0.05


def _join(*sentences: str) -> str:
    # Chinese sentences follow each other without a space.
    return ("" if language() == "zh" else " ").join(sentences)
