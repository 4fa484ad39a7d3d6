"""Rows that belong together, added up: the same sum whatever other rows there are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optimization.network import Ints

Array = npt.NDArray[np.float32]

Rows = Ints | slice
"""An index of rows: a slice where they follow one another, which NumPy need not copy."""

_LARGE = 16
"""Rows of a group from which it is added up by itself."""


class Grouping:
    """Adds up rows that belong together, in their order, whatever other groups there are.

    :param group: (rows,) the group of each row, not decreasing.
    """

    def __init__(self, group: Ints) -> None:
        starts = np.flatnonzero(np.diff(group, prepend=-1))
        sizes = np.diff(np.append(starts, len(group)))
        groups = group[starts]
        self.alone = len(starts) == len(group)
        self.groups = rows_of(groups)
        large = sizes > _LARGE
        ends = starts + sizes
        self.large = list(
            zip(groups[large].tolist(), starts[large].tolist(), ends[large].tolist(), strict=True)
        )
        # The rest by their first rows, their second rows and so on, the groups of most rows first.
        small = np.flatnonzero(~large)
        small = small[np.argsort(-sizes[small], kind="stable")]
        self.small = groups[small]
        most = int(sizes[small].max(initial=0))
        counts = [int((sizes[small] > number).sum()) for number in range(most)]
        self.members = [starts[small[:count]] + number for number, count in enumerate(counts)]

    def add(self, rows: Array, into: Array) -> None:
        """Add (rows, paths) to the groups' rows of ``into``."""
        if self.alone:
            into[self.groups] += rows
            return
        for group, start, end in self.large:
            into[group] += rows[start:end].sum(axis=0)
        if self.members:
            sums = rows[self.members[0]]
            for member in self.members[1:]:
                sums[: len(member)] += rows[member]
            into[self.small] += sums


def rows_of(index: Ints) -> Rows:
    """Return an increasing index as a slice where it is one."""
    if len(index) and index[-1] - index[0] + 1 == len(index):
        return slice(int(index[0]), int(index[-1]) + 1)
    return index
