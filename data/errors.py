"""The one tree of errors; what a user can mend is told apart from what is our fault.

::

    NearfieldError
    ├── BadInput              what a user can mend (exit code 2)
    │   ├── BadBrand          a brand folder with faults, all of them at once
    │   ├── BadForecast       a forecast file that does not fit the brand
    │   ├── NotAllowed        an action that the person's roles do not allow
    │   └── BadDecision       a decision that the ledger refuses, and why
    │       └── Conflict      somebody else decided first
    ├── Cancelled             the user stopped it; the last good state stands
    └── Failure               ours (exit code 1): a solver or worker gave no answer
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from data.sentence import in_a_row

if TYPE_CHECKING:
    from data.decisions import Change
    from data.faults import Fault


class NearfieldError(Exception):
    """Root of everything that Nearfield raises on purpose."""

    @property
    def sentence(self) -> str:
        """The message, which may be said in another language (:mod:`data.sentence`)."""
        said = self.args[0] if self.args else ""
        return said if isinstance(said, str) else str(self)


class BadInput(NearfieldError):  # noqa: N818 (named in the field's words)
    """Input that a user can mend; the message says how."""


class BadBrand(BadInput):
    """A brand folder that cannot be used, with every fault found in it.

    :param faults: all faults, in the order of the tables; at least one.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(in_a_row(fault.sentence for fault in self.faults))


class BadForecast(BadInput):
    """A forecast file that does not fit the brand or the contract."""


class NotAllowed(BadInput):
    """An action that the roles of the person who asked for it do not allow."""


class BadDecision(BadInput):
    """A decision that is refused, with the reason; of a batch, nothing was decided."""


class Conflict(BadDecision):
    """A decision on a version that somebody else has already changed.

    :param changes: what stands now for each transfer that was changed, by whom and when.
    """

    def __init__(self, message: str, changes: Sequence[Change] = ()) -> None:
        self.changes = tuple(changes)
        super().__init__(message)


class Cancelled(NearfieldError):  # noqa: N818 (named in the field's words)
    """The user stopped the work; the last good state stands."""


class Failure(NearfieldError):  # noqa: N818 (named in the field's words)
    """Our failure: no input that is at fault, nothing for the user to mend."""
