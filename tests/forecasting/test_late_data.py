from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from forecasting.late_data import late_days

DAYS = 100


def late(rows: list[int], gaps: list[int], regions: str) -> npt.NDArray[np.intp]:
    """Days taken for late of series that have rows on so many of the days since the first."""
    ends = np.array([DAYS - 1 - gap for gap in gaps])
    region = np.array(list(regions), dtype=object)
    begins = np.zeros(len(rows), dtype=np.intp)
    found = late_days(np.array(rows), begins, ends, region, DAYS)
    assert not found[:, : DAYS - 7].any()
    return np.asarray(found.sum(axis=1))


@pytest.mark.parametrize(
    ("rows", "gap", "expected"),
    [
        (100, 0, 0),
        (97, 3, 3),  # sold every day but the last three: these are on their way
        (40, 3, 0),  # sells two days in five: three without are nothing special
        (10, 6, 0),
        (80, 6, 6),
        (93, 7, 0),  # a week without rows is a week unsold
    ],
)
def test_a_gap_is_late_where_luck_would_not_leave_it(rows: int, gap: int, expected: int) -> None:
    assert late([rows], [gap], "A") == [expected]


def test_a_whole_region_without_rows_is_late_for_its_slow_movers_too() -> None:
    assert late([30] * 20, [2] * 19 + [5], "A" * 20).tolist() == [2] * 20
    one_sold = late([30] * 20, [2] * 19 + [0], "A" * 20)
    assert not one_sold.any()


def test_a_series_that_never_sold_says_nothing() -> None:
    assert late([0, 90], [DAYS, 0], "AB").tolist() == [0, 0]
