"""Signing in with any OpenID Connect provider, where Streamlit's secrets name one.

``[auth]`` in Streamlit's secrets (``.streamlit/secrets.toml``) switches it on; the flow itself is
Streamlit's ``st.login``. Who has signed in is known by the e-mail address, in lower case, that
the provider vouches for, else by the provider's own name for them. See docs/access.md.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import streamlit as st

from dashboard.language import _, language_switch
from dashboard.sessions import Sessions, SignIn, sessions_of_server
from data.errors import BadInput
from data.sentence import say

ADMINS_VARIABLE: Final = "NEARFIELD_ADMINS"


def is_configured() -> bool:
    """Return whether readers have to sign in.

    :raises BadInput: there are secrets that cannot be read: they might ask for it.
    """
    if st.secrets.load_if_toml_exists():
        return "auth" in st.secrets
    there = [str(path) for path in map(Path, st.get_option("secrets.files")) if path.exists()]
    if there:
        raise BadInput(
            say(
                "{file}: expected a TOML file that can be read; correct or remove it",
                file=there[0],
            )
        )
    return False


def claims() -> Mapping[str, Any]:
    """Return what the provider said of the reader; empty where nobody has signed in."""
    found: dict[str, Any] = dict(st.user.to_dict())
    return found if found.get("is_logged_in") else {}


def name(*, used: bool = False) -> str:
    """Return the name of the reader who has signed in, by which roles are given.

    :param used: whether somebody acts now, so that the session goes on.
    :returns: "" where nobody has, where the session has ended, or where the provider does not
        vouch for the address.
    """
    said = claims()
    if not said or not _sessions().is_good(_sign_in(said), used=used):
        return ""
    return name_of(said)


def name_of(said: Mapping[str, Any]) -> str:
    """Return the name that claims give, "" where they give none that can be trusted.

    An address that the provider calls unverified could be anybody's
    (OpenID Connect Core 1.0, 5.1 and 5.7).

    >>> name_of({"email": "Li@Brand.example"}), name_of({"iss": "https://a", "sub": "7"})
    ('li@brand.example', '7 at https://a')
    >>> name_of({"email": "li@brand.example", "email_verified": False})
    ''
    """
    email = str(said.get("email") or "").strip().lower()
    if email:
        return "" if said.get("email_verified") in (False, "false") else email
    subject = str(said.get("sub") or "").strip()
    return f"{subject} at {said.get('iss', '')}" if subject else ""


def first_admins() -> frozenset[str]:
    """Return those whom the environment makes admins of every brand (NEARFIELD_ADMINS)."""
    names = os.environ.get(ADMINS_VARIABLE, "").split(",")
    return frozenset(one.strip().lower() for one in names if one.strip())


def must_sign_in() -> bool:
    """Return whether the reader has to sign in first; draws how where so. Counts as use."""
    if not is_configured():
        return False
    said = claims()
    if not said:
        _ask(_("Sign in"), _("Sign in to see the brand that you work for."))
        return True
    if not _sessions().is_good(_sign_in(said), used=True):
        _ask(
            _("Your session has ended"),
            _("You were signed out because the page was not used for a while, or all day."),
        )
        return True
    if not name_of(said):
        st.title(_("Your address is not confirmed"))
        st.write(_("Confirm your e-mail address with your sign-in provider, then sign in again."))
        sign_out_button()
        return True
    return False


def sign_out_button() -> None:
    """Draw the button that ends the session in every window."""
    if st.button(_("Sign out"), key="sign_out", icon=":material/logout:"):
        _sessions().end(_sign_in(claims()))
        st.logout()


def _ask(title: str, words: str) -> None:
    language_switch()
    st.title(title)
    st.write(words)
    for provider, label in _providers().items():
        if st.button(
            label, type="primary", icon=":material/login:", key=f"sign_in-{provider or 'default'}"
        ):
            try:
                st.login(provider or None)
            except st.errors.Error as fault:
                # What is wrong with the secrets is for whoever runs the machine.
                print(f"nearfield: sign-in: {fault}", flush=True)
                st.error(
                    _(
                        "Sign-in is not set up rightly. Whoever runs this server finds the "
                        "reason in its log."
                    )
                )


def _providers() -> dict[str, str]:
    """Return the providers in the secrets and the labels of their buttons; "" is the unnamed."""
    section = st.secrets["auth"]
    named = [key for key in section if isinstance(section[key], Mapping) and key != "client_kwargs"]
    if not named:
        return {"": _("Sign in")}
    return {key: _("Sign in with {provider}").format(provider=key.capitalize()) for key in named}


def _sign_in(said: Mapping[str, Any]) -> SignIn:
    issued = said.get("iat")
    return SignIn(
        str(said.get("iss", "")),
        str(said.get("sub", "")),
        float(issued) if isinstance(issued, int | float) else 0.0,
    )


@st.cache_resource(show_spinner=False)
def _sessions() -> Sessions:
    return sessions_of_server()
