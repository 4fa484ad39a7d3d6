"""Sessions end: after a while without use, after a working day, on sign-out; names are trusted
only where the provider vouches for them."""

from __future__ import annotations

import pytest

from dashboard.sessions import Sessions, SignIn, sessions_of_server
from dashboard.sign_in import name_of
from data.errors import BadInput

NOW = 1_700_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def signed_in(clock: Clock) -> tuple[Sessions, SignIn]:
    return Sessions(idle=3600, longest=36_000, clock=clock), SignIn("https://idp", "li", NOW)


def test_use_keeps_a_session_and_looking_by_a_timer_does_not() -> None:
    clock = Clock()
    sessions, li = signed_in(clock)
    for _ in range(4):
        clock.now += 3000
        assert sessions.is_good(li, used=True)
    clock.now += 3000
    assert sessions.is_good(li, used=False)
    clock.now += 3000
    assert not sessions.is_good(li, used=True)
    clock.now -= 3000  # once ended it stays so, whatever a clock says
    assert not sessions.is_good(li, used=True)


def test_a_session_ends_after_the_longest_time_however_much_it_is_used() -> None:
    clock = Clock()
    sessions, li = signed_in(clock)
    for _ in range(20):
        clock.now += 1800
        assert sessions.is_good(li, used=True)
    clock.now += 1
    assert not sessions.is_good(li, used=True)


def test_signing_out_ends_it_everywhere_and_signing_in_again_is_another() -> None:
    clock = Clock()
    sessions, li = signed_in(clock)
    assert sessions.is_good(li, used=True)
    sessions.end(li)
    assert not sessions.is_good(li, used=True)
    clock.now += 60
    assert sessions.is_good(SignIn(li.issuer, li.subject, clock.now), used=True)


def test_an_old_cookie_is_refused_by_a_server_that_has_just_started() -> None:
    clock = Clock()
    sessions, li = signed_in(clock)
    clock.now += 3601
    assert not sessions.is_good(li, used=True)


def test_a_sign_in_of_the_future_is_refused() -> None:
    clock = Clock()
    sessions, _ = signed_in(clock)
    assert not sessions.is_good(SignIn("https://idp", "li", NOW + 1000), used=True)


@pytest.mark.parametrize("text", ["0", "-1", "soon", "nan", "inf"])
def test_a_limit_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEARFIELD_IDLE_MINUTES", text)
    with pytest.raises(BadInput, match="NEARFIELD_IDLE_MINUTES"):
        sessions_of_server()


def test_limits_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEARFIELD_IDLE_MINUTES", "15")
    monkeypatch.setenv("NEARFIELD_SESSION_HOURS", "8")
    sessions = sessions_of_server()
    assert (sessions.idle, sessions.longest) == (900, 28_800)


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"email": "Li@Brand.Example", "sub": "1"}, "li@brand.example"),
        ({"email": "li@brand.example", "email_verified": True}, "li@brand.example"),
        ({"email": "li@brand.example", "email_verified": False, "sub": "1"}, ""),
        ({"email": "li@brand.example", "email_verified": "false"}, ""),
        ({"iss": "https://idp", "sub": "17", "preferred_username": "admin"}, "17 at https://idp"),
        ({}, ""),
    ],
)
def test_a_name_is_what_the_provider_vouches_for(claims: dict[str, object], name: str) -> None:
    assert name_of(claims) == name
