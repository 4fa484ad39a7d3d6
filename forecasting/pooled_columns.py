"""The columns of the pooled regression, and how far a series may stray from its pool.

The columns are Prophet's: Fourier terms of the week and the year (Taylor and Letham, *Forecasting
at scale*, 2018, eq. 5), indicators of days and windows of the calendar and of the brand's events
(eq. 6), and regressors. What differs is the prior: Prophet gives every series alone a normal prior
around nought; here a series' prior is centred on what its pool has learnt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from forecasting.panel import Panel
from forecasting.pooled_stock import STOCK, in_logs, stock_column, told_by_stock

Floats = npt.NDArray[np.floating[Any]]

WEEK_ORDER = 3
YEAR_ORDER = 8
YEAR = 365.25

_MIN_DAYS_FOR_YEAR = 548
"""A yearly shape needs the same season twice in part; below a year and a half it is noise."""
_MIN_DAYS_FOR_GROWTH = 365

OWN_SD: dict[str, float] = {
    "weekly": 0.02,
    "yearly": 0.04,
    "events": 0.03,
    "drivers": 0.04,
    "trend": 0.10,
    STOCK: 0.04,
}
"""Standard deviation, on the log scale, of a series around its pool; drivers per own scale."""


UNSEEN_SD = 0.1
"""Standard deviation, on the log scale, of an occasion that history has not shown; all series of
a brand feel it together."""


@dataclass(frozen=True, slots=True)
class PooledColumns:
    """Regressors of S series over T + H days: shared ones, and those of each series.

    :param shared: (T + H, K) Fourier terms, calendar windows, growth.
    :param own: (S, T + H, L) the brand's events where they concern the series, drivers, and stock.
    :param component: length K + L: weekly, yearly, events, drivers, trend or stock.
    :param names: length K + L.
    :param own_sd: (K + L,) prior standard deviation of a series around its pool.
    :param unit: (K + L,) by how much a driver moves where its column moves by one; 1 for others.
    :param usual_stock: (S,) mean logarithm of the share of hours in stock, where the last column
        tells of it (:mod:`forecasting.pooled_stock`).
    """

    shared: Floats
    own: Floats
    component: tuple[str, ...]
    names: tuple[str, ...]
    own_sd: npt.NDArray[np.float64]
    unit: npt.NDArray[np.float64]
    usual_stock: npt.NDArray[np.float64] | None = None

    def stock_of(self, share: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return (S,) what the last column, that of stock, is at these shares of hours in stock."""
        assert self.usual_stock is not None
        return np.asarray((in_logs(share) - self.usual_stock) / self.unit[-1])

    def fill(self, into: Floats, series: slice, days: slice) -> None:
        """Write the columns of some series on some days into an array (days, K + L, series)."""
        shared = self.shared[days]
        into[:, : shared.shape[1]] = shared[:, :, None]
        into[:, shared.shape[1] :] = self.own[series, days].transpose(1, 2, 0)

    def values(self, series: slice, days: slice) -> npt.NDArray[np.float64]:
        """Return (s, t, K + L) columns of some series on some days."""
        own = self.own[series, days]
        shared = np.broadcast_to(self.shared[None, days], (len(own), *self.shared[days].shape))
        return np.concatenate([shared, own], axis=2, dtype=np.float64)

    def explained(
        self, beta: npt.NDArray[np.float64], series: slice, days: slice
    ) -> npt.NDArray[np.float64]:
        """Return (s, t) what all columns together add to the logarithm.

        :param beta: (s, K + L) of the same series.
        """
        return np.asarray(
            sum(self.effect(name, beta, series, days) for name in dict.fromkeys(self.component)),
            dtype=np.float64,
        )

    def effect(
        self, component: str, beta: npt.NDArray[np.float64], series: slice, days: slice
    ) -> npt.NDArray[np.float64]:
        """Return (s, t) what a component adds to the logarithm.

        :param beta: (s, K + L) of the same series.
        """
        K = self.shared.shape[1]
        chosen = np.flatnonzero(np.array(self.component) == component)
        common, own = chosen[chosen < K], chosen[chosen >= K]
        total = np.asarray(beta[:, common] @ self.shared[days][:, common].T, dtype=np.float64)
        for column in own:
            total += self.own[series, days, column - K] * beta[:, column, None]
        return total


def pooled_columns(panel: Panel, history: int) -> PooledColumns:
    """Build the columns from what ``history`` days can teach.

    A calendar window or event that no day of history shows is left out: nothing can be learnt
    of it.

    :param history: days at the head of the panel that may be learnt from; no later day is used
        to choose or to scale a column.
    """
    week = _fourier(np.asarray(panel.dates.dayofweek, dtype=float), 7.0, WEEK_ORDER)
    shared = [week]
    component, names = ["weekly"] * week.shape[1], [f"week{i}" for i in range(week.shape[1])]
    if history >= _MIN_DAYS_FOR_YEAR:
        year = _fourier(np.asarray(panel.dates.dayofyear, dtype=float), YEAR, YEAR_ORDER)
        shared.append(year)
        component += ["yearly"] * year.shape[1]
        names += [f"year{i}" for i in range(year.shape[1])]
    if history >= _MIN_DAYS_FOR_GROWTH:
        shared.append(growth(len(panel.dates), history)[:, None])
        component.append("trend")
        names.append("growth")
    shown = panel.calendar[:history].sum(axis=0)
    learnable = (shown > 0) & (shown < history)
    shared.append(panel.calendar[:, learnable])
    component += ["events"] * int(learnable.sum())
    names += [name for name, keep in zip(panel.calendar_names, learnable, strict=True) if keep]

    events = panel.brand_events[None, :, :] * panel.brand_event_scope.T[:, None, :]
    seen = np.asarray(panel.brand_events[:history].any(axis=0), dtype=bool)
    drivers, unit = _scaled_drivers(panel, history)
    varies = np.asarray(drivers[:, :history].any(axis=(0, 1)), dtype=bool)
    component += ["events"] * int(seen.sum()) + ["drivers"] * int(varies.sum())
    names += [name for name, keep in zip(panel.brand_event_names, seen, strict=True) if keep]
    names += [name for name, keep in zip(panel.driver_names, varies, strict=True) if keep]
    own = [events[:, :, seen], drivers[:, :, varies]]
    units = np.append(np.ones(len(names) - int(varies.sum())), unit[varies])
    usual = None
    if told_by_stock(panel, history):
        stock, usual = stock_column(panel, history)
        spread = np.sqrt((stock**2).sum() / np.maximum(panel.usable[:, :history].sum(), 1))
        units = np.append(units, max(float(spread), 1e-9))
        ahead = np.zeros((len(panel), len(panel.dates) - history))
        own.append((np.concatenate([stock, ahead], axis=1) / units[-1])[:, :, None])
        component.append(STOCK)
        names.append(STOCK)
    return PooledColumns(
        shared=np.concatenate(shared, axis=1),
        own=np.concatenate(own, axis=2, dtype=np.float32),
        component=tuple(component),
        names=tuple(names),
        own_sd=np.array([OWN_SD[name] for name in component]),
        unit=units,
        usual_stock=usual,
    )


def growth(days: int, history: int) -> npt.NDArray[np.float64]:
    """Return (days,) years since the end of history, the column of a line's slope."""
    return (np.arange(days) - history) / YEAR


def unseen_covariance(panel: Panel, cutoff: int, horizon: int, series: slice) -> Floats:
    """Return (s, H, H), or (1, H, H), what occasions unseen until a cutoff add on the log scale.

    Nothing is known of their effect but that they may have one (:data:`UNSEEN_SD`).
    """
    ahead = slice(cutoff, cutoff + horizon)
    calendar = panel.calendar[ahead][:, ~panel.calendar[:cutoff].any(axis=0)]
    common = UNSEEN_SD**2 * (calendar @ calendar.T)[None]
    unseen = ~panel.brand_events[:cutoff].any(axis=0) & panel.brand_events[ahead].any(axis=0)
    if not unseen.any():
        return np.asarray(common)
    events = panel.brand_events[ahead][:, unseen]
    scope = panel.brand_event_scope[unseen][:, series].astype(np.float64)
    own = np.einsum("us,hu,gu->shg", scope, events, events)
    return np.asarray(common + UNSEEN_SD**2 * own)


def _fourier(position: npt.NDArray[np.float64], period: float, order: int) -> Floats:
    angle = 2 * np.pi * position[:, None] * np.arange(1, order + 1)[None, :] / period
    return np.concatenate([np.sin(angle), np.cos(angle)], axis=1)


def _scaled_drivers(panel: Panel, history: int) -> tuple[Floats, Floats]:
    """Drivers less each series' own mean, over the spread that is usual within a series; and that.

    A missing value counts as the series' usual one.
    """
    drivers = panel.drivers.astype(np.float64)
    there = np.isfinite(panel.drivers)
    complete = bool(there.all())
    if not complete:
        drivers[~there] = 0.0
    days = np.ones(history)
    count = days @ there[:, :history]
    drivers -= (days @ drivers[:, :history] / np.maximum(count, 1))[:, None, :]
    if not complete:
        drivers[~there] = 0.0
    square = np.einsum("stl,stl->l", drivers[:, :history], drivers[:, :history])
    spread = np.sqrt(square / np.maximum(count.sum(axis=0), 1))
    unit = np.where(spread > 1e-9, spread, 1.0)
    drivers /= unit
    return drivers.astype(np.float32), unit
