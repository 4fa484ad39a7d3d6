"""Days that agree with the days of the sales: no mistyped years, nothing inbound in the past."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.findings import Findings, listed
from data.reading import Rows
from data.sentence import say

_FARTHEST_GAP = np.timedelta64(731, "D")
_FARTHEST_AHEAD = {
    ("products", "launched"): 731,
    ("inbound", "arrives"): 731,
    ("stock", "expires"): 20 * 366,
    ("drivers", "date"): 10 * 366,
    ("events", "ends"): 10 * 366,
}
_LONGEST_EVENT = np.timedelta64(366, "D")


def check_days(tables: dict[str, Rows], findings: Findings) -> None:
    """Check days against the last day of sales."""
    if "events" in tables:
        _long_events(tables["events"], findings)
    if "sales" not in tables:
        return
    last = tables["sales"].frame["date"].max()
    if pd.isna(last) or _absurd_gap(tables["sales"], findings):
        return
    for (name, column), ahead in _FARTHEST_AHEAD.items():
        if name in tables:
            limit = np.datetime64(last.to_datetime64(), "ns") + np.timedelta64(ahead, "D")
            _too_late(tables[name], column, limit, findings)
    if "inbound" in tables:
        _overdue(tables["inbound"], last, findings)


def _absurd_gap(sales: Rows, findings: Findings) -> bool:
    """Tell days that lie years from all the others: a mistyped year."""
    dates = sales.frame["date"].to_numpy()
    days = np.unique(dates[~np.isnat(dates)])
    gaps = np.flatnonzero(np.diff(days) > _FARTHEST_GAP)
    for gap in gaps:
        late, early = dates > days[gap], dates <= days[gap]
        few = late if late.sum() <= early.sum() else early
        shown = (str(day) for day in np.unique(dates[few]).astype("datetime64[D]"))
        findings.fault(
            "sales",
            "date",
            say("days without years between them"),
            say("{days}, more than two years from the other sales", days=listed(shown)),
            say("Correct the year, or leave out a history that ended so long ago"),
            sales.at(few),
        )
    return len(gaps) > 0


def _too_late(rows: Rows, column: str, limit: np.datetime64, findings: Findings) -> None:
    days = rows.frame[column].to_numpy()
    late = days > limit
    if late.any():
        shown = (str(day) for day in np.unique(days[late]).astype("datetime64[D]"))
        findings.fault(
            rows.table.name,
            column,
            say("days up to {limit}", limit=str(limit)[:10]),
            listed(shown),
            say("Correct the year"),
            rows.at(late),
        )


def _overdue(inbound: Rows, last: pd.Timestamp, findings: Findings) -> None:
    days = inbound.frame["arrives"].to_numpy()
    past = days <= last.to_datetime64()
    if past.any():
        shown = (str(day) for day in np.unique(days[past]).astype("datetime64[D]"))
        findings.fault(
            "inbound",
            "arrives",
            say("days after the last day of sales, {last:%Y-%m-%d}", last=last),
            listed(shown),
            say(
                "Write the day on which it is expected now, or count it as stock if it has arrived"
            ),
            inbound.at(past),
        )


def _long_events(events: Rows, findings: Findings) -> None:
    starts, ends = events.frame["starts"].to_numpy(), events.frame["ends"].to_numpy()
    long = ends - starts > _LONGEST_EVENT
    if long.any():
        findings.fault(
            "events",
            "ends",
            say("events of at most a year"),
            listed(str(end)[:10] for end in np.unique(ends[long])),
            say("Correct the year of starts or ends"),
            events.at(long),
        )
