"""The same call on a Dask cluster, by name: same numbers, and a killed worker costs only time."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from data.brand import Brand, read_brand
from data.errors import Failure
from forecasting import prophet_run
from forecasting.run import forecast
from forecasting.workers import SCHEDULER, Workers

distributed = pytest.importorskip("distributed")


def test_a_cluster_gives_the_same_numbers_and_survives_a_killed_worker(
    make_brand: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prophet_run, "BATCH", 1)
    settings = {"forecast": {"samples": 100, "engine": "prophet"}}
    folder = make_brand(settings=settings, sales=lambda usual: usual[usual["sku"] != "case"])
    brand = read_brand(folder)
    pooled = replace(
        brand,
        settings=replace(
            brand.settings, forecast=replace(brand.settings.forecast, engine="nearfield")
        ),
    )
    here = forecast(brand, 3, backend="sequential", workers=1)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster:
        # By address alone, as the command line has it.
        monkeypatch.setenv(SCHEDULER, cluster.scheduler_address)
        there = forecast(brand, 3, backend="dask", workers=2)
        pd.testing.assert_frame_equal(there.frame, here.frame)
        pd.testing.assert_frame_equal(there.series, here.series)
        with distributed.Client(cluster) as client:
            victims = sorted(client.run(os.getpid).values())
            assert len(victims) == 2 and os.getpid() not in victims
            killed = threading.Event()

            def kill_at_work() -> None:
                while not any(client.processing().values()):
                    pass
                os.kill(victims[0], signal.SIGKILL)
                killed.set()

            threading.Thread(target=kill_at_work, daemon=True).start()
            there = forecast(brand, 3, backend="dask", workers=2)
            assert killed.is_set()
            pd.testing.assert_frame_equal(there.frame, here.frame)
            _engine_that_fits_all_at_once(pooled, client)


def _engine_that_fits_all_at_once(brand: Brand, client: Any) -> None:
    here = forecast(brand, 3)
    client.wait_for_workers(2)  # the killed one's successor
    killed: list[str] = []

    def kill_at_work() -> None:
        pids = client.run(os.getpid)
        while not (busy := [name for name, keys in client.processing().items() if keys]):
            pass
        os.kill(pids[busy[0]], signal.SIGKILL)
        killed.extend(busy)

    threading.Thread(target=kill_at_work, daemon=True).start()
    there = forecast(brand, 3, backend="dask", workers=2)
    assert len(killed) == 1  # all of it was one worker's, until that was gone
    pd.testing.assert_frame_equal(there.frame, here.frame)
    pd.testing.assert_frame_equal(there.series, here.series)


def test_a_cluster_that_is_not_there_is_a_named_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SCHEDULER, raising=False)
    for name in ("dask", "no-such-backend"):
        with pytest.raises(Failure, match=f"(?s)no backend .{name}.*{SCHEDULER}"):
            list(Workers(name, 2).each(str, [1, 2], 2))
