"""The file of what drivers and events do to demand, as the last preparation worked it out."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from data import Brand
from data.atomic import write_atomically
from forecasting.effects import EFFECT_COLUMNS

_OF = "brand_version"
"""The column that says of which tables it is."""


def write(path: Path, brand: Brand, effects: pd.DataFrame) -> None:
    """Keep the effects; a kill or a full disk leaves the last good file.

    :param effects: as of :func:`forecasting.driver_effects`.
    :raises BadInput: the disk is full or may not be written.
    """
    with write_atomically(path) as beside:
        effects.assign(**{_OF: brand.version}).to_parquet(beside, index=False)


def read(path: Path, brand: Brand) -> pd.DataFrame | None:
    """Return the effects (:data:`forecasting.effects.EFFECT_COLUMNS`) of these tables.

    :returns: None where there are none, where they are of other tables, or cannot be read.
    """
    try:
        found = pd.read_parquet(path)
    except (OSError, ValueError):  # pyarrow's errors are ValueErrors
        return None
    if not {*EFFECT_COLUMNS, _OF} <= set(found) or (found[_OF] != brand.version).any():
        return None
    return found[list(EFFECT_COLUMNS)]
