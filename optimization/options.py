"""Everything that may be proposed: products on arcs and days, and what limits each of them.

An **arc** joins lanes with one origin, destination, lead time and unit cost (van and truck): where
a case goes is decided by arc, the lanes' vehicles only carry it. An **option** is one product on
one arc on one day on which it may leave.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimization.churn import cases_of_last
from optimization.network import MAIN, NEVER, Floats, Ints, Network


@dataclass(frozen=True, eq=False)
class Arcs:
    """Lanes joined by origin, destination, lead time and unit cost.

    :param of_lane: (lanes,) arc of each lane.
    :param open: (arcs, days) whether any of its lanes may take new stock.
    :param lanes: (arcs, k) its lanes, the largest vehicle first, -1 where there are fewer.
    :param price: (arcs, days) least money per m³ in a full vehicle of an open lane, inf if none.
    :param free_m3: (arcs, days) room left in the vehicles of approved transfers.
    """

    origin: Ints
    destination: Ints
    lead: Ints
    unit_cost: Floats
    of_lane: Ints
    open: npt.NDArray[np.bool_]
    lanes: Ints
    price: Floats
    free_m3: Floats


@dataclass(frozen=True, eq=False)
class Options:
    """All options, sorted by arc, day and product.

    :param cell: destination cell; ``origin_cell``; ``arrival`` day; ``case_m3``; ``landed``: money
        per unit for handling and moving, without vehicle and without the stock itself.
    :param life: days that its units can be sold once there; what is dated keeps its date on the
        way, so that this is an estimate where the origin holds several dates.
    :param last: cases that the last plan had there; ``counts``: whether it reached that day, so
        that a change counts as churn, at ``churn_price`` a unit.
    """

    arcs: Arcs
    arc: Ints
    day: Ints
    arrival: Ints
    sku: Ints
    cell: Ints
    origin_cell: Ints
    case_units: Ints
    case_m3: Floats
    landed: Floats
    life: Floats
    last: Ints
    counts: npt.NDArray[np.bool_]
    churn_price: float
    from_main: npt.NDArray[np.bool_]
    to_main: npt.NDArray[np.bool_]
    down: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.arc)

    def find(self, arc: Ints, sku: Ints, day: Ints) -> Ints:
        """Return the options of these arcs, products and days, -1 where there is none."""
        if not len(self):
            return np.full(np.shape(sku), -1, dtype=np.int64)
        skus = int(max(self.sku.max(), np.max(sku, initial=0))) + 1
        days = self.arcs.price.shape[1]
        keys = (self.arc * days + self.day) * skus + self.sku
        wanted = (arc * days + day) * skus + sku
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[place] == wanted, place, -1)


def of_surplus(options: Options, surplus: Floats) -> Options:
    """Leave out moves sideways and back of what the origin can sell itself.

    :param surplus: (cells,) units that are expected to be left or to spoil without any proposal.
    """
    lateral = ~options.from_main & ~options.down
    kept = ~lateral | (surplus[options.origin_cell] >= options.case_units) | (options.last > 0)
    if kept.all():
        return options
    rows = np.flatnonzero(kept)
    chosen = {
        item.name: getattr(options, item.name)[rows]
        for item in fields(options)
        if item.name not in ("arcs", "churn_price")
    }
    return replace(options, **chosen)


def vehicle_money(network: Network) -> Floats:
    """(lanes,) money for one vehicle, its CO2 priced in."""
    return network.vehicle_cost + network.co2_kg * network.money.co2


def join_lanes(network: Network) -> Arcs:
    """Join a network's lanes to arcs."""
    frame = pd.DataFrame(
        {
            "origin": network.origin,
            "destination": network.destination,
            "lead": network.lead,
            "unit_cost": network.unit_cost,
        }
    )
    grouped = frame.groupby(["destination", "origin", "lead", "unit_cost"], sort=True)
    of_lane = np.asarray(grouped.ngroup(), dtype=np.int64)
    firsts = grouped.head(1).index.to_numpy()
    first = firsts[np.argsort(of_lane[firsts])]
    count = len(first)
    size = np.bincount(of_lane, minlength=count)
    lanes = np.full((count, int(size.max(initial=1))), -1, dtype=np.int64)
    order = np.lexsort((-network.vehicle_m3, of_lane))
    starts = np.concatenate([[0], np.cumsum(size)[:-1]]) if count else np.zeros(0, dtype=np.int64)
    lanes[of_lane[order], np.arange(len(order)) - np.repeat(starts, size)] = order
    is_open = np.zeros((count, network.days), dtype=bool)
    np.logical_or.at(is_open, of_lane, network.open)
    price = np.full((count, network.days), np.inf)
    each = vehicle_money(network) / network.vehicle_m3
    np.minimum.at(price, of_lane, np.where(network.open, each[:, None], np.inf))
    load = network.volume(network.facts)
    free = network.vehicles(load) * network.vehicle_m3[:, None] - load
    free_m3 = np.zeros((count, network.days))
    np.add.at(free_m3, of_lane, np.where(network.open, free, 0.0))
    return Arcs(
        origin=network.origin[first],
        destination=network.destination[first],
        lead=network.lead[first],
        unit_cost=network.unit_cost[first],
        of_lane=of_lane,
        open=is_open,
        lanes=lanes,
        price=price,
        free_m3=free_m3,
    )


def list_options(network: Network, arcs: Arcs) -> Options:
    """List every product that may be proposed on every arc and day.

    Left out: products that the destination may not receive, that the origin never has, that a
    person rejected for that lane and day, or has approved there already, that expire on the way.
    """
    pairs = _pairs(network, arcs)
    arc = np.repeat(pairs["arc"].to_numpy(np.int64), network.days)
    day = np.tile(np.arange(network.days), len(pairs))
    cell = np.repeat(pairs["cell"].to_numpy(np.int64), network.days)
    origin_cell = np.repeat(pairs["origin_cell"].to_numpy(np.int64), network.days)
    sku = network.cell_sku[cell]
    life = _life(network, origin_cell, day, day + arcs.lead[arc])
    allowed = arcs.open[arc, day] & ~_decided(network, arcs, arc, sku, day) & (life >= 1)
    kept = np.flatnonzero(allowed)
    kept = kept[np.lexsort((sku[kept], day[kept], arc[kept]))]
    arc, day, cell, origin_cell, sku = (x[kept] for x in (arc, day, cell, origin_cell, sku))
    return Options(
        arcs=arcs,
        arc=arc,
        day=day,
        arrival=day + arcs.lead[arc],
        sku=sku,
        cell=cell,
        origin_cell=origin_cell,
        case_units=network.case_units[sku],
        case_m3=network.case_units[sku] * network.unit_m3[sku],
        landed=network.money.handled + arcs.unit_cost[arc],
        life=life[kept],
        last=cases_of_last(network, arcs, arc, sku, day),
        counts=day <= network.last.day.max(initial=-1),
        churn_price=network.churn_price,
        from_main=network.kind[arcs.origin[arc]] == MAIN,
        to_main=network.kind[arcs.destination[arc]] == MAIN,
        down=network.kind[arcs.origin[arc]] < network.kind[arcs.destination[arc]],
    )


_FIRST_TO_GO = 0.1
"""Share of an origin's dated stock whose dates a move is taken to have: it leaves in that order."""


def _life(network: Network, origin_cell: Ints, day: Ints, arrival: Ints) -> Floats:
    """Days from arrival on in which units that leave on ``day`` can be sold, by option.

    0 also where a main has nothing left by then.
    """
    life = network.shelf_life[network.cell_sku[origin_cell]].copy()
    lots = network.lots
    dated = np.unique(lots.cell[lots.expiry < NEVER])
    by_origin = np.argsort(origin_cell, kind="stable")
    origins = origin_cell[by_origin]
    for cell in np.intersect1d(dated, origins):
        own = slice(*np.searchsorted(lots.cell, [cell, cell + 1]))
        rows = by_origin[slice(*np.searchsorted(origins, [cell, cell + 1]))]
        order = np.argsort(lots.expiry[own], kind="stable")
        expiry, units, since = (x[own][order] for x in (lots.expiry, lots.units, lots.day))
        for today in np.unique(day[rows]):
            at = rows[day[rows] == today]
            left = units * ((expiry >= today) & (since <= today))
            first = expiry[(np.cumsum(left) >= _FIRST_TO_GO * left.sum()).argmax()]
            if left.sum() <= 0:
                life[at] = 0 if network.cell_kind[cell] == MAIN else life[at]
            elif first < NEVER:
                life[at] = np.clip(first - arrival[at] + 1, 0, life[at])
    return life


def _pairs(network: Network, arcs: Arcs) -> pd.DataFrame:
    """Arc, cell, origin_cell: cells that an arc can serve with a product its origin can have."""
    receives = np.flatnonzero(network.receives)
    cells = pd.DataFrame({"cell": receives, "destination": network.cell_location[receives]})
    frame = pd.DataFrame(
        {"arc": np.arange(len(arcs.origin)), "destination": arcs.destination, "from": arcs.origin}
    )
    kind = network.kind
    start, end = kind[arcs.origin], kind[arcs.destination]
    moves = (start < end) | (network.lateral & (start != MAIN))
    pairs = frame[moves].merge(cells, on="destination")
    origin = network.cells(pairs["from"].to_numpy(), network.cell_sku[pairs["cell"].to_numpy()])
    pairs = pairs.assign(origin_cell=origin)[origin >= 0]
    here = np.zeros(len(network.cell_sku), dtype=bool)
    here[network.lots.cell] = True
    facts = network.facts
    here[network.cells(network.destination[facts.lane], facts.sku)] = True
    comes = here | ((network.cell_kind != MAIN) & network.receives)
    cell, origin = pairs["cell"].to_numpy(np.int64), pairs["origin_cell"].to_numpy(np.int64)
    down = network.cell_kind[origin] < network.cell_kind[cell]
    # Sideways and back goes only what a place has already, and back only what keeps: nothing
    # is brought to a front to be taken elsewhere, and no main sells what has aged.
    keeps = np.isinf(network.shelf_life[network.cell_sku[cell]])
    other = here[origin] & (keeps | (network.cell_kind[cell] != MAIN))
    rows: pd.DataFrame = pairs.loc[np.where(down, comes[origin], other)]
    return rows


def _decided(
    network: Network, arcs: Arcs, arc: Ints, sku: Ints, day: Ints
) -> npt.NDArray[np.bool_]:
    """Whether people have rejected, or approved, the product on any lane of the arc that day."""
    decided = np.zeros(len(arc), dtype=bool)
    for lanes in arcs.lanes.T:
        lane = lanes[arc]
        known = lane >= 0
        decided[known] |= network.barred(lane[known], sku[known], day[known])
    facts = network.facts
    if len(facts):
        size = (len(network.skus), network.days)
        keys = (arcs.of_lane[facts.lane] * size[0] + facts.sku) * size[1] + facts.day
        decided |= np.isin((arc * size[0] + sku) * size[1] + day, keys)
    return decided
