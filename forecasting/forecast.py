"""A forecast as a value: its frame, what made each series, and its files.

``forecast.parquet`` is the contract (:data:`forecasting.quantiles.FORECAST_COLUMNS`); beside it
stand ``forecast.series.parquet`` (engine and flag of each series) and
``forecast.components.parquet`` (what the mean is made of). A forecast made elsewhere needs only
the first.
"""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data.atomic import write_atomically
from forecasting.fallback import UNSEEN
from forecasting.forecast_check import check_frame, read_frame
from forecasting.quantiles import FORECAST_COLUMNS

if TYPE_CHECKING:
    from data.brand import Brand

SERIES_COLUMNS: tuple[str, ...] = ("region", "sku", "engine", "flag", "history_days", "fitted_days")
"""Columns of ``Forecast.series``; the flags are listed in :mod:`forecasting.fallback`."""

COMPONENT_COLUMNS: tuple[str, ...] = (
    "region",
    "sku",
    "date",
    "fitted",
    "trend",
    "weekly",
    "yearly",
    "events",
    "drivers",
)
"""Columns of ``Forecast.components``: units; the five parts sum to ``fitted`` before clipping."""

_STAMP = b"nearfield.forecast"


@dataclass(frozen=True, slots=True)
class Forecast:
    """Demand by region, product and day, with its uncertainty and what made it.

    :param frame: :data:`FORECAST_COLUMNS`, sorted by region, sku, date; region and sku are
        categories, date is ``datetime64[ns]``, the rest float64 units, >= 0, not crossing.
    :param series: one row a series (:data:`SERIES_COLUMNS`); ``engine`` says what made it,
        ``flag`` is empty or a code that says why it is not an ordinary fit.
    :param components: :data:`COMPONENT_COLUMNS` over history and horizon, float32; empty where
        the forecast was made elsewhere.
    """

    frame: pd.DataFrame
    series: pd.DataFrame
    components: pd.DataFrame

    def __post_init__(self) -> None:
        for name, frame, columns in (
            ("frame", self.frame, FORECAST_COLUMNS),
            ("series", self.series, SERIES_COLUMNS),
            ("components", self.components, COMPONENT_COLUMNS),
        ):
            missing = [column for column in columns if column not in frame]
            if missing:
                raise ValueError(f"{name} lacks the columns {', '.join(missing)}")

    @property
    def first_day(self) -> pd.Timestamp:
        """The first day forecast, the day after the as-of day."""
        return pd.Timestamp(self.frame["date"].min())

    @property
    def horizon(self) -> int:
        """Days forecast."""
        return int(self.frame["date"].nunique())

    @property
    def flags(self) -> dict[str, int]:
        """How many series carry each flag (those without one are left out)."""
        counts = self.series.loc[self.series["flag"] != "", "flag"].value_counts()
        return {str(flag): int(count) for flag, count in counts.items()}

    @property
    def unfitted(self) -> int:
        """How many series are not an ordinary fit.

        One whose days ahead hold an occasion that history has not is: that is a fact of the
        calendar, and mostly of every series at once (:attr:`meets_unseen`).
        """
        flag = self.series["flag"]
        return int(((flag != "") & (flag != UNSEEN)).sum())

    @property
    def meets_unseen(self) -> bool:
        """Whether the days ahead hold an occasion that history has not."""
        return bool((self.series["flag"] == UNSEEN).any())

    def write(self, path: Path | str) -> None:
        """Write the three files; a kill or a full disk leaves the last good ones.

        :param path: of ``forecast.parquet``; the folder is made where it is missing.
        :raises BadInput: the disk is full or may not be written.
        """
        path = Path(path)
        stamp = _digest(self.frame)
        tables = (
            # Swapped in from the last to the first: the side files carry the frame's stamp and
            # count for nothing until it is there.
            (self.frame, path),
            (self.series, _beside(path, "series")),
            (self.components, _beside(path, "components")),
        )
        with ExitStack() as drafts:
            for frame, target in tables:
                _write_parquet(frame, drafts.enter_context(write_atomically(target)), stamp)


def read_forecast(path: Path | str, brand: Brand) -> Forecast:
    """Read a forecast of ``brand``, made here or elsewhere.

    :param path: of ``forecast.parquet``. The two side files are used where they belong to it.
    :raises BadForecast: columns, values, series or dates do not fit; the message says how.
    """
    path = Path(path)
    frame = check_frame(read_frame(path), brand, path.name)
    stamp = _stamp(path)
    series = _read_side(_beside(path, "series"), SERIES_COLUMNS, stamp)
    if series is None:
        series = _foreign_series(frame)
    components = _read_side(_beside(path, "components"), COMPONENT_COLUMNS, stamp)
    if components is None:
        components = empty_components(frame)
    for side in (series, components):
        for column in ("region", "sku"):
            side[column] = pd.Categorical(
                side[column].astype(str), categories=frame[column].cat.categories
            )
    # Arrow keeps what the files took, which here is as much as the forecast itself.
    pa.default_memory_pool().release_unused()
    return Forecast(frame, series, components)


def empty_components(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a components frame without rows, with the categories and types of ``frame``."""
    empty = frame.loc[[], ["region", "sku", "date"]].reset_index(drop=True)
    for column in COMPONENT_COLUMNS[3:]:
        empty[column] = pd.Series(dtype="float32")
    return empty


def _foreign_series(frame: pd.DataFrame) -> pd.DataFrame:
    series = frame[["region", "sku"]].drop_duplicates(ignore_index=True)
    series["engine"] = "elsewhere"
    series["flag"] = ""
    series["history_days"] = 0
    series["fitted_days"] = 0
    return series


def _beside(path: Path, part: str) -> Path:
    return path.with_name(f"{path.stem}.{part}{path.suffix}")


def _digest(frame: pd.DataFrame) -> bytes:
    hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    return hashlib.blake2b(hashes.tobytes(), digest_size=12).hexdigest().encode()


def _write_parquet(frame: pd.DataFrame, path: Path, stamp: bytes) -> None:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _STAMP: stamp})
    pq.write_table(table, path, compression="zstd")


def _stamp(path: Path) -> bytes:
    metadata = pq.read_schema(path).metadata or {}
    return bytes(metadata.get(_STAMP, b""))


def _read_side(path: Path, columns: tuple[str, ...], stamp: bytes) -> pd.DataFrame | None:
    """Read a side file, or None where it is missing, broken or of another forecast."""
    if not stamp or not path.exists():
        return None
    try:
        if _stamp(path) != stamp:
            return None
        frame = pd.read_parquet(path)
    except (OSError, pa.ArrowException):
        return None
    return frame if set(columns) <= set(frame.columns) else None
