"""The work done in the background: what runs, what ran, and how it ended."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import jobs, running, state, style
from dashboard.language import _
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
    _history()


def _history() -> None:
    done = jobs.history(state.workspace().jobs)
    st.subheader(_("History"))
    if not done:
        st.caption(_("Nothing has run yet."))
        return
    frame = pd.DataFrame(
        {
            "started": [pd.Timestamp(job.started) for job in done],
            "kind": [word(job.kind) for job in done],
            "status": [word(job.status) for job in done],
            "seconds": [job.seconds for job in done],
            "who": [job.who for job in done],
            "message": [job.message for job in done],
        }
    )
    chosen = st.dataframe(
        frame,
        hide_index=True,
        key="runs",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "started": st.column_config.DatetimeColumn(
                _("Started"), format="YYYY-MM-DD HH:mm:ss", timezone=st.context.timezone
            ),
            "kind": _("Work"),
            "status": _("Status"),
            "seconds": st.column_config.NumberColumn(_("Seconds"), format="%.1f"),
            "who": _("Started by"),
            "message": st.column_config.TextColumn(_("Outcome"), width="large"),
        },
    )
    rows = chosen["selection"]["rows"]
    job = done[rows[0]] if rows else next((job for job in done if job.status == "failed"), None)
    if job is None:
        return
    st.caption(
        _("Log of the run of {time}").format(time=style.plain(job.started[:19].replace("T", " ")))
        + " UTC"
    )
    st.code(jobs.log(state.workspace().jobs, job.id) or "–", language=None)


main()
