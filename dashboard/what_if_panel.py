"""Ask what more room, docks, stock or vehicles would bring."""

from __future__ import annotations

import streamlit as st

from dashboard import brand_names, fault_sentences, state, style
from dashboard.language import _
from data import Brand
from data.errors import NearfieldError
from optimization import Plan
from optimization.what_if import Answer, Change, Limit, what_if

SECONDS = 20.0
"""Time for a change that has to be solved."""


def draw(brand: Brand, plan: Plan) -> None:
    """Draw the question and, once asked, its answer."""
    with st.expander(_("What if there were more?")):
        kinds: dict[Limit, str] = {
            "storage": _("Storage at a place, in m³"),
            "handling": _("Units a day that a place can handle"),
            "main_stock": _("Cases of a product at a main"),
            "vehicles": _("Vehicles a lane and day"),
        }
        limit = st.selectbox(
            _("More of"), list(kinds), format_func=lambda kind: kinds[kind], key="what_if_limit"
        )
        with st.form("what_if", border=False):
            change = _change(brand, limit)
            sent = st.form_submit_button(_("Work it out"))
        if not sent:
            return
        forecast = state.forecast()
        if forecast is None:
            st.info(_("There is no forecast to work it out from."))
            return
        with st.spinner(_("Solving on from the plan")):
            facts = state.ledger().facts(plan.as_of)
            try:
                answer = what_if(
                    brand,
                    forecast.frame,
                    plan,
                    change,
                    approved=facts.approved,
                    rejected=facts.rejected,
                    seconds=SECONDS,
                )
            except (LookupError, NearfieldError) as error:
                known = error.sentence if isinstance(error, NearfieldError) else str(error)
                text = fault_sentences.told(known)
                st.error(style.plain(text))
                return
        st.markdown(style.plain(told(answer, plan.currency)))


def _change(brand: Brand, limit: Limit) -> Change:
    """Ask for the amount and where."""
    amount = st.number_input(_("How much more"), min_value=1, value=1, key="what_if_amount")
    places = brand.locations
    if limit == "vehicles":
        return Change(limit, amount)
    of_kind = places["kind"] == "main"
    shown = places[of_kind if limit == "main_stock" else ~of_kind]
    names = brand_names.of_places(shown)
    place = st.selectbox(
        _("Place"), list(names), format_func=lambda code: names[code], key=f"what_if_at_{limit}"
    )
    if limit != "main_stock":
        return Change(limit, amount, place)
    products = brand_names.of_products(brand.products)
    sku = st.selectbox(
        _("Product"), list(products), format_func=lambda code: products[code], key="what_if_sku"
    )
    return Change(limit, amount, place, sku)


def told(answer: Answer, currency: str) -> str:
    """Tell an answer and how it was found."""
    money = style.money(answer.gain, currency)
    if answer.method == "marginal":
        return _("It would bring about {money}, by what the plan says one more is worth.").format(
            money=money
        )
    return _(
        "It would bring at least about {money}, found by going on from the plan for "
        "{seconds} seconds."
    ).format(money=money, seconds=style.number(answer.seconds))
