"""What a file of confirmations would do, shown before it is taken in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from data.confirmations import ACTIONS, Confirmation
from data.ledger import Ledger
from data.transitions import TRANSITIONS, State, refusal

NEW: Final = "new"
KNOWN: Final = "known"
REFUSED: Final = "refused"
COLUMNS: Final = ("row", "transfer", "sku", "destination", "status", "cases", "state", "outcome")
_PASSED: Final = {
    "dispatched": (State.DISPATCHED, State.RECEIVED),
    "received": (State.RECEIVED,),
}


def preview(ledger: Ledger, confirmations: Sequence[Confirmation]) -> pd.DataFrame:
    """Return what would become of each confirmation; nothing is written.

    :returns: the columns of :data:`COLUMNS`; ``state`` is how the transfer stands now ("" where
        it is not known), ``cases`` the confirmed ones, else those that stand; ``outcome``
        :data:`NEW`, :data:`KNOWN` or :data:`REFUSED`. What is refused here refuses the whole
        file; what contradicts the ledger in other ways is told when it is taken in.
    """
    plans = {one.plan for one in confirmations}
    frames = [ledger.transfers(plan) for plan in sorted(plans)]
    rows = pd.concat(frames) if frames else pd.DataFrame()
    known = {(row.plan, row.transfer): row for row in rows.itertuples()}
    after: dict[tuple[str, str], State] = {}
    found: list[tuple[int, str, str, str, str, int | None, str, str]] = []
    # In the order in which they are taken in: what is dispatched first.
    for one in sorted(confirmations, key=lambda one: (one.status != "dispatched", one.row)):
        row = known.get(one.key)
        if row is None:
            found.append((one.row, one.transfer, "", "", one.status, one.cases, "", REFUSED))
            continue
        state = after.get(one.key, State(str(row.state)))
        outcome = NEW
        if state in _PASSED[one.status]:
            outcome = KNOWN
        elif refusal(state, ACTIONS[one.status]):
            outcome = REFUSED
        else:
            after[one.key] = TRANSITIONS[state, ACTIONS[one.status]]
        cases = int(row.cases) if one.cases is None else one.cases  # type: ignore[arg-type]
        sku, to = str(row.sku), str(row.destination)
        found.append((one.row, one.transfer, sku, to, one.status, cases, str(state), outcome))
    return pd.DataFrame(sorted(found), columns=list(COLUMNS))
