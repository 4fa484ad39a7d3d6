"""Quantiles that keep their word: their spread is learnt from the errors of recent origins.

A model's own intervals are too narrow, because it believes in its model. Here the model forecasts
again from a few past cutoffs; the errors that it made then, standardised by the spread that it
claimed, give the quantiles of the errors that it will make (split conformal prediction on
normalised residuals; Lei et al., *Distribution-free predictive inference for regression*, 2018,
sec. 5.2). Errors are pooled in classes of volume, since slow and fast movers err differently.

All series err together: a forecast made on one day shares that day's luck, and thousands of series
at six origins are six draws of it, not thousands. So the part of the errors that origins have in
common is widened as the prediction of one more draw from a normal sample asks (variance times
1 + 1/n, and n − 1 in its estimate).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from forecasting.mean_bias import garrote
from forecasting.quantiles import QUANTILES

Floats = npt.NDArray[np.float64]

VOLUME_CLASSES = 8
_MIN_ERRORS = 60
_WORTH_OF_THE_NORMAL = 60.0
_WORTH_OF_THE_OTHERS, _FARTHEST = 60.0, 5.0
_SKEWED = 0.1
"""Spreads by which mean and median of errors may be apart for no reason."""
_FEW_DRAWS, _USUAL_LUCK = 1.5, 0.10
"""Variance of the common part over the rest, where origins are too near each other to tell."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What recent origins teach, by class of volume.

    :param edges: (C - 1,) volumes that part the classes.
    :param scores: (C, H, Q) quantiles of the standardised errors on each day of the horizon.
    """

    edges: Floats
    scores: Floats

    def of(self, volume: Floats) -> Floats:
        """Return (S, H, Q) quantiles of standardised errors for series of these volumes."""
        return np.asarray(self.scores[self.number(volume)])

    def first(self, days: int) -> Calibration:
        """Return it for the first days of the horizon."""
        return Calibration(self.edges, self.scores[:, :days])

    def number(self, volume: Floats) -> npt.NDArray[np.intp]:
        """Return (S,) the number of each series' class."""
        return np.searchsorted(self.edges, volume, side="right")


def calibrate(
    origins: Sequence[Floats],
    volume: Floats,
    *,
    days: Sequence[int] | None = None,
    classes: int = VOLUME_CLASSES,
    around: int = 0,
) -> Calibration:
    """Learn the quantiles of standardised errors, by class of volume and day of the horizon.

    Only the spread around the middle is learnt: the bias of recent weeks does not last (carrying
    it on worsened every development window). The middle is the median, and of errors that are far
    from symmetric near their mean (:func:`_middle`). Where errors are few, the normal distribution
    fills in.

    :param origins: for each past cutoff (S, H) errors on the log scale over the spread that was
        claimed, NaN where the truth is not known; may be empty.
    :param days: on which day each cutoff was; default: a week apart.
    :param volume: (S,) units a day, by which series are put into classes of equal number.
    :param around: days before and after whose quantiles a day's are averaged with: how errors
        spread over what was claimed hardly changes from day to day, and what is found of one day
        is the luck of few origins.
    """
    normal = normal_quantiles()
    if not origins:
        return Calibration(np.empty(0), np.broadcast_to(normal, (1, 1, len(normal))))
    horizon = origins[0].shape[1]
    weeks = [day / 7.0 for day in days or range(0, 7 * len(origins), 7)]
    edges = np.unique(np.quantile(volume, np.arange(1, classes) / classes))
    at = np.searchsorted(edges, volume, side="right")
    scores = np.empty((len(edges) + 1, horizon, len(QUANTILES)))
    for number in range(len(edges) + 1):
        apart = [errors[at == number].T for errors in origins]
        inside = [day[np.isfinite(day)] for day in np.concatenate(apart, axis=1)]
        luck = _common_luck(apart, weeks)
        known = np.concatenate(inside)
        found = np.empty((horizon, len(QUANTILES)))
        for day, own in enumerate(inside):
            own = own if len(own) >= _MIN_ERRORS else known
            told = _conformal(own) if len(own) else normal
            found[day] = (told - _middle(own, told)) * luck[day]
        for day in range(horizon):
            near = slice(max(0, day - around), day + around + 1)
            errors = sum(len(own) for own in inside[near])
            share = errors / (errors + _WORTH_OF_THE_NORMAL)
            scores[number, day] = share * found[near].mean(axis=0) + (1 - share) * normal
    return Calibration(edges, np.maximum.accumulate(scores, axis=2))


def own_width(origins: Sequence[Floats]) -> tuple[list[Floats], Floats]:
    """Return how wide each series' errors are, over what its spread claimed and others' errors.

    The root mean square of its errors at other origins, drawn to that of all series as so many
    errors of usual size would (:data:`_WORTH_OF_THE_OTHERS`).

    :param origins: as in :func:`calibrate`.
    :returns: for each origin (S,) from the others, by which its errors are to be divided, and (S,)
        from all of them, for the spread of the days ahead. Ones where origins are fewer than two.
    """
    squares = [
        np.where(np.isfinite(e), np.clip(e, -_FARTHEST, _FARTHEST), 0.0) ** 2 for e in origins
    ]
    sums = [each.sum(axis=1) for each in squares]
    counts = [np.isfinite(errors).sum(axis=1) for errors in origins]
    usual = float(sum(s.sum() for s in sums) / max(sum(int(n.sum()) for n in counts), 1))
    if len(origins) < 2 or usual <= 0:
        return [np.ones(len(e)) for e in origins], np.ones(len(origins[0]) if origins else 0)
    total, count = np.sum(sums, axis=0), np.sum(counts, axis=0)

    def width(square: Floats, number: Floats) -> Floats:
        prior = _WORTH_OF_THE_OTHERS
        return np.asarray(np.sqrt((prior + square / usual) / (prior + number)))

    apart = [width(total - s, count - n) for s, n in zip(sums, counts, strict=True)]
    return apart, width(total, count)


def _common_luck(origins: Sequence[Floats], weeks: Sequence[float]) -> Floats:
    """Return (H,) the factor by which what origins have in common is too narrow in their errors.

    Origins less than a week apart share most of their luck too.

    :param origins: for each origin (H, s) errors of one class, NaN where not known.
    :param weeks: when each origin was.
    """
    known = [np.where(np.isfinite(errors), errors, 0.0) for errors in origins]
    moments = np.array(
        [
            [np.isfinite(e).sum(axis=1), k.sum(axis=1), np.einsum("hs,hs->h", k, k)]
            for e, k in zip(origins, known, strict=True)
        ]
    )
    factors = np.full(moments.shape[2], np.sqrt(1.0 + _USUAL_LUCK))
    for day in range(len(factors)):
        told = np.flatnonzero(moments[:, 0, day] >= _MIN_ERRORS / 2)
        if not len(told):
            continue
        count, total, square = moments[told, :, day].T
        means = total / count
        within = float(np.mean(square / count - means**2))
        draws = 1.0 + float(np.ptp(np.array(weeks)[told]))
        between = float(np.var(means))
        if draws < _FEW_DRAWS:
            continue
        wanted = between * (draws + 1) / (draws - 1)
        factors[day] = np.sqrt((within + wanted) / max(within + between, 1e-12))
    return factors


def _middle(errors: Floats, told: Floats) -> float:
    """Return where errors lie: at their median, or near their mean where that is far from it.

    Where most days sell nothing the median error is that of these days, and a forecast moved by it
    would be too high by all that the others sell.

    :param told: their quantiles.
    """
    median = float(told[len(told) // 2])
    if not len(errors):
        return median
    mean = float(np.clip(errors, -_FARTHEST, _FARTHEST).mean())
    return median + garrote(mean - median, _SKEWED)


def normal_quantiles() -> Floats:
    """(Q,) quantiles of the standard normal distribution at the forecast's levels."""
    return np.asarray(ndtri(np.array(QUANTILES)))


def _conformal(errors: Floats) -> Floats:
    """Quantiles at levels moved outwards by one error, as finite samples need."""
    levels = np.array(QUANTILES)
    n = len(errors)
    moved = np.where(levels > 0.5, np.minimum(levels * (n + 1) / n, 1.0), levels)
    moved = np.where(levels < 0.5, np.maximum(levels - (1 - levels) / n, 0.0), moved)
    # Linear between order statistics, as np.quantile, which takes three times as long.
    place = moved * (n - 1)
    low = np.floor(place).astype(np.intp)
    high = np.minimum(low + 1, n - 1)
    ordered = np.partition(errors, np.unique([low, high]))
    return np.asarray(ordered[low] + (place - low) * (ordered[high] - ordered[low]))
