"""Seconds a series from a brand to its forecast, by engine.

``python -m benchmarks.forecast`` prints JSON. The real demand is read from the folder in
``NEARFIELD_SHARED_BRANDS`` (``../shared/brands`` beside the checkout by default), without it the
simulated demo brand is taken. A sample of series is forecast, because that is all a per-series
engine needs to be timed by.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from data.brand import Brand, read_brand
from data.demo import simulate_demo
from forecasting import forecast

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
    return out


def _brand(scratch: Path) -> Brand:
    root = Path(__file__).resolve().parents[2]
    shared = Path(os.environ.get("NEARFIELD_SHARED_BRANDS", root / "shared" / "brands"))
    folder = shared / "freshretail-cities"
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
