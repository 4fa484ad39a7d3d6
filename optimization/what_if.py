"""What another limit would bring: from what limits are worth, or solved on from the plan.

A small change is answered from the plan's own marginal values (``Plan.details["limits"]``). A
larger one is solved: the search goes on from the plan's transfers with the limits as they are,
until it finds no more, and from there with the change, on the same common paths; the difference
is the answer. That takes seconds where planning takes minutes. It finds what is near the plan: a
change that calls for another plan altogether brings more than this tells.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from data import Brand
from data.progress import silent
from optimization.network import NEVER, Lots, Network
from optimization.plan import Plan
from optimization.problem import state_problem
from optimization.search import Found, search
from optimization.threads import threads

Limit = Literal["storage", "handling", "main_stock", "vehicles"]
SMALL = {"storage": 0.05, "handling": 1.0, "main_stock": 1.0}
"""Up to so much (m³, units, cases) a limit's marginal value is the answer."""


@dataclass(frozen=True, slots=True)
class Change:
    """More of one limit.

    :param limit: ``storage`` (m³ at a place, every day), ``handling`` (units a day at a place),
        ``main_stock`` (cases of a product at a main now), ``vehicles`` (on every lane and day).
    :param amount: how much more, > 0.
    :param location, sku: where and of what, as the limit asks for.
    """

    limit: Limit
    amount: float
    location: str = ""
    sku: str = ""

    def __post_init__(self) -> None:
        if self.limit not in get_args(Limit):
            raise ValueError(f"limit: expected one of {get_args(Limit)}, found {self.limit!r}")
        if self.amount <= 0:
            raise ValueError(f"amount: expected > 0, found {self.amount}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a change brings.

    :param gain: more expected profit over the horizon, on the common paths.
    :param method: ``marginal`` (from the plan's values) or ``solved``.
    :param seconds: that the answer took.
    """

    gain: float
    method: Literal["marginal", "solved"]
    seconds: float


def what_if(
    brand: Brand,
    forecast: pd.DataFrame,
    plan: Plan,
    change: Change,
    *,
    approved: pd.DataFrame | None = None,
    rejected: pd.DataFrame | None = None,
    seconds: float = 20.0,
    workers: int | None = None,
) -> Answer:
    """Answer what a change of a limit would bring.

    :param forecast, approved, rejected: what the plan was made from.
    :param seconds: time for solving; the better of what is found by then counts.
    :param workers: processors used at once, >= 1; default: those at hand.
    :raises LookupError: the brand has no such place or product.
    """
    started = time.monotonic()
    known = _marginal(plan, change)
    if known is not None:
        return Answer(known, "marginal", time.monotonic() - started)
    settings = replace(brand.settings, plan=replace(brand.settings.plan, churn_price=0.0))
    problem = state_problem(
        replace(brand, settings=settings),
        forecast,
        approved=approved,
        rejected=rejected,
        last=plan.proposed,
        horizon=plan.horizon_days,
        seed=plan.details.get("seed"),
    )
    network = problem.network
    common = problem.common(slice(0, len(network.series_sku)))

    def solved(of: Network, until: float) -> Found:
        return search(of, lambda series: common[:, series], until, silent, warm=True)

    other = changed(network, change)
    with threads(workers):
        now = solved(network, started + seconds / 2)
        then = solved(replace(other, last=now.draft.moves()), started + seconds)
    # More of a limit never forbids what was found without it.
    gain = max(then.profit - now.profit, 0.0)
    return Answer(gain, "solved", time.monotonic() - started)


def changed(network: Network, change: Change) -> Network:
    """Return the network with more of the limit.

    :raises LookupError: it has no such place or product.
    """
    if change.limit == "vehicles":
        return replace(network, max_vehicles=network.max_vehicles + int(change.amount))
    place = _place(network, change.location)
    if change.limit == "storage":
        more = network.storage_m3.copy()
        more[place] += change.amount
        return replace(network, storage_m3=more)
    if change.limit == "handling":
        more = network.handling_units.copy()
        more[place] += change.amount
        return replace(network, handling_units=more)
    sku = np.flatnonzero(network.skus == change.sku)
    cell = network.cells(np.array([place]), sku) if len(sku) else np.array([-1])
    if cell[0] < 0:
        raise LookupError(f"no product {change.sku!r} at {change.location!r}")
    return replace(network, lots=_more_stock(network, int(cell[0]), change.amount))


def _more_stock(network: Network, cell: int, cases: float) -> Lots:
    lots = network.lots
    sku = network.cell_sku[cell]
    spoils = bool(np.isfinite(network.shelf_life[sku]))
    at = int(np.searchsorted(lots.cell, cell))
    return replace(
        lots,
        cell=np.insert(lots.cell, at, cell),
        day=np.insert(lots.day, at, -1),
        units=np.insert(lots.units, at, cases * network.case_units[sku]),
        expiry=np.insert(lots.expiry, at, NEVER),
        fresh=np.insert(lots.fresh, at, spoils),
    )


def _place(network: Network, location: str) -> int:
    found = np.flatnonzero(network.locations == location)
    if not len(found):
        raise LookupError(f"no location {location!r}")
    return int(found[0])


def _marginal(plan: Plan, change: Change) -> float | None:
    """The answer from the plan's values, None where the change is too large or not valued."""
    if change.limit not in SMALL or change.amount > SMALL[change.limit]:
        return None
    values = [
        float(row["value"])
        for row in plan.details.get("limits", [])
        if row["limit"] == change.limit
        and row.get("location", "") == change.location
        and row.get("sku", "") == change.sku
    ]
    return max(values) * change.amount if values else None
