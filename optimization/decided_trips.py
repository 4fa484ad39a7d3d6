"""Trips as people's decisions leave them: what still goes, how full, at what cost."""

from __future__ import annotations

import numpy as np
import pandas as pd

GOES = ("proposed", "approved", "dispatched", "received")
"""States in which a transfer goes, or may still go."""


def decided_trips(transfers: pd.DataFrame, lanes: pd.DataFrame) -> pd.DataFrame:
    """Put transfers together by trip, as they stand now.

    :param transfers: lane, origin, destination, dispatch_date, state, m3, expected_gain.
    :param lanes: lane, vehicle_m3, vehicle_cost, co2_kg.
    :returns: lane, dispatch_date, origin, destination, transfers, waiting (still proposed),
        approved (or further on), m3, vehicles, fill (m3 over the vehicles' volume), cost (of the
        vehicles), co2_kg, gain (expected, of what goes); the soonest first, then the largest gain.
        What is rejected or cancelled counts among ``transfers`` only.
    """
    goes = transfers["state"].isin(GOES)
    rows = transfers.assign(
        m3=transfers["m3"].where(goes, 0.0),
        gain=transfers["expected_gain"].where(goes, 0.0),
        waiting=transfers["state"] == "proposed",
        approved=goes & (transfers["state"] != "proposed"),
    )
    keys = ["lane", "dispatch_date", "origin", "destination"]
    trips = rows.groupby(keys, as_index=False, observed=True).agg(
        transfers=("state", "size"),
        waiting=("waiting", "sum"),
        approved=("approved", "sum"),
        m3=("m3", "sum"),
        gain=("gain", "sum"),
    )
    columns = ["lane", "vehicle_m3", "vehicle_cost", "co2_kg"]
    trips = trips.merge(lanes[columns].astype({"lane": "str"}), on="lane", how="left")
    trips["vehicles"] = vehicles_for(trips["m3"], trips["vehicle_m3"])
    room = trips["vehicles"] * trips["vehicle_m3"]
    trips["fill"] = (trips["m3"] / room).where(room > 0, 0.0)
    trips["cost"] = trips["vehicles"] * trips["vehicle_cost"]
    trips["co2_kg"] = trips["vehicles"] * trips["co2_kg"]
    trips = trips.drop(columns=["vehicle_m3", "vehicle_cost"])
    order = ["dispatch_date", "gain", "lane"]
    return trips.sort_values(order, ascending=[True, False, True], ignore_index=True)


def vehicles_for(m3: pd.Series, vehicle_m3: pd.Series) -> pd.Series:
    """Return the whole vehicles that hold these volumes; a rounding error is no vehicle.

    >>> vehicles_for(pd.Series([0.0, 3.0, 3.1]), pd.Series([3.0, 3.0, 3.0])).tolist()
    [0, 1, 2]
    """
    count = np.ceil(m3.to_numpy(float) / vehicle_m3.to_numpy(float) - 1e-6)
    return pd.Series(np.nan_to_num(count).clip(min=0), index=m3.index).astype("int64")
