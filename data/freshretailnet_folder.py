"""Writes imported demand as a brand folder; what the source does not tell is assumed, and said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

DRIVERS = ("discount", "activity", "holiday", "temperature", "rain_mm")

_UNIT_M3, _PRICE, _MARGIN, _SHELF_LIFE_DAYS = 0.002, 10.0, 3.0, 7
_FRONT_DAYS, _MAIN_DAYS = 2.0, 14.0
_LEVEL_DAYS = 28
_VEHICLES = (("van", 3.0, 300.0), ("truck", 15.0, 700.0))

_SETTINGS = """\
# Imported from FreshRetailNet-50K. Real: sales and drivers. ASSUMED: everything else, here and
# in products.csv, regions.csv, locations.csv, lanes.csv and stock.csv; see README.md.
name = "FreshRetailNet, {size}"
currency = "CNY"

[promise.near]            # ASSUMED: a store in the region
hours = 0.5
delivery_cost = 1.8
conversion = 1.0
[promise.mid]             # ASSUMED: a front warehouse in the region
hours = 4
delivery_cost = 1.2
conversion = 0.97
[promise.far]             # ASSUMED: a main warehouse, next day
hours = 30
delivery_cost = 2.0
conversion = 0.7

[costs]                   # ASSUMED
holding_per_m3_day = 6.0
handling_per_unit = 0.08
waste_share_of_price = 0.6

[plan]
horizon_days = {horizon}

[history]
far_field = false         # of the source: nothing was sold while local stock was out

[drivers]                 # {why}
{drivers}
"""

_README = """\
# FreshRetailNet-50K as a brand

Imported from FreshRetailNet-50K (Dingdong-Inc, CC-BY-4.0, arXiv:2505.16319): {first} to {last},
{size}, {skus} products, {series} series.

- **Real:** `sales.parquet` (units are the source's normalised, non-integer quantities;
  availability is 1 minus the share of the hours 06 to 22 that were out of stock{averaged}) and
  `drivers.parquet` (discount: 1 = full price; activity: share of stores with a promotion;
  holiday; temperature in °C; rain in mm).
- **Held back:** the sales of the last {held} days are in `held_back.parquet`, which is not read;
  `drivers.parquet` runs through those days, as what is known over the horizon.
  {known}
- **Assumed, because the source does not tell:** `products.csv` (volume {m3} m³, {case} units a
  case, price {price:g}, margin {margin:g}, {life} days of shelf life for every product; the
  category is the source's first_category_id), `locations.csv` (one main warehouse and a front in
  every region, without limits of storage or handling), `lanes.csv` (a van and a truck a day from
  the main to each front, one day), `stock.csv` (fronts hold {front:g} days of their recent mean
  sales, the main {main:g} days of everybody's), and the promises and costs of `brand.toml`. Replace
  them with your own before you read anything into the money of a plan.
"""


def write_folder(
    days: pd.DataFrame,
    categories: dict[str, str],
    folder: Path,
    cities: bool,
    hold_back_days: int,
) -> None:
    """Write every table, brand.toml and a README that tells what is real and what is assumed.

    :param days: region, sku, date, units, availability and the drivers, sorted by the first three.
    :param categories: the category of each sku.
    :param hold_back_days: sales of so many last days are kept apart (at most a third of all).
    """
    last = days["date"].max()
    whole = (last - days["date"].min()).days + 1
    held = max(0, min(hold_back_days, whole // 3))
    as_of = last - pd.Timedelta(days=held)
    sold = days[days["date"] <= as_of]
    _write_parquet(sold, ("units", "availability"), folder / "sales.parquet")
    known = held > 0 and _complete(days, sold, as_of, held)
    _write_parquet(days[_has_sales(days, sold)], DRIVERS, folder / "drivers.parquet")
    if held:
        ahead = days[days["date"] > as_of]
        _write_parquet(ahead, ("units", "availability"), folder / "held_back.parquet")
    case_units = 6 if cities else 1
    _write_network(sold, categories, folder, case_units)
    names = sold["region"].nunique()
    size = f"{names} {'cities' if cities else 'store areas'}"
    why = (
        f"known through {last:%Y-%m-%d}"
        if known
        else 'not known over the horizon; write "known" when drivers.parquet has the days to come'
    )
    uses = "\n".join(f'{name} = "{"known" if known else "past"}"' for name in DRIVERS)
    text = _SETTINGS.format(size=size, horizon=max(held, 1) if known else 14, why=why, drivers=uses)
    (folder / "brand.toml").write_text(text, encoding="utf-8")
    readme = _README.format(
        first=f"{days['date'].min():%Y-%m-%d}",
        last=f"{last:%Y-%m-%d}",
        size=size,
        skus=sold["sku"].nunique(),
        series=len(sold.drop_duplicates(["region", "sku"])),
        averaged=", averaged over a city's stores" if cities else "",
        held=held,
        known="" if known else "They are not complete there, so brand.toml declares them past.",
        m3=_UNIT_M3, case=case_units, price=_PRICE, margin=_MARGIN, life=_SHELF_LIFE_DAYS,
        front=_FRONT_DAYS, main=_MAIN_DAYS,
    )  # fmt: skip
    (folder / "README.md").write_text(readme, encoding="utf-8")


def _has_sales(days: pd.DataFrame, sold: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which rows belong to a series that has sales before the held back days."""
    pairs = days["region"].cat.codes.to_numpy().astype(np.int64) << 32
    pairs = pairs | days["sku"].cat.codes.to_numpy()
    return np.isin(pairs, np.unique(pairs[sold.index]))


def _complete(days: pd.DataFrame, sold: pd.DataFrame, as_of: pd.Timestamp, held: int) -> bool:
    ahead = days[_has_sales(days, sold) & (days["date"] > as_of)]
    series = len(sold.drop_duplicates(["region", "sku"]))
    return len(ahead) == series * held


def _write_parquet(days: pd.DataFrame, columns: tuple[str, ...], path: Path) -> None:
    values = {name: days[name].astype(np.float32) for name in columns}
    frame = days[["date", "region", "sku"]].assign(**values)
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
    pa.parquet.write_table(table, path, compression="zstd")


def _write_network(
    sold: pd.DataFrame, categories: dict[str, str], folder: Path, case_units: int
) -> None:
    regions = sorted(sold["region"].unique())
    skus = sorted(sold["sku"].unique())
    fronts = [f"F-{region}" for region in regions]
    _write(
        folder / "products.csv",
        pd.DataFrame({"sku": skus}).assign(
            name=[f"Product {sku[1:]}" for sku in skus],
            category=[categories[sku] for sku in skus],
            unit_m3=_UNIT_M3,
            case_units=case_units,
            price=_PRICE,
            margin=_MARGIN,
            shelf_life_days=_SHELF_LIFE_DAYS,
        ),
    )
    names = [_region_name(region) for region in regions]
    _write(folder / "regions.csv", pd.DataFrame({"region": regions, "name": names}))
    locations = pd.DataFrame(
        {
            "location": ["MAIN", *fronts],
            "name": ["Main", *(f"Front {name}" for name in names)],
            "kind": ["main", *["front"] * len(fronts)],
            "region": ["", *regions],
        }
    )
    _write(folder / "locations.csv", locations)
    lanes = [
        (f"MAIN>{region}:{kind}", "MAIN", front, 1, m3, cost)
        for region, front in zip(regions, fronts, strict=True)
        for kind, m3, cost in _VEHICLES
    ]
    header = ["lane", "origin", "destination", "lead_days", "vehicle_m3", "vehicle_cost"]
    _write(folder / "lanes.csv", pd.DataFrame(lanes, columns=header))
    _write(folder / "stock.csv", _stock(sold))


def _region_name(region: str) -> str:
    city, _, store = region.partition("-S")
    return f"City {city[1:]}" + (f" store area {store}" if store else "")


def _stock(sold: pd.DataFrame) -> pd.DataFrame:
    """Return an opening stock: some days of recent mean sales at fronts, more at the main."""
    first = sold["date"].max() - pd.Timedelta(days=_LEVEL_DAYS - 1)
    recent = sold[sold["date"] >= first]
    days = (recent["date"].max() - recent["date"].min()).days + 1
    level = recent.groupby(["region", "sku"], observed=True)["units"].sum().reset_index()
    level["units"] /= days
    fronts = pd.DataFrame(
        {
            "location": "F-" + level["region"].astype(str),
            "sku": level["sku"].astype(str),
            "units": np.ceil(level["units"] * _FRONT_DAYS),
        }
    )
    total = level.groupby("sku", observed=True)["units"].sum().reset_index()
    main = pd.DataFrame(
        {
            "location": "MAIN",
            "sku": total["sku"].astype(str),
            "units": np.ceil(total["units"] * _MAIN_DAYS),
        }
    )
    return pd.concat([main, fronts], ignore_index=True)


def _write(path: Path, frame: pd.DataFrame) -> None:
    frame.to_csv(path, index=False, lineterminator="\n")
