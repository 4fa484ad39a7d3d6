"""What each command of ``nearfield`` is called, takes and says about itself."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.argument_parts import (
    EXIT_CODES,
    add_brand,
    add_command,
    add_horizon,
    add_out_file,
    add_past,
    add_workers,
    day,
    whole,
)
from dashboard.operating_arguments import OPERATING

if TYPE_CHECKING:
    from dashboard.argument_parts import Commands


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; ``module`` and ``run`` name the function of each."""
    top = argparse.ArgumentParser(
        prog="nearfield",
        description=(
            "Forecasts a brand's demand by region and plans which stock to move nearer to its "
            "shoppers before they ask for it."
        ),
        epilog=f"Begin with: nearfield demo my-demo && nearfield prepare my-demo && "
        f"nearfield serve my-demo. {EXIT_CODES}",
    )
    top.add_argument("--version", action="version", version=_version())
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in COMMANDS.values():
        add(commands)
    return top


def _demo(commands: Commands) -> None:
    command = add_command(
        commands,
        "demo",
        "write the simulated demo brand into a new folder",
        "nearfield demo my-demo --size small",
        "Its demand is made up from a seed; no figure in it is of a real business.",
    )
    add_brand(command, "the folder to write; it must be new, empty or a demo brand")
    command.add_argument(
        "--size",
        choices=("small", "full"),
        default="full",
        help="small: a few products and places, for a quick look (default: full)",
    )
    command.add_argument("--seed", metavar="N", type=whole(0, 2**31), default=None, help="seed")


def _check(commands: Commands) -> None:
    command = add_command(
        commands,
        "check",
        "read a brand folder and list every fault and repair",
        "nearfield check my-brand --json",
    )
    add_brand(command)


def _forecast(commands: Commands) -> None:
    command = add_command(
        commands,
        "forecast",
        "forecast every region and product, with quantiles, into a Parquet file",
        "nearfield forecast my-brand --horizon 28 --out forecast.parquet",
    )
    add_brand(command)
    add_past(command)
    add_horizon(command)
    add_workers(command)
    add_out_file(command)


def _plan(commands: Commands) -> None:
    command = add_command(
        commands,
        "plan",
        "plan the transfers of highest expected profit, with the reason for each",
        "nearfield plan my-brand --forecast forecast.parquet --out plan",
        "Forecasts first where no forecast is given.",
    )
    add_brand(command)
    add_past(command)
    add_horizon(command)
    add_workers(command)
    command.add_argument(
        "--forecast", metavar="FILE", type=Path, help="a forecast made before, here or elsewhere"
    )
    command.add_argument("--seed", metavar="N", type=whole(0, 2**31), help="seed of the paths")
    command.add_argument(
        "--out", metavar="PLAN_DIR", type=Path, required=True, help="folder to write, new or a plan"
    )


def _prepare(commands: Commands) -> None:
    command = add_command(
        commands,
        "prepare",
        "forecast and plan a brand for its dashboard",
        "nearfield prepare my-brand",
        "Writes where the dashboard looks, builds on what people have approved and rejected, "
        "and records the new proposals for their decision. This is what the nightly job does.",
    )
    add_brand(command)
    add_workers(command)
    command.add_argument(
        "--keep-forecast",
        action="store_true",
        help="plan on the forecast that is there, if it fits the brand",
    )


def _backtest(commands: Commands) -> None:
    command = add_command(
        commands,
        "backtest",
        "measure how well past demand would have been forecast",
        "nearfield backtest my-brand --horizon 7 --windows 3 --out backtest.json",
        "Writes one row a model, level and window, then rows of parts: region, category, day "
        "ahead, quantile, quartile of volume. No forecast sees the sales it is scored on.",
    )
    add_brand(command)
    add_horizon(command)
    add_workers(command)
    command.add_argument(
        "--windows", metavar="N", type=whole(1, 52), default=3, help="windows (default: 3)"
    )
    command.add_argument(
        "--peers", action="store_true", help="also measure other models (needs nearfield[peers])"
    )
    command.add_argument(
        "--sample",
        metavar="N",
        type=whole(1, 10**9),
        help="score only N series, so that slow peers can be afforded (default: all)",
    )
    command.add_argument(
        "--audit",
        action="store_true",
        help="forecast the first window again from another future, which must change nothing",
    )
    command.add_argument(
        "--keep",
        action="store_true",
        help="keep the past forecasts for the dashboard, which tells how good they were",
    )
    command.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        required=True,
        help="file to write (.json, .csv or .parquet)",
    )


def _import(commands: Commands) -> None:
    command = add_command(
        commands,
        "import",
        "turn a public data set into a brand folder",
        "nearfield import freshretailnet train.parquet eval.parquet --out my-brand",
    )
    command.set_defaults(run="import_data")
    command.add_argument("source", choices=("freshretailnet",), help="which data set")
    command.add_argument("files", metavar="FILES", nargs="+", type=Path, help="its parquet files")
    command.add_argument(
        "--regions",
        choices=("cities", "stores"),
        default="cities",
        help="what becomes a region (default: cities)",
    )
    command.add_argument(
        "--out", metavar="DIR", dest="folder", type=Path, required=True, help="folder to write"
    )


def _serve(commands: Commands) -> None:
    command = add_command(
        commands,
        "serve",
        "open the dashboard on a brand",
        "nearfield serve my-brand --port 8501",
        "Without sign-in anyone who reaches the address can decide; it is this machine alone "
        "unless you say otherwise.",
    )
    command.add_argument(
        "folder",
        metavar="DIR",
        type=Path,
        nargs="?",
        help="the brand folder (default: the demo brand, made on the first visit)",
    )
    command.add_argument(
        "--port", metavar="N", type=whole(1, 65535), default=8501, help="(default: 8501)"
    )
    command.add_argument("--address", default="localhost", help="(default: localhost)")


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"nearfield {version('nearfield')}"
    except PackageNotFoundError:
        return "nearfield (not installed)"


def _replay(commands: Commands) -> None:
    command = add_command(
        commands,
        "replay",
        "live through past days again: the planner beside doing nothing and a tuned base stock",
        "nearfield replay my-brand --days 14 --out replay.csv",
        "Each night is forecast and planned as it looked then; what leaves the next day is "
        "carried out, and the day's demand (a simulated brand's true one, else its sales) is "
        "served. One row a policy and day: profit, units of demand by field, units moved, cost. "
        "Stock at the start is the folder's.",
    )
    command.set_defaults(module="dashboard.replaying")
    add_brand(command)
    command.add_argument(
        "--start",
        metavar="DATE",
        type=day,
        help="the last day known at the first night (default: so that the days end with the sales)",
    )
    command.add_argument(
        "--days", metavar="N", type=whole(1, 366), default=7, help="days replayed (default: 7)"
    )
    add_workers(command)
    command.add_argument(
        "--out", metavar="FILE", type=Path, required=True, help="file to write (.csv or .parquet)"
    )


COMMANDS: dict[str, Callable[[Commands], None]] = {
    "demo": _demo,
    "check": _check,
    "forecast": _forecast,
    "plan": _plan,
    "prepare": _prepare,
    "backtest": _backtest,
    "replay": _replay,
    "import": _import,
    "serve": _serve,
    **OPERATING,
}
"""Every command and the function that declares it."""
