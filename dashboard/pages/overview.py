"""What needs a decision first."""

from __future__ import annotations

import streamlit as st

from dashboard import first_visit
from dashboard.language import _

st.title(_("Overview"))
plan = first_visit.need_plan()
