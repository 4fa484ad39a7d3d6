"""The transfers that people decide on: the ledger's rows with the plan's reasons and names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from dashboard import brand_names, state
from data.spreadsheet_cells import write_csv
from optimization.plan_tables import REASONS

if TYPE_CHECKING:
    from data import Brand
    from optimization import Plan

KEY = ["lane", "sku", "dispatch_date"]
CSV_COLUMNS = (
    "state",
    "transfer",
    "plan",
    "lane",
    "origin",
    "origin_name",
    "destination",
    "destination_name",
    "sku",
    "sku_name",
    "category",
    "dispatch_date",
    "arrive_date",
    "cases",
    "units",
    "m3",
    "expected_gain",
)
"""Columns of :func:`as_csv`."""
_WHY = [name for name in REASONS if name not in ("transfer", "status")]


def board() -> pd.DataFrame:
    """Return every transfer that can be decided on or was, as it stands now.

    The ledger's columns (:data:`data.ledger_reading.TRANSFER_COLUMNS`), the plan's reasons
    (:data:`optimization.plan_tables.REASONS`) where the plan shown knows the transfer, and
    sku_name, category, origin_name, destination_name. Read anew only when somebody decided.
    """
    plan = state.plan()
    assert plan is not None, "a page that shows transfers has asked for a plan"
    of = (state.workspace().ledger_url, state.plan_id())
    _in_ledger(of)
    return _board(plan, state.brand(), of, _position())


@st.cache_resource(max_entries=8, show_spinner=False)
def _in_ledger(of: tuple[str, str]) -> bool:
    """Read the plan's transfers once: that records it, should its job have been stopped."""
    return not state.transfers().empty


def _position() -> int:
    """Return the number of the ledger's last event."""
    last = state.ledger().events(limit=1)
    return int(last["number"].iloc[0]) if len(last) else 0


@st.cache_resource(max_entries=3, show_spinner=False)
def _board(_plan: Plan, _brand: Brand, of: tuple[str, str], position: int) -> pd.DataFrame:
    rows = state.ledger().transfers()
    return with_reasons(rows, _plan, _brand)


def as_csv(rows: pd.DataFrame) -> bytes:
    """Return rows of the board as CSV with defused texts, money to the hundredth."""
    days = rows.assign(
        expected_gain=rows["expected_gain"].round(2),
        **{name: rows[name].dt.strftime("%Y-%m-%d") for name in ("dispatch_date", "arrive_date")},
    )
    return write_csv(CSV_COLUMNS, days[list(CSV_COLUMNS)].itertuples(index=False))


def with_reasons(rows: pd.DataFrame, plan: Plan, brand: Brand) -> pd.DataFrame:
    """Put the plan's reasons and the brand's names beside the ledger's rows.

    A transfer is the same in two plans if lane, product and dispatch date are.
    """
    why = pd.concat([plan.transfers[KEY], plan.reasons[_WHY]], axis=1).drop_duplicates(KEY)
    joined = rows.merge(why, on=KEY, how="left", validate="many_to_one")
    products = brand.products.astype({"sku": "str"}).set_index("sku")
    names = brand_names.of_places(brand.locations)
    joined["sku_name"] = (
        joined["sku"].map(brand_names.of_products(brand.products)).fillna(joined["sku"])
    )
    joined["category"] = joined["sku"].map(products["category"]).fillna("")
    joined["region"] = joined["destination"].map(
        brand.locations.astype({"location": "str"}).set_index("location")["region"]
    )
    for end in ("origin", "destination"):
        joined[f"{end}_name"] = joined[end].map(names).fillna(joined[end])
    return joined
