"""The page of data."""

from __future__ import annotations

import streamlit as st

from dashboard.language import _

st.title(_("Data"))
