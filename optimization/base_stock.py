"""The base-stock policy that plans are measured beside: fill each place up to so many days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data import Brand


@dataclass(frozen=True, slots=True)
class BaseStock:
    """Each departure fills a front or store up to ``cover_days`` of mean forecast demand.

    :param cover_days: beyond the lead time, > 0.
    :param least_fill: share of a vehicle below which nothing is sent, 0 to 1.
    """

    cover_days: float
    least_fill: float

    def __post_init__(self) -> None:
        if self.cover_days <= 0 or not 0 <= self.least_fill <= 1:
            raise ValueError("base stock: expected cover_days > 0 and least_fill 0 to 1")

    def decide(self, brand: Brand, forecast: pd.DataFrame) -> pd.DataFrame:
        """Return lane, sku, dispatch_date, cases for the day after the as-of day.

        Each place draws on the lane that is cheapest a m³ in a full vehicle, from what its origin
        has at the as-of close, the emptiest cells first.
        """
        day = brand.as_of + pd.Timedelta(days=1)
        lanes = _lanes(brand, day)
        rows = _cells(brand, forecast, lanes)
        if rows.empty:
            return pd.DataFrame(columns=["lane", "sku", "dispatch_date", "cases"])
        target = rows["daily"] * (self.cover_days + rows["lead_days"])
        rows["cases"] = np.floor((target - rows["there"]) / rows["case_units"] + 0.5)
        rows = rows[rows["cases"] > 0].copy()
        rows["cover"] = rows["there"] / rows["daily"]
        rows = rows.sort_values(["cover", "lane", "sku"], kind="stable", ignore_index=True)
        asked = rows["cases"] * rows["case_units"]
        before = asked.groupby([rows["origin"], rows["sku"]]).cumsum() - asked
        left = np.minimum(rows["at_origin"] - before, asked)
        rows["cases"] = np.floor(np.maximum(left, 0) / rows["case_units"])
        rows["m3"] = rows["cases"] * rows["case_units"] * rows["unit_m3"]
        load = rows.groupby("lane")["m3"].transform("sum")
        rows = rows[(rows["cases"] > 0) & (load >= self.least_fill * rows["vehicle_m3"])]
        chosen = rows[["lane", "sku"]].assign(dispatch_date=day, cases=rows["cases"].astype(int))
        return chosen.reset_index(drop=True)


def _lanes(brand: Brand, day: pd.Timestamp) -> pd.DataFrame:
    """Each front's and store's cheapest lane that departs that day, from a main or a front."""
    kinds = brand.locations.astype({"location": str}).set_index("location")["kind"]
    lanes = brand.lanes.astype({"lane": str, "origin": str, "destination": str})
    start, end = lanes["origin"].map(kinds), lanes["destination"].map(kinds)
    departs = np.array([on[day.weekday()] for on in lanes["departs_on"]], dtype=bool)
    down = ((start == "main") & (end != "main")) | ((start == "front") & (end == "store"))
    lanes = lanes[down.to_numpy() & departs]
    price = lanes["vehicle_cost"] / lanes["vehicle_m3"]
    order = lanes.assign(price=price).sort_values(["destination", "price", "lane"])
    cheapest: pd.DataFrame = order.drop_duplicates("destination")
    return cheapest


def _cells(brand: Brand, forecast: pd.DataFrame, lanes: pd.DataFrame) -> pd.DataFrame:
    """Product × place: daily demand, what is there or coming, what the origin has."""
    mean = forecast.astype({"region": str, "sku": str}).groupby(["region", "sku"])["mean"].mean()
    places = brand.locations.astype({"location": str, "region": str})
    lanes = lanes.merge(
        places[["location", "region", "demand_share"]], left_on="destination", right_on="location"
    )
    rows = lanes.merge(mean.rename("daily").reset_index(), on="region")
    rows["daily"] *= rows["demand_share"]
    products = brand.products.astype({"sku": str})[["sku", "case_units", "unit_m3"]]
    rows = rows[rows["daily"] > 0].merge(products, on="sku")
    held = _units(brand.stock, "location")
    coming = _units(brand.inbound, "location")
    total = held.add(coming, fill_value=0.0)
    keys = [pd.MultiIndex.from_frame(rows[[end, "sku"]]) for end in ("destination", "origin")]
    rows["there"] = total.reindex(keys[0]).fillna(0.0).to_numpy()
    rows["at_origin"] = held.reindex(keys[1]).fillna(0.0).to_numpy()
    if brand.has_assortment:
        allowed = brand.assortment.astype({"location": str, "sku": str})
        keep = pd.MultiIndex.from_frame(allowed.loc[allowed["max_units"] > 0, ["location", "sku"]])
        rows = rows[keys[0].isin(keep)]
    return rows.reset_index(drop=True)


def _units(stock: pd.DataFrame, place: str) -> pd.Series:
    frame = stock.astype({place: str, "sku": str})
    return frame.groupby([place, "sku"])["units"].sum().astype(float)
