"""What ran in the background, how long it took and how it ended, as frames."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd

from dashboard import jobs

HISTORY_COLUMNS: Final = {
    "job": "str",
    "kind": "str",
    "who": "str",
    "started": "datetime64[ns, UTC]",
    "ended": "datetime64[ns, UTC]",
    "seconds": "float64",
    "status": "str",
    "message": "object",
    "exit_code": "float64",
}


def history_frame(folder: Path, kind: str | None = None) -> pd.DataFrame:
    """Return all jobs of a brand, the newest first.

    :param folder: where the brand's jobs are kept, ``workspace.jobs``.
    :returns: columns of :data:`HISTORY_COLUMNS`; ``job`` is also the ``run`` of its log lines;
        ``seconds`` of a running job until now; ``message`` may be sentences
        (:mod:`data.sentence`); ``ended`` NaT and ``exit_code`` NaN until it has ended, or where
        it was killed.
    """
    rows = [
        {
            "job": job.id,
            "kind": job.kind,
            "who": job.who,
            "started": job.started,
            "ended": job.ended or None,
            "seconds": job.seconds,
            "status": job.status,
            "message": job.message,
            "exit_code": job.exit_code,
        }
        for job in jobs.history(folder, kind)
    ]
    frame = pd.DataFrame(rows, columns=list(HISTORY_COLUMNS))
    for name in ("started", "ended"):
        frame[name] = pd.to_datetime(frame[name], utc=True, format="ISO8601")
    return frame.astype(HISTORY_COLUMNS)


def by_kind(history: pd.DataFrame) -> pd.DataFrame:
    """Return how often each kind of job ran, failed, and how long it took.

    :param history: from :func:`history_frame`.
    :returns: kind, runs (ended), done, failed, cancelled, median_seconds and longest_seconds
        (of those done; NaN where none was), last_done, last_failed (NaT); sorted by kind.
    """
    ended = history[history["status"] != "running"]
    rows = []
    for kind, runs in ended.groupby("kind", sort=True):
        done, failed = runs[runs["status"] == "done"], runs[runs["status"] == "failed"]
        rows.append(
            {
                "kind": kind,
                "runs": len(runs),
                "done": len(done),
                "failed": len(failed),
                "cancelled": int((runs["status"] == "cancelled").sum()),
                "median_seconds": done["seconds"].median(),
                "longest_seconds": done["seconds"].max(),
                "last_done": done["started"].max(),
                "last_failed": failed["started"].max(),
            }
        )
    names = ["kind", "runs", "done", "failed", "cancelled"]
    names += ["median_seconds", "longest_seconds", "last_done", "last_failed"]
    return pd.DataFrame(rows, columns=names)
