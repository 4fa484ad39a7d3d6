"""When a signed-in session ends: after a while without use, after a working day, or on sign-out.

Streamlit's own cookie lasts thirty days and says nothing of its use, so that the server keeps
when each sign-in was last used. Nothing is written down: after a restart of the server a sign-in
that is older than the idle limit has to be repeated.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from data.errors import BadInput
from data.sentence import say

IDLE_VARIABLE: Final = "NEARFIELD_IDLE_MINUTES"
LONGEST_VARIABLE: Final = "NEARFIELD_SESSION_HOURS"
SKEW: Final = 300.0
"""Seconds by which the provider's clock may differ from ours."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """One act of signing in.

    :param issuer: the provider, and ``subject`` who signed in there (OpenID Connect Core 1.0, 2).
    :param issued: when, in seconds since the epoch.
    """

    issuer: str
    subject: str
    issued: float


@dataclass(slots=True)
class Sessions:
    """Which sign-ins are still good.

    :param idle: seconds without use after which one ends, > 0.
    :param longest: seconds after which one ends however much it is used, > 0.
    :param clock: seconds since the epoch.
    """

    idle: float = 60 * 60.0
    longest: float = 12 * 60 * 60.0
    clock: Callable[[], float] = time.time
    _used: dict[SignIn, float] = field(default_factory=dict)
    _ended: set[SignIn] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_good(self, sign_in: SignIn, *, used: bool) -> bool:
        """Return whether it is still good.

        :param used: whether somebody acts now; looking by a timer is no use.
        """
        with self._lock:
            now = self.clock()
            if sign_in in self._ended:
                return False
            last = self._used.get(sign_in, sign_in.issued)
            if now - last > self.idle or now - sign_in.issued > self.longest:
                self._end(sign_in, now)
                return False
            if used or sign_in not in self._used:
                self._used[sign_in] = now
            return sign_in.issued - now <= SKEW

    def end(self, sign_in: SignIn) -> None:
        """End it in every window."""
        with self._lock:
            self._end(sign_in, self.clock())

    def _end(self, sign_in: SignIn, now: float) -> None:
        self._used.pop(sign_in, None)
        self._ended.add(sign_in)
        # Those past their longest time are refused by it alone.
        self._ended -= {one for one in self._ended if now - one.issued > self.longest}


def sessions_of_server() -> Sessions:
    """Return sessions with the limits of the environment.

    :raises BadInput: a limit that is not a positive number.
    """
    return Sessions(
        idle=60.0 * _positive(IDLE_VARIABLE, 60.0), longest=3600.0 * _positive(LONGEST_VARIABLE, 12)
    )


def _positive(variable: str, default: float) -> float:
    text = os.environ.get(variable, "")
    try:
        value = float(text) if text else default
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise BadInput(
            say(
                "{variable}: expected a number above 0, found {text!r}",
                variable=variable,
                text=text,
            )
        )
    return value
