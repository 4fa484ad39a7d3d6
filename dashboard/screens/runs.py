"""The work done in the background: what runs, what ran, how it ended, and whether all is well."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import health, jobs, local_time, running, state, style
from dashboard.fault_sentences import told
from dashboard.job_history import by_kind, history_frame
from dashboard.language import _, ngettext
from dashboard.words import word


def main() -> None:
    """Draw the page."""
    st.title(_("Runs"))
    st.write(
        _(
            "Forecasts and plans are made in the background. They go on when this page is "
            "closed, and a run that is stopped leaves the last good forecast and plan in place."
        )
    )
    with st.container(horizontal=True):
        running.button("plan", _("Forecast and plan"))
        running.button("replan", _("Plan again on the same forecast"), primary=False)
    running.watch("plan")
    _health()
    history = history_frame(state.workspace().jobs)
    st.subheader(_("History"))
    if history.empty:
        st.caption(_("Nothing has been run from this page or by the nightly job yet."))
        return
    _kinds(by_kind(history))
    _history(history)


def _health() -> None:
    st.subheader(_("Health"))
    checks = health.check_health(state.brand_folder())
    names = {
        "brand": _("Settings"),
        "ledger": _("Ledger"),
        "plan": _("Plan"),
        "job": _("Last run"),
        "disk": _("Disk"),
        "server": _("Server"),
    }
    wrong = sum(not check.ok for check in checks)
    if wrong:
        text = ngettext("{count} thing is not well", "{count} things are not well", wrong)
        st.warning(text.format(count=style.number(wrong)), icon=":material/warning:")
    columns = st.columns(len(checks))
    for column, check in zip(columns, checks, strict=True):
        icon = ":green[:material/check_circle:]" if check.ok else ":red[:material/error:]"
        column.markdown(f"{icon} **{style.plain(names.get(check.name, check.name))}**")
        column.caption(style.plain(told(check.detail)))


def _kinds(kinds: pd.DataFrame) -> None:
    """Draw how often and how long each kind of work ran, and failed."""
    if kinds.empty:
        return
    column = st.column_config
    st.dataframe(
        pd.DataFrame(
            {
                "kind": [word(kind) for kind in kinds["kind"]],
                "runs": kinds["runs"],
                "failed": kinds["failed"],
                "cancelled": kinds["cancelled"],
                "median": [_duration(seconds) for seconds in kinds["median_seconds"]],
                "longest": [_duration(seconds) for seconds in kinds["longest_seconds"]],
                "last_done": kinds["last_done"],
                "last_failed": kinds["last_failed"],
            }
        ),
        hide_index=True,
        width="stretch",
        placeholder="–",
        column_config={
            "kind": column.TextColumn(_("Work")),
            "runs": column.NumberColumn(_("Runs"), width=70),
            "failed": column.NumberColumn(_("Failed"), width=70),
            "cancelled": column.NumberColumn(_("Cancelled"), width=80),
            "median": column.TextColumn(_("Usually takes"), width=110),
            "longest": column.TextColumn(_("Longest"), width=110),
            "last_done": _moment(_("Last done")),
            "last_failed": _moment(_("Last failed")),
        },
    )


def _moment(label: str) -> Any:
    return st.column_config.DatetimeColumn(
        label, format="YYYY-MM-DD HH:mm:ss", timezone=st.context.timezone
    )


def _duration(seconds: float) -> str:
    """Return a duration as its reader says it: ``48 s``, ``3 min 05 s``, ``1 h 12 min``."""
    if pd.isna(seconds):
        return style.number(None)
    if seconds < 60:
        return _("{seconds} s").format(seconds=style.number(seconds, 1))
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return _("{minutes} min {seconds} s").format(minutes=minutes, seconds=f"{rest:02d}")
    hours, minutes = divmod(minutes, 60)
    return _("{hours} h {minutes} min").format(hours=hours, minutes=f"{minutes:02d}")


def _history(history: pd.DataFrame) -> None:
    marks = {"done": "✓", "failed": "✗", "cancelled": "–", "running": "…"}
    frame = pd.DataFrame(
        {
            "started": history["started"],
            "kind": [word(kind) for kind in history["kind"]],
            "status": [f"{marks.get(code, '')} {word(code)}" for code in history["status"]],
            "took": [_duration(seconds) for seconds in history["seconds"]],
            "who": history["who"],
            "message": [told(message) for message in history["message"]],
        }
    )
    chosen = st.dataframe(
        frame,
        hide_index=True,
        key="runs",
        width="stretch",
        height=style.table_height(len(frame), 420),
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "started": _moment(_("Started")),
            "kind": st.column_config.TextColumn(_("Work"), width=90),
            "status": st.column_config.TextColumn(_("Status"), width=100),
            "took": st.column_config.TextColumn(_("Took"), width=100),
            "who": st.column_config.TextColumn(_("Started by"), width=120),
            "message": st.column_config.TextColumn(_("Outcome"), width="large"),
        },
    )
    rows = [row for row in chosen["selection"]["rows"] if row < len(history)]
    failed = history.index[history["status"] == "failed"]
    place = rows[0] if rows else (failed[0] if len(failed) else None)
    if place is None:
        st.caption(_("Select a run to read its log."))
        return
    ident = str(history["job"].iloc[place])
    at = local_time.moment(history["started"].iloc[place])
    st.caption(style.plain(_("Log of the run of {time}").format(time=at) + f" · {ident}"))
    st.code(jobs.log(state.workspace().jobs, ident) or "–", language=None, wrap_lines=True)


main()
