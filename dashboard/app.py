"""The dashboard's entry point: ``streamlit run dashboard/app.py``."""

from __future__ import annotations

import sys
from pathlib import Path

# Streamlit puts this file's folder on the path, not the repository's root; it must also not
# come first there, where names in `dashboard` could hide the rooms.
_ROOT = str(Path(__file__).resolve().parents[1])
if sys.path[0] != _ROOT:
    sys.path.insert(0, _ROOT)

import streamlit as st  # noqa: E402

from dashboard import first_visit, sidebar, state  # noqa: E402
from dashboard.language import _  # noqa: E402


def pages() -> dict[str, tuple[str, str]]:
    """Return the pages in order: file name to title and icon."""
    return {
        "overview": (_("Overview"), ":material/dashboard:"),
        "forecasts": (_("Forecasts"), ":material/show_chart:"),
        "transfers": (_("Transfers"), ":material/local_shipping:"),
        "network": (_("Network"), ":material/hub:"),
        "data": (_("Data"), ":material/table_chart:"),
        "runs": (_("Runs"), ":material/history:"),
    }


def main() -> None:
    """Choose the page and draw what all pages share."""
    # A file of our own: Streamlit would fetch a named icon from elsewhere.
    icon = Path(__file__).with_name("icon.svg")
    st.set_page_config(page_title="Nearfield", page_icon=str(icon), layout="wide")
    state.choose_brand()
    page = st.navigation(
        [
            st.Page(
                f"screens/{name}.py",
                title=title,
                icon=icon,
                url_path=name,
                default=name == "overview",
            )
            for name, (title, icon) in pages().items()
        ]
    )
    sidebar.draw()
    if page.url_path in ("data", "runs") or first_visit.brand_is_ready():
        page.run()


main()
