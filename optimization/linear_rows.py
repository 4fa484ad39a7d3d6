"""Rows of a linear programme, collected by kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimization.network import Floats, Ints

Part = tuple[Any, Any, Any]
"""Row, column and value of entries; broadcast against each other."""


@dataclass(eq=False)
class Rows:
    """Rows collected by kind: entries and limits."""

    count: int = 0
    entries: list[tuple[Ints, Ints, Floats]] = field(default_factory=list)
    low: list[Floats] = field(default_factory=list)
    high: list[Floats] = field(default_factory=list)

    def add(self, parts: Sequence[Part], low: Any, high: Any, size: int) -> None:
        """Add ``size`` rows; parts count rows from 0."""
        for row, column, value in parts:
            row, column, value = np.broadcast_arrays(row, column, value)
            row = np.asarray(row, dtype=np.int64).ravel() + self.count
            column = np.asarray(column, dtype=np.int64).ravel()
            self.entries.append((row, column, np.asarray(value, dtype=np.float64).ravel()))
        self.low.append(np.broadcast_to(np.asarray(low, dtype=np.float64), size))
        self.high.append(np.broadcast_to(np.asarray(high, dtype=np.float64), size))
        self.count += size
