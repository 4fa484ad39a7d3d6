"""How long the decomposed planner takes and how near it comes, on parts of a brand.

python benchmarks/plan_sizes.py BRAND FORECAST.parquet --products 100 865 --seconds 60
"""

from __future__ import annotations

import argparse
import resource
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from data import Brand, read_brand
from optimization.decomposed import decompose
from optimization.evaluation import evaluate
from optimization.network import Moves
from optimization.problem import state_problem


def part(brand: Brand, forecast: pd.DataFrame, count: int) -> tuple[Brand, pd.DataFrame]:
    """Keep ``count`` products, evenly spread over the sorted names."""
    names = sorted(forecast["sku"].astype(str).unique())
    chosen = {names[int(i)] for i in np.linspace(0, len(names) - 1, min(count, len(names)))}

    def of(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["sku"].astype(str).isin(chosen)].reset_index(drop=True)

    tables = {name: of(getattr(brand, name)) for name in ("products", "stock", "sales")}
    return replace(brand, **tables), of(forecast)


def main() -> None:
    """Print one line a size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("brand", type=Path)
    parser.add_argument("forecast", type=Path)
    parser.add_argument("--products", type=int, nargs="+", default=[100, 865])
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    brand, forecast = read_brand(options.brand), pd.read_parquet(options.forecast)
    print("products series bound_s plan_s gain fresh_gain gap captured peak_mb")
    for count in options.products:
        problem = state_problem(*part(brand, forecast, count))
        began = time.perf_counter()
        found = decompose(problem, seconds=options.seconds)
        took = time.perf_counter() - began
        bound_at = next(seconds for seconds, what, _ in found.trace if what == "bound")
        fresh = [
            evaluate(problem.network, moves, problem.fresh).profit
            for moves in (found.moves, Moves.none())
        ]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{count} {len(problem.network.series_sku)} {bound_at:.1f} {took:.1f}"
            f" {found.objective - found.doing_nothing:.0f} {fresh[0] - fresh[1]:.0f}"
            f" {found.gap or 0:.4f} {found.captured or 0:.3f} {peak:.0f}"
        )


if __name__ == "__main__":
    main()
