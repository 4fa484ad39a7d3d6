"""Work on blocks of products spread over threads: products do not touch, and NumPy's loops run
outside the interpreter's lock.

What is spread writes rows of its own and adds nothing up, and how it is cut does not depend on the
number of threads: so the result is the same, bit by bit, on any number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import TypeVar

import joblib

Item = TypeVar("Item")
Result = TypeVar("Result")

_POOL: ContextVar[ThreadPoolExecutor | None] = ContextVar("_POOL", default=None)
_COUNT: ContextVar[int] = ContextVar("_COUNT", default=1)


@contextmanager
def threads(count: int | None = None) -> Iterator[None]:
    """Let what this context calls use so many threads; without it there is one.

    :param count: >= 1; default: the processors that this process may use.
    :raises ValueError: the count is below 1.
    """
    count = int(joblib.cpu_count()) if count is None else count
    if count < 1:
        raise ValueError(f"workers: expected >= 1, found {count}")
    with ExitStack() as ended:
        pool = ended.enter_context(ThreadPoolExecutor(count, "nearfield")) if count > 1 else None
        ended.callback(_POOL.reset, _POOL.set(pool))
        ended.callback(_COUNT.reset, _COUNT.set(count))
        yield


def thread_count() -> int:
    """Return how many threads this context may use."""
    return _COUNT.get()


def spread(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Return ``function(item)`` for each item, in their order.

    ``function`` itself must not spread anything: it would wait for the threads it runs on.
    """
    items, pool = list(items), _POOL.get()
    if pool is None or len(items) < 2:
        return [function(item) for item in items]
    return list(pool.map(function, items))
