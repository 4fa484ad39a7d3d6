"""What a run of a block of products brings: its profit, and either means or what each path did."""

from __future__ import annotations

from dataclasses import dataclass

from optimization.block import Array


@dataclass(frozen=True, eq=False)
class Detail:
    """What each path did, in arrays to be filled that hold nothing but zeros; the entry after the
    last day stands for the days after the horizon.

    :param unmet: (days + 1, fronts' and stores' cells, paths) units that a front or store could
        have sold and did not have.
    :param spare: (days, cells, paths) units that it did not sell and is free to.
    :param spoilt: (days, cells, paths) units that expired that night.
    :param after_sold: (cells, paths) units that it sells after the horizon.
    :param main_spoilt: (days, skus, paths) units that expired at the mains that night.
    :param far_missed: (days + 1, skus, paths) units wanted far that the mains did not have.
    :param main_left: (skus, paths) least units that the mains were free to sell and kept, on any
        day or after the days after.
    """

    unmet: Array
    spare: Array
    spoilt: Array
    after_sold: Array
    main_spoilt: Array
    far_missed: Array
    main_left: Array


@dataclass(frozen=True, eq=False)
class Means:
    """What happens in a block, means over paths.

    :param money: (4, skus) sales, end_value, holding, waste.
    :param served: (3, series, days) demand served near, mid, far; ``lost`` (series, days).
    :param short: (series, days) share of paths on which near and mid do not serve all demand.
    :param earned: (series, days) profit of the day's sales.
    :param night: (cells, days) stock at the close of the day.
    """

    money: Array
    served: Array
    lost: Array
    short: Array
    earned: Array
    night: Array


@dataclass(eq=False)
class Outcome:
    """What a run of a block brings.

    :param profit: (skus, paths) sales + end value - holding - waste; what moves is not in it.
    :param morning: (cells, days) mean stock after the morning's arrivals, before dispatches.
    :param undelivered: units of moves that could not leave for want of stock.
    :param means: None where each path's detail was asked for instead.
    """

    profit: Array
    morning: Array
    undelivered: float = 0.0
    means: Means | None = None
