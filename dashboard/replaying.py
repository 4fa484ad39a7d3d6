"""The command that lives through past days again under the planner and its peers."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import pandas as pd

from dashboard.commands import Outcome
from dashboard.targets import fresh_file
from data.errors import BadInput

if TYPE_CHECKING:
    from data import Brand
    from data.progress import Progress


def replay(options: argparse.Namespace, progress: Progress) -> Outcome:
    """Replay past days."""
    from data import read_brand
    from data.past_demand import past_demand
    from data.workspace import write_atomically
    from optimization.replay import replay as live_through

    if options.out.suffix not in (".csv", ".parquet"):
        raise BadInput(f"--out {options.out}: expected a name that ends in .csv or .parquet")
    fresh_file(options.out)
    brand = read_brand(options.folder)
    start = brand.as_of - pd.Timedelta(days=options.days)
    if options.start is not None:
        start = pd.Timestamp(options.start)
    demand, known_from = past_demand(brand)

    def forecast(seen: Brand) -> pd.DataFrame:
        from forecasting import forecast as make

        made = make(seen, backend=options.backend, workers=options.workers)
        return made.frame

    rows = live_through(
        brand,
        start,
        options.days,
        forecast,
        demand,
        progress,
        backend=options.backend,
        workers=options.workers,
    )
    with write_atomically(options.out) as beside:
        if options.out.suffix == ".csv":
            rows.to_csv(beside, index=False)
        else:
            rows.to_parquet(beside, index=False)
    total = rows.drop(columns="date").groupby("policy", sort=False).sum().reset_index()
    return Outcome(
        {
            "ok": True,
            "out": str(options.out),
            "simulated": brand.settings.simulated,
            "demand": known_from,
            "policies": total.to_dict("records"),
        },
        f"{options.out}: {len(rows)} rows, demand from {known_from}\n"
        f"{total.to_string(index=False)}",
    )
