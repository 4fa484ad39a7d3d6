"""Trips as decisions leave them."""

from __future__ import annotations

import pandas as pd
import pytest

from optimization.decided_trips import decided_trips, vehicles_for

LANES = pd.DataFrame(
    {"lane": ["a", "b"], "vehicle_m3": [3.0, 10.0], "vehicle_cost": [50.0, 80.0], "co2_kg": [5, 9]}
)


def transfers(*rows: tuple[str, int, str, float, float]) -> pd.DataFrame:
    columns = ["lane", "day", "state", "m3", "expected_gain"]
    frame = pd.DataFrame(list(rows), columns=columns)
    frame["dispatch_date"] = pd.Timestamp("2025-11-02") + pd.to_timedelta(frame["day"], unit="D")
    return frame.assign(origin="main", destination="front-" + frame["lane"])


def test_a_trip_is_its_transfers_of_one_lane_and_day() -> None:
    trips = decided_trips(
        transfers(
            ("a", 1, "proposed", 2.0, 30.0),
            ("a", 1, "approved", 2.5, 20.0),
            ("a", 2, "proposed", 1.0, 5.0),
            ("b", 1, "proposed", 5.0, 90.0),
        ),
        LANES,
    )
    assert trips["lane"].tolist() == ["b", "a", "a"]  # the soonest, then the largest gain
    first = trips.iloc[1]
    assert (first["transfers"], first["waiting"], first["approved"]) == (2, 1, 1)
    assert (first["m3"], first["vehicles"], first["cost"]) == (4.5, 2, 100.0)
    assert first["fill"] == pytest.approx(0.75)
    assert first["co2_kg"] == 10
    assert first["gain"] == 50.0


@pytest.mark.parametrize("state", ["rejected", "cancelled", "superseded"])
def test_what_does_not_go_takes_no_room_and_brings_nothing(state: str) -> None:
    trips = decided_trips(
        transfers(("a", 1, "proposed", 1.0, 10.0), ("a", 1, state, 2.9, 99.0)), LANES
    )
    assert trips.loc[0, ["m3", "vehicles", "gain", "transfers"]].tolist() == [1.0, 1, 10.0, 2]


def test_a_trip_of_which_nothing_goes_needs_no_vehicle() -> None:
    trip = decided_trips(transfers(("a", 1, "rejected", 2.0, 10.0)), LANES).iloc[0]
    assert (trip["vehicles"], trip["fill"], trip["cost"], trip["waiting"]) == (0, 0.0, 0.0, 0)


def test_a_rounding_error_is_no_vehicle() -> None:
    m3, room = pd.Series([3.0 + 1e-9, 6.0, 6.01]), pd.Series([3.0, 3.0, 3.0])
    assert vehicles_for(m3, room).tolist() == [1, 2, 3]


def test_no_transfer_no_trip() -> None:
    assert decided_trips(transfers(), LANES).empty
