"""Live through past days again: what a policy would have moved, sold and earned, day by day.

Each night a policy sees the brand as it looked then: sales up to that day, the forecast made from
them, and its own stock, which is what the days before left of the stock at the start. What it
sends the next day is carried out, and the day's real demand is served by the rules of
:mod:`optimization.simulation`. Stock at the start and what is on order are the folder's, moved to
the first day: their past is not recorded. What is under way keeps no date of expiry: its shelf
life begins where it arrives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from data import Brand, Progress, silent
from data.errors import BadInput
from optimization.base_stock import BaseStock
from optimization.evaluation import Draw, Evaluation, evaluate
from optimization.network import AFTER_DAYS, MAIN, Moves, Network
from optimization.network_builder import build_network

COLUMNS = (
    "policy",
    "date",
    "profit",
    "near",
    "mid",
    "far",
    "lost",
    "units_moved",
    "vehicles",
    "cost",
    "co2_kg",
    "left_value",
)
"""``profit``: of the day, before what is left; ``near`` … ``lost``: units of demand; ``cost``: of
vehicles, moving, handling, holding, waste and CO2; ``left_value``: on the last day, what the stock
that is left, under way or on order earns within eight days of the mean demand of the last seven,
else 0."""

COVERS = (3.0, 6.0, 10.0)
FILLS = (0.0, 0.5)
"""Base-stock policies that are tried; the one that earned most in hindsight is told."""

POLICIES = ("plan", "base_stock", "nothing")

Forecaster = Callable[[Brand], pd.DataFrame]


Policy = Callable[[Brand, pd.DataFrame], pd.DataFrame]
"""Decides at the close of a brand's as-of day, with its forecast, what leaves the next day: lane,
sku, dispatch_date, cases."""


def replay(
    brand: Brand,
    start: pd.Timestamp,
    days: int,
    forecast: Forecaster,
    demand: pd.DataFrame,
    progress: Progress = silent,
    policies: Sequence[str] = POLICIES,
    *,
    backend: str = "loky",
    workers: int | None = None,
) -> pd.DataFrame:
    """Replay the planner beside doing nothing and a tuned base stock.

    :param start: the last day known at the first night; the days after it are replayed.
    :param days: how many, >= 1.
    :param forecast: makes the forecast of a brand as of its day.
    :param demand: date, region, sku, units: what was asked for, over those days.
    :param policies: which of :data:`POLICIES`.
    :param backend, workers: where plans are made
        (:func:`optimization.planner.plan_transfers`).
    :returns: a row for each policy and day, with :data:`COLUMNS`. The base stock is the best of
        six in hindsight: a strong peer.
    :raises data.errors.BadInput: demand does not cover the days.
    """
    last = start + pd.Timedelta(days=days)
    asked = demand[(demand["date"] > start) & (demand["date"] <= last)]
    if days < 1 or asked["date"].nunique() < days:
        raise BadInput(
            f"replay: expected demand on each of {days} days after {start:%Y-%m-%d},"
            f" found {asked['date'].nunique()}. Start earlier, or replay fewer days."
        )
    first = _moved_to(brand, start)
    nights: list[pd.DataFrame] = []
    steps = 2 * days + 1
    for number in range(days):
        progress(number, steps, "forecasting")
        nights.append(forecast(brand.until(start + pd.Timedelta(days=number))))
    live = _Replaying(brand, first, nights, asked)
    step = iter(range(days, steps))

    def plan(today: Brand, known: pd.DataFrame) -> pd.DataFrame:
        from optimization.planner import plan_transfers

        progress(next(step), steps, "planning")
        made = plan_transfers(
            today, known, last=live.last_plan, backend=backend, workers=workers
        ).transfers
        live.last_plan = made
        return made[made["dispatch_date"] == today.as_of + pd.Timedelta(days=1)]

    def base_stock() -> pd.DataFrame:
        tried = [BaseStock(cover, fill) for cover in COVERS for fill in FILLS]
        runs = [live.run("base_stock", policy.decide) for policy in tried]
        return max(runs, key=lambda run: float(run["profit"].sum() + run["left_value"].sum()))

    ways: dict[str, Callable[[], pd.DataFrame]] = {
        "plan": lambda: live.run("plan", plan),
        "base_stock": base_stock,
        "nothing": lambda: live.run("nothing", _nothing),
    }
    return pd.concat([ways[name]() for name in policies], ignore_index=True)


def _nothing(brand: Brand, forecast: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(columns=["lane", "sku", "dispatch_date", "cases"])


def _moved_to(brand: Brand, start: pd.Timestamp) -> Brand:
    """The brand with its stock and orders as if it were that day."""
    back = brand.as_of - start
    stock = brand.stock.assign(expires=brand.stock["expires"] - back)
    inbound = brand.inbound.assign(arrives=brand.inbound["arrives"] - back)
    return replace(brand, stock=stock, inbound=inbound)


@dataclass(eq=False)
class _Replaying:
    brand: Brand
    first: Brand
    nights: list[pd.DataFrame]
    asked: pd.DataFrame
    last_plan: pd.DataFrame | None = None

    def run(self, name: str, policy: Policy) -> pd.DataFrame:
        """Live through the days under one policy."""
        start = self.asked["date"].min() - pd.Timedelta(days=1)
        stock, inbound = self.first.stock, self.first.inbound
        rows = []
        for number, known in enumerate(self.nights):
            seen = self.brand.until(start + pd.Timedelta(days=number))
            today = replace(seen, stock=stock, inbound=inbound)
            sent = policy(today, known)
            network = self._network(today, known, sent)
            outcome = evaluate(network, Moves.none(), self._draw(network))
            rows.append(_told(name, network, outcome))
            stock, inbound = _stock_after(network, outcome, today)
        rows[-1]["left_value"] = self._left(stock, inbound, start + pd.Timedelta(days=len(rows)))
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def _network(self, today: Brand, known: pd.DataFrame, sent: pd.DataFrame) -> Network:
        series = known[["region", "sku"]].drop_duplicates()
        return build_network(today, series, 1, approved=sent)

    def _draw(self, network: Network) -> Draw:
        day = network.dates[0]
        return _constant(network, self.asked[self.asked["date"] == day].assign(days=1))

    def _left(self, stock: pd.DataFrame, inbound: pd.DataFrame, end: pd.Timestamp) -> float:
        """What is left, under way or on order earns in eight days of the last week's demand."""
        known = self.nights[-1]
        never = pd.Series(pd.NaT, index=inbound.index, dtype="datetime64[ns]")
        coming = inbound.drop(columns="arrives").assign(expires=never)
        parts = [part for part in (stock, coming) if len(part)]
        there = pd.concat(parts, ignore_index=True) if parts else stock
        today = replace(self.brand.until(min(end, self.brand.as_of)), stock=there)
        today = replace(today, as_of=end, inbound=inbound.iloc[:0])
        network = self._network(today, known, _nothing(today, known))
        week = self.asked[self.asked["date"] > end - pd.Timedelta(days=AFTER_DAYS)]
        days = week["date"].nunique()
        outcome = evaluate(network, Moves.none(), _constant(network, week.assign(days=days)))
        return outcome.money["sales"] + outcome.money["end_value"]


def _constant(network: Network, rows: pd.DataFrame) -> Draw:
    """One path of one day: the mean a day of rows region, sku, units, days."""
    key = pd.MultiIndex.from_arrays(
        [network.regions[network.series_region], network.skus[network.series_sku]]
    )
    share = rows["units"] / rows["days"]
    units = share.groupby([rows["region"].astype(str), rows["sku"].astype(str)]).sum()
    values = units.reindex(key).fillna(0.0).to_numpy(np.float32)
    return lambda series: values[None, series, None]


def _told(name: str, network: Network, outcome: Evaluation) -> dict[str, object]:
    money = outcome.money
    kinds = ("vehicles", "moving", "handling", "holding", "waste", "co2")
    facts = network.facts
    vehicles = network.vehicles(network.volume(facts))
    return {
        "policy": name,
        "date": network.dates[0],
        "profit": outcome.profit - money["end_value"],
        **outcome.service,
        "units_moved": float(network.units(facts).sum()) - outcome.undelivered,
        "vehicles": int(vehicles.sum()),
        "cost": sum(money[kind] for kind in kinds),
        "co2_kg": float((vehicles * network.co2_kg[:, None]).sum()),
        "left_value": 0.0,
    }


def _stock_after(
    network: Network, outcome: Evaluation, today: Brand
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Stock at the close of the day, and what is under way.

    First to expire is first to go: of the lots of a cell the last to expire are left.
    """
    lots, facts = network.lots, network.facts
    day = network.dates[0]
    arrives = network.lead[facts.lane]
    at_once = facts.where(arrives == 0)
    to = network.cells(network.destination[at_once.lane], at_once.sku)
    life = network.shelf_life[at_once.sku]
    ages = np.isfinite(life) & (network.cell_kind[to] != MAIN)
    expiry = np.where(ages, np.where(np.isfinite(life), life, 0) - 1, 1 << 30).astype(np.int64)
    held = pd.DataFrame(
        {
            "cell": np.concatenate([lots.cell, to]),
            "units": np.concatenate([lots.units, network.units(at_once)]),
            "expiry": np.concatenate([lots.expiry, expiry]),
            "fresh": np.concatenate([lots.fresh, np.zeros(len(to), dtype=bool)]),
        }
    ).sort_values(["cell", "fresh", "expiry"], ascending=[True, False, False], ignore_index=True)
    before = held.groupby("cell")["units"].cumsum() - held["units"]
    left = outcome.night[held["cell"].to_numpy(), 0] - before
    held["units"] = np.clip(left, 0, held["units"])
    held = held[(held["units"] > 1e-4) & (held["expiry"] > 0)]
    cell = held["cell"].to_numpy()
    dated = held["expiry"].to_numpy() < 1 << 29
    dates = day + pd.to_timedelta(np.where(dated, held["expiry"], 0), unit="D")
    stock = pd.DataFrame(
        {
            "location": network.locations[network.cell_location[cell]],
            "sku": network.skus[network.cell_sku[cell]],
            "units": held["units"].to_numpy(float),
            "expires": pd.Series(dates).where(dated).to_numpy("datetime64[ns]"),
        }
    )
    later = facts.where(arrives > 0)
    coming = pd.DataFrame(
        {
            "location": network.locations[network.destination[later.lane]],
            "sku": network.skus[later.sku],
            "units": network.units(later),
            "arrives": day + pd.to_timedelta(network.lead[later.lane], unit="D"),
        }
    )
    still = today.inbound[today.inbound["arrives"] > day]
    parts = [still.astype({"location": str, "sku": str})[list(coming.columns)], coming]
    inbound = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return stock, inbound.astype({"units": float, "arrives": "datetime64[ns]"})
