"""Below the fan: what people hold against the forecast, and whether they were right."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import actions, brand_names, local_time, past_forecasts, refusals, state, style
from dashboard.fault_sentences import told
from dashboard.forecast_details import Choice
from dashboard.language import _
from data.errors import BadInput
from data.overrides import LONGEST_REASON, Override, in_force, overrides
from data.roles import Permission
from forecasting.override_value import override_value

if TYPE_CHECKING:
    from data import Brand
    from forecasting import Forecast


def table() -> pd.DataFrame:
    """Return every override of the brand shown, as the ledger has them now."""
    return overrides(state.ledger())


def planned(brand: Brand, forecast: Forecast, rows: np.ndarray) -> pd.DataFrame | None:
    """Return the mean with the overrides that stand, by day; None where none concerns it.

    :param rows: which rows of the forecast are shown.
    """
    from forecasting.overridden import overridden_mean

    standing = in_force(table(), brand.as_of)
    if standing.empty:
        return None
    mean = overridden_mean(forecast.frame, standing, brand)
    frame = forecast.frame.assign(planned=mean)[rows]
    if np.allclose(frame["planned"], frame["mean"]):
        return None
    return frame.groupby("date", as_index=False)[["planned"]].sum()


def draw(brand: Brand, forecast: Forecast, choice: Choice) -> None:
    """Draw the overrides that were entered, and the form for another."""
    said = st.session_state.pop("override_said", None)
    if said:
        st.toast(said)
    st.caption(
        _(
            "What you know and the forecast does not. An override stays beside the forecast; "
            "plans take both from the next planning on."
        )
    )
    listed = table()
    left, right = st.columns([3, 2], gap="large")
    with right:
        _form(brand, forecast, choice)
    with left:
        _list(brand, listed)


def _list(brand: Brand, listed: pd.DataFrame) -> None:
    if listed.empty:
        st.caption(_("Nobody has overridden this forecast."))
        return
    value = override_value(listed, past_forecasts.past()[0], brand)
    standing = set(in_force(listed, brand.as_of)["override"])
    shown = listed.merge(value, on="override").sort_values("override", ascending=False)
    frame = pd.DataFrame(
        {
            "override": shown["override"],
            "scope": [_scope(brand, row) for row in shown.to_dict("records")],
            "change": [_change(row) for row in shown.to_dict("records")],
            "state": [_standing(row, standing) for row in shown.to_dict("records")],
            "starts": shown["starts"],
            "ends": shown["ends"],
            "forecast": 100 * shown["wape_forecast"],
            "overridden": 100 * shown["wape_override"],
            "why": shown["reason"],
            "who": shown["who"],
            "at": [local_time.moment(at) for at in shown["at"]],
        }
    )
    date = st.column_config.DateColumn
    text = st.column_config.TextColumn
    st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        height=style.table_height(len(frame), 380),
        key="overrides",
        column_config={
            "override": st.column_config.NumberColumn("#", width=56),
            "scope": text(_("For")),
            "change": text(_("Change")),
            "starts": date(_("From"), format="YYYY-MM-DD"),
            "ends": date(_("To"), format="YYYY-MM-DD"),
            "state": text(_("State")),
            "forecast": st.column_config.NumberColumn(
                _("Forecast off by"), format="%.0f %%", help=_("WAPE of the days that have come.")
            ),
            "overridden": st.column_config.NumberColumn(_("Override off by"), format="%.0f %%"),
            "why": text(_("Why")),
            "who": text(_("Who")),
            "at": text(_("When")),
        },
    )
    _withdrawal(sorted(standing, reverse=True), listed, brand)


def _withdrawal(standing: list[int], listed: pd.DataFrame, brand: Brand) -> None:
    if not standing:
        return
    rows = listed.set_index("override")
    names = {n: f"#{n} {_scope(brand, rows.loc[n].to_dict())}: {_change(rows.loc[n].to_dict())}"
             for n in standing}  # fmt: skip
    select, button = st.columns([3, 1], vertical_alignment="bottom")
    number = select.selectbox(
        _("Withdraw"), standing, format_func=names.__getitem__, key="withdrawn"
    )
    if button.button(
        _("Withdraw it"),
        key="withdraw",
        disabled=not state.may(Permission.OVERRIDE_FORECAST),
        help=refusals.without(Permission.OVERRIDE_FORECAST),
    ):
        try:
            actions.withdraw_override(int(number), f"withdraw {number}")
        except BadInput as refused:
            st.error(style.plain(told(refused)))
            return
        st.session_state["override_said"] = _("Withdrawn.")
        st.rerun()


def _form(brand: Brand, forecast: Forecast, choice: Choice) -> None:
    may = state.may(Permission.OVERRIDE_FORECAST)
    first, last = (forecast.frame["date"].agg(end).date() for end in ("min", "max"))
    scope = _scope(brand, {"region": choice.region, "category": choice.category, "sku": choice.sku})
    with st.form("override", border=True):
        st.markdown(_("**Override for {scope}**").format(scope=style.plain(scope)))
        kinds = {"percent": _("percent"), "units": _("units a day")}
        left, right = st.columns(2)
        amount = left.number_input(
            _("Change"), value=10.0, step=5.0, format="%.1f", key="override_amount"
        )
        kind = right.selectbox(
            _("In"), list(kinds), format_func=lambda code: kinds[code], key="override_kind"
        )
        starts = left.date_input(_("From"), first, min_value=first, key="override_starts")
        ends = right.date_input(_("To"), min(first + timedelta(days=2), last), min_value=first,
                                key="override_ends")  # fmt: skip
        reason = st.text_input(_("Why"), max_chars=LONGEST_REASON, key="override_reason")
        expires = st.date_input(
            _("Plans take it until"),
            None,
            min_value=brand.as_of.date(),
            key="override_expires",
            help=_("The last as-of day on which a plan takes it; empty: its last day."),
        )
        sent = st.form_submit_button(
            _("Enter"),
            type="primary",
            disabled=not may,
            help=refusals.without(Permission.OVERRIDE_FORECAST),
        )
    if not sent:
        return
    if not reason.strip():
        st.error(_("Say why: others will want to know, and so will you when it is measured."))
        return
    if ends < starts:
        st.error(_("The last day is before the first."))
        return
    request = st.session_state.setdefault("override_request", uuid.uuid4().hex)
    try:
        override = Override(
            kind="percent" if kind == "percent" else "units",
            amount=float(amount),
            starts=starts,
            ends=ends,
            reason=reason,
            region=choice.region,
            category="" if choice.sku else choice.category,
            sku=choice.sku,
            expires=expires,
        )
        actions.enter_override(override, request)
    except BadInput as refused:
        st.error(style.plain(told(refused)))
        return
    del st.session_state["override_request"]
    st.session_state["override_said"] = _("Entered. The next plan takes it.")
    st.rerun()


def _scope(brand: Brand, row: dict[Any, Any]) -> str:
    regions = brand_names.of_regions(brand.regions)
    names = brand_names.of_products(brand.products)
    region = str(regions.get(str(row["region"]), row["region"])) or _("All regions")
    what = str(names.get(str(row["sku"]), row["sku"])) or str(row["category"]) or _("All products")
    return f"{region} · {what}"


def _change(row: dict[Any, Any]) -> str:
    amount = float(str(row["amount"]))
    return f"{amount:+g}%" if row["kind"] == "percent" else f"{amount:+g} " + _("units a day")


def _standing(row: dict[Any, Any], standing: set[int]) -> str:
    if row["withdrawn_by"]:
        return _("withdrawn by {who}").format(who=row["withdrawn_by"])
    return _("in force") if row["override"] in standing else _("expired")
