"""What the pages show: the brand, its forecast, its plan and its ledger.

Streamlit runs a page anew at every click and for every reader. What is read from files is
therefore kept for all readers (:mod:`dashboard.kept`).
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from dashboard import kept, logs, own_name, prepared, sign_in
from data import BadBrand, Brand, CheckReport, check_brand
from data.findings import Findings
from data.roles import Permission, Person, Role, local_person
from data.settings_file import read_settings
from data.upload import read_zipped
from data.workspace import OWN_LEDGER, Workspace
from optimization.plan import read_plan

if TYPE_CHECKING:
    from data.ledger import Ledger
    from forecasting.forecast import Forecast
    from optimization.plan import Plan

BRAND_ENV = "NEARFIELD_BRAND"
DEMO_FOLDER = Path("demo-brand")
"""Where the demo brand is made when no brand is named."""

UPLOAD_KEY = "uploaded"
"""The query parameter and session key that name an uploaded brand."""

READER = "reader"
"""The session key of who the reader was when the page was drawn."""


def brand_folder() -> Path:
    """Return the folder of the brand that this reader sees."""
    uploaded = _uploaded_folder(str(st.session_state.get(UPLOAD_KEY, "")))
    return uploaded or served_folder()


def served_folder() -> Path:
    """Return the folder that the server was started for, else the demo brand's."""
    return Path(os.environ.get(BRAND_ENV, "") or DEMO_FOLDER).absolute()


def is_demo() -> bool:
    """Return whether the brand shown is the demo brand of this server."""
    return not os.environ.get(BRAND_ENV) and brand_folder() == served_folder()


def uploads_folder() -> Path:
    """Return where uploaded brands are unpacked."""
    home = os.environ.get("NEARFIELD_HOME")
    base = Path(home) if home else Path.home() / ".local" / "share" / "nearfield"
    return base / "uploads"


def _uploaded_folder(name: str) -> Path | None:
    # The name comes from the address bar: only our own digests are looked up, never a path.
    if not name or not all(letter in "0123456789abcdef" for letter in name):
        return None
    folder = uploads_folder() / name
    if not folder.is_dir() or not sign_in.is_configured():
        return folder if folder.is_dir() else None
    # Who brought a brand sees it; others have no role in it.
    owner = Workspace.of(folder).root / OWN_LEDGER
    mine = owner.is_file() and owner.read_text("utf-8") == sign_in.name()
    return folder if mine else None


def brand() -> Brand:
    """Return the brand shown.

    :raises BadBrand: with every fault, where the folder cannot be used.
    """
    return kept.brand_of(brand_folder())


def workspace() -> Workspace:
    """Return where the work on the brand shown is kept."""
    return kept.workspace_of(brand_folder())


def log_folder() -> Path | None:
    """Return where the server keeps its log; None where the brand that it serves is not there."""
    folder = served_folder()
    return kept.workspace_of(folder).root / logs.FOLDER if folder.is_dir() else None


def forecast() -> Forecast | None:
    """Return the last forecast of the brand shown; None before the first.

    :raises BadForecast: where the file does not fit the brand (any more).
    """
    return kept.forecast_of(brand_folder())


def plan() -> Plan | None:
    """Return the last plan of the brand shown; None before the first."""
    return kept.plan_of(brand_folder())


@st.cache_resource(max_entries=4, show_spinner=False)
def _ledger(url: str, name: str) -> Ledger:
    from data.ledger import Ledger

    return Ledger(url, name)


def ledger() -> Ledger:
    """Return the ledger of the brand shown."""
    return _ledger(workspace().ledger_url, brand_name())


def brand_name() -> str:
    """Return the name of the brand shown, by which the ledger knows it, whatever its tables are."""
    try:
        return brand().settings.name
    except BadBrand:
        return read_settings(brand_folder(), Findings())[0].name


def plan_id() -> str:
    """Return the name of the plan shown, as the ledger knows it."""
    return prepared.plan_id(workspace().plan)


@st.cache_resource(max_entries=8, show_spinner=False)
def _recorded(url: str, ident: str, folder: str) -> bool:
    # A plan is recorded, whole, when it is made; this mends a stop between writing and recording.
    if ident not in set(ledger().plans()["plan"]):
        prepared.record(ledger(), ident, brand(), read_plan(Path(folder)))
    return True


def transfers() -> pd.DataFrame:
    """Return the transfers of the plan shown as they stand in the ledger now."""
    ident = plan_id()
    _recorded(workspace().ledger_url, ident, str(workspace().plan))
    return ledger().transfers(ident)


def person() -> Person:
    """Return who acts, with their roles in the brand shown, as they are now.

    With sign-in the roles are those that the brand's ledger gives; without it whoever sits here
    has all of them.

    :raises BadInput: the ledger or the secrets cannot be read.
    """
    if not sign_in.is_configured():
        return local_person(who())
    name = sign_in.name(used=True)
    if not name:
        return Person("nobody", frozenset())
    if brand_folder() != served_folder():
        return Person(name, frozenset(Role))  # who brings a brand has every role in it
    admins = sign_in.first_admins()
    if not brand_folder().is_dir():
        return Person(name, frozenset({Role.ADMIN} if name in admins else ()))
    from data.people import find_person

    return find_person(ledger(), name, admins=admins)


def may(permission: Permission) -> bool:
    """Return whether the reader may, as read when this page was drawn: for what is offered.

    What is carried out asks again, in :mod:`dashboard.actions`.
    """
    reader = st.session_state.get(READER)
    return isinstance(reader, Person) and reader.may(permission)


def choose_reader() -> Person:
    """Read who the reader is and what they may; once each time a page is drawn."""
    reader = person()
    st.session_state[READER] = reader
    return reader


def who() -> str:
    """Return who decides: the signed-in reader, else the name given in the side bar."""
    if sign_in.is_configured():
        return sign_in.name() or "nobody"
    return own_name.given() or "local"


def signed_in() -> bool:
    """Return whether readers sign in here; without it anyone can decide."""
    return sign_in.is_configured()


def asked(parameter: str) -> str | None:
    """Return a filter from the link: ``region``, ``sku``, ``category``, ``lane``, ``transfer``…"""
    value = st.query_params.get(parameter)
    return str(value) if value else None


def as_of() -> pd.Timestamp:
    """Return the last day whose sales are known."""
    return brand().as_of


def choose_brand() -> None:
    """Take the uploaded brand that the link names, if it is still here."""
    named = asked(UPLOAD_KEY)
    if named and _uploaded_folder(named):
        st.session_state[UPLOAD_KEY] = named
    elif st.session_state.get(UPLOAD_KEY):
        st.query_params[UPLOAD_KEY] = st.session_state[UPLOAD_KEY]


@st.cache_resource(max_entries=8, show_spinner=False)
def take_upload(content: bytes, owner: str) -> tuple[str, CheckReport]:
    """Unpack and check an uploaded brand; one with faults is not kept.

    It has a ledger of its own, whatever its name: who brings a brand decides on nobody else's.

    :param content: of a zip file.
    :param owner: who alone sees it; "" where nobody signs in.
    :returns: the name to give to :func:`show_uploaded`, and what the check found.
    """
    name = hashlib.sha256(owner.encode() + content).hexdigest()[:16]
    folder = uploads_folder() / name
    try:
        if not folder.is_dir():
            read_zipped(content, folder)
    except BadBrand as refused:
        return name, CheckReport(faults=refused.faults)
    report = check_brand(folder)
    if report.ok:
        (Workspace.of(folder).root / OWN_LEDGER).write_text(owner, "utf-8")
    else:
        shutil.rmtree(folder)
    return name, report


def show_uploaded(name: str | None) -> None:
    """Show an uploaded brand from now on, or the served one again (None)."""
    if name is None:
        st.session_state.pop(UPLOAD_KEY, None)
        st.query_params.pop(UPLOAD_KEY, None)
    else:
        st.session_state[UPLOAD_KEY] = name
        st.query_params[UPLOAD_KEY] = name
