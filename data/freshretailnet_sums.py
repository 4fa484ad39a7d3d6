"""Sums the data set's rows up to days of regions and products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.findings import Findings
from data.freshretailnet_source import LARGEST_ID, Part

SELLING_HOURS = 16  # 06:00 to 22:00
_MERGE_ABOVE = 2_000_000


@dataclass(frozen=True)
class Days:
    """The source summed up by region, product and day.

    :param frame: region, sku, date (sorted by them), units, availability, discount, activity,
        holiday, temperature, rain_mm.
    :param categories: the category of each sku.
    """

    frame: pd.DataFrame
    categories: dict[str, str]


class DaySums:
    """Sums of the source by region, product and day, merged as they grow."""

    def __init__(self, stores: bool) -> None:
        self._stores = stores
        self._parts: list[pd.DataFrame] = []
        self._held = 0
        self._keys: list[npt.NDArray[np.int64]] = []
        self._files: list[tuple[str, int]] = []
        self._cities: dict[int, int] = {}
        self._categories: dict[int, int] = {}

    def add(self, part: Part) -> None:
        """Add a batch."""
        columns = part.columns
        product, store, day = columns["product_id"], columns["store_id"], columns["day"]
        self._keys.append(_key(store, product, day))
        self._files.append((part.file, part.rows))
        self._cities |= dict(zip(store.tolist(), columns["city_id"].tolist(), strict=True))
        for sku, category in zip(
            *(a.tolist() for a in (product, columns["first_category_id"])), strict=True
        ):
            self._categories.setdefault(sku, category)
        area = store if self._stores else columns["city_id"]
        frame = pd.DataFrame(
            {
                "key": _key(area, product, day),
                "rows": 1.0,
                "units": columns["sale_amount"],
                "out": columns["stock_hour6_22_cnt"],
                "discount": columns["discount"],
                "activity": columns["activity_flag"],
                "holiday": columns["holiday_flag"],
                "temperature": columns["avg_temperature"],
                "rain_mm": columns["precpt"],
            }
        )
        if not self._stores:
            frame = frame.groupby("key", sort=False, as_index=False).sum()
        self._parts.append(frame)
        self._held += len(frame)
        if self._held > _MERGE_ABOVE and not self._stores:
            self._merge()

    def _merge(self) -> pd.DataFrame:
        whole = pd.concat(self._parts, ignore_index=True)
        if not self._stores:
            whole = whole.groupby("key", sort=False, as_index=False).sum()
        self._parts, self._held = [whole], len(whole)
        return whole

    def check_rows_are_once(self, findings: Findings) -> None:
        """Add a fault where a store, product and day comes twice: it would count twice."""
        keys = np.concatenate(self._keys)
        twice = pd.Series(keys).duplicated().to_numpy()
        if not twice.any():
            return
        names = np.repeat([name for name, _ in self._files], [size for _, size in self._files])
        findings.fault(
            "source",
            None,
            "every store, product and day once",
            f"{int(twice.sum()):,} rows that repeat an earlier one",
            "Give every file once",
            file=", ".join(dict.fromkeys(names[twice])),
        )

    def result(self) -> Days:
        """Return the sums as days of sales and drivers, sorted by region, sku and date."""
        sums = self._merge().sort_values("key", ignore_index=True)
        key = sums["key"].to_numpy()
        area, product, day = key >> 40, (key >> 20) & LARGEST_ID, key & LARGEST_ID
        rows = sums["rows"].to_numpy()
        days = pd.DataFrame(
            {
                "region": _named(area, self._region_name),
                "sku": _named(product, "P{:04d}".format),
                "date": day.astype("datetime64[D]").astype("datetime64[ns]"),
                "units": sums["units"].to_numpy(),
                "availability": 1 - sums["out"].to_numpy() / rows / SELLING_HOURS,
                "holiday": np.round(sums["holiday"].to_numpy() / rows),
                **{
                    name: sums[name].to_numpy() / rows
                    for name in ("discount", "activity", "temperature", "rain_mm")
                },
            }
        )
        days = days.sort_values(["region", "sku", "date"], ignore_index=True)
        categories = {f"P{sku:04d}": f"K{group:02d}" for sku, group in self._categories.items()}
        return Days(days, categories)

    def _region_name(self, area: int) -> str:
        return f"C{self._cities[area]:02d}-S{area:03d}" if self._stores else f"C{area:02d}"


def _key(
    area: npt.NDArray[np.int64], product: npt.NDArray[np.int64], day: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    return (area << 40) | (product << 20) | day


def _named(ids: npt.NDArray[np.int64], name: Any) -> pd.Categorical:
    """Return ids as names, categories sorted by name."""
    found, codes = np.unique(ids, return_inverse=True)
    names = [name(int(number)) for number in found]
    order = np.argsort(names, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return pd.Categorical.from_codes(rank[codes], categories=pd.Index(sorted(names), dtype=str))
