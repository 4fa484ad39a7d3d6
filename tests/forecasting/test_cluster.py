"""The same call on a Dask cluster, by name: same numbers, and a killed worker costs only time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from data.brand import read_brand
from data.errors import Failure
from forecasting import prophet_run
from forecasting.run import forecast
from forecasting.workers import SCHEDULER, Workers
from tests.worker_killing import KilledAtWork

distributed = pytest.importorskip("distributed")


def test_a_cluster_gives_the_same_numbers_and_survives_a_killed_worker(
    make_brand: Callable[..., Path], cluster: Any, monkeypatch: pytest.MonkeyPatch
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
    there = forecast(brand, 3, backend="dask", workers=2)
    pd.testing.assert_frame_equal(there.frame, here.frame)
    pd.testing.assert_frame_equal(there.series, here.series)
    with distributed.Client(cluster) as client:
        killed = KilledAtWork(client)
        there = forecast(brand, 3, backend="dask", workers=2)
        assert killed.victims
        pd.testing.assert_frame_equal(there.frame, here.frame)
        here = forecast(pooled, 3)
        killed = KilledAtWork(client)  # or the one before's successor
        there = forecast(pooled, 3, backend="dask", workers=2)
        assert len(killed.victims) == 1  # all of it was one worker's, until that was gone
        pd.testing.assert_frame_equal(there.frame, here.frame)
        pd.testing.assert_frame_equal(there.series, here.series)


def test_a_cluster_that_is_not_there_is_a_named_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SCHEDULER, raising=False)
    for name in ("dask", "no-such-backend"):
        with pytest.raises(Failure, match=f"(?s)no backend .{name}.*{SCHEDULER}"):
            list(Workers(name, 2).each(str, [1, 2], 2))
