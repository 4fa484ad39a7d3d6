"""The inputs of one series' fit: which days, which regressors, on which scale.

Nothing here fits anything: any solver of Prophet's posterior can take a :class:`Design`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from forecasting.panel import Panel

Floats = npt.NDArray[np.floating[Any]]

MIN_WEEKLY_DAYS = 14
"""Days of history from which on a weekly shape is fitted."""

MIN_YEARLY_DAYS = 540
"""Days of history from which on a yearly shape is fitted: one and a half years, so that at least
half the year has been seen twice."""

MIN_POOLED_EFFECT = 0.1
"""An occasion whose pooled effect is below this, on the log scale, is taken from the pool as it is;
above it, each series fits how it differs."""

MIN_DRIVER_DAYS = 3
"""A driver that leaves its usual value on fewer days than this cannot be learnt and is dropped."""

LOG_OFFSET = 0.1
"""Share of the series' mean that is added before the logarithm is taken.

It keeps days without sales finite; the smaller it is, the more such days weigh.
"""


@dataclass(frozen=True, slots=True)
class Shared:
    """What a pool of series has taught (:mod:`forecasting.pooling`), on the log scale.

    :param parts: weekly, yearly and events, each (T + H,).
    :param effects: of each occasion among the events, by the name of its regressor.
    """

    parts: dict[str, Floats]
    effects: dict[str, float]


ALONE = Shared({}, {})
"""What a series without a pool shares: nothing."""


@dataclass(frozen=True, slots=True)
class Design:
    """What one series gives to a fit.

    :param day: (n,) days of the panel with a usable observation.
    :param y: (n,) log((units + offset) / level) on those days.
    :param pooled: parts (T + H,) that the series' pool has taught and that are not fitted again:
        ``y`` is without them (:mod:`forecasting.pooling`); empty for a series on its own.
    :param level: units; the mean of the usable days.
    :param offset: units; :data:`LOG_OFFSET` × level.
    :param names: K regressors: ``calendar:`` or ``event:`` and the name, then ``partial:`` and
        ``driver:``.
    :param X: (T + H, K) their values on all days; drivers are centred and scaled.
    :param unseen: occasions of the horizon that never fell on a usable day of history.
    :param weekly: Fourier order of the week, 0 = none. :param yearly: that of the year.
    """

    day: npt.NDArray[np.intp]
    y: Floats
    pooled: dict[str, Floats]
    level: float
    offset: float
    names: tuple[str, ...]
    X: Floats
    unseen: tuple[str, ...]
    weekly: int
    yearly: int

    @property
    def occasions(self) -> int:
        """How many of the K regressors, the first ones, are occasions of the series' own."""
        return sum(name.startswith(("calendar:", "event:")) for name in self.names)

    def to_units(self, z: Floats) -> Floats:
        """Return units for values on the scale of ``y``, before clipping at zero."""
        return np.asarray(self.level * np.exp(z) - self.offset)


def build_design(panel: Panel, series: int, scales: Floats, shared: Shared = ALONE) -> Design:
    """Choose days, scale and regressors of one series.

    :param scales: (D,) usual spread of each driver, from :func:`driver_scales`.
    :param shared: what its pool has taught. An occasion that the pool knows enters in units of
        the pooled effect, so that the prior is on the share by which the series differs.
    """
    day = np.flatnonzero(panel.usable[series])
    demand = panel.demand[series, day].astype(np.float64)
    level = float(demand.mean())
    offset = LOG_OFFSET * level
    occasions, unseen = build_occasions(panel, series, day)
    for name in shared.effects.keys() & occasions.keys():
        if abs(shared.effects[name]) < MIN_POOLED_EFFECT:
            del occasions[name]
        else:
            occasions[name] = occasions[name] * abs(shared.effects[name])
    drivers = _drivers(panel, series, day, scales)
    columns = {**occasions, **drivers}
    X = np.stack(list(columns.values()), axis=1) if columns else np.zeros((len(panel.dates), 0))
    weekly, yearly = shape_orders(day)
    y = np.log((demand + offset) / level)
    for part in shared.parts.values():
        y -= part[day]
    return Design(
        day=day,
        y=y,
        pooled=shared.parts,
        level=level,
        offset=offset,
        names=tuple(columns),
        X=X,
        unseen=unseen,
        weekly=weekly,
        yearly=yearly,
    )


def yearly_order(days: int) -> int:
    """Return the Fourier order of the yearly shape for a history of so many days.

    The order grows from 3 with 18 months to 6 with three years; Prophet's own 10 needs more
    years than most products live.
    """
    if days < MIN_YEARLY_DAYS:
        return 0
    return int(np.clip(1 + days // 180, 3, 6))


def driver_scales(panel: Panel) -> Floats:
    """(D,) the median over series of each driver's standard deviation in history; 0 = constant.

    One scale for all series: a driver that hardly varies in one series is not blown up there.
    """
    values = panel.drivers[:, : panel.history].astype(np.float64)
    if 0 in values.shape:
        return np.zeros(values.shape[-1])
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=1), 1)
    filled = np.where(known, values, 0.0)
    mean = filled.sum(axis=1) / count
    spread = np.sqrt((np.where(known, values - mean[:, None], 0.0) ** 2).sum(axis=1) / count)
    return np.array([np.median(s[s > 1e-9]) if (s > 1e-9).any() else 0.0 for s in spread.T])


def build_occasions(
    panel: Panel, members: npt.NDArray[np.bool_] | int, day: npt.NDArray[np.intp]
) -> tuple[dict[str, Floats], tuple[str, ...]]:
    """Return the windows and events that can be learnt, and the names of those that cannot.

    :param members: the series concerned. Of several, an event that concerns only some is named
        ``partial:`` and taken with their share: it explains days without being shared by all.
    :param day: usable days; an occasion is learnt when it fell on some of them, not on all.
    :returns: columns (T + H,) by name, and the occasions of the horizon that history lacks.
    """
    scope = panel.brand_event_scope[:, np.atleast_1d(members)]
    share = scope.mean(axis=1) if scope.size else np.zeros(len(scope))
    names = [f"calendar:{name}" for name in panel.calendar_names]
    names += [
        f"{'event' if whole else 'partial'}:{name}"
        for name, whole in zip(panel.brand_event_names, share == 1, strict=True)
    ]
    values = np.concatenate([panel.calendar, panel.brand_events * share], axis=1, dtype=np.float64)
    seen = (values[day] != values[day[0]]).any(axis=0)
    ahead = (values[panel.history :] != 0).any(axis=0)
    chosen: dict[str, Floats] = {names[i]: values[:, i] for i in np.flatnonzero(seen)}
    chosen = dict(sorted(chosen.items(), key=lambda item: item[0].startswith("partial:")))
    unseen = ahead & ~(values[day] != 0).any(axis=0)
    return chosen, tuple(names[i] for i in np.flatnonzero(unseen))


def shape_orders(day: npt.NDArray[np.intp]) -> tuple[int, int]:
    """Return the Fourier orders of week and year that the days from first to last allow."""
    span = int(day[-1] - day[0]) + 1
    return (3 if span >= MIN_WEEKLY_DAYS else 0), yearly_order(span)


def _drivers(
    panel: Panel, series: int, day: npt.NDArray[np.intp], scales: Floats
) -> dict[str, Floats]:
    chosen = {}
    for index, name in enumerate(panel.driver_names):
        values = panel.drivers[series, :, index].astype(np.float64)
        past = values[day]
        past = past[np.isfinite(past)]
        if not len(past) or scales[index] <= 0:
            continue
        unusual = np.abs(past - np.median(past)) > 1e-6 * max(1.0, abs(float(np.median(past))))
        if unusual.sum() < MIN_DRIVER_DAYS:
            continue
        # Beyond what has been seen the effect is held: a line is not evidence out there.
        held = np.clip(values, past.min(), past.max())
        scale = max(float(past.std()), float(scales[index]))
        chosen[f"driver:{name}"] = np.nan_to_num((held - past.mean()) / scale)
    return chosen


@lru_cache(maxsize=64)
def fourier(first_day: int, days: int, period: float, order: int) -> Floats:
    """(days, 2 × order) sines and cosines, in Prophet's order and phase.

    :param first_day: days since 1970-01-01.
    :param period: days; 7 or 365.25.
    """
    t = 2.0 * np.pi * (first_day + np.arange(days)) / period
    waves = [wave(t * (i + 1)) for i in range(order) for wave in (np.sin, np.cos)]
    features = np.stack(waves, axis=1) if waves else np.zeros((days, 0))
    features.setflags(write=False)
    return features
