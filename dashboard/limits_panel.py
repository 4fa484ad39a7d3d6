"""What stands of the last plan, and which limits would be worth widening."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import brand_names, instead_sentences, state, style
from dashboard.language import _

MOST_OF_A_KIND = 3


def draw(currency: str) -> None:
    """Draw both, where the plan knows them."""
    plan = state.plan()
    assert plan is not None, "a page that shows transfers has asked for a plan"
    change = plan.details.get("churn")
    if change:
        st.caption(style.plain(instead_sentences.churn(change)))
    limits = pd.DataFrame(plan.details.get("limits", []))
    if limits.empty:
        return
    brand = state.brand()
    places = brand_names.of_places(brand.locations)
    products = brand_names.of_products(brand.products)
    first = limits.sort_values("value", ascending=False).groupby("limit", sort=False)
    with st.expander(_("What limits the plan, and what one more would bring")):
        for row in first.head(MOST_OF_A_KIND).to_dict("records"):
            known = {str(name): value for name, value in row.items() if not pd.isna(value)}
            sentence = instead_sentences.worth(known, currency, places, products)
            st.markdown(f"- {style.plain(sentence)}")
