"""What series on the same dates share: time, changepoints, regressors and their priors.

Prophet builds this for one series at a time (``Prophet.preprocess``). Here it is built once for
thousands: time and changepoints are shared, regressors are shared where they can be (seasonality,
holidays) and per series where they must be (discount, coupons), and a day that a series misses has
weight nought.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from prophet import Prophet

Floats = npt.NDArray[np.float64]
Growth = Literal["linear", "flat"]


@dataclass(frozen=True, eq=False)
class BatchDesign:
    """The design that a batch of ``S`` series shares over ``T`` days.

    Columns of regressors are ordered shared first, then per series: ``beta`` has length
    ``J = K + L``.

    :param t: (T,) scaled time, ascending; 0 on the first and 1 on the last day of the history.
    :param changepoints: (C,) scaled times at which the slope may change, ascending. ``[0.]`` is
        Prophet's stand-in for "no changepoints" and is folded into the slope after the fit.
    :param X: (T, K) regressors that all series share; K may be 0.
    :param beta_scale: (J,) or (S, J) standard deviations of the normal priors on beta, > 0.
    :param multiplicative: (J,) True where a column multiplies the trend, False where it adds.
    :param X_series: (S, L, T) regressors of each series, or None.
    :param beta_mean: 0, (J,) or (S, J) means of the normal priors on beta; 0 in Prophet.
    :param changepoint_scale: tau of the Laplace prior on the slope changes, > 0; scalar or (S,).
    :param growth: ``linear`` or ``flat``.
    :param names: the component each column belongs to, length J; "" where nobody asks.
    :raises ValueError: where shapes, order or signs do not fit.
    """

    t: Floats
    changepoints: Floats
    X: Floats
    beta_scale: Floats
    multiplicative: npt.NDArray[np.bool_]
    X_series: Floats | None = None
    beta_mean: Floats | float = 0.0
    changepoint_scale: Floats | float = 0.05
    growth: Growth = "linear"
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        T, J = len(self.t), self.columns
        _require(self.growth in ("linear", "flat"), f"growth {self.growth!r}: linear or flat")
        _require(self.t.ndim == 1 and bool((np.diff(self.t) >= 0).all()), "t must ascend")
        _require(bool((np.diff(self.changepoints) >= 0).all()), "changepoints must ascend")
        _require(self.X.ndim == 2 and len(self.X) == T, f"X must be (T={T}, K): {self.X.shape}")
        if self.X_series is not None:
            shape = self.X_series.shape
            _require(len(shape) == 3 and shape[2] == T, f"X_series must be (S, L, T={T}): {shape}")
        scale = np.asarray(self.beta_scale)
        _require(scale.shape[-1:] == (J,), f"beta_scale must end in J={J}: {scale.shape}")
        _require(bool((scale > 0).all()), "beta_scale must be > 0")
        _require(bool((np.asarray(self.changepoint_scale) > 0).all()), "changepoint_scale > 0")
        _require(self.multiplicative.shape == (J,), f"multiplicative must be (J={J},)")
        _require(len(self.names) in (0, J), f"names must be J={J} names or none")
        for name in ("t", "X", "changepoints"):
            _require(bool(np.isfinite(getattr(self, name)).all()), f"{name} must be finite")
        mean = np.asarray(self.beta_mean)
        _require(mean.ndim == 0 or mean.shape[-1] == J, f"beta_mean must end in J={J}")

    @property
    def columns(self) -> int:
        """J, the number of regressor columns, shared and per series."""
        own = 0 if self.X_series is None else int(self.X_series.shape[1])
        return int(self.X.shape[1]) + own

    @property
    def trend_basis(self) -> Floats:
        """(T, 2 + C) columns t, 1 and the hinges (t - s)+; for flat growth (T, 1) ones.

        ``linear_trend`` of prophet.stan, ``(k + A delta) t + m - A (s delta)``, written as one
        product: each slope change adds ``delta (t - s)`` from its time ``s`` on.
        """
        one = np.ones((len(self.t), 1))
        if self.growth == "flat":
            return one
        hinges = np.maximum(self.t[:, None] - self.changepoints[None, :], 0.0)
        return np.hstack([self.t[:, None], one, hinges])

    def rows(self, series: slice | npt.NDArray[np.intp]) -> BatchDesign:
        """The same design for some of the series."""

        def cut(value: Any, dimensions: int) -> Any:
            array = np.asarray(value)
            return array[series] if array.ndim == dimensions else value

        return replace(
            self,
            X_series=None if self.X_series is None else self.X_series[series],
            beta_scale=cut(self.beta_scale, 2),
            beta_mean=cut(self.beta_mean, 2),
            changepoint_scale=cut(self.changepoint_scale, 1),
        )


def standardize(
    history: Floats, observed: npt.NDArray[np.bool_], values: Floats | None = None
) -> Floats:
    """Scale per-series regressors as ``Prophet.add_regressor(standardize="auto")`` does.

    A column with one value, or with the values 0 and 1 only, stays as it is; every other one loses
    its mean and is divided by its standard deviation (ddof 1), both over the observed days.

    :param history: (S, L, T) raw values.
    :param observed: (S, T) days with a value of y.
    :param values: (S, L, H) what to scale; the history itself by default.
    :returns: an array like ``values``.
    """
    seen = observed[:, None, :]
    n = observed.sum(axis=1)[:, None]
    mean = np.where(seen, history, 0.0).sum(axis=2) / np.maximum(n, 1)
    square = np.where(seen, (history - mean[:, :, None]) ** 2, 0.0).sum(axis=2)
    low = np.where(seen, history, np.inf).min(axis=2)
    high = np.where(seen, history, -np.inf).max(axis=2)
    binary = (~seen | (history == 0) | (history == 1)).all(axis=2)
    plain = (binary & (low == 0) & (high == 1)) | (low >= high)
    std = np.where(plain, 1.0, np.sqrt(square / np.maximum(n - 1, 1)))
    mean = np.where(plain, 0.0, mean)
    out: Floats = ((history if values is None else values) - mean[:, :, None]) / std[:, :, None]
    return out


def prophet_design(
    model: Prophet,
    history: pd.DataFrame,
    future: pd.DataFrame | None = None,
) -> tuple[BatchDesign, BatchDesign | None]:
    """The design that Prophet itself would build, taken from an unfitted model.

    Seasonalities, holidays, shared regressors, prior scales and changepoints come from
    ``Prophet.preprocess``; nothing is fitted. The model is used up (Prophet fits once).

    :param model: an unfitted ``Prophet`` with linear or flat growth.
    :param history: column ds and the model's regressors, one row a day.
    :param future: the same columns for the days to forecast.
    :returns: the designs over the history and over the future (None without one).
    """
    frame = history.assign(y=np.arange(len(history), dtype=float))
    inputs = model.preprocess(frame)
    growth: Growth = "flat" if model.growth == "flat" else "linear"
    if model.growth == "logistic":
        raise ValueError("a batch has linear or flat growth; logistic growth goes to CmdStan")
    design = BatchDesign(
        t=np.asarray(inputs.t, dtype=float),
        changepoints=np.asarray(inputs.t_change, dtype=float),
        X=np.ascontiguousarray(inputs.X, dtype=float),
        beta_scale=np.asarray(inputs.sigmas, dtype=float),
        multiplicative=np.asarray(inputs.s_m, dtype=float) > 0,
        changepoint_scale=float(inputs.tau),
        growth=growth,
        names=_component_names(model, list(inputs.X.columns)),
    )
    if future is None:
        return design, None
    ahead = model.setup_dataframe(future.copy())
    X, _, _, _ = model.make_all_seasonality_features(ahead)
    later = replace(
        design,
        t=np.asarray(ahead["t"], dtype=float),
        X=np.ascontiguousarray(X, dtype=float),
    )
    return design, later


def with_series_regressors(
    design: BatchDesign,
    X_series: Floats,
    *,
    scale: Floats | float = 10.0,
    multiplicative: bool | Sequence[bool] = False,
    names: Sequence[str] = (),
) -> BatchDesign:
    """Append regressors of each series to a design that has none.

    :param X_series: (S, L, T), scaled already (see :func:`standardize`).
    :param scale: prior standard deviations, scalar, (L,) or (S, L).
    :param multiplicative: for all columns, or for each of L.
    :param names: the component of each column, length L.
    """
    S, L, _ = X_series.shape
    own = np.asarray(scale, dtype=float)
    shared = np.asarray(design.beta_scale, dtype=float)
    if own.ndim == 2 or shared.ndim == 2:
        wide = [np.broadcast_to(a, (S, n)) for a, n in ((shared, design.columns), (own, L))]
    else:
        wide = [shared, np.broadcast_to(own, (L,))]
    mean = np.asarray(design.beta_mean)
    if mean.ndim:
        mean = np.concatenate([mean, np.zeros((*mean.shape[:-1], L))], axis=-1)
    labels = design.names or ("",) * design.columns
    mode = np.broadcast_to(np.asarray(multiplicative, dtype=bool), (L,))
    return replace(
        design,
        X_series=X_series,
        beta_scale=np.concatenate(wide, axis=-1),
        beta_mean=mean if mean.ndim else float(mean),
        multiplicative=np.concatenate([design.multiplicative, mode]),
        names=(*labels, *(tuple(names) or ("",) * L)),
    )


def _component_names(model: Prophet, columns: list[str]) -> tuple[str, ...]:
    """The finest Prophet component of each column: weekly, yearly, a holiday, a regressor."""
    table = model.train_component_cols
    whole = {
        "additive_terms",
        "multiplicative_terms",
        "holidays",
        "extra_regressors_additive",
        "extra_regressors_multiplicative",
    }
    fine = [c for c in table.columns if c not in whole]
    hit = table[fine].to_numpy() > 0
    return tuple(fine[row.argmax()] if row.any() else "" for row in hit[: len(columns)])


def _require(fits: bool, message: str) -> None:
    if not fits:
        raise ValueError(message)
