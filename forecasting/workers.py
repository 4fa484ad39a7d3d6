"""One way to spread work: over processes here, or over a cluster that joblib knows by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

import joblib

from data.errors import Failure

Item = TypeVar("Item")
Result = TypeVar("Result")

_STREAMING = ("loky", "threading", "multiprocessing", "sequential")
"""Backends that hand over results as they come; of others they come in waves."""


@dataclass(frozen=True, slots=True)
class Workers:
    """Where calls are made, and how many at once.

    :param backend: joblib's name of one: ``loky`` (processes), ``threading``, ``sequential``, or
        one that a cluster has registered (``dask``, ``ray``).
    :param count: at once, >= 1; ``None``: the processors at hand.
    """

    backend: str = "loky"
    count: int | None = None

    def each(
        self, function: Callable[[Item], Result], items: Iterable[Item], total: int
    ) -> Iterator[Result]:
        """Yield ``function(item)`` for each item, in any order.

        :param total: number of items.
        :raises Failure: a worker was killed, memory or disk ran out, or no such backend.
        """
        try:
            yield from self._results(function, items, total)
        except (BrokenProcessPool, MemoryError) as error:
            raise Failure(
                "A worker was killed, as happens when memory runs out. What was written before "
                f"still stands; try again with fewer workers. ({error})"
            ) from error
        except OSError as error:
            raise Failure(
                f"The system refused a worker what it needs ({error}). What was written before "
                "still stands."
            ) from error

    def _results(
        self, function: Callable[[Item], Result], items: Iterable[Item], total: int
    ) -> Iterator[Result]:
        count = min(self.count or joblib.cpu_count(), max(total, 1))
        if count == 1 and self.backend in _STREAMING:
            yield from map(function, items)
            return
        streaming = self.backend in _STREAMING
        # One BLAS thread a process: processes are as many as processors already.
        options = {"inner_max_num_threads": 1} if self.backend == "loky" else {}
        try:
            parallel = joblib.Parallel(
                n_jobs=count,
                backend=self.backend,
                batch_size=1,
                return_as="generator_unordered" if streaming else "list",
                **options,
            )
        except ValueError as error:
            raise Failure(f"joblib knows no backend {self.backend!r} here ({error}).") from error
        if streaming:
            with closing(parallel(joblib.delayed(function)(item) for item in items)) as results:
                yield from results
            return
        wave: list[Item] = []
        for item in items:
            wave.append(item)
            if len(wave) == 4 * count:
                yield from parallel(joblib.delayed(function)(one) for one in wave)
                wave = []
        if wave:
            yield from parallel(joblib.delayed(function)(one) for one in wave)
