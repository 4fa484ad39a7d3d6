"""A selling day of the demo brand, hour by hour: who is served from where, and when it ran out.

A store's shoppers are served by the store, then by the front; those of a city without stores
by its front. Availability is the share of selling hours in which a shopper's store or front
had the product, averaged over the shoppers' stores; an hour that begins with stock and ends
without counts half. So the hours without stock and the units missed belong together, by the
hours' share of demand.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Share of a day's demand in each selling hour, 07:00 to 23:00: noon, and more so the evening.
HOURS = np.array([2, 3, 4.5, 5.5, 6.5, 7.5, 7, 6, 6, 6.5, 7, 7.5, 8.5, 9, 8, 5.5]) / 100.0


def sell_for_a_day(
    rng: np.random.Generator,
    units: Ints,
    front: Ints,
    store: Ints,
    rows: Ints,
    share: Floats,
) -> tuple[Ints, Floats]:
    """Play one day's hours, taking what is sold from front and store in place.

    :param units: (regions, products) the day's demand; ``front`` alike the stock at opening.
    :param store: (store regions, stores, products) the stock of stores at opening.
    :param rows: (store regions,) which regions have stores.
    :param share: (store regions, stores) share of the region's demand.
    :returns: units that the region's own stock missed, and availability.
    """
    hours = len(HOURS)
    others = np.setdiff1d(np.arange(len(front)), rows)
    lost = np.zeros_like(units)
    available = np.ones(units.shape)

    asked = rng.multinomial(units[others], HOURS).cumsum(-1)
    left = np.maximum(front[others][..., None] - asked, 0)
    available[others] = _share_of_hours(front[others], left)
    lost[others] = np.maximum(asked[..., -1] - front[others], 0)
    front[others] = left[..., -1]

    count = units.shape[1]
    cells = (share[..., None] * HOURS).reshape(len(rows), 1, -1)
    cells /= cells.sum(-1, keepdims=True)
    drawn = rng.multinomial(units[rows], cells).reshape(len(rows), count, -1, hours)
    asked = drawn.swapaxes(1, 2).cumsum(-1)  # store regions, stores, products, hours
    at_store = np.maximum(store[..., None] - asked, 0)
    overflow = np.maximum(asked - store[..., None], 0).sum(1)
    at_front = np.maximum(front[rows][..., None] - overflow, 0)
    own = _share_of_hours(store + front[rows][:, None], at_store + at_front[:, None])
    available[rows] = np.einsum("rs,rsp->rp", share, own)
    lost[rows] = np.maximum(overflow[..., -1] - front[rows], 0)
    available[rows] = np.where((own == 1.0).all(1), 1.0, available[rows])
    store[:] = at_store[..., -1]
    front[rows] = at_front[..., -1]
    return lost, available


def _share_of_hours(opening: Ints, left: Ints) -> Floats:
    """Return the share of hours with stock, from stock at opening and at each hour's end."""
    full = (left > 0).sum(-1)
    ran_out = (opening > 0) & (left[..., -1] == 0)
    share: Floats = (full + 0.5 * ran_out) / left.shape[-1]
    return share
