"""Everything that happened in the ledger: who, what, when, of which plan, and why."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import (
    audit_trail,
    brand_names,
    event_words,
    links,
    local_time,
    sentences,
    state,
    style,
)
from dashboard.audit_trail import MOST_EVENTS, OF_PEOPLE, OF_PLANS, Asked
from dashboard.fault_sentences import told
from dashboard.language import _, ngettext
from dashboard.words import word
from data.errors import Failure
from data.handover import audit_csv
from data.spreadsheet_cells import marked
from data.transitions import Reason

MOST_SHOWN = 1_000
DAYS = 30
WHATS = ("people", "plans", *(action.value for action in (*OF_PEOPLE, *OF_PLANS)))


def main() -> None:
    """Draw the page."""
    st.title(_("Audit"))
    st.write(
        _(
            "Every change is an event that is added and never rewritten: who, when, what, of "
            "which plan, and why."
        )
    )
    first, last = _period()
    with st.container(horizontal=True):
        what = _what()
        events = _events(what, first, last)
        who = links.choose("by", _("Who"), sorted(set(events["who"])), _("Everybody"))
        plans = _plans()
        plan = links.choose("plan", _("Plan"), list(plans), _("All plans"), plans.__getitem__)
        reasons = [reason.value for reason in Reason]
        reason = links.choose("reason", _("Reason"), reasons, _("All reasons"), sentences.rejection)
        words = _words()
    asked = Asked(what, first, last, who, plan, reason, words)
    _draw(audit_trail.matching(events, asked), len(events))
    _proof()


def _period() -> tuple[date | None, date | None]:
    today = local_time.today()
    since = {
        "1": (today, _("Today")),
        "7": (today - timedelta(days=6), _("7 days")),
        "30": (today - timedelta(days=DAYS - 1), _("30 days")),
        "own": (None, _("From – to")),
        "all": (None, _("Always")),
    }
    links.follow("period", since)
    st.session_state.setdefault("period", "30")
    left, right = st.columns([2.2, 2], vertical_alignment="bottom")
    with left:
        chosen = st.segmented_control(
            local_time.when(),
            list(since),
            key="period",
            required=True,
            format_func=lambda code: since[code][1],
        )
    links.keep("period", "" if chosen == "30" else chosen)
    if chosen != "own":
        return since[str(chosen)][0], None
    with right:
        span = st.date_input(
            _("Days"), (today - timedelta(days=DAYS - 1), today), format="YYYY-MM-DD", key="days"
        )
    days = span if isinstance(span, tuple) else (span,)
    return (days[0], days[-1]) if days else (None, None)


def _what() -> tuple[str, ...]:
    links.follow("what", WHATS)
    st.session_state.setdefault("what", "people")
    names = {"people": _("What people did"), "plans": _("What plans did")}
    chosen = st.selectbox(
        _("What"),
        WHATS,
        key="what",
        format_func=lambda code: names.get(code) or sentences.action(code),
    )
    links.keep("what", "" if chosen == "people" else chosen)
    groups = {"people": OF_PEOPLE, "plans": OF_PLANS}
    return tuple(str(one) for one in groups.get(chosen, (chosen,)))


def _words() -> str:
    asked = st.query_params.get("words")
    if asked and "words" not in st.session_state:
        st.session_state["words"] = asked
    words = st.text_input(
        _("Search"), key="words", placeholder=_("transfer, lane, product, text"), max_chars=80
    )
    links.keep("words", words)
    return str(words or "").strip()


def _plans() -> dict[str, str]:
    """Return the plans, newest first, and how they are named."""
    made = state.ledger().plans()
    return {
        str(row.plan): f"{style.date(row.as_of, weekday=False)} · {row.plan}"  # type: ignore[arg-type]
        for row in made.itertuples()
    }


def _events(actions: tuple[str, ...], first: date | None, last: date | None) -> pd.DataFrame:
    newest = state.ledger().events(limit=1)
    position = int(newest["number"].iloc[0]) if len(newest) else 0
    of = (state.workspace().ledger_url, state.brand_name())
    return _read(of, position, str(local_time.zone()), actions, first, last)


@st.cache_resource(max_entries=6, show_spinner=False)
def _read(
    of: tuple[str, str],
    position: int,
    zone: str,
    actions: tuple[str, ...],
    first: date | None,
    last: date | None,
) -> pd.DataFrame:
    return audit_trail.read(state.ledger(), actions, first, last, zone=zone)


def _draw(events: pd.DataFrame, read: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            ngettext("**{count}** event", "**{count}** events", len(events)).format(
                count=style.number(len(events))
            ),
            width="content",
        )
        st.download_button(
            _("Download as CSV"),
            lambda: marked(audit_csv(events)),
            file_name="nearfield-audit.csv",
            mime="text/csv",
            icon=":material/download:",
            disabled=events.empty,
            on_click="ignore",
        )
    if read >= MOST_EVENTS:
        st.caption(
            _("At most the newest {count} of each kind are read. Choose fewer days.").format(
                count=style.number(MOST_EVENTS)
            )
        )
    if events.empty:
        st.info(
            _("No event fits. Choose more days or fewer filters."), icon=":material/filter_alt_off:"
        )
        return
    st.dataframe(
        _table(events.head(MOST_SHOWN)),
        hide_index=True,
        width="stretch",
        height=style.table_height(len(events), 620),
        column_config=_columns(),
    )
    if len(events) > MOST_SHOWN:
        st.caption(
            _("The newest {shown} are listed; the CSV has all of them.").format(
                shown=style.number(MOST_SHOWN)
            )
        )


def _table(events: pd.DataFrame) -> pd.DataFrame:
    brand = state.brand()
    names = brand_names.of_products(brand.products)
    return pd.DataFrame(
        {
            "at": [local_time.moment(at) for at in events["at"]],
            "who": events["who"],
            "what": [sentences.action(code) for code in events["action"]],
            "product": events["sku"].map(names).fillna(events["sku"]),
            "lane": events["lane"],
            "leaves": [
                "" if pd.isna(day) else f"{day:%Y-%m-%d}" for day in events["dispatch_date"]
            ],
            "cases": [
                _cases(before, after)
                for before, after in zip(events["from_cases"], events["cases"], strict=True)
            ],
            "why": [
                event_words.why(*row)
                for row in events[["action", "reason", "text", "undoes"]].itertuples(index=False)
            ],
            "state": [word(code) if code else "" for code in events["state"]],
            "export": events["export"],
            "plan": events["plan"],
            "transfer": events["transfer"],
            "number": events["number"],
        }
    )


def _cases(before: float, after: float) -> str:
    if pd.isna(after):
        return ""
    if pd.isna(before) or before == after:
        return style.number(after)
    return f"{style.number(before)} → {style.number(after)}"


def _columns() -> dict[str, Any]:
    text = st.column_config.TextColumn
    return {
        "at": text(_("When"), width=136),
        "who": text(_("Who"), width=110),
        "what": text(_("What"), width=150),
        "product": text(_("Product"), width=150),
        "lane": text(_("Lane"), width=120),
        "leaves": text(_("Leaves"), width=86),
        "cases": text(_("Cases"), width=60),
        "why": text(_("Why"), width="medium"),
        "state": text(_("State"), width=90),
        "export": text(_("Export"), width=80),
        "plan": text(_("Plan"), width=110),
        "transfer": text(_("Transfer")),
        "number": st.column_config.NumberColumn(_("Number"), format="localized", width=80),
    }


def _proof() -> None:
    with st.expander(_("Prove that nothing was changed")):
        st.write(_("Replays every event and compares what comes out with what is kept."))
        if st.button(_("Replay all events"), key="verify"):
            try:
                with st.spinner(_("Replaying…")):
                    wrong = state.ledger().verify()
            except Failure as failure:
                wrong = [told(failure)]
            if wrong:
                st.error(_("This does not agree:"), icon=":material/error:")
                st.code("\n".join(wrong[:50]), language=None, wrap_lines=True)
            else:
                st.success(_("Everything agrees."), icon=":material/check:")


main()
