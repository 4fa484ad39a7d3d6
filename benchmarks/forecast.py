"""From a brand to its forecast: seconds a series by engine, and the largest brand as a whole.

``python -m benchmarks.forecast`` prints JSON. The real demand is read from the folder in
``NEARFIELD_SHARED_BRANDS`` (``../shared/brands`` beside the checkout by default), without it the
simulated demo brand is taken. A sample of series is forecast, because that is all a per-series
engine needs to be timed by.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from data.brand import Brand, read_brand
from data.demo import simulate_demo
from forecasting import forecast

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = 240
WORKERS = 2


def run() -> dict[str, Any]:
    """Return seconds a series of each engine on two workers, and what was forecast."""
    with tempfile.TemporaryDirectory() as scratch:
        brand = _sample(_brand(Path(scratch)), SAMPLE)
    series = len(brand.series())
    out: dict[str, Any] = {
        "brand": brand.settings.name,
        "series": series,
        "days": (brand.dates[1] - brand.dates[0]).days + 1,
        "workers": WORKERS,
    }
    for engine in ("prophet", "nearfield"):
        settings = replace(brand.settings, forecast=replace(brand.settings.forecast, engine=engine))
        began = time.perf_counter()
        made = forecast(replace(brand, settings=settings), 14, workers=WORKERS)
        out[f"{engine}_seconds_per_series"] = (time.perf_counter() - began) / len(made.series)
    stores = _shared() / "freshretail-stores"
    if stores.exists():
        out["freshretail_stores"] = _from_folder_to_file(stores)
    return out


def _from_folder_to_file(folder: Path) -> dict[str, float]:
    """``nearfield forecast`` in a process of its own: seconds and peak memory."""
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch, "forecast.parquet")
        command = [sys.executable, "-m", "dashboard.command_line", "forecast", str(folder)]
        began = time.perf_counter()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*command, "--out", str(target)], check=True, capture_output=True, cwd=ROOT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return {
            "seconds": time.perf_counter() - began,
            "processor_seconds": after.ru_utime
            + after.ru_stime
            - before.ru_utime
            - before.ru_stime,
            "peak_mb": after.ru_maxrss // 1024,
        }


def _shared() -> Path:
    return Path(os.environ.get("NEARFIELD_SHARED_BRANDS", ROOT.parent / "shared" / "brands"))


def _brand(scratch: Path) -> Brand:
    folder = _shared() / "freshretail-cities"
    if not folder.exists():
        folder = scratch / "demo"
        simulate_demo(folder)
    return read_brand(folder)


def _sample(brand: Brand, count: int) -> Brand:
    keys = brand.series()[["region", "sku"]]
    chosen = keys.sample(min(count, len(keys)), random_state=0)
    wanted = set(map(tuple, chosen.astype(str).to_numpy()))
    pairs = zip(brand.sales["region"].astype(str), brand.sales["sku"].astype(str), strict=True)
    keep = [pair in wanted for pair in pairs]
    return replace(brand, sales=brand.sales[keep].reset_index(drop=True))


if __name__ == "__main__":
    print(json.dumps(run(), indent=2, default=float))
