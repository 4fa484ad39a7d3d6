"""One transfer: why it is proposed, what happened to it, where else to look."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import (
    brand_names,
    event_words,
    instead_sentences,
    local_time,
    sentences,
    state,
    style,
)
from dashboard.language import _, ngettext
from dashboard.words import word


def draw(row: pd.Series, currency: str) -> None:
    """Draw the reasons and the history of one row of the board."""
    st.subheader(
        style.plain(f"{row['sku_name']} · {row['origin_name']} → {row['destination_name']}"),
        anchor=False,
    )
    st.caption(
        style.plain(
            ngettext(
                "{cases} case, {units} units · leaves {leaves}, arrives {arrives} · {state}",
                "{cases} cases, {units} units · leaves {leaves}, arrives {arrives} · {state}",
                int(row["cases"]),
            ).format(
                cases=style.number(row["cases"]),
                units=style.number(row["units"]),
                leaves=style.date(row["dispatch_date"]),
                arrives=style.date(row["arrive_date"]),
                state=word(row["state"]),
            )
        )
    )
    why, history = st.columns(2, gap="large")
    with why:
        _why(row, currency)
    with history:
        _history(row)


def _why(row: pd.Series, currency: str) -> None:
    st.markdown(f"**{_('Why')}**")
    told = sentences.why(row.to_dict(), currency)
    if not told:
        st.caption(_("The plan shown does not know this transfer; an earlier one proposed it."))
    for sentence in told:
        st.markdown(style.plain(sentence))
    brand = state.brand()
    names = brand_names.of_places(brand.locations)
    other = instead_sentences.instead(row.to_dict(), currency, names)
    if other:
        st.markdown(f"**{_('Instead of it')}**")
        st.markdown("\n".join(f"- {style.plain(sentence)}" for sentence in other))
    if row["state"] == "rejected":
        st.markdown(style.plain(_rejected(row)))
    if row["region"]:
        st.page_link(
            "screens/forecasts.py",
            label=_("See the demand behind it"),
            icon=":material/show_chart:",
            query_params={"region": str(row["region"]), "sku": str(row["sku"])},
        )


def _rejected(row: pd.Series) -> str:
    text = _("Rejected by {who}: {reason}. It stands until {until}.").format(
        who=row["decided_by"],
        reason=sentences.rejection(str(row["reason"])),
        until=style.date(row["until"]),
    )
    kept = event_words.ledger_text(str(row["text"]))
    return f"{text} “{kept}”" if kept else text


def _history(row: pd.Series) -> None:
    st.markdown(f"**{_('What happened')}**")
    events = state.ledger().history(str(row["transfer"]), str(row["plan"]))
    shown = pd.DataFrame([_event(event) for event in events.to_dict("records")])
    if shown.empty:
        st.caption(_("Nothing yet."))
        return
    st.dataframe(
        shown.iloc[::-1],
        hide_index=True,
        width="stretch",
        height=min(38 * (len(shown) + 1), 250),
        column_config={
            "when": st.column_config.TextColumn(_("When")),
            "who": st.column_config.TextColumn(_("Who")),
            "what": st.column_config.TextColumn(_("What"), width="large"),
        },
    )


def _event(event: dict[Any, Any]) -> dict[str, str]:
    what = sentences.action(str(event["action"]))
    before, after = event["from_cases"], event["cases"]
    if not pd.isna(after) and not pd.isna(before) and before != after:
        what += _(" ({before} → {after} cases)").format(
            before=style.number(before), after=style.number(after)
        )
    parts = [what]
    if event["reason"]:
        parts.append(sentences.rejection(str(event["reason"])))
    if event["text"]:
        parts.append(f"“{event_words.ledger_text(str(event['text']))}”")
    return {
        "when": local_time.moment(event["at"]),
        "who": str(event["who"]),
        "what": " · ".join(parts),
    }
