"""What an edit does, shown before it is confirmed."""

from __future__ import annotations

from math import inf

import pandas as pd
import streamlit as st

from dashboard import broken_limits, state, style
from dashboard.board import board
from dashboard.language import _
from optimization.edit_effect import EditEffect, effect_of_edit

MOST_TOLD = 4


def draw(row: pd.DataFrame, cases: int) -> bool:
    """Draw the effect of another number of cases; return whether it breaks no limit.

    :param row: one row of the board.
    """
    one = row.iloc[0]
    effect = _effect((str(one["plan"]), str(one["transfer"])), cases)
    if effect is None:
        st.caption(_("This transfer does not go any more: somebody decided on it meanwhile."))
        return True  # the ledger tells who and how
    currency = state.brand().settings.currency
    boxes = st.container(horizontal=True)
    boxes.metric(
        _("Fill of the trip"),
        style.percent(effect.after.fill),
        _change(style.percent(effect.before.fill)),
        delta_color="off",
        delta_arrow="off",
    )
    boxes.metric(
        _("Vehicles"),
        style.number(effect.after.vehicles),
        _change(style.number(effect.before.vehicles)),
        delta_color="off",
        delta_arrow="off",
        help=_("Their cost: {cost}").format(cost=style.money(effect.after.cost, currency)),
    )
    boxes.metric(
        _("Gain"),
        _gain(effect, currency),
        _change(style.money(effect.gain_before, currency)),
        delta_color="off",
        delta_arrow="off",
        help=_(
            "In proportion to the cases. Each further case brings less than the one before, so "
            "fewer cases keep at least this gain and more cases bring at most this."
        ),
    )
    with boxes:
        _storage(effect)
    told = broken_limits.sentences(effect.broken, broken_limits.Names.of(state.brand()))
    for text in told[:MOST_TOLD]:
        st.error(style.plain(text), icon=":material/block:")
    return effect.is_allowed


def _storage(effect: EditEffect) -> None:
    """Draw how full the destination is on its fullest morning, as a share where it has a limit."""
    limit = effect.storage_limit

    def filled(m3: float) -> str:
        return style.percent(m3 / limit) if 0 < limit < inf else f"{style.number(m3, 1)} m³"

    st.metric(
        _("Storage"),
        filled(effect.storage_after),
        _change(filled(effect.storage_before)),
        delta_color="off",
        delta_arrow="off",
        help=_(
            "How full the destination is on its fullest morning from the arrival on, at mean "
            "demand."
        ),
    )


def _effect(transfer: tuple[str, str], cases: int) -> EditEffect | None:
    plan, forecast = state.plan(), state.forecast()
    assert plan is not None and forecast is not None, "a board has a plan and its forecast"
    try:
        with st.spinner(_("Checking the limits…")):
            return effect_of_edit(plan, state.brand(), forecast.frame, board(), transfer, cases)
    except LookupError:
        return None


def _change(before: str) -> str:
    return _("{before} before").format(before=before)


def _gain(effect: EditEffect, currency: str) -> str:
    amount = style.money(effect.gain_after, currency)
    if effect.gain_after == effect.gain_before:
        return amount
    return f"≥ {amount}" if effect.is_least else f"≤ {amount}"
