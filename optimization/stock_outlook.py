"""Where stock will stand over the horizon, at mean demand, if the transfers run.

A picture for people, of one path: the one on which every day brings its mean. The planner itself
decides on sample paths, where stock runs out sooner than on the mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from data import Brand

Floats = npt.NDArray[np.float64]

MOST_COVER = 99.0
"""Days of cover beyond which nobody needs to count, and where there is no demand."""


@dataclass(frozen=True, eq=False)
class StockOutlook:
    """Stock by location, product and day.

    All arrays are (cells, days) in units, the first day the one after the as-of day.

    :param cells: location, sku, unit_m3, one row a cell, sorted.
    :param days: the days.
    :param stock: right after the morning's arrivals and dispatches.
    :param arrives: what comes in that morning: inbound and transfers.
    :param leaves: what transfers take away that day.
    :param demand: asked of the location that day: its share of its region's demand at stores, what
        stores cannot serve (or all) at fronts; zero at mains.
    :param sold: what it sells of that, and at mains what the far field takes.
    """

    cells: pd.DataFrame
    days: pd.DatetimeIndex
    stock: Floats
    arrives: Floats
    leaves: Floats
    demand: Floats
    sold: Floats

    def by_location(self) -> pd.DataFrame:
        """Add up over products.

        :returns: location, date, units, m3 (after the morning's arrivals), arrives_m3, leaves_m3,
            demand, sold and cover_days (stock over the mean demand of a day of the horizon, at
            most :data:`MOST_COVER`), sorted by location and date.
        """
        names, place = np.unique(self.cells["location"].to_numpy(str), return_inverse=True)
        volume = self.cells["unit_m3"].to_numpy()[:, None]

        def added(values: Floats) -> Floats:
            total = np.zeros((len(names), len(self.days)))
            np.add.at(total, place, values)
            return total

        units, demand = added(self.stock), added(self.demand)
        asked = np.maximum(demand, added(self.sold)).mean(axis=1, keepdims=True)
        cover = np.divide(units, asked, out=np.full_like(units, MOST_COVER), where=asked > 1e-9)
        columns = {
            "units": units,
            "m3": added(self.stock * volume),
            "arrives_m3": added(self.arrives * volume),
            "leaves_m3": added(self.leaves * volume),
            "demand": demand,
            "sold": added(self.sold),
            "cover_days": np.minimum(cover, MOST_COVER),
        }
        return pd.DataFrame(
            {
                "location": np.repeat(names, len(self.days)),
                "date": np.tile(self.days.to_numpy(), len(names)),
                **{name: values.ravel() for name, values in columns.items()},
            }
        )

    def of(self, location: str) -> pd.DataFrame:
        """Return the products at one location.

        :returns: sku, units (the first morning), arrives, leaves (over the horizon), demand (a
            day), cover_days (of the first morning's stock), short_from (the first day on which it
            sells less than is asked of it, NaT where none is), the least cover first.
        """
        rows = np.flatnonzero(self.cells["location"].to_numpy() == location)
        demand, sold = self.demand[rows], self.sold[rows]
        daily = np.maximum(demand, sold).mean(axis=1)
        units = self.stock[rows, 0] if len(self.days) else np.zeros(len(rows))
        cover = np.divide(units, daily, out=np.full(len(rows), MOST_COVER), where=daily > 1e-9)
        short = demand - sold > 1e-6 + 0.01 * demand
        first = self.days[short.argmax(axis=1)] if len(self.days) else pd.DatetimeIndex([])
        frame = pd.DataFrame(
            {
                "sku": self.cells["sku"].to_numpy(str)[rows],
                "units": units,
                "arrives": self.arrives[rows].sum(axis=1),
                "leaves": self.leaves[rows].sum(axis=1),
                "demand": daily,
                "cover_days": np.minimum(cover, MOST_COVER),
                "short_from": pd.Series(first)
                .where(pd.Series(short.any(axis=1), dtype=bool))
                .to_numpy(),
            }
        )
        return frame.sort_values(["cover_days", "sku"], kind="stable", ignore_index=True)


def stock_outlook(brand: Brand, forecast: pd.DataFrame, transfers: pd.DataFrame) -> StockOutlook:
    """Follow stock through the horizon at mean demand.

    Every morning inbound and transfers arrive, then transfers leave, then demand is served: at
    stores by share of their region, what they cannot serve at its fronts, the rest by the far
    field, drawn from mains in proportion to what they hold. A product that spoils is not thrown
    away here.

    :param forecast: region, sku, date, mean; its days are the horizon.
    :param transfers: origin, destination, sku, dispatch_date, arrive_date, units.
    """
    days = pd.DatetimeIndex(np.sort(forecast["date"].unique()))
    cells = _cells(brand, forecast, transfers)
    index = pd.MultiIndex.from_frame(cells[["location", "sku"]])
    arrives = _spread(index, days, brand.inbound, "location", "arrives")
    arrives += _spread(index, days, transfers, "destination", "arrive_date")
    leaves = _spread(index, days, transfers, "origin", "dispatch_date")
    held = brand.stock.groupby(["location", "sku"], observed=True)["units"].sum()
    held.index = pd.MultiIndex.from_arrays(
        [held.index.get_level_values(i).astype(str) for i in (0, 1)]
    )
    stock = held.reindex(index).fillna(0.0).to_numpy(dtype=float)
    asked = _Asked(brand, forecast, days, cells)
    shape = (len(cells), len(days))
    after, demand, sold = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for day in range(len(days)):
        stock = np.maximum(stock + arrives[:, day] - leaves[:, day], 0.0)
        after[:, day] = stock
        demand[:, day], sold[:, day] = asked.serve(day, stock)
        stock = stock - sold[:, day]
    return StockOutlook(cells, days, after, arrives, leaves, demand, sold)


def _cells(brand: Brand, forecast: pd.DataFrame, transfers: pd.DataFrame) -> pd.DataFrame:
    """Every location and product that has, gets, gives or is asked for something."""
    series = forecast[["region", "sku"]].drop_duplicates().astype(str)
    fronts = brand.locations.loc[brand.locations["kind"] != "main", ["location", "region"]]
    parts = [
        brand.stock[["location", "sku"]],
        brand.inbound[["location", "sku"]],
        transfers[["origin", "sku"]].set_axis(["location", "sku"], axis=1),
        transfers[["destination", "sku"]].set_axis(["location", "sku"], axis=1),
        series.merge(fronts.astype(str), on="region")[["location", "sku"]],
    ]
    cells = pd.concat([part.astype(str) for part in parts]).drop_duplicates()
    cells = cells.sort_values(["location", "sku"], ignore_index=True)
    volume = pd.Series(brand.products["unit_m3"].to_numpy(), brand.products["sku"].astype(str))
    cells["unit_m3"] = cells["sku"].map(volume).astype(float).fillna(0.0)
    return cells


def _spread(
    index: pd.MultiIndex, days: pd.DatetimeIndex, moves: pd.DataFrame, place: str, date: str
) -> Floats:
    """Put the moves of a frame into (cells, days); what falls before the first day is left out."""
    found = np.zeros((len(index), len(days)))
    row = index.get_indexer(pd.MultiIndex.from_frame(moves[[place, "sku"]].astype(str)))
    column = days.get_indexer(pd.DatetimeIndex(moves[date]))
    inside = (row >= 0) & (column >= 0)
    np.add.at(found, (row[inside], column[inside]), moves["units"].to_numpy(float)[inside])
    return found


class _Asked:
    """Demand by series and day, and who serves it: near, then mid, then far."""

    def __init__(
        self,
        brand: Brand,
        forecast: pd.DataFrame,
        days: pd.DatetimeIndex,
        cells: pd.DataFrame,
    ) -> None:
        keys = pd.MultiIndex.from_frame(forecast[["region", "sku"]].astype(str))
        row, series = pd.factorize(keys)
        self.mean = np.zeros((len(series), len(days)))
        np.add.at(
            self.mean,
            (row, days.get_indexer(pd.DatetimeIndex(forecast["date"]))),
            forecast["mean"].to_numpy(),
        )
        named = brand.locations.set_index("location")
        at = named.loc[cells["location"]]
        of = pd.MultiIndex.from_arrays([at["region"].astype(str).to_numpy(), cells["sku"]])
        self.series = series.get_indexer(of)
        self.kind = at["kind"].astype(str).to_numpy()
        self.share = at["demand_share"].fillna(0.0).to_numpy(float)
        skus, self.sku = np.unique(cells["sku"].to_numpy(str), return_inverse=True)
        self.of_sku = pd.Index(skus).get_indexer(series.get_level_values(1).astype(str))
        promise = brand.settings.promise
        self.conversion = {
            "store": promise.near.conversion,
            "front": promise.mid.conversion,
            "main": promise.far.conversion,
        }

    def serve(self, day: int, stock: Floats) -> tuple[Floats, Floats]:
        """Return what is asked of each cell and what it sells."""
        left = self.mean[:, day].copy()
        asked, sold = np.zeros_like(stock), np.zeros_like(stock)
        for kind in ("store", "front"):
            cells = np.flatnonzero((self.kind == kind) & (self.series >= 0))
            series, bought = self.series[cells], self.conversion[kind]
            want = bought * left[series] * self.share[cells]
            take = np.minimum(want, stock[cells])
            asked[cells], sold[cells] = want, take
            if bought > 0:
                np.subtract.at(left, series, take / bought)
        self._serve_far(np.maximum(left, 0.0), stock, sold)
        return asked, sold

    def _serve_far(self, left: Floats, stock: Floats, sold: Floats) -> None:
        known = self.of_sku >= 0
        want = np.zeros(self.sku.max(initial=-1) + 1)
        np.add.at(want, self.of_sku[known], self.conversion["main"] * left[known])
        mains = np.flatnonzero(self.kind == "main")
        held = np.zeros_like(want)
        np.add.at(held, self.sku[mains], stock[mains])
        part = np.divide(want, held, out=np.zeros_like(want), where=held > 0)
        sold[mains] = stock[mains] * np.minimum(part, 1.0)[self.sku[mains]]
