"""What the ledger keeps beside an event, in the reader's language."""

from __future__ import annotations

import json
import math

from dashboard import refusals, sentences, style
from dashboard.fault_sentences import told
from dashboard.language import _
from data.ledger_plans import KEPT_TEXTS
from data.roles import Role
from data.sentence import heard
from data.transitions import Action


def why(action: str, reason: str, text: str, undoes: float = math.nan) -> str:
    """Return why an event happened and what it says of itself.

    :param reason: a code of :class:`data.transitions.Reason`, or "".
    :param text: what a person wrote, or what the ledger keeps there.
    :param undoes: the number of the event that it takes back; NaN: none.
    """
    said = {
        Action.OVERRIDE: lambda: _override(text),
        Action.GRANT: lambda: _grant(text),
        Action.WITHDRAW: lambda: _("override #{number}").format(number=f"{undoes:.0f}"),
        Action.RECORD: lambda: _record(text),
        Action.CARRY: lambda: ledger_text(text),
        Action.SUPERSEDE: lambda: ledger_text(text),
    }
    words = said[Action(action)]() if action in said else text
    return " · ".join(part for part in (sentences.rejection(reason), words) if part)


def ledger_text(text: str) -> str:
    """Return a text that recording a plan left, in the reader's language."""
    return told(heard(text, KEPT_TEXTS))


def _override(text: str) -> str:
    """Return an override, which the ledger keeps as JSON, in words."""
    try:
        kept = json.loads(text)
        amount = f"{kept['amount']:+g}" + ("%" if kept["kind"] == "percent" else "")
        scope = [kept[name] for name in ("region", "category", "sku") if kept[name]]
        return " · ".join([amount, *scope, f"{kept['starts']} – {kept['ends']}", kept["reason"]])
    except (ValueError, KeyError, TypeError):
        return text


def _grant(text: str) -> str:
    """Return who was given which roles, which the ledger keeps as ``name: role, role``."""
    name, _mark, listed = text.rpartition(": ")
    known = {str(role) for role in Role}
    roles = [refusals.role(role) for role in listed.split(", ") if role in known]
    return f"{name}: {', '.join(roles) or _('no role')}"


def _record(text: str) -> str:
    """Return what recording a plan did, which the ledger keeps as JSON."""
    try:
        kept = {name: style.number(count) for name, count in json.loads(text).items()}
        return _(
            "{proposed} proposed, {superseded} replaced, {carried} still rejected, "
            "{overtaken} left out"
        ).format(**kept)
    except (ValueError, KeyError, TypeError, AttributeError):
        return text
