"""How long plans take, what they gain, and how far the bound is: each in a process of its own.

``python -m benchmarks.plan`` prints JSON. The brand is ``freshretail-cities`` from the folder in
``NEARFIELD_SHARED_BRANDS`` (``../shared/brands`` beside the checkout by default), whole and with
its first 100 products; without it nothing is measured. The forecast is the mean of the last 14
days with gamma demand around it, so that the planner is measured and not the forecast. Gain is
evaluated profit above doing nothing on fresh paths; captured is its share of what the bound
allows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("NEARFIELD_SHARED_BRANDS", ROOT.parent / "shared" / "brands"))
SIZES = {"100_products": 100, "freshretail_cities": 865}

CHILD = """
import dataclasses, json, resource, sys, time
from data import read_brand
from optimization import plan_transfers
from tests.optimization.forecasts import gamma_forecast
brand = read_brand(sys.argv[1])
keep = set(brand.products["sku"][: int(sys.argv[2])])
forecast = gamma_forecast(brand)
forecast = forecast[forecast["sku"].isin(keep)].reset_index(drop=True)
brand = dataclasses.replace(
    brand,
    products=brand.products[brand.products["sku"].isin(keep)].reset_index(drop=True),
    stock=brand.stock[brand.stock["sku"].isin(keep)].reset_index(drop=True),
)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
start, cpu = time.perf_counter(), time.process_time()
plan = plan_transfers(brand, forecast)
print(json.dumps({
    "seconds": round(time.perf_counter() - start, 1),
    "cpu_seconds": round(time.process_time() - cpu, 1),
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    "peak_mb_before": before,
    "status": plan.status,
    "transfers": len(plan.transfers),
    "vehicles": int(plan.trips["vehicles"].sum()),
    "doing_nothing": round(plan.doing_nothing),
    "gain": round(plan.gain),
    "bound": None if plan.bound is None else round(plan.bound),
    "gap": plan.gap,
    "captured": plan.captured,
    "objective_over_evaluated": plan.objective / plan.evaluated,
}))
"""


def measure(folder: Path, products: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(folder), str(products)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def run() -> dict[str, Any]:
    folder = SHARED / "freshretail-cities"
    if not (folder / "brand.toml").exists():
        return {"skipped": f"no brand at {folder}"}
    return {name: measure(folder, products) for name, products in SIZES.items()}


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
