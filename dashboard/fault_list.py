"""The faults of a brand's tables, each to be read whole: where, what was found, how to mend it."""

from __future__ import annotations

import streamlit as st

from dashboard import style
from dashboard.fault_sentences import told
from dashboard.language import _, ngettext
from data import CheckReport
from data.faults import Fault

MOST_FAULTS = 60


def draw(report: CheckReport) -> None:
    """Draw every fault, up to :data:`MOST_FAULTS`; a table would cut their sentences off."""
    for fault in report.faults[:MOST_FAULTS]:
        with st.container(border=True, gap="xxsmall"):
            st.markdown(_place(fault))
            st.markdown(
                _("Expected: {expected}. Found: {found}.").format(
                    expected=style.plain(told(fault.expected)), found=style.plain(told(fault.found))
                )
            )
            st.markdown(f":material/build: {style.plain(told(fault.mend))}")
    rest = len(report.faults) - MOST_FAULTS
    if rest > 0:
        st.caption(
            ngettext(
                "{count} more fault is told when these are mended.",
                "{count} more faults are told when these are mended.",
                rest,
            ).format(count=style.number(rest))
        )


def _place(fault: Fault) -> str:
    parts = [f"**{style.plain(fault.file or fault.table)}**"]
    if fault.column:
        parts.append(_("column {column}").format(column=f"**{style.plain(fault.column)}**"))
    if fault.rows:
        rows = ", ".join(str(row) for row in fault.rows)
        more = fault.count - len(fault.rows)
        parts.append(
            _("rows {rows} and {count} more").format(rows=rows, count=style.number(more))
            if more > 0
            else ngettext("row {rows}", "rows {rows}", len(fault.rows)).format(rows=rows)
        )
    return " · ".join(parts)
