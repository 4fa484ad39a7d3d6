"""Days that tell less: on some all series stray further from what is expected than on others.

Around a holiday, in a storm or while a shop is being rebuilt the noise of a day is larger for
everybody. Weighted least squares takes a day for what it is worth: its weight falls with the
variance that all series together show on it (feasible generalised least squares under grouped
heteroscedasticity; Greene, *Econometric Analysis*, 7th ed., ch. 9.6). With thousands of series that
variance is known well, though each day comes once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]

_POWER = 2.0
"""An odd day moves the carried level too, so what is left of it shows less than it was."""
_LEAST = 0.3
_WORTH_OF_THE_USUAL = 30.0


def day_weight(errors: Floats, seen: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return (T,) what each day is worth, 0.3 to 1; 1 is a usual day or a quieter one.

    :param errors: (S, T) what each day brought that was not expected, in standard deviations
        (:func:`forecasting.pooled_luck.innovations`); 0 where not seen.
    :param seen: (S, T) which days count. The fewer series, the more is a day taken for usual.
    """
    number = seen.sum(axis=0)
    if not number.any():
        return np.ones(errors.shape[1])
    square = np.einsum("st,st->t", errors, errors, dtype=np.float64)
    usual = float(np.median((square / np.maximum(number, 1))[number > 0]))
    prior = _WORTH_OF_THE_USUAL
    over = (square / max(usual, 1e-9) + prior) / (number + prior)
    return np.asarray(np.clip(over**-_POWER, _LEAST, 1.0))
