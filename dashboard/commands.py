"""What the commands do: each reads its options, calls the rooms and says what came of it.

Every room is imported inside the command that needs it, so that ``nearfield --help`` is quick.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from dashboard.targets import fresh_file, fresh_folder, plan_folder
from dashboard.words import spoken
from data.errors import BadInput
from data.sentence import Sentence, in_a_row, say

if TYPE_CHECKING:
    from data import Brand
    from data.progress import Progress
    from forecasting.forecast import Forecast
    from optimization.plan import Plan


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command has to say: ``document`` (with ``ok``) for machines, ``text`` for people."""

    document: dict[str, Any]
    text: str


def demo(options: argparse.Namespace, progress: Progress) -> Outcome:
    """Write the demo brand."""
    from data import simulate_demo

    fresh_folder(options.folder, "brand.toml")
    chosen = {} if options.seed is None else {"seed": options.seed}
    simulate_demo(options.folder, size=options.size, progress=progress, **chosen)
    return Outcome(
        {"ok": True, "folder": str(options.folder), "simulated": True},
        say(
            "{folder}: a simulated brand; no figure in it is of a real business.",
            folder=options.folder,
        ),
    )


def check(options: argparse.Namespace, progress: Progress) -> Outcome:
    """Read a brand folder and list faults and repairs."""
    from data import check_brand

    report = check_brand(options.folder)
    lines = [str(fault) for fault in report.faults]
    lines += [f"repaired: {repair}" for repair in report.repairs]
    lines += [f"{table}: {count:,} rows" for table, count in report.rows.items()]
    count = len(report.faults)
    lines.append("No fault." if report.ok else f"{count} fault{'s' if count != 1 else ''}.")
    if not report.ok:
        print("\n".join(str(fault) for fault in report.faults), file=sys.stderr)
        lines = lines[count:]
    return Outcome(report.to_dict(), "\n".join(lines))


def forecast(options: argparse.Namespace, progress: Progress) -> Outcome:
    """Forecast a brand."""
    fresh_file(options.out)
    brand = _read(options)
    made = _forecast(brand, options, progress)
    made.write(options.out)
    return Outcome(
        {"ok": True, "out": str(options.out), **_forecast_facts(brand, made)},
        f"{options.out}: {_forecast_words(brand, made)}",
    )


def plan(options: argparse.Namespace, progress: Progress) -> Outcome:
    """Plan a brand's transfers; forecast first where no forecast is given."""
    plan_folder(options.out)
    brand = _read(options)
    if options.forecast is None:
        made = _forecast(brand, options, progress)
    else:
        from forecasting.forecast import read_forecast

        made = read_forecast(options.forecast, brand)
    from dashboard.prepared import overridden
    from optimization.planner import plan_transfers

    frame, count = overridden(brand, made.frame)
    result = plan_transfers(
        brand,
        frame,
        horizon=options.horizon,
        seed=options.seed,
        backend=options.backend,
        workers=options.workers,
        progress=progress,
    )
    result.write(options.out)
    return Outcome(
        {"ok": True, "out": str(options.out), "overrides": count, **_plan_facts(brand, result)},
        f"{options.out}: {_plan_words(brand, result)}"
        + (f"; {count} override{'s' if count != 1 else ''} taken" if count else ""),
    )


def prepare(options: argparse.Namespace, progress: Progress) -> Outcome:
    """Forecast and plan into the brand's workspace, and record the plan in its ledger."""
    from dashboard.prepared import prepared
    from data import read_brand

    brand = read_brand(options.folder)
    made, result, ident = prepared(
        brand,
        progress,
        keep_forecast=options.keep_forecast,
        backend=options.backend,
        workers=options.workers,
    )
    return Outcome(
        {
            "ok": True,
            "plan_id": ident,
            **_forecast_facts(brand, made),
            **_plan_facts(brand, result),
        },
        in_a_row([_forecast_words(brand, made), _plan_words(brand, result)]),
    )


def backtest(options: argparse.Namespace, progress: Progress) -> Outcome:
    """Measure forecasts of the past."""
    if options.out.suffix not in (".json", ".csv", ".parquet"):
        raise BadInput(f"--out {options.out}: expected a name that ends in .json, .csv or .parquet")
    fresh_file(options.out)
    brand = _read(options)
    from data.workspace import Workspace, write_atomically
    from forecasting.backtest import backtest as measure
    from forecasting.past import keep_past
    from forecasting.scoring import MEASURES

    past = Workspace.of(options.folder).past if options.keep else None
    frame = measure(
        brand,
        options.horizon,
        options.windows,
        peers=options.peers,
        sample=options.sample,
        audit=options.audit,
        keep=None if past is None else partial(keep_past, past),
        backend=options.backend,
        workers=options.workers,
        progress=progress,
    )
    with write_atomically(options.out) as beside:
        if options.out.suffix == ".csv":
            frame.to_csv(beside, index=False)
        elif options.out.suffix == ".json":
            frame.to_json(beside, orient="records", indent=1, double_precision=6)
        else:
            frame.to_parquet(beside, index=False)
    whole = frame[frame["group"] == ""]
    shown = whole[["model", "level", "window", *MEASURES, "wape_all", "seconds_per_series"]]
    rows = json.loads(frame.to_json(orient="records"))
    return Outcome(
        {"ok": True, "out": str(options.out), "simulated": brand.settings.simulated, "rows": rows},
        f"{options.out}: {len(frame)} rows, {len(whole)} of them of whole levels\n"
        f"{shown.round(4).to_string(index=False)}",
    )


def import_data(options: argparse.Namespace, progress: Progress) -> Outcome:
    """Turn FreshRetailNet's files into a brand folder."""
    from data.freshretailnet import import_freshretailnet

    missing = [str(path) for path in options.files if not path.is_file()]
    if missing:
        raise BadInput(
            "\n".join(f"{name}: expected a parquet file, found none" for name in missing)
        )
    import_freshretailnet(options.files, options.folder, regions=options.regions, progress=progress)
    return Outcome(
        {"ok": True, "folder": str(options.folder)},
        f"{options.folder}: imported; its README.md says what was assumed.",
    )


def serve(options: argparse.Namespace, progress: Progress) -> NoReturn:
    """Run the dashboard until it is stopped."""
    environment = dict(os.environ)
    if options.folder is not None:
        if not options.folder.is_dir():
            raise BadInput(f"{options.folder}: expected a brand folder, found none")
        environment["NEARFIELD_BRAND"] = str(options.folder.absolute())
    app, server = (Path(__file__).with_name(name) for name in ("app.py", "serving.py"))
    # -P: names in this folder must not hide the libraries' own.
    command = [sys.executable, "-P", str(server), "run", str(app)]
    command += ["--server.port", str(options.port), "--server.address", options.address]
    if options.address not in ("localhost", "127.0.0.1", "::1"):
        print(
            f"nearfield: anyone who reaches {options.address}:{options.port} can see this brand, "
            "and decide unless sign-in is set up",
            file=sys.stderr,
        )
    sys.stdout.flush()
    sys.stderr.flush()
    # Becomes Streamlit: its signals, exit code and words are then the user's.
    os.execve(sys.executable, command, environment)


def _read(options: argparse.Namespace) -> Brand:
    import pandas as pd

    from data import read_brand

    day = getattr(options, "as_of", None)
    as_of = None if day is None else pd.Timestamp(day)
    return read_brand(options.folder, as_of=as_of)


def _forecast(brand: Brand, options: argparse.Namespace, progress: Progress) -> Forecast:
    from forecasting import forecast as make

    return make(
        brand,
        options.horizon,
        backend=options.backend,
        workers=options.workers,
        progress=progress,
    )


def _forecast_facts(brand: Brand, made: Forecast) -> dict[str, Any]:
    flags = made.series["flag"]
    return {
        "as_of": f"{brand.as_of:%Y-%m-%d}",
        "simulated": brand.settings.simulated,
        "series": len(made.series),
        "flagged": {
            str(flag): int(count) for flag, count in flags[flags != ""].value_counts().items()
        },
    }


def _forecast_words(brand: Brand, made: Forecast) -> str:
    from forecasting.fallback import UNSEEN

    facts = _forecast_facts(brand, made)
    words = say("{count:,} series forecast as of {day}", count=facts["series"], day=facts["as_of"])
    # An event that no history knows is ahead of nearly all series: they are ordinary fits.
    counts = {flag: n for flag, n in facts["flagged"].items() if flag != UNSEEN}
    if counts:
        flags = [
            say("{count:,} {flag}", count=count, flag=_FLAGS.get(flag, flag))
            for flag, count in counts.items()
        ]
        words = say("{words}; flagged: {flags}", words=words, flags=in_a_row(flags, ", "))
    if UNSEEN in facts["flagged"]:
        words = say(
            "{words}; {count:,} {flag}",
            words=words,
            count=facts["flagged"][UNSEEN],
            flag=_FLAGS[UNSEEN],
        )
    return _simulated(words) if facts["simulated"] else words


def _plan_facts(brand: Brand, result: Plan) -> dict[str, Any]:
    document = result.to_dict()
    document.pop("unmet", None)
    return {**document, "gain": result.gain, "simulated": brand.settings.simulated}


def _plan_words(brand: Brand, result: Plan) -> str:
    trips = int(result.trips["vehicles"].sum())
    gap = (
        say("no bound")
        if result.gap is None
        else say("{percent:.1f} % below its bound", percent=100 * result.gap)
    )
    words = say(
        "{transfers:,} transfers on {vehicles:,} vehicles ({status}, {gap}); expected profit "
        "{profit:,.0f} {currency}, {gain:+,.0f} against doing nothing",
        transfers=len(result.proposed),
        vehicles=trips,
        status=spoken(result.status),
        gap=gap,
        profit=float(result.evaluated),
        currency=result.currency,
        gain=float(result.gain),
    )
    return _simulated(words) if brand.settings.simulated else words


def _simulated(words: str) -> Sentence:
    return say("{words} (simulated brand)", words=words)


_FLAGS = {
    "new": say("new"),
    "too_short": say("too short"),
    "mostly_out": say("mostly out of stock"),
    "too_few_sales": say("with too few sales"),
    "all_zero": say("never sold"),
    "constant": say("constant"),
    "ended": say("ended"),
    "fit_failed": say("not fitted"),
    "unseen_event": say("ahead of an event never seen"),
}
