"""Who may do what in this brand, and the settings that it is run with."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd
import streamlit as st

from dashboard import actions, deciding, refusals, sign_in, state, style
from dashboard.fault_sentences import told
from dashboard.language import _
from data.errors import BadBrand, BadInput, Failure
from data.people import list_people
from data.roles import LONGEST_NAME, Permission, Role

TOLD = "people_told"
ROLES = [role.value for role in Role]


def main() -> None:
    """Draw the page."""
    st.title(_("People and settings"))
    if not state.signed_in():
        st.warning(
            _(
                "There is no sign-in here: anyone who reaches this page has every role and can "
                "decide, under any name. Roles take effect once sign-in is set up."
            ),
            icon=":material/lock_open:",
        )
    _roles()
    if state.may(Permission.CHANGE_PEOPLE):
        _people()
    else:
        st.info(refusals.without(Permission.CHANGE_PEOPLE), icon=":material/lock:")
    if state.may(Permission.CHANGE_SETTINGS):
        _settings()


def _roles() -> None:
    with st.expander(_("What each role may do"), expanded=not state.signed_in()):
        st.markdown(
            "\n".join(
                f"- **{refusals.role(role)}**: {refusals.what_a_role_may(role)}" for role in Role
            )
        )
        st.caption(_("Roles add up, and each of them may look."))


def _people() -> None:
    st.subheader(_("People"))
    told = st.session_state.pop(TOLD, None)
    if told:
        text, good = told
        draw = st.success if good else st.error
        draw(style.plain(text), icon=":material/check:" if good else ":material/block:")
    people = list_people(state.ledger())
    held = {str(row.name_): str(row.roles).split(", ") for row in _rows(people)}
    named = sorted(sign_in.first_admins() - set(held))
    left, right = st.columns([3, 2], gap="large")
    with left:
        chosen = _list(held, named)
    with right:
        _form(held, chosen)


def _rows(people: pd.DataFrame):  # type: ignore[no-untyped-def]
    return people.rename(columns={"name": "name_"}).itertuples()


def _list(held: dict[str, list[str]], named: list[str]) -> str:
    """Draw who has which role; return the name that is selected."""
    if not held and not named:
        st.caption(_("Nobody has a role yet."))
        return ""
    rows = [(name, [refusals.role(role) for role in roles], "") for name, roles in held.items()]
    rows += [
        (name, [refusals.role(Role.ADMIN)], _("named by the server's environment"))
        for name in named
    ]
    frame = pd.DataFrame(rows, columns=["name", "roles", "note"])
    event = st.dataframe(
        frame if named else frame.drop(columns="note"),
        hide_index=True,
        width="stretch",
        on_select="rerun",
        selection_mode="single-row",
        key=f"people-{len(rows)}",
        column_config={
            "name": st.column_config.TextColumn(_("Name")),
            "roles": st.column_config.ListColumn(_("Roles"), width="medium"),
            "note": st.column_config.TextColumn("", width="medium"),
        },
    )
    st.caption(_("Select somebody to change what they may do."))
    chosen = event["selection"]["rows"]
    return rows[chosen[0]][0] if chosen and chosen[0] < len(rows) else ""


def _form(held: dict[str, list[str]], chosen: str) -> None:
    if st.session_state.get("person_shown") != chosen:
        st.session_state["person_shown"] = chosen
        st.session_state["person_name"] = chosen
        st.session_state["person_roles"] = held.get(chosen, [])
    name = st.text_input(
        _("E-mail address, as they sign in with it"),
        key="person_name",
        max_chars=LONGEST_NAME,
        disabled=bool(chosen),
        placeholder="li@brand.example",
    )
    roles = st.pills(
        _("Roles"),
        ROLES,
        selection_mode="multi",
        key="person_roles",
        format_func=refusals.role,
    )
    cleaned = str(name or "").strip().lower()
    known = cleaned in held
    with st.container(horizontal=True):
        st.button(
            _("Save the roles") if known else _("Give the roles"),
            type="primary",
            key="give",
            disabled=not cleaned or not roles or not deciding.has_name(),
            on_click=_give,
            args=(cleaned, tuple(roles)),
        )
        st.button(
            _("Withdraw all roles"),
            key="withdraw",
            icon=":material/person_remove:",
            disabled=not known or not deciding.has_name(),
            on_click=_give,
            args=(cleaned, ()),
        )
    deciding.ask_name("people")


def _give(name: str, roles: tuple[str, ...]) -> None:
    try:
        person = actions.give_roles(name, roles)
    except (BadInput, Failure) as refused:
        allowed = state.person().may(Permission.CHANGE_PEOPLE)
        why = told(refused) if allowed else refusals.without(Permission.CHANGE_PEOPLE, always=True)
        st.session_state[TOLD] = (why, False)
        return
    listed = ", ".join(refusals.role(role) for role in sorted(person.roles))
    text = (
        _("{name} is now {roles}.").format(name=person.name, roles=listed)
        if listed
        else _("{name} has no role any more.").format(name=person.name)
    )
    st.session_state[TOLD] = (text, True)
    st.session_state.pop("person_shown", None)


def _settings() -> None:
    st.subheader(_("Settings"))
    st.caption(
        _("They stand in brand.toml in the brand's folder; a change takes effect at the next run.")
    )
    try:
        settings = state.brand().settings
    except (BadBrand, OSError):
        st.caption(_("They cannot be read now: the brand's tables have faults."))
        return
    rows = list(_flat(asdict(settings)))
    st.dataframe(
        pd.DataFrame(rows, columns=["setting", "value"]),
        hide_index=True,
        height=320,
        column_config={
            "setting": st.column_config.TextColumn(_("Setting"), width="medium"),
            "value": st.column_config.TextColumn(_("Set to"), width="medium"),
        },
    )


def _flat(values: dict[str, object], under: str = ""):  # type: ignore[no-untyped-def]
    for name, value in values.items():
        path = f"{under}.{name}" if under else name
        if isinstance(value, dict):
            yield from _flat(value, path)
        else:
            yield path, str(value)


main()
