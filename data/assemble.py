"""From checked rows to the brand's tables: defaults filled, one set of names, sorted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from data.checks import split_names
from data.departures import format_departures, parse_departures
from data.findings import Findings
from data.keys import key_codes
from data.sentence import say
from data.tables import BY_NAME, TABLES, Column, Table

Frames = Mapping[str, pd.DataFrame]

_SHARED_NAMES = {"sales", "stock", "inbound", "drivers", "assortment", "fulfilments"}
"""Tables whose region and sku are categories shared over the brand."""


def assemble(frames: Frames, findings: Findings) -> dict[str, pd.DataFrame]:
    """Return every table as :class:`data.brand.Brand` documents it.

    :param frames: typed rows without faults, by table; absent tables become empty ones.
    """
    tables: dict[str, pd.DataFrame] = {}
    rows = {
        table.name: frames[table.name] if table.name in frames else empty(table) for table in TABLES
    }
    if "regions" not in frames:
        rows["regions"] = _regions_with_sales(rows["sales"])
    regions = sorted(rows["regions"]["region"].astype(str))
    skus = sorted(rows["products"]["sku"].astype(str))
    for table in TABLES:
        frame = pd.DataFrame(
            {
                column.name: _finish(table, column, rows[table.name][column.name], regions, skus)
                for column in table.columns
            }
        )
        for name in rows[table.name].columns:
            if name not in frame.columns:
                frame[name] = rows[table.name][name]
        tables[table.name] = _sorted(frame, table)
    tables["locations"] = _with_demand_shares(tables["locations"], findings)
    tables["lanes"] = _with_departures(tables["lanes"])
    for name in ("regions", "categories"):
        tables["events"][name] = pd.Series(
            [split_names(text) for text in tables["events"][name]],
            index=tables["events"].index,
            dtype=object,
        )
    for name in ("products", "regions", "locations"):
        tables[name] = _named(tables[name], BY_NAME[name].key[0])
    return tables


def empty(table: Table) -> pd.DataFrame:
    """Return a table without rows, with typed columns."""
    kinds = {"text": "category", "number": "float64", "whole": "float64", "day": "datetime64[ns]"}
    return pd.DataFrame(
        {column.name: pd.Series([], dtype=kinds[column.kind]) for column in table.columns}
    )


def _regions_with_sales(sales: pd.DataFrame) -> pd.DataFrame:
    names = sales["region"].cat.remove_unused_categories().cat.categories
    rows = pd.DataFrame({"region": pd.Categorical(names)})
    for column in BY_NAME["regions"].columns[1:]:
        kind = "category" if column.kind == "text" else "float64"
        rows[column.name] = pd.Series([None] * len(rows), dtype=kind)
    return rows


def _finish(
    table: Table, column: Column, cells: pd.Series[Any], regions: list[str], skus: list[str]
) -> pd.Series[Any]:
    if column.kind == "day":
        return cells
    if column.kind == "text":
        shared = {"region": regions, "sku": skus}.get(column.name)
        if shared is not None and table.name in _SHARED_NAMES:
            return _shared(cells, shared, column)
        return cells.astype(object).where(cells.notna(), column.default).astype(str)
    if column.unlimited:
        cells = cells.fillna(np.inf)
    elif column.default is not None:
        cells = cells.fillna(column.default)
    if column.kind == "whole":
        return cells.astype(np.int64)
    return cells.astype(np.float32 if column.name == "availability" else np.float64)


def _shared(cells: pd.Series[Any], names: list[str], column: Column) -> pd.Series[Any]:
    """Return names as categories of the brand; a blank that means "all" becomes ``""``, last."""
    categories = pd.Index(names, dtype=str)
    if not column.required and cells.isna().any():
        categories = categories.append(pd.Index([column.default], dtype=str))
        cells = cells.cat.add_categories([column.default]).fillna(column.default)
    mapping = categories.get_indexer(cells.cat.categories.astype(object))
    codes = np.append(mapping, -1)[cells.cat.codes.to_numpy()]
    return pd.Series(pd.Categorical.from_codes(codes, categories=categories), index=cells.index)


def _sorted(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Sort by the key; a table that is sorted already is not copied."""
    code = key_codes(frame, table.key)
    if (code[1:] >= code[:-1]).all():
        return frame.reset_index(drop=True)
    return frame.take(np.argsort(code, kind="stable")).reset_index(drop=True)


def _with_demand_shares(locations: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """Fill blank shares equally and let the shares of a region and kind add up to exactly 1."""
    local = locations["kind"].isin(("front", "store"))
    share = locations["demand_share"].copy()
    groups = [locations["region"], locations["kind"]]
    blank = share.isna()
    left = (1.0 - share.fillna(0.0).groupby(groups).transform("sum")).clip(lower=0.0)
    share = share.where(~blank, left / blank.groupby(groups).transform("sum"))
    total = share.groupby(groups).transform("sum")
    rounded = local & ~blank & ((total - 1.0).abs() > 1e-9)
    findings.repair(
        "locations", say("demand shares that add up to nearly 1 scaled to 1"), int(rounded.sum())
    )
    filled = (share / total.where(total > 0, 1.0)).where(local, np.nan)
    return locations.assign(demand_share=filled)


def _with_departures(lanes: pd.DataFrame) -> pd.DataFrame:
    days = [parse_departures(text) for text in lanes["departs"]]
    return lanes.assign(
        departs=pd.Series(
            [format_departures(d) for d in days], index=lanes.index, dtype=lanes["departs"].dtype
        ),
        departs_on=pd.Series(days, index=lanes.index, dtype=object),
    )


def _named(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    """Let a thing without a name for people be called by its key."""
    return frame.assign(name=frame["name"].where(frame["name"] != "", frame[key]))
