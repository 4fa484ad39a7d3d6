"""The figures that a plan is judged by, and where they come from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import style
from dashboard.charts.bought import bought_chart
from dashboard.charts.gain import gain_chart
from dashboard.language import _, ngettext
from optimization import outlook

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from data import Brand
    from optimization.plan import Plan

LOGISTICS = ("vehicles", "moving", "handling", "co2")
"""The costs of moving stock, of :data:`optimization.plan.COSTS`."""


def draw(plan: Plan, brand: Brand, waiting: int) -> None:
    """Draw what the plan brings, what it costs, how good it is, and what is to be decided.

    :param waiting: transfers that wait for a decision.
    """
    currency = brand.settings.currency
    boxes = st.container(horizontal=True)
    _box(
        boxes,
        _("Gain of the plan"),
        style.money(plan.gain, currency),
        _("on {money} if nothing is moved").format(money=style.money(plan.doing_nothing, currency)),
        _(
            "Expected profit with the plan above that of moving nothing: after all costs, with "
            "what the stock that is left will still earn. Both are measured on the same fresh "
            "sample paths of demand."
        ),
    )
    vehicles = int(plan.trips["vehicles"].sum())
    _box(
        boxes,
        _("Transport and handling"),
        style.money(sum(plan.costs.get(kind, 0.0) for kind in LOGISTICS), currency),
        ngettext("{count} vehicle", "{count} vehicles", vehicles).format(
            count=style.number(vehicles)
        ),
        _("What the plan's trips cost, those approved before too. The gain has paid for them."),
    )
    _possible(boxes, plan, currency)
    before, after = shares(plan, brand)
    _box(
        boxes,
        _("Bought from nearby"),
        style.percent(after["near"] + after["mid"]),
        _("{share} without the plan").format(share=style.percent(before["near"] + before["mid"]))
        if before
        else "",
        _(
            "Of all that shoppers ask for, what they buy from a store or front warehouse of their "
            "own region."
        ),
    )
    _box(
        boxes,
        _("Waiting for a decision"),
        style.number(waiting),
        _("of {count} transfers").format(count=style.number(len(plan.transfers))),
    )


def _box(boxes: DeltaGenerator, label: str, value: str, beside: str = "", words: str = "") -> None:
    boxes.metric(
        label,
        value,
        beside or None,
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        help=words or None,
    )


def _possible(boxes: DeltaGenerator, plan: Plan, currency: str) -> None:
    words = _(
        "No plan, however it is made, can gain more than a bound that is worked out beside it. "
        "How much of what is between can be had is not known."
    )
    label, share = _("Of the gain that is possible"), least_share(plan)
    if share is None or plan.bound is None:
        _box(boxes, label, style.percent(None), no_share(plan), words)
        return
    most = style.money(plan.bound - plan.doing_nothing, currency)
    _box(boxes, label, f"≥ {style.percent(share)}", _("{money} at most").format(money=most), words)


def least_share(plan: Plan) -> float | None:
    """Return the share of the possible gain that the plan has at least, in whole hundredths."""
    if plan.captured is None:
        return None
    return math.floor(100 * min(max(plan.captured, 0.0), 1.0)) / 100


def no_share(plan: Plan) -> str:
    """Say why a plan has no share of a possible gain."""
    return _("no bound known") if plan.bound is None else _("nothing can be gained")


def shares(plan: Plan, brand: Brand) -> tuple[dict[str, float], dict[str, float]]:
    """Return what is bought from each field moving nothing ({} where unknown) and with the plan."""
    promise = brand.settings.promise
    conversion = {name: getattr(promise, name).conversion for name in ("near", "mid", "far")}
    before = plan.details.get("service_doing_nothing")
    return (
        outlook.bought(before, conversion) if before else {},
        outlook.bought(plan.service, conversion),
    )


def draw_gain(plan: Plan) -> None:
    """Draw what the gain is made of, where the plan tells it."""
    parts = outlook.gain_parts(plan)
    if not parts or plan.proposed.empty:
        return
    st.subheader(_("Where the gain comes from"))
    style.show(gain_chart(parts, plan.currency))
    st.caption(
        _(
            "Each against moving nothing. Sales: the profit of what is sold in these {days} days, "
            "after delivery. Stock that is left: what it will earn in the days after."
        ).format(days=plan.horizon_days)
    )


def draw_bought(plan: Plan, brand: Brand) -> None:
    """Draw what shoppers buy from where, without and with the plan."""
    st.subheader(_("What shoppers buy, and from where"))
    before, after = shares(plan, brand)
    cases = {_("without the plan"): before} if before else {}
    style.show(bought_chart({**cases, _("with the plan"): after}))
    text = _(
        "Not bought: who finds no stock, and who will not wait; of those served from far "
        "{share} buy."
    ).format(share=style.percent(brand.settings.promise.far.conversion))
    if before and after["not_bought"] > before["not_bought"] + 0.0005:
        text += " " + _(
            "Less is bought within these days than without the plan: stock is short, and what "
            "stands near waits for its region's shoppers. What it earns later counts in the gain."
        )
    st.caption(style.plain(text))
