"""Work on shared arrays by as many threads as there are processors.

NumPy lets go of the interpreter while it computes, so threads suffice where each item is a large
array of its own. The result does not depend on their number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import joblib

Item = TypeVar("Item")
Result = TypeVar("Result")

_MOST = 4
"""Beyond a few threads, memory and the interpreter are what is waited for."""


def each(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Return ``function(item)`` for each item, in their order; the first error is raised."""
    items = list(items)
    threads = min(_MOST, int(joblib.cpu_count()), len(items))
    if threads <= 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, items))
