"""A price on the stock of mains that serve many places, so that these places part too.

A row that says only that a main's dispatches are no more than its stock joins all its places, and
the time to solve them grows faster than their number. With a price on it (as in
:mod:`optimization.pool_price`) each place is bounded by itself; the price comes from a sample of
the main's places with their share of its stock. Any price is valid, a good one loses little.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np

from optimization.linear_solver import (
    DUAL_SIMPLEX,
    SOLVER,
    LinearProgramme,
    components,
    solve_here,
)
from optimization.network import Floats, Ints, Truths

SAMPLE = 16
"""Places of a main by which its stock is priced."""
MANY = 2 * SAMPLE
"""Places of a main above which it is."""


def price_mains(
    programme: LinearProgramme, rows: Ints, wanted: Floats, seconds: float
) -> tuple[LinearProgramme, Floats] | None:
    """Take out the rows of mains with many places, at a price; None where time is up.

    :param rows: the rows of the mains.
    :param wanted: (columns,) units wanted where the column sends units to; 0 at other columns.
    :returns: the programme without these rows; (rows,) what each main's stock is worth in it, 0
        where the row stays. The optimum and that worth bound the programme's.
    """
    until = time.monotonic() + seconds
    worth = np.zeros(len(rows))
    matrix = programme.matrix()
    own = np.ones(matrix.shape[0], dtype=bool)
    own[rows] = False
    place = components(matrix[own])[1][own.sum() :]
    places = [np.unique(place[matrix[row].indices]) for row in rows]
    large = np.flatnonzero([len(each) > MANY for each in places])
    if not len(large):
        return programme, worth
    own[rows] = True
    own[rows[large]] = False
    chosen = np.zeros(int(place.max()) + 1, dtype=bool)
    for number in large:
        chosen[places[number][:: -(-len(places[number]) // SAMPLE)]] = True
    columns = chosen[place]
    units = np.bincount(place, wanted, len(chosen))
    share = [
        units[x][chosen[x]].sum() / max(units[x].sum(), 1e-9) for x in (places[i] for i in large)
    ]
    high = programme.high.copy()
    high[rows[large]] *= np.minimum(share, 1.0)
    sample, numbers = _only(replace(programme, high=high), matrix, columns)
    solution = solve_here(sample, SOLVER, until - time.monotonic(), DUAL_SIMPLEX)
    if solution is None:
        return None
    price = np.zeros(len(own))
    price[numbers] = np.maximum(solution.duals, 0.0)
    price[own] = 0.0
    worth[large] = price[rows[large]] * programme.high[rows[large]]
    left = matrix[own]
    return (
        replace(
            programme,
            gain=programme.gain - matrix.T @ price,
            low=programme.low[own],
            high=programme.high[own],
            indptr=left.indptr.astype(np.int64),
            indices=left.indices.astype(np.int64),
            values=left.data,
        ),
        worth,
    )


def _only(programme: LinearProgramme, matrix: Any, columns: Truths) -> tuple[LinearProgramme, Ints]:
    """The programme of these columns, and which of the rows it has."""
    part = matrix[:, np.flatnonzero(columns)]
    rows = np.flatnonzero(np.diff(part.indptr))
    part = part[rows]
    return (
        LinearProgramme(
            gain=programme.gain[columns],
            upper=programme.upper[columns],
            low=programme.low[rows],
            high=programme.high[rows],
            indptr=part.indptr.astype(np.int64),
            indices=part.indices.astype(np.int64),
            values=part.data,
        ),
        rows,
    )
