"""The tables of a plan: their columns, what each says, and frames that have exactly these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

TRANSFERS = {
    "transfer": "str",
    "lane": "str",
    "origin": "str",
    "destination": "str",
    "sku": "str",
    "dispatch_date": "datetime64[ns]",
    "arrive_date": "datetime64[ns]",
    "cases": "int64",
    "units": "float64",
    "m3": "float64",
    "expected_gain": "float64",
    "reason": "str",
    "status": "str",
}
"""``transfers``; ``status`` is proposed or approved (a fact that this plan builds on)."""

TRIPS = {
    "lane": "str",
    "dispatch_date": "datetime64[ns]",
    "vehicles": "int64",
    "m3": "float64",
    "fill": "float64",
    "cost": "float64",
    "co2_kg": "float64",
}
"""``trips``; ``fill`` is m3 over the vehicles' volume, ``cost`` the vehicles' money."""

REASONS = {
    "transfer": "str",
    "status": "str",
    "stock": "float64",
    "inbound": "float64",
    "cover_days": "float64",
    "runs_out": "datetime64[ns]",
    "demand_q50": "float64",
    "demand_q90": "float64",
    "gain": "float64",
    "saved_lost": "float64",
    "saved_far": "float64",
    "cost_share": "float64",
    "limited_by": "str",
    "nothing": "float64",
    "later": "float64",
    "later_date": "datetime64[ns]",
    "other_origin": "float64",
    "other_origin_name": "str",
    "other_vehicle": "float64",
    "other_vehicle_lane": "str",
}
"""``reasons``, one row a transfer, in the order of ``transfers``.

``stock``: units at the destination at the as-of close; ``inbound``: units arriving there by the
arrival day from elsewhere, without this transfer; ``cover_days``: days that stock and inbound last
at median demand (the horizon where they outlast it); ``runs_out``: the first day on which the
destination, without this transfer, is more likely out of stock than not (NaT: none);
``demand_q50``, ``demand_q90``: demand to be covered from the arrival day until the next transfer
of the product arrives there or the horizon ends; ``gain``: expected profit lost if this transfer
alone were dropped and the trip still went; ``saved_lost``, ``saved_far``: units of demand that
it keeps from being lost, from being served far; ``cost_share``: its share by volume of the trip's
vehicle cost; ``limited_by``: why it is not larger, one of :data:`LIMITS`.

The alternatives: money that the plan earns less with each in the transfer's place, vehicles
counted (below 0: it would earn more); NaN where there is none. ``nothing``: it does not go;
``later``: it goes on the lane's next departure, ``later_date``; ``other_origin``,
``other_vehicle``: the best of other origins, and of other lanes from its origin, that arrives no
sooner (:mod:`optimization.alternatives`).
"""

UNMET = {
    "region": "str",
    "location": "str",
    "sku": "str",
    "units": "float64",
    "value": "float64",
    "constraint": "str",
    "limit_value": "float64",
}
"""``unmet``: expected demand that the region's own stock does not serve over the horizon under the
plan, its worth in missed profit, and the constraint that stopped it, one of :data:`LIMITS`.
``location`` is the front or store where it binds, "" where none is particular. ``limit_value``:
money that one more unit of that limit would bring (:data:`optimization.limit_values.PER`), NaN
where it has no price; the dearest limits of all are in ``details["limits"]``."""

LIMITS = (
    "economics",
    "main_stock",
    "vehicle",
    "storage",
    "handling",
    "case",
    "lead_time",
    "departure",
    "assortment",
    "rejected",
    "no_lane",
    "expiry",
)
"""What stops a unit: ``economics``: one more costs more than it brings; ``main_stock``: the origin
has no more; ``vehicle``: no volume left, or one more vehicle is not worth it; ``case``: less than
a case was wanted; ``departure``: no departure in time; ``expiry``: it would spoil unsold."""

STOCKOUTS = {
    "region": "str",
    "sku": "str",
    "date": "datetime64[ns]",
    "probability_without": "float64",
    "probability_with": "float64",
    "lost_units_without": "float64",
    "lost_units_with": "float64",
    "lost_money_without": "float64",
    "lost_money_with": "float64",
}
"""``stockouts``: by region, product and day, without and with the plan's proposals: the
probability that the region's own stock (near and mid) does not serve the whole day's demand;
expected units of demand that no field serves; expected profit missed against serving all of the
day's demand from the region's own stock."""

FRAMES = {
    "transfers": TRANSFERS,
    "trips": TRIPS,
    "reasons": REASONS,
    "unmet": UNMET,
    "stockouts": STOCKOUTS,
}
"""The tables by the name that a plan gives them."""

LATER_COLUMNS: dict[str, dict[str, str]] = {
    "reasons": {
        name: REASONS[name]
        for name in (
            "nothing",
            "later",
            "later_date",
            "other_origin",
            "other_origin_name",
            "other_vehicle",
            "other_vehicle_lane",
        )
    },
    "unmet": {"limit_value": "float64"},
}
"""Columns that a plan made before they were told does not have."""


def empty(columns: Mapping[str, str]) -> pd.DataFrame:
    """Return a frame with these columns and dtypes and no row."""
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in columns.items()})


def completed(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Return the frame with the columns that it lacks (an older plan's) and empty cells filled.

    Text becomes "", numbers NaN, days NaT.
    """
    nothing: dict[str, Any] = {"str": "", "datetime64[ns]": pd.NaT}
    frame = frame.copy()
    for name, dtype in columns.items():
        if name not in frame:
            frame = frame.assign(**{name: nothing.get(dtype, float("nan"))})
        elif dtype == "str":
            frame[name] = frame[name].fillna("")
    return frame


def typed(frame: pd.DataFrame, columns: Mapping[str, str], name: str) -> pd.DataFrame:
    """Return the frame with exactly these columns and dtypes and a RangeIndex.

    :raises ValueError: a column is missing.
    """
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"{name}: expected columns {list(columns)}, missing {missing}")
    return frame[list(columns)].astype(dict(columns)).reset_index(drop=True)
