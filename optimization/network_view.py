"""Figures of a network for people to look at: flows by pair of places, and how well each stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from data import Brand

LOW_COVER, SHORT_COVER = 4.0, 2.0
"""Days of cover below which a place is watched, and below which it is short."""

LOW_RISK, HIGH_RISK = 0.05, 0.15
"""Share of demand expected short from which a region is watched, and from which it is at risk."""


def planned_flows(
    brand: Brand, transfers: pd.DataFrame, day: pd.Timestamp | None = None
) -> pd.DataFrame:
    """Return what is planned to flow between places.

    :param transfers: origin, destination, dispatch_date, units, m3.
    :param day: only what leaves that day; None: all days.
    :returns: origin, origin_name, origin_kind, destination, destination_name, destination_kind,
        m3, units, transfers; one row a pair of places that a lane joins, also without a flow.
    """
    pairs = brand.lanes[["origin", "destination"]].astype(str).drop_duplicates()
    rows = transfers if day is None else transfers[transfers["dispatch_date"] == day]
    sums = (
        rows.astype({"origin": "str", "destination": "str"})
        .groupby(["origin", "destination"], as_index=False)
        .agg(m3=("m3", "sum"), units=("units", "sum"), transfers=("m3", "size"))
    )
    flows = pairs.merge(sums, how="left", on=["origin", "destination"])
    flows = flows.fillna({"m3": 0.0, "units": 0.0, "transfers": 0})
    places = brand.locations[["location", "name", "kind"]].astype(str).set_index("location")
    for end in ("origin", "destination"):
        flows = flows.join(places.add_prefix(f"{end}_"), on=end)
    return flows.sort_values(["origin", "destination"], ignore_index=True)


def judge_cover(cover_days: pd.Series) -> pd.Series:
    """Return good, warn or bad for days of cover (:data:`LOW_COVER`, :data:`SHORT_COVER`)."""
    codes = np.select([cover_days < SHORT_COVER, cover_days < LOW_COVER], ["bad", "warn"], "good")
    return pd.Series(codes, index=cover_days.index)


def region_risk(stockouts: pd.DataFrame, demand: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return what is expected to go short in each region on one day, under the plan.

    :param stockouts: :data:`optimization.plan_tables.STOCKOUTS`.
    :param demand: region, sku, date, mean.
    :returns: region, lost_units, lost_money, probability (of its series, weighted by their demand
        that day), judged (good, warn or bad by that probability against :data:`LOW_RISK` and
        :data:`HIGH_RISK`).
    """
    that_day = stockouts[stockouts["date"] == day].astype({"region": "str", "sku": "str"})
    asked = demand.loc[demand["date"] == day, ["region", "sku", "mean"]]
    rows = that_day.merge(asked.astype({"region": "str", "sku": "str"}), on=["region", "sku"])
    rows["weighted"] = rows["probability_with"] * rows["mean"]
    sums = rows.groupby("region", as_index=False).agg(
        lost_units=("lost_units_with", "sum"),
        lost_money=("lost_money_with", "sum"),
        weighted=("weighted", "sum"),
        asked=("mean", "sum"),
    )
    sums["probability"] = (sums["weighted"] / sums["asked"]).where(sums["asked"] > 0, 0.0)
    risk = sums["probability"].round(9)
    sums["judged"] = np.select([risk > HIGH_RISK, risk > LOW_RISK], ["bad", "warn"], "good")
    return sums[["region", "lost_units", "lost_money", "probability", "judged"]]
