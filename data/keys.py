"""One whole number for each row's key, so that millions of rows sort and compare quickly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

_NANOSECONDS_A_DAY = 86_400_000_000_000
_DAY_OF_NO_DATE = -100_000
_LARGEST = np.iinfo(np.int64).max


def key_codes(frame: pd.DataFrame, key: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return numbers that are equal where the key columns are, and ordered as they are.

    Categories count in the order of their list, other text alphabetically; a blank comes first.
    """
    code = np.zeros(len(frame), dtype=np.int64)
    size = 1
    for name in key:
        part, part_size = column_codes(frame[name])
        if size > _LARGEST // max(part_size, 1):
            _, code = np.unique(code, return_inverse=True)
            size = len(code) + 1
        code = code * part_size + part
        size *= part_size
    return code


def column_codes(cells: pd.Series[Any]) -> tuple[npt.NDArray[np.int64], int]:
    """Return a number from 1 for each cell (0 = blank), and one more than the largest."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        codes = cells.cat.codes.to_numpy().astype(np.int64) + 1
        return codes, len(cells.cat.categories) + 1
    if cells.dtype.kind == "M":
        days = day_numbers(cells)
        blank = days < _DAY_OF_NO_DATE
        first = int(np.min(days, where=~blank, initial=1_000_000))
        numbers = days - (first - 1)
        numbers[blank] = 0
        return numbers, int(numbers.max(initial=0)) + 1
    codes, names = pd.factorize(cells, sort=True)
    return codes.astype(np.int64) + 1, len(names) + 1


def day_numbers(dates: pd.Series[Any]) -> npt.NDArray[np.int64]:
    """Return days since 1970; a missing date gives a number below any date's."""
    nanoseconds = np.asarray(dates, dtype="datetime64[ns]").view(np.int64)
    return nanoseconds // _NANOSECONDS_A_DAY
