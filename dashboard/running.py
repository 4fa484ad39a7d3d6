"""Jobs on a page: the button that starts one, and how far it is."""

from __future__ import annotations

import streamlit as st

from dashboard import actions, jobs, refusals, state, style
from dashboard.fault_sentences import told
from dashboard.language import _
from dashboard.words import word
from data.errors import NotAllowed
from data.roles import Permission


def arguments(kind: str) -> list[str]:
    """Return the command line's arguments for a kind of job on the brand shown.

    :param kind: ``demo``; ``plan``: forecast and plan; ``replan``: plan on the forecast there is.
    """
    folder = str(state.brand_folder())
    if kind == "demo":
        return ["demo", folder]
    return ["prepare", folder, *(["--keep-forecast"] if kind == "replan" else [])]


def _kind(kind: str) -> str:
    # Planning with and without a new forecast write the same plan: one at a time.
    return "plan" if kind == "replan" else kind


def start_unless_running(kind: str) -> None:
    """Start a job; where one of its kind is at work already, say whose."""
    try:
        actions.start_job(_kind(kind), arguments(kind))
    except jobs.AlreadyRunning as other:
        if other.job.who != state.who():
            st.toast(_("{who} has started this already.").format(who=style.plain(other.job.who)))
    except NotAllowed:
        st.toast(refusals.without(Permission.RUN_JOBS, always=True))


def button(kind: str, label: str, *, primary: bool = True) -> None:
    """Draw the button that starts a job; it rests while one of the kind is at work."""
    busy = jobs.running(state.workspace().jobs, _kind(kind)) is not None
    if st.button(
        label,
        key=f"start-{kind}",
        type="primary" if primary else "secondary",
        disabled=busy or not state.may(Permission.RUN_JOBS),
        help=refusals.without(Permission.RUN_JOBS),
    ):
        start_unless_running(kind)
        st.rerun()


def watch(kind: str, *, elsewhere: bool = False) -> None:
    """Draw how far the last job of a kind is; the page is drawn anew when it ends.

    :param elsewhere: the page has no button to start it again: link the one that has. A run
        that somebody cancelled is no news there: the plan that stands is as it was.
    """
    folder = state.workspace().jobs
    job = jobs.last(folder, _kind(kind))
    if job is None:
        return
    if job.status == "running":
        _follow(str(folder), job.id)
    elif job.status == "failed" or (job.status == "cancelled" and not elsewhere):
        show_end(job)
        if elsewhere:
            st.page_link("screens/runs.py", label=_("Go to the runs"), icon=":material/history:")


def show_end(job: jobs.Job) -> None:
    """Draw how a job ended that did not do what it should."""
    if job.status == "cancelled":
        st.info(style.plain(told(job.message)), icon=":material/cancel:")
        return
    st.error(style.plain(told(job.message)), icon=":material/error:")
    text = jobs.log(state.workspace().jobs, job.id)
    if text:
        with st.expander(_("Last lines of its log")):
            st.code(text, language=None, wrap_lines=True)


@st.fragment(run_every=1.0)
def _follow(folder: str, ident: str) -> None:
    job = jobs.read(state.workspace().jobs, ident)
    if job is None or job.status != "running":
        st.rerun(scope="app")
    share = min(job.done / job.total, 1.0) if job.total else 0.0
    counted = f" · {style.number(job.done)} / {style.number(job.total)}" if job.total else ""
    bar, stop = st.columns([6, 1], vertical_alignment="bottom")
    bar.progress(share, text=style.plain(word(job.what or "starting") + counted))
    if state.may(Permission.RUN_JOBS) and stop.button(
        _("Cancel"), key=f"cancel-{ident}", width="stretch"
    ):
        with st.spinner(_("Stopping…")):
            actions.cancel_job(ident)
        st.rerun(scope="app")
    if job.who and job.who != state.who():
        st.caption(_("Started by {who}").format(who=style.plain(job.who)))
