"""The same call on a Dask cluster, by name: the same plan, and a killed worker costs only time."""

from __future__ import annotations

from typing import Any

import pytest

from data.errors import BadForecast, Cancelled, Failure
from forecasting.workers import SCHEDULER
from optimization.planner import plan_transfers
from tests.optimization.networks import two_products
from tests.optimization.planning import assert_same_plan, solver_here
from tests.worker_killing import KilledAtWork

distributed = pytest.importorskip("distributed")


def test_a_cluster_makes_the_same_plan_and_survives_a_killed_worker(cluster: Any) -> None:
    world = two_products()
    brand, forecast = world.brand(), world.forecast()
    told: list[tuple[int, int, str]] = []
    with solver_here():
        here = plan_transfers(brand, forecast, seed=5)
    with distributed.Client(cluster) as client:
        killed = KilledAtWork(client)
        there = plan_transfers(
            brand,
            forecast,
            seed=5,
            backend="dask",
            workers=2,
            progress=lambda *step: told.append(step),
        )
        assert len(killed.victims) == 1  # all of it was one worker's, until that was gone
    assert_same_plan(there, here)
    assert not there.proposed.empty
    assert told == [(0, 1, "searching transfers"), (1, 1, "done")]
    with pytest.raises(BadForecast, match="expected 50 days"):
        plan_transfers(brand, forecast, horizon=50, backend="dask")


def test_a_cluster_that_is_not_there_is_a_named_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SCHEDULER, raising=False)
    world = two_products()
    with pytest.raises(Failure, match=f"(?s)no backend .dask.*{SCHEDULER}"):
        plan_transfers(world.brand(), world.forecast(), backend="dask")


def test_what_is_cancelled_is_not_handed_over() -> None:
    def cancel(done: int, total: int, what: str) -> None:
        raise Cancelled("enough")

    world = two_products()
    with pytest.raises(Cancelled, match="enough"):
        plan_transfers(world.brand(), world.forecast(), backend="dask", progress=cancel)
