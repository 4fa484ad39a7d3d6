"""One way to spread work: over processes here, or over a cluster that joblib knows by name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeVar

import joblib

from data.errors import Failure

Item = TypeVar("Item")
Result = TypeVar("Result")

SCHEDULER: Final = "DASK_SCHEDULER_ADDRESS"
"""The environment's name for where a Dask cluster is; Dask's own."""

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

    @property
    def here(self) -> bool:
        """Whether they are on this machine."""
        return self.backend in _STREAMING

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
        if self.backend not in _STREAMING:
            yield from self._waves(function, items, count)
            return
        # One BLAS thread a process: processes are as many as processors already.
        options = {"inner_max_num_threads": 1} if self.backend == "loky" else {}
        parallel = joblib.Parallel(
            n_jobs=count,
            backend=self.backend,
            batch_size=1,
            return_as="generator_unordered",
            **options,
        )
        with closing(parallel(joblib.delayed(function)(item) for item in items)) as results:
            yield from results

    def _waves(
        self, function: Callable[[Item], Result], items: Iterable[Item], count: int
    ) -> Iterator[Result]:
        """Hand work to a cluster, so much at once that nobody waits and memory stays bounded.

        A cluster whose worker dies gives its tasks to another: that costs time, not results.
        """
        waiting = iter(items)
        with _cluster(self.backend):
            while wave := list(islice(waiting, 4 * count)):
                with ExitStack() as named:
                    self._name(named, count)
                    parallel = joblib.Parallel(batch_size=1)
                    results = parallel(joblib.delayed(function)(one) for one in wave)
                yield from results

    def _name(self, named: ExitStack, count: int) -> None:
        try:
            named.enter_context(joblib.parallel_config(self.backend, n_jobs=count))
        except (ValueError, ImportError) as error:
            raise Failure(
                f"joblib knows no backend {self.backend!r} here ({error}). For dask, install "
                f"nearfield[cluster] and name the scheduler in {SCHEDULER}, such as "
                "tcp://host:8786."
            ) from error


@contextmanager
def _cluster(backend: str) -> Iterator[None]:
    """Connect to the Dask scheduler of the environment, where nobody has connected to one."""
    address = os.environ.get(SCHEDULER)
    if backend != "dask" or not address:
        yield
        return
    from distributed import Client, get_client

    try:
        get_client()
    except ValueError:
        with Client(address, set_as_default=True):  # type: ignore[no-untyped-call]
            yield
        return
    yield
