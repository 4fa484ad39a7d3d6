"""How the demo brand kept stock in its history, so that sales are what stock allowed.

Fronts order from their main with a base-stock rule that looks a few days ahead and prepares
for only part of what is coming; stores are refilled from their front every morning. The day
itself is played in :mod:`data.demo_hours`. Mains always had stock in the history.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.demo_calendar import festival_days
from data.demo_demand import DemoDemand
from data.demo_hours import sell_for_a_day
from data.demo_places import City, Store, city_km, lead_days
from data.demo_products import DemoProduct
from data.departures import parse_departures

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FAR_CONVERSION = 0.62

RECORDED_DAYS = 92
"""Last days of the history of which the demo brand records who served what was sold."""

_MEMORY = 0.10  # weight of today's sales in a series' estimated level
_STORE_COVER_DAYS = 1.5
_SPARE_DAYS = 2  # days of demand that every order covers beyond the next arrival
_SAFETY = 0.5  # standard deviations of demand over the cover that an average keeper holds more
MAX_LIFE = 10_000  # days; stands for what does not spoil
_DRIVERS_REST = 3  # no departures within these days of the Lunar New Year


@dataclass(frozen=True)
class DemoHistory:
    """What the history left behind; arrays are (regions, products, days of history).

    :param sales: units sold to shoppers of the region, from any field.
    :param availability: share of selling hours in which the region's own stock had it.
    :param front: (regions, products) units at fronts at the close of the last day.
    :param store: (store regions, stores, products) units at stores then; -1 is not held.
    :param received: units that arrived at fronts on each day.
    :param on_way: (regions, products, days after the last) units that will arrive.
    :param life: (regions, products) days on which a unit that arrives can be sold.
    :param wasted: units that expired in all.
    :param served: who served the sales of the last :data:`RECORDED_DAYS` days: ``far`` and
        ``front`` (regions, products, days), ``store`` (store regions, stores, products, days).
    """

    sales: Ints
    availability: Floats
    front: Ints
    store: Ints
    received: Ints
    on_way: Ints
    life: Ints
    wasted: int
    served: dict[str, Ints]


@dataclass(frozen=True)
class _Keeping:
    """What stays the same while the days are played.

    ``order`` and ``cover`` are (regions, days): whether a vehicle leaves the next day, and how
    many days the order must last. ``ahead`` is (regions, products, days + 1): the cumulated
    shape that the keeper expects. ``share`` is (store regions, stores).
    """

    order: npt.NDArray[np.bool_]
    cover: Ints
    ahead: Floats
    case: Ints
    life: Ints
    lead: Ints
    bias: Floats
    safety: Floats
    store_rows: Ints
    share: Floats
    held: npt.NDArray[np.bool_]


def simulate_history(
    rng: np.random.Generator,
    dates: pd.DatetimeIndex,
    history: int,
    cities: tuple[City, ...],
    stores: tuple[Store, ...],
    products: tuple[DemoProduct, ...],
    demand: DemoDemand,
    held: npt.NDArray[np.bool_],
    tell: Callable[[int], None],
) -> DemoHistory:
    """Play the first ``history`` days of ``dates``.

    :param held: (stores, products) whether a store holds a product.
    :param tell: called with the number of days played, now and then.
    """
    keeping = _keeping(rng, dates, cities, stores, products, demand, held)
    regions, count = demand.first_day.shape
    latest = int(keeping.lead.max()) + 2
    pipe = np.zeros((regions, count, history + latest), dtype=np.int64)
    received = np.zeros((regions, count, history), dtype=np.int64)
    sales = np.zeros((regions, count, history), dtype=np.int64)
    availability = np.ones((regions, count, history))
    front = np.zeros((regions, count), dtype=np.int64)
    store = np.zeros(keeping.held.shape, dtype=np.int64)
    estimate = _open_series(pipe, demand, history, keeping)
    wasted = 0
    recorded = min(RECORDED_DAYS, history)
    served = {
        "far": np.zeros((regions, count, recorded), dtype=np.int64),
        "front": np.zeros((regions, count, recorded), dtype=np.int64),
        "store": np.zeros((*keeping.held.shape, recorded), dtype=np.int64),
    }
    for day in range(history):
        received[..., day] = pipe[..., day]
        front += pipe[..., day]
        _refill_stores(front, store, estimate * demand.shape[..., day], keeping)
        units = demand.units[..., day]
        at_front, at_store = front.copy(), store.copy()
        lost, availability[..., day] = sell_for_a_day(
            rng, units, front, store, keeping.store_rows, keeping.share
        )
        far = rng.binomial(lost, FAR_CONVERSION)
        sales[..., day] = units - lost + far
        if (place := day - history + recorded) >= 0:
            served["far"][..., place] = far
            served["front"][..., place] = at_front - front
            served["store"][..., place] = at_store - store
        wasted += _discard(front, store, received[..., : day + 1], keeping)
        on_sale = (demand.first_day >= 0) & (demand.first_day <= day)
        weight = np.where(on_sale, _MEMORY * availability[..., day] ** 2, 0.0)
        _learn(estimate, sales[..., day], demand.shape[..., day], weight)
        position = _with_stores(front, store, keeping) + pipe[..., day + 1 : day + latest].sum(-1)
        orders = _orders(rng, day, estimate, position, on_sale, keeping)
        if day < history - 1:  # what the last evening could order is the plan's to decide
            pipe[np.arange(regions), :, day + 1 + keeping.lead] += orders
        if day % 20 == 19 or day == history - 1:
            tell(day + 1)
    return DemoHistory(
        sales=sales,
        availability=availability,
        front=front,
        store=np.where(keeping.held, store, -1),
        received=received,
        on_way=pipe[..., history:],
        life=keeping.life,
        wasted=wasted,
        served=served,
    )


def _keeping(
    rng: np.random.Generator,
    dates: pd.DatetimeIndex,
    cities: tuple[City, ...],
    stores: tuple[Store, ...],
    products: tuple[DemoProduct, ...],
    demand: DemoDemand,
    held: npt.NDArray[np.bool_],
) -> _Keeping:
    departs = np.array([parse_departures(city.departs) for city in cities])
    leaves = departs[:, np.asarray(dates.dayofweek)]
    leaves &= np.abs(festival_days(dates))[None] > _DRIVERS_REST
    order = np.roll(leaves, -1, axis=1)  # what is ordered in the evening leaves the next day
    lead = np.array([lead_days(city_km(city, city.main)) for city in cities])
    foresight = np.array([city.foresight for city in cities])[:, None, None]
    expected_shape = demand.shape**foresight
    life = np.array([product.life or MAX_LIFE for product in products])[None] - 1 - lead[:, None]
    # Some keepers hold too much of a product, some too little, and never learn.
    bias = np.array([city.bias for city in cities])[:, None] * np.exp(
        rng.normal(0, 0.14, demand.first_day.shape)
    )
    careless = np.where(rng.random(demand.first_day.shape) < 0.12, -0.8, 0.0)
    region_of = [city.region for city in cities]
    rows = list(dict.fromkeys(region_of.index(store.region) for store in stores))
    share = np.array([[s.share for s in stores if s.region == region_of[row]] for row in rows])
    return _Keeping(
        order=order,
        cover=_days_to_next(order) + lead[:, None] + _SPARE_DAYS,
        ahead=np.concatenate(
            [np.zeros((*expected_shape.shape[:2], 1)), expected_shape.cumsum(-1)], axis=-1
        ),
        case=np.array([product.case for product in products]),
        life=np.maximum(life, 1),
        lead=lead,
        bias=bias,
        safety=_SAFETY + careless,
        store_rows=np.array(rows, dtype=np.int64),
        share=share,
        held=held.reshape(*share.shape, len(products)),
    )


def _days_to_next(order: npt.NDArray[np.bool_]) -> Ints:
    """Return for each (region, day) the days until the next order after it (at most 14)."""
    gap = np.full(order.shape, 1, dtype=np.int64)
    for day in range(order.shape[1] - 2, -1, -1):
        gap[:, day] = np.where(order[:, day + 1], 1, np.minimum(gap[:, day + 1] + 1, 14))
    return gap


def _open_series(pipe: Ints, demand: DemoDemand, history: int, keeping: _Keeping) -> Floats:
    """Put every series' opening stock on the way to its first day; return the first estimates."""
    estimate = np.zeros(demand.first_day.shape)
    rows, columns = np.nonzero((demand.first_day >= 0) & (demand.first_day < history))
    first = demand.first_day[rows, columns]
    days = first[:, None] + np.arange(28)
    mean = demand.expected[rows[:, None], columns[:, None], days].mean(1)
    estimate[rows, columns] = mean / demand.shape[rows[:, None], columns[:, None], days].mean(1)
    cover = np.minimum(keeping.lead[rows] + 5, keeping.life[rows, columns] + 1)
    case = keeping.case[columns]
    pipe[rows, columns, first] = np.ceil(mean * cover / case).astype(np.int64) * case
    return estimate


def _refill_stores(front: Ints, store: Ints, rate: Floats, keeping: _Keeping) -> None:
    """Move stock from fronts to their stores in the morning; a front keeps a fifth back."""
    rows = keeping.store_rows
    target = np.ceil(_STORE_COVER_DAYS * keeping.share[..., None] * rate[rows][:, None]) + 1
    need = np.where(keeping.held, np.maximum(target - store, 0), 0)
    can = np.minimum(1.0, 0.8 * front[rows] / np.maximum(need.sum(1), 1))
    moved = np.floor(need * can[:, None]).astype(np.int64)
    store += moved
    front[rows] -= moved.sum(1)


def _discard(front: Ints, store: Ints, received: Ints, keeping: _Keeping) -> int:
    """Throw away at night what expires, and return how much.

    First in, first out: what a region holds beyond the arrivals that can still be sold
    tomorrow is too old. Stores got theirs before what is still at the front, so they hold
    the older units.
    """
    perishable = np.flatnonzero(keeping.life.max(axis=0) < MAX_LIFE // 2)
    life = keeping.life[:, perishable]
    window = received[..., -int(life.max(initial=1)) :][:, perishable]
    age = np.arange(window.shape[-1])[::-1]
    good = np.where(age < life[..., None] - 1, window, 0).sum(-1)
    held = _with_stores(front, store, keeping)[:, perishable]
    too_old = np.maximum(held - good, 0)
    rows = keeping.store_rows
    left = too_old[rows]
    for at in range(store.shape[1]):
        removed = np.minimum(left, store[:, at, perishable])
        store[:, at, perishable] -= removed
        left = left - removed
    from_front = too_old.copy()
    from_front[rows] = left
    front[:, perishable] -= from_front
    return int(too_old.sum())


def _learn(estimate: Floats, sold: Ints, shape: Floats, weight: Floats) -> None:
    """Move the estimated levels towards what sold; days without stock teach little."""
    estimate += weight * (sold / np.maximum(shape, 0.05) - estimate)


def _with_stores(front: Ints, store: Ints, keeping: _Keeping) -> Ints:
    """Return what each region holds at its front and stores together (regions, products)."""
    total = front.copy()
    total[keeping.store_rows] += store.sum(1)
    return total


def _orders(
    rng: np.random.Generator,
    day: int,
    estimate: Floats,
    position: Ints,
    on_sale: npt.NDArray[np.bool_],
    keeping: _Keeping,
) -> Ints:
    """Return what each front orders in the evening, in whole cases."""
    cover = keeping.cover[:, day]
    last = np.minimum(day + 1 + cover, keeping.ahead.shape[-1] - 1)
    until = np.take_along_axis(keeping.ahead, last[:, None, None], axis=2)[..., 0]
    mean = estimate * (until - keeping.ahead[..., day + 1])
    guess = mean * keeping.bias * np.exp(rng.normal(0, 0.1, mean.shape))
    target = guess + keeping.safety * np.sqrt(guess * (1 + 0.12 * guess))
    # More than what sells within its life would only be thrown away.
    sellable = mean / cover[:, None] * (keeping.life + keeping.lead[:, None])
    need = np.where(on_sale, np.minimum(target, sellable + 1) - position, 0.0)
    # Less than half a case waits, unless half of what is needed is not there.
    cases = np.floor(np.maximum(need, 0.0) / keeping.case + 0.6)
    cases = np.maximum(cases, (need > 0) & (position < 0.5 * target))
    return np.where(keeping.order[:, day][:, None], cases * keeping.case, 0).astype(np.int64)
