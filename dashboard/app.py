"""The dashboard's entry point: ``streamlit run dashboard/app.py``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Streamlit puts this file's folder on the path, not the repository's root; it must also not
# come first there, where names in `dashboard` could hide the rooms.
_ROOT = str(Path(__file__).resolve().parents[1])
if sys.path[0] != _ROOT:
    sys.path.insert(0, _ROOT)

import streamlit as st  # noqa: E402

from dashboard import first_visit, logs, own_name, sidebar, sign_in, state, style  # noqa: E402
from dashboard.fault_sentences import told  # noqa: E402
from dashboard.language import _  # noqa: E402
from data.errors import BadInput, Failure  # noqa: E402
from data.roles import Permission, Person  # noqa: E402

FIRST = "overview"
WITHOUT_BRAND = ("data", "runs", "people")
"""Pages that open where the brand's tables have faults."""


def pages() -> dict[str, dict[str, tuple[str, str]]]:
    """Return the pages in order, by section: file name to title and icon."""
    return {
        "": {
            "overview": (_("Overview"), ":material/dashboard:"),
            "forecasts": (_("Forecasts"), ":material/show_chart:"),
            "transfers": (_("Transfers"), ":material/local_shipping:"),
            "network": (_("Network"), ":material/hub:"),
        },
        _("After deciding"): {
            "handover": (_("Hand over"), ":material/outbox:"),
            "credit": (_("Credit"), ":material/balance:"),
            "audit": (_("Audit"), ":material/fact_check:"),
        },
        _("Behind it"): {
            "data": (_("Data"), ":material/table_chart:"),
            "runs": (_("Runs"), ":material/history:"),
            "people": (_("People and settings"), ":material/group:"),
        },
    }


def main() -> None:
    """Choose the page and draw what all pages share."""
    if logs.RUN_VARIABLE in os.environ:  # started by ``nearfield serve``
        logs.of_server(state.log_folder())
    # A file of our own: Streamlit would fetch a named icon from elsewhere.
    icon = Path(__file__).with_name("icon.svg")
    st.set_page_config(page_title="Nearfield", page_icon=str(icon), layout="wide")
    try:
        reader = _reader()
    except (BadInput, Failure) as fault:
        # Nothing is shown where it is not known who may see it.
        _navigation(hidden=True)
        st.error(style.plain(told(fault)), icon=":material/error:")
        return
    page = _navigation(hidden=reader is None or not reader.may(Permission.LOOK))
    if reader is None:
        return
    if not reader.may(Permission.LOOK):
        sidebar.draw_stranger(reader)
        return
    sidebar.draw()
    if page.url_path in WITHOUT_BRAND or first_visit.brand_is_ready():
        page.run()


def _reader() -> Person | None:
    """Return who the reader is; None where they have to sign in first, which is then drawn."""
    if sign_in.must_sign_in():
        return None
    if not state.signed_in():
        own_name.restore()
    state.choose_brand()
    return state.choose_reader()


def _navigation(*, hidden: bool):  # type: ignore[no-untyped-def]
    sections = {
        section: [
            st.Page(
                f"screens/{name}.py",
                title=title,
                icon=icon,
                # Streamlit opens the first page at the root alone and keeps its path from others.
                url_path=name if name != FIRST else "start",
                default=name == FIRST,
            )
            for name, (title, icon) in listed.items()
        ]
        for section, listed in pages().items()
    }
    # Its name is typed and linked all the same.
    sections[""].append(
        st.Page(_to_first, title=_("Overview"), url_path=FIRST, visibility="hidden")
    )
    return st.navigation(sections, position="hidden" if hidden else "sidebar")


def _to_first() -> None:
    st.switch_page(f"screens/{FIRST}.py", query_params=st.query_params.to_dict())


main()
