"""How long brands take to load and check, and how much memory, each in a process of its own.

``python -m benchmarks.brand`` prints JSON. The brands of real demand are read from the folder in
``NEARFIELD_SHARED_BRANDS`` (``../shared/brands`` beside the checkout by default) and left out where
there is none; a brand of 10 million rows of sales is generated, as CSV and as Parquet, and once
more with a fault in every thousandth row, which takes the slow way through the text of the file.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("NEARFIELD_SHARED_BRANDS", ROOT.parent / "shared" / "brands"))
DAYS, REGIONS, SKUS = 365, 28, 979  # 10,005,380 rows

CHILD = """
import json, resource, sys, time
import data.brand, data.schemas, pyarrow.csv, pyarrow.parquet
start, cpu = time.perf_counter(), time.process_time()
report = data.brand.check_brand(sys.argv[1])
print(json.dumps({
    "seconds": round(time.perf_counter() - start, 2),
    "cpu_seconds": round(time.process_time() - cpu, 2),
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    "rows": sum(report.rows.values()),
    "faults": len(report.faults),
}))
"""


def measure(folder: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def ten_million(folder: Path) -> None:
    """Write a brand whose sales have 10 million rows, as CSV."""
    from data.templates import templates

    for name, content in templates().items():
        (folder / name).write_bytes(content)
    for name in ("drivers", "assortment", "events", "inbound", "regions"):
        (folder / f"{name}.csv").unlink()
    skus = [f"SKU-{number:05d}" for number in range(SKUS)]
    regions = [f"region {number:02d}" for number in range(REGIONS)]
    dates = pd.date_range("2024-01-01", periods=DAYS).strftime("%Y-%m-%d")
    products = pd.DataFrame({"sku": skus}).assign(
        unit_m3=0.001, case_units=6, price=9.5, margin=3.0
    )
    products.to_csv(folder / "products.csv", index=False)
    locations = pd.DataFrame(
        {
            "location": ["main", *(f"front {name}" for name in regions)],
            "kind": ["main", *["front"] * REGIONS],
            "region": ["", *regions],
        }
    )
    locations.to_csv(folder / "locations.csv", index=False)
    lanes = locations.iloc[1:].assign(
        origin="main",
        lead_days=1,
        vehicle_m3=6,
        vehicle_cost=90,
        lane=lambda f: "to " + f["region"],
    )
    lanes.rename(columns={"location": "destination"}).drop(columns=["kind", "region"]).to_csv(
        folder / "lanes.csv", index=False
    )
    stock = pd.DataFrame({"location": "main", "sku": skus, "units": 1000})
    stock.to_csv(folder / "stock.csv", index=False)
    (folder / "brand.toml").write_text("name = 'Ten million'\n", encoding="utf-8")
    rng = np.random.default_rng(0)
    with (folder / "sales.csv").open("w", encoding="utf-8") as file:
        file.write("date,region,sku,units,availability\n")
        for region in regions:
            units = rng.poisson(3, (SKUS, DAYS))
            for sku, row in zip(skus, units, strict=True):
                file.writelines(
                    f"{day},{region},{sku},{unit},1\n" for day, unit in zip(dates, row, strict=True)
                )


def with_faults(source: Path, folder: Path) -> None:
    """Copy a brand and spoil every thousandth row of its sales."""
    shutil.copytree(source, folder)
    with (source / "sales.csv").open() as rows, (folder / "sales.csv").open("w") as spoilt:
        for number, row in enumerate(rows):
            spoilt.write(row.replace(",1\n", ",many\n") if number % 1000 == 500 else row)


def run() -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for name in ("freshretail-cities", "freshretail-stores"):
        if (SHARED / name / "brand.toml").exists():
            figures[name] = measure(SHARED / name)
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base, "csv")
        folder.mkdir()
        ten_million(folder)
        figures["ten_million_csv"] = measure(folder)
        with_faults(folder, Path(base, "spoilt"))
        figures["ten_million_csv_with_faults"] = measure(Path(base, "spoilt"))
        shutil.rmtree(Path(base, "spoilt"))
        pd.read_csv(folder / "sales.csv").to_parquet(folder / "sales.parquet", index=False)
        (folder / "sales.csv").unlink()
        figures["ten_million_parquet"] = measure(folder)
    return figures


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
