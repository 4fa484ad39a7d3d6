"""From a brand's tables to the arrays of its network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from data import Brand
from optimization.network import (
    KINDS,
    NEVER,
    Floats,
    Ints,
    Lots,
    Money,
    Moves,
    Names,
    Network,
    Truths,
)


def build_network(
    brand: Brand,
    series: pd.DataFrame,
    days: int,
    *,
    approved: pd.DataFrame | None = None,
    rejected: pd.DataFrame | None = None,
    last: pd.DataFrame | None = None,
) -> Network:
    """Build the network of a brand.

    :param series: region, sku of the series with a forecast, no row twice.
    :param days: horizon, >= 1.
    :param approved: lane, sku, dispatch_date, cases: facts. Those that left by the as-of day and
        have not arrived are on their way; those that leave within the horizon are dispatched
        as they stand.
    :param rejected: lane, sku, until: not proposed again up to that day.
    :param last: lane, sku, dispatch_date, cases: what the last plan said, approved or not.

    Readings of the input, beyond the contract:

    - a product's shelf life begins when it reaches a front or store; undated stock of a main
      does not age; undated stock that already stands at a front or store came in at the as-of
      close. Dated stock keeps its date wherever it goes.
    - what was to arrive by the as-of day and is not in stock arrives on the first morning.
    """
    names = _Names(brand)
    settings = brand.settings
    products, places, lanes = brand.products, brand.locations, brand.lanes
    products = products.set_index("sku").loc[list(names.skus)]
    places = places.set_index("location").loc[list(names.locations)]
    lanes = lanes.set_index("lane").loc[list(names.lanes)]
    kind = np.array([KINDS.index(value) for value in places["kind"]], dtype=np.int64)
    region = _index(names.regions, places["region"].astype(str))
    lead = lanes["lead_days"].to_numpy(np.int64)
    departs = _departures(lanes, brand.as_of, days)
    shelf_life = np.floor(products["shelf_life_days"].to_numpy(np.float64))
    shelf_life = np.where(np.isnan(shelf_life), np.inf, np.maximum(shelf_life, 1))
    dropped: dict[str, int] = {}
    facts, on_the_way = _facts(approved, names, brand.as_of, days, lead, dropped)
    location_of_lane = _index(names.locations, lanes["destination"])
    origin = _index(names.locations, lanes["origin"])
    case_units = products["case_units"].to_numpy(np.int64)
    arriving = pd.DataFrame(
        {
            "location": location_of_lane[on_the_way["lane"].to_numpy(np.int64)],
            "sku": on_the_way["sku"],
            "units": on_the_way["cases"] * case_units[on_the_way["sku"].to_numpy(np.int64)] * 1.0,
            "day": on_the_way["arrival"],
        }
    )
    lots = _lots(brand, names, arriving, kind, shelf_life, days, dropped)
    wanted = pd.DataFrame(
        {
            "region": _index(names.regions, series["region"].astype(str)),
            "sku": _index(names.skus, series["sku"].astype(str)),
        }
    ).sort_values(["sku", "region"])
    cells = _cells(wanted, lots, facts, kind, region, origin, location_of_lane)
    cell_location, cell_sku = cells["location"].to_numpy(), cells["sku"].to_numpy()
    receives, most = _assortment(brand, names, kind, cell_location, cell_sku)
    barred_keys, barred_until = _barred(rejected, names, brand.as_of)
    key = cell_sku * len(names.locations) + cell_location
    lot_key = (lots["sku"] * len(names.locations) + lots["location"]).to_numpy()
    arrival = np.arange(days)[None, :] + lead[:, None]
    is_open = departs & (np.arange(days) >= settings.plan.frozen_days)[None, :] & (arrival < days)
    fields = (settings.promise.near, settings.promise.mid, settings.promise.far)
    return Network(
        as_of=brand.as_of,
        days=days,
        frozen_days=settings.plan.frozen_days,
        currency=settings.currency,
        money=Money(
            conversion=np.array([field.conversion for field in fields]),
            delivery=np.array([field.delivery_cost for field in fields]),
            handling=settings.costs.handling_per_unit,
            handling_out=settings.costs.handling_out_per_unit,
            holding=settings.costs.holding_per_m3_day,
            waste_share=settings.costs.waste_share_of_price,
            co2=settings.costs.co2_per_kg,
        ),
        regions=names.regions,
        vip_share=_vip_share(brand, names),
        skus=names.skus,
        unit_m3=_floats(products["unit_m3"]),
        case_units=case_units,
        price=_floats(products["price"]),
        margin=_floats(products["margin"]),
        shelf_life=shelf_life,
        locations=names.locations,
        kind=kind,
        region=region,
        storage_m3=_floats(places["storage_m3"]),
        handling_units=_floats(places["handling_units"]),
        share=np.nan_to_num(_floats(places["demand_share"])),
        lanes=names.lanes,
        origin=origin,
        destination=location_of_lane,
        lead=lead,
        vehicle_m3=_floats(lanes["vehicle_m3"]),
        vehicle_cost=_floats(lanes["vehicle_cost"]),
        unit_cost=_floats(lanes["unit_cost"]),
        co2_kg=_floats(lanes["co2_kg"]),
        max_vehicles=settings.plan.max_vehicles,
        departs=departs,
        open=is_open,
        series_region=wanted["region"].to_numpy(),
        series_sku=wanted["sku"].to_numpy(),
        cell_location=cell_location,
        cell_sku=cell_sku,
        cell_series=_cell_series(wanted, cell_sku, region[cell_location], kind[cell_location]),
        receives=receives,
        max_units=most,
        lots=Lots(
            cell=np.searchsorted(key, lot_key).astype(np.int64),
            day=lots["day"].to_numpy(np.int64),
            units=_floats(lots["units"]),
            expiry=lots["expiry"].to_numpy(np.int64),
            fresh=lots["fresh"].to_numpy(bool),
        ),
        facts=facts,
        barred_keys=barred_keys,
        barred_until=barred_until,
        dropped=dropped,
        series_weight=np.ones(len(wanted)),
        last=_facts(last, names, brand.as_of, days, lead, {})[0],
        churn_price=settings.plan.churn_price,
        handling_at_origin=settings.plan.handling_at_origin,
        lateral=settings.plan.lateral,
    )


class _Names:
    """The sorted names that indices count."""

    def __init__(self, brand: Brand) -> None:
        self.regions = _sorted(brand.regions["region"])
        self.skus = _sorted(brand.products["sku"])
        self.locations = _sorted(brand.locations["location"])
        self.lanes = _sorted(brand.lanes["lane"])


def _sorted(names: pd.Series[Any]) -> Names:
    return np.array(sorted(names.astype(str)), dtype=object)


def _index(names: Names, values: Any) -> Ints:
    """Row numbers in ``names``; -1 for what is not there."""
    return pd.Index(names).get_indexer(pd.Index(np.asarray(values, dtype=object))).astype(np.int64)


def _floats(values: pd.Series[Any]) -> Floats:
    return values.to_numpy(np.float64)


def _day(values: pd.Series[Any], as_of: pd.Timestamp) -> Ints:
    """Days after the first forecast day; :data:`NEVER` for NaT."""
    days = (pd.to_datetime(values) - as_of).dt.days - 1
    result: Ints = np.asarray(days.fillna(NEVER), dtype=np.int64)
    return result


def _vip_share(brand: Brand, names: _Names) -> Floats:
    shares = brand.regions.assign(region=brand.regions["region"].astype(str))
    return _floats(shares.set_index("region").loc[list(names.regions), "vip_share"])


def _departures(lanes: pd.DataFrame, as_of: pd.Timestamp, days: int) -> Truths:
    weekday = (as_of.weekday() + 1 + np.arange(days)) % 7
    if lanes.empty:
        return np.zeros((0, days), dtype=bool)
    return np.array([np.asarray(on, dtype=bool)[weekday] for on in lanes["departs_on"]])


def _facts(
    approved: pd.DataFrame | None,
    names: _Names,
    as_of: pd.Timestamp,
    days: int,
    lead: Ints,
    dropped: dict[str, int],
) -> tuple[Moves, pd.DataFrame]:
    """Split approved transfers: those that leave within the horizon, those already on the way."""
    columns = ["lane", "sku", "dispatch_date", "cases"]
    rows = pd.DataFrame(columns=columns) if approved is None else approved[columns]
    frame = pd.DataFrame(
        {
            "lane": _index(names.lanes, rows["lane"].astype(str)),
            "sku": _index(names.skus, rows["sku"].astype(str)),
            "day": _day(rows["dispatch_date"], as_of),
            "cases": rows["cases"].astype(np.int64).to_numpy(),
        }
    )
    known = (frame["lane"] >= 0) & (frame["sku"] >= 0)
    if (~known).any():
        dropped["approved transfers of unknown lanes or products"] = int((~known).sum())
    frame = frame[known]
    frame = frame.assign(arrival=frame["day"] + lead[frame["lane"].to_numpy(np.int64)])
    on_the_way = frame[(frame["day"] < 0) & (frame["arrival"] >= 0)]
    leaving = frame[(frame["day"] >= 0) & (frame["day"] < days)]
    facts = Moves(*(leaving[name].to_numpy() for name in ("lane", "sku", "day", "cases")))
    return facts.merged(), on_the_way


def _lots(
    brand: Brand,
    names: _Names,
    arriving: pd.DataFrame,
    kind: Ints,
    shelf_life: Floats,
    days: int,
    dropped: dict[str, int],
) -> pd.DataFrame:
    """Stock and arrivals: location, sku, units, day, expiry, fresh; sorted."""
    frames = [
        pd.DataFrame(
            {
                "location": _index(names.locations, brand.stock["location"].astype(str)),
                "sku": _index(names.skus, brand.stock["sku"].astype(str)),
                "units": _floats(brand.stock["units"]),
                "day": -1,
                "expiry": _day(brand.stock["expires"], brand.as_of),
            }
        ),
        pd.DataFrame(
            {
                "location": _index(names.locations, brand.inbound["location"].astype(str)),
                "sku": _index(names.skus, brand.inbound["sku"].astype(str)),
                "units": _floats(brand.inbound["units"]),
                "day": np.maximum(_day(brand.inbound["arrives"], brand.as_of), 0),
                "expiry": NEVER,
            }
        ),
        arriving.assign(expiry=NEVER),
    ]
    lots = pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)
    expired = (lots["day"] == -1) & (lots["expiry"] < 0) & (lots["units"] > 0)
    if expired.any():
        dropped["lots of stock that had expired by the as-of day"] = int(expired.sum())
    lots = lots[~expired & (lots["units"] > 0) & (lots["day"] < days)]
    life = shelf_life[lots["sku"]]
    undated = (lots["expiry"] == NEVER).to_numpy() & np.isfinite(life)
    forward = kind[lots["location"]] != KINDS.index("main")
    begins = np.maximum(lots["day"].to_numpy(), 0)
    dated = np.where(undated & forward, begins + np.where(undated, life, 1) - 1, NEVER)
    lots = lots.assign(
        expiry=np.where(undated & forward, dated, lots["expiry"]).astype(np.int64),
        fresh=undated & ~forward,
    )
    keys = ["sku", "location", "day", "expiry", "fresh"]
    return lots.groupby(keys, sort=True)[["units"]].sum().reset_index()


def _cells(
    series: pd.DataFrame,
    lots: pd.DataFrame,
    facts: Moves,
    kind: Ints,
    region: Ints,
    origin: Ints,
    destination: Ints,
) -> pd.DataFrame:
    """Every product × location where stock can be: location, sku, sorted by sku, location."""
    forward = pd.DataFrame({"location": np.flatnonzero(kind > 0), "region": region[kind > 0]})
    served = series.merge(forward, on="region")[["location", "sku"]]
    stores = pd.DataFrame({"from": origin, "location": destination})
    stores = stores[(kind[origin] == KINDS.index("front")) & (kind[destination] == 2)]
    hubs = served.merge(stores.drop_duplicates(), on="location")[["from", "sku"]]
    moved = [
        pd.DataFrame({"location": ends[facts.lane], "sku": facts.sku})
        for ends in (origin, destination)
    ]
    parts = [served, hubs.rename(columns={"from": "location"}), lots[["location", "sku"]], *moved]
    skus = np.unique(np.concatenate([part["sku"].to_numpy(np.int64) for part in parts]))
    mains = np.flatnonzero(kind == 0)
    parts.append(
        pd.DataFrame({"location": np.tile(mains, len(skus)), "sku": np.repeat(skus, len(mains))})
    )
    cells = pd.concat(parts).astype(np.int64).drop_duplicates()
    return cells.sort_values(["sku", "location"]).reset_index(drop=True)


def _cell_series(series: pd.DataFrame, sku: Ints, region: Ints, kind: Ints) -> Ints:
    width = int(max(series["region"].max() if len(series) else 0, region.max(initial=0))) + 1
    keys = (series["sku"] * width + series["region"]).to_numpy(np.int64)
    if not len(keys):
        return np.full(len(sku), -1, dtype=np.int64)
    wanted = sku * width + np.maximum(region, 0)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found = (keys[place] == wanted) & (region >= 0) & (kind > 0)
    return np.where(found, place, -1)


def _assortment(
    brand: Brand, names: _Names, kind: Ints, location: Ints, sku: Ints
) -> tuple[Truths, Floats]:
    """Whether each cell may receive the product, and the most units that it may hold."""
    main = kind[location] == KINDS.index("main")
    if not brand.has_assortment:
        return np.ones(len(sku), dtype=bool), np.full(len(sku), np.inf)
    rows = brand.assortment
    allowed = pd.Series(
        _floats(rows["max_units"]),
        index=pd.MultiIndex.from_arrays(
            [
                _index(names.locations, rows["location"].astype(str)),
                _index(names.skus, rows["sku"].astype(str)),
            ]
        ),
    )
    found = allowed[~allowed.index.duplicated()].reindex(pd.MultiIndex.from_arrays([location, sku]))
    most = found.to_numpy(np.float64)
    receives = main | (~np.isnan(most) & ~(most <= 0))
    return receives, np.where(main | np.isnan(most), np.inf, most)


def _barred(rejected: pd.DataFrame | None, names: _Names, as_of: pd.Timestamp) -> tuple[Ints, Ints]:
    if rejected is None or rejected.empty:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    frame = pd.DataFrame(
        {
            "lane": _index(names.lanes, rejected["lane"].astype(str)),
            "sku": _index(names.skus, rejected["sku"].astype(str)),
            "until": _day(rejected["until"], as_of),
        }
    )
    frame = frame[(frame["lane"] >= 0) & (frame["sku"] >= 0)]
    keys = frame["lane"] * len(names.skus) + frame["sku"]
    until = frame["until"].groupby(keys).max().sort_index()
    return until.index.to_numpy(np.int64), until.to_numpy(np.int64)
