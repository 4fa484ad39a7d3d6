"""The brand's tables: what is wrong with them, what was repaired, and how to bring one's own."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import actions, fault_list, refusals, state, style, words
from dashboard.fault_sentences import told
from dashboard.language import _, ngettext
from data import Brand, CheckReport
from data.errors import BadBrand, NotAllowed
from data.roles import Permission
from data.tables import TABLES
from data.templates import zipped_templates

PREVIEW_ROWS = 1_000


def main() -> None:
    """Draw the page."""
    st.title(_("Data"))
    brand, report = _read()
    _checks(report)
    if brand is not None:
        _tables(brand)
    _own()


def _read() -> tuple[Brand | None, CheckReport]:
    try:
        brand = state.brand()
    except BadBrand as faulty:
        return None, CheckReport(faults=faulty.faults)
    return brand, brand.report


def _checks(report: CheckReport) -> None:
    st.subheader(_("Checks"))
    if report.ok:
        st.success(_("No fault in any table."), icon=":material/check:")
    else:
        st.error(
            ngettext(
                "{count} fault. Nothing else is shown until it is mended.",
                "{count} faults. Nothing else is shown until they are mended.",
                len(report.faults),
            ).format(count=len(report.faults)),
            icon=":material/error:",
        )
        fault_list.draw(report)
    if report.repairs:
        st.caption(_("Repaired while reading, and counted:"))
        st.dataframe(
            pd.DataFrame(
                [(words.table(r.table)[0], told(r.what), r.count) for r in report.repairs]
            ),
            hide_index=True,
            column_config={
                "0": _("Table"),
                "1": st.column_config.TextColumn(_("What"), width="large"),
                "2": st.column_config.NumberColumn(_("How often"), format="localized"),
            },
        )


def _tables(brand: Brand) -> None:
    st.subheader(_("Tables"))
    name = st.segmented_control(
        _("Table"),
        options=[table.name for table in TABLES],
        format_func=lambda table: (
            f"{words.table(table)[0]} · {style.compact(len(getattr(brand, table)))}"
        ),
        default="sales",
        required=True,
        key="table",
        label_visibility="collapsed",
    )
    frame: pd.DataFrame = getattr(brand, str(name))
    st.caption(
        words.table(str(name))[1]
        + " · "
        + ngettext("{count} row", "{count} rows", len(frame)).format(count=style.number(len(frame)))
        + (
            " · " + _("the latest {count} are shown").format(count=style.number(PREVIEW_ROWS))
            if len(frame) > PREVIEW_ROWS
            else ""
        )
    )
    days = frame.select_dtypes("datetime").columns
    st.dataframe(
        _latest(frame),
        hide_index=True,
        height=320,
        column_config={str(day): st.column_config.DateColumn(format="YYYY-MM-DD") for day in days},
    )


def _latest(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows to look at: of the newest days where a table has many."""
    latest = frame.tail(PREVIEW_ROWS)
    if "date" in frame and len(frame) > PREVIEW_ROWS:
        oldest = frame["date"].nlargest(PREVIEW_ROWS).iloc[-1]
        newest = frame[frame["date"] >= oldest]
        latest = newest.sort_values("date", ascending=False, kind="stable").head(PREVIEW_ROWS)
    return latest


def _own() -> None:
    st.subheader(_("Bring your own brand"))
    st.write(
        _(
            "A brand is a folder with one file a table, CSV or Parquet, and brand.toml. Fill in "
            "the templates, zip the folder and upload it here. It is checked whole before "
            "anything is forecast."
        )
    )
    st.download_button(
        _("Download the templates"),
        zipped_templates,
        file_name="nearfield-templates.zip",
        mime="application/zip",
        icon=":material/download:",
    )
    file = st.file_uploader(
        _("A zipped brand folder"),
        type="zip",
        key="upload",
        disabled=not state.may(Permission.CHANGE_DATA),
        help=refusals.without(Permission.CHANGE_DATA),
    )
    if file is not None:
        _take(file.getvalue())
    if st.session_state.get(state.UPLOAD_KEY):
        st.info(
            _("You see an uploaded brand. Only who has its link sees it.")
            if not state.signed_in()
            else _("You see an uploaded brand. Nobody else does.")
        )
        if st.button(_("Back to the brand of this server")):
            state.show_uploaded(None)
            st.rerun()


def _take(content: bytes) -> None:
    """Check an uploaded brand; offer to show it where it has no fault."""
    try:
        with st.spinner(_("Checking…")):
            name, report = actions.bring_brand(content)
    except NotAllowed:
        st.error(refusals.without(Permission.CHANGE_DATA, always=True))
        return
    if not report.ok:
        st.error(_("The upload was not taken: it has faults."), icon=":material/error:")
        fault_list.draw(report)
        return
    rows = sum(report.rows.values())
    st.success(
        _("No fault in {rows} rows.").format(rows=style.number(rows)), icon=":material/check:"
    )
    if st.button(_("Show this brand"), type="primary"):
        state.show_uploaded(name)
        st.switch_page("screens/overview.py")


main()
