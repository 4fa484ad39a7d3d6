"""What a reader sees before there is anything to see: no brand, no forecast or no plan yet."""

from __future__ import annotations

import streamlit as st

from dashboard import jobs, running, state, style
from dashboard.fault_sentences import told
from dashboard.language import _
from data.errors import BadBrand, BadInput
from data.roles import Permission
from forecasting.forecast import Forecast
from optimization.plan import Plan


def brand_is_ready() -> bool:
    """Return whether the brand can be shown; draw what to do about it where it cannot."""
    if not state.brand_folder().is_dir():
        _missing_brand()
        return False
    try:
        state.brand()
    except BadBrand as faulty:
        st.title(_("This brand's tables have faults"))
        st.write(
            _("{count} faults were found. Nothing is shown until they are mended.").format(
                count=len(faulty.faults)
            )
        )
        st.page_link("screens/data.py", label=_("See every fault"), icon=":material/table_chart:")
        return False
    return True


def _missing_brand() -> None:
    folder = state.brand_folder()
    if not state.is_demo():
        st.title(_("There is no brand here"))
        st.error(_("The folder does not exist:"))
        st.code(str(folder), language=None)
        return
    st.title(_("Preparing the demo brand"))
    st.write(_("A simulated brand is being made. This takes a moment, once."))
    allowed = state.may(Permission.RUN_JOBS)
    if allowed and not jobs.history(state.workspace().jobs, "demo"):
        running.start_unless_running("demo")
    running.watch("demo")
    running.button("demo", _("Make the demo brand"))


def need_forecast() -> Forecast:
    """Return the forecast; where there is none yet, draw how to get one and stop the page."""
    try:
        forecast = state.forecast()
    except BadInput as unfit:
        _explain(_("The last forecast does not fit the brand any more"), told(unfit))
        forecast = None
    if forecast is None:
        _offer_run(_("No forecast yet"))
        st.stop()
    return forecast


def need_plan() -> Plan:
    """Return the plan; where there is none yet, draw how to get one and stop the page."""
    try:
        plan = state.plan()
    except BadInput as unfit:
        _explain(_("The last plan cannot be read"), told(unfit))
        plan = None
    if plan is None:
        _offer_run(_("No plan yet"))
        st.stop()
    return plan


def _explain(title: str, reason: str) -> None:
    st.warning(title, icon=":material/warning:")
    st.caption(style.plain(reason))


def _offer_run(title: str) -> None:
    st.title(title)
    st.write(
        _(
            "Forecast the demand of every region and product, then plan which stock to move "
            "nearer to its shoppers. You can go on reading other pages meanwhile."
        )
    )
    # The demo brand is there to be looked at: it does not wait to be asked.
    allowed = state.may(Permission.RUN_JOBS)
    if allowed and state.is_demo() and not jobs.history(state.workspace().jobs, "plan"):
        running.start_unless_running("plan")
    running.button("plan", _("Forecast and plan now"))
    running.watch("plan")
