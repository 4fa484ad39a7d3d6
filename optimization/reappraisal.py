"""An appraisal of changed moves from an earlier one: only the products that changed are run.

Products do not touch in the simulation, so what the others did stands, but for rounding. Most
steps of the search change few products.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from optimization.appraisal import Appraisal, appraise
from optimization.evaluation import Draw
from optimization.lasting_lots import LastingLots
from optimization.network import Ints, Moves, Network
from optimization.product_part import product_part

Values = npt.NDArray[Any]

_BY_ROW = ("unmet", "worth", "spare", "spoilt", "stock_value")
"""Arrays (days, rows, …) of an appraisal."""
_BY_PRODUCT = ("far_short", "ran_out", "main_spoilt", "main_missed")
"""Arrays (days, skus, …)."""
_OF_PRODUCT = ("by_sku", "main_value", "main_short", "main_left")
"""Arrays (skus, …)."""
_MOST = 0.6
"""Share of the cells from which on running all is no slower."""


def reappraise(earlier: Appraisal, moves: Moves, draw: Draw, take_over: bool = False) -> Appraisal:
    """Return :func:`optimization.appraisal.appraise` of these moves.

    :param earlier: of other moves in the same network on the same paths.
    :param draw: these paths.
    :param take_over: whether the earlier one's arrays may be used for the new one: it is nothing
        any more then.
    """
    network = earlier.network
    every = moves + network.facts
    changed = changed_products(network, earlier.moves, every)
    if not len(changed):
        return earlier
    if np.isin(network.cell_sku, changed).mean() > _MOST:
        return appraise(network, moves, draw)
    part = product_part(network, changed)
    run = appraise(part.network, part.moves_of(moves), part.draw_of(draw))
    rows = earlier.row_of_cell[part.cells[run.cells]]
    new: dict[str, Any] = {}
    for names, at in ((_BY_ROW, (slice(None), rows)), (_BY_PRODUCT, (slice(None), changed))):
        for name in names:
            new[name] = _written(getattr(earlier, name), at, getattr(run, name), take_over)
    for name in _OF_PRODUCT:
        new[name] = _written(getattr(earlier, name), changed, getattr(run, name), take_over)
    new["after_sold"] = _written(earlier.after_sold, rows, run.after_sold, take_over)
    new["morning"] = _written(earlier.morning, part.cells, run.morning, take_over)
    costs = sum(network.moving_costs(every).values())
    return replace(
        earlier,
        **new,
        moves=every,
        profit=float(new["by_sku"].sum() - costs),
        lasting=LastingLots.of(network, every, earlier.row_of_cell),
    )


def changed_products(network: Network, one: Moves, other: Moves) -> Ints:
    """Return the products of which different cases move, increasing."""
    both = one + other
    key = (both.sku * len(network.lanes) + both.lane) * network.days + both.day
    cases = np.concatenate([one.cases, -other.cases])
    keys, place = np.unique(key, return_inverse=True)
    differs = np.bincount(place, weights=cases, minlength=len(keys)) != 0
    return np.unique(keys[differs] // (len(network.lanes) * network.days))


def _written(old: Values, at: Any, values: Values, take_over: bool) -> Values:
    """Return ``old`` with values of its own in some places; in place where it is taken over."""
    result = old if take_over else old.copy()
    result[at] = values
    return result
