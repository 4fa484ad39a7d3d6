"""Fixtures that every room shares."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """Put ``__main__`` back after a test: AppTest leaves the app there, and every process that a
    later test starts would run it first."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="session")
def shared_brands() -> Path:
    """The folder with the brands of real demand that lie beside the checkout."""
    folder = Path(os.environ.get("NEARFIELD_SHARED_BRANDS", ROOT.parent / "shared" / "brands"))
    if not (folder / "freshretail-cities" / "brand.toml").exists():
        pytest.skip(f"no brands with real demand at {folder} (set NEARFIELD_SHARED_BRANDS)")
    return folder


@pytest.fixture
def make_brand(tmp_path: Path) -> Callable[..., Path]:
    """Write a tiny valid brand folder; keywords replace tables (see tests/brand_factory.py)."""
    from tests.brand_factory import write_brand

    def make(name: str = "brand", **tables: Any) -> Path:
        return write_brand(tmp_path / name, **tables)

    return make


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A real Dask cluster on this machine, two worker processes, by its address alone."""
    distributed = pytest.importorskip("distributed")
    from forecasting.workers import SCHEDULER

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as made:
        # As the command line has it.
        monkeypatch.setenv(SCHEDULER, made.scheduler_address)
        yield made


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small simulated demo brand, made once and shared between workers; read only."""
    from data.demo import simulate_demo

    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder = base / "demo-small"
    with FileLock(f"{folder}.lock"):
        if not (folder / "brand.toml").exists():
            simulate_demo(folder, size="small")
    return folder
